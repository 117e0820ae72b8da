"""Mu-law: 256 classes, the same ones as the reference, and exact silence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from nsynth_edu.sound import companded, mu_law_decode, mu_law_encode

REFERENCE = Path(__file__).parent / "data" / "mu_law.npz"


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as arrays:
        return dict(arrays)


def test_fractions_of_a_class_lie_between_their_neighbours():
    classes = np.linspace(0, 255, 4 * 255 + 1)
    waveform = mu_law_decode(classes)
    assert (np.diff(waveform) > 0).all(), "no jump back, and none over silence"
    np.testing.assert_array_equal(waveform[::4], mu_law_decode(np.arange(256)))
    steps = np.diff(waveform).reshape(255, 4)
    assert (steps.max(1) < 1.1 * steps.min(1)).all()


def test_every_value_falls_into_the_class_of_the_reference(reference):
    # the reference leaves values beyond the classes; ours are clipped
    expected = np.clip(reference["q"].astype(int) + 128, 0, 255)
    np.testing.assert_array_equal(mu_law_encode(reference["x"]), expected)
    np.testing.assert_array_equal(mu_law_encode(torch.from_numpy(reference["x"])), expected)


def test_numpy_and_pytorch_agree_on_every_16_bit_sample():
    every = (np.arange(-32768, 32768) / 32768).astype(np.float32)
    classes = mu_law_encode(every)
    np.testing.assert_array_equal(classes, mu_law_encode(torch.from_numpy(every)))
    decoded = mu_law_decode(torch.from_numpy(classes))
    np.testing.assert_allclose(mu_law_decode(classes), decoded, atol=1e-7)


def test_every_class_sounds_as_in_the_reference(reference):
    decoded = mu_law_decode(reference["inv_ints"].astype(int) + 128)
    np.testing.assert_allclose(decoded, reference["inv"], atol=1e-7)


def test_full_scale_and_silence_have_their_classes():
    assert [int(mu_law_encode(x)) for x in (1.0, -1.0, 0.0)] == [255, 0, 128]
    assert mu_law_decode(128) == 0.0


def test_all_classes_survive_a_round_trip():
    classes = np.arange(256)
    np.testing.assert_array_equal(mu_law_encode(mu_law_decode(classes)), classes)


def test_silence_stays_silent():
    assert not mu_law_decode(mu_law_encode(np.zeros(1000, np.float32))).any()


def test_the_error_follows_the_amplitude():
    x = np.linspace(-0.97, 0.97, 20_001, dtype=np.float32)
    error = np.abs(mu_law_decode(mu_law_encode(x)) - x)
    # a step is ln(256)/128 of the amplitude plus a constant; the error at most one step
    assert (error <= np.log(256) / 128 * (np.abs(x) + 1 / 255) * 1.03).all()


def test_arrays_give_arrays_and_tensors_give_tensors():
    assert isinstance(mu_law_encode(np.zeros((2, 3), np.float32)), np.ndarray)
    encoded = mu_law_encode(torch.zeros(2, 3))
    assert encoded.dtype == torch.int64 and encoded.shape == (2, 3)
    assert mu_law_decode(encoded).dtype == torch.float32


def test_the_network_hears_the_classes_as_numbers_within_one():
    heard = companded(torch.tensor([-1.0, 0.0, 1.0]))
    torch.testing.assert_close(heard, torch.tensor([-1.0, 0.0, 127 / 128]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="NaN or infinite"):
        mu_law_encode(np.array([0.0, value], np.float32))


@pytest.mark.parametrize("classes", [[-1, 0], [256]])
def test_a_class_that_does_not_exist_is_refused(classes):
    with pytest.raises(ValueError, match="expected 0 to 255"):
        mu_law_decode(np.array(classes))
