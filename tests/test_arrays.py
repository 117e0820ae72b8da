"""Torch in, torch out; NumPy in, NumPy out; floats and 16-bit samples turn into each other."""

import numpy as np
import pytest
import torch

from nsynth_edu.sound import load_audio, save_audio
from nsynth_edu.sound.arrays import as_array, as_like, as_tensor, like, stack
from nsynth_edu.sound.pcm import from_int16, to_int16


@pytest.mark.parametrize("given", [[0.5, 1], np.array([0.5, 1]), torch.tensor([0.5, 1.0])])
def test_numbers_of_any_kind_become_float32(given):
    for made in (as_array(given), as_tensor(given).numpy()):
        assert made.dtype == np.float32 and made.tolist() == [0.5, 1]


def test_a_result_takes_the_kind_of_what_was_given():
    array, tensor = np.arange(3), torch.arange(3)
    for result in (array, tensor):
        assert isinstance(like(result, [1.0]), np.ndarray)
        assert torch.equal(like(result, torch.zeros(1)), tensor)
    assert isinstance(stack([array, array]), np.ndarray) and stack([tensor, tensor]).shape == (2, 3)
    assert as_like(array, tensor).dtype == torch.float32


def test_a_tensor_keeps_its_gradient():
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    like(as_tensor(x) * 2, x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert as_array(x).tolist() == [1, 1, 1]


def test_making_a_tensor_leaves_the_array_alone():
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    as_tensor(array).add_(1)
    assert array.tolist() == [1, 1, 1]


def test_every_16_bit_number_comes_back():
    every = np.arange(-32768, 32768).astype("<i2")
    np.testing.assert_array_equal(to_int16(from_int16(every)), every)
    np.testing.assert_array_equal(from_int16(every.tobytes()), from_int16(every))
    assert from_int16(every).dtype == np.float32


def test_what_lies_beyond_full_scale_is_held_not_wrapped():
    assert to_int16([-2, -1, 1, 2]).tolist() == [-32768, -32768, 32767, 32767]
    assert to_int16(torch.tensor([0.5, 0.7])).tolist() == [16384, 22938]


def test_saved_and_loaded_sounds_are_equal_from_the_second_time_on(tmp_path):
    sound = np.random.default_rng(0).uniform(-1, 1, 4000).astype(np.float32)
    save_audio(tmp_path / "a.wav", sound)
    once = load_audio(tmp_path / "a.wav")
    np.testing.assert_array_equal(once, from_int16(to_int16(sound)))
    save_audio(tmp_path / "b.wav", once)
    np.testing.assert_array_equal(load_audio(tmp_path / "b.wav"), once)
