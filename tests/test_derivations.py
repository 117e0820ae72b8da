"""The derivations folded into the lessons: each number in them, computed."""

import numpy as np
import pytest
import scipy
import torch
import torch.nn.functional as F
from lessons import COURSE, read, read_notebook
from problem_set import source

from nsynth_edu.generation import Work, small_stack, stages
from nsynth_edu.models import load_model, receptive_field
from nsynth_edu.sound import (
    griffin_lim_steps,
    quantize,
    signal_to_noise,
    spectral_convergence,
)
from nsynth_edu.sound.spectral import BINS_PER_OCTAVE


def test_every_lesson_with_mathematics_derives_it():
    counted = {
        path.stem[:2]: sum(
            cell.source.count("<summary>Derivation: ") for cell in read_notebook(path).cells
        )
        for path in COURSE.glob("*.ipynb")
    }
    with_mathematics = ("01", "02", "03", "04", "05", "06", "07", "09", "13")
    assert {name: counted[name] for name in with_mathematics} == {
        "01": 1, "02": 2, "03": 2, "04": 1, "05": 1, "06": 1, "07": 1, "09": 1, "13": 1,
    }  # fmt: skip


def test_6_decibels_for_each_bit():
    text = read("01_sound_as_numbers.ipynb")
    assert 20 * np.log10(2) == pytest.approx(6.02, abs=0.005)
    assert 10 * np.log10(1.5) == pytest.approx(1.76, abs=0.005)
    assert 1.76 + 6.02 * 8 == pytest.approx(49.9, abs=0.05) and "49.9 dB for 8 bits" in text
    tone = np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000)
    measured = signal_to_noise(tone, quantize(tone, 8))
    assert measured == pytest.approx(49.7, abs=0.05) and "measured 49.7" in text
    error = quantize(tone, 8) - tone
    assert np.mean(error**2) == pytest.approx((2 / 2**8) ** 2 / 12, rel=0.1)


def test_four_samples_and_the_windows_of_notes():
    text = read("02_seeing_timbre.ipynb")
    np.testing.assert_allclose(np.fft.fft([1, 0, -1, 0]), [0, 2, 0, 2], atol=1e-12)
    assert 16_000 / 1024 == pytest.approx(15.6, abs=0.05)
    assert BINS_PER_OCTAVE == 40
    assert 1 / (2 ** (1 / 40) - 1) == pytest.approx(57.2, abs=0.05) and "57.2 for" in text


def test_the_frequency_comes_back_from_the_turn():
    for hertz, near in ((440, 437.5), (1015.625, 1000), (442.5, 437.5)):
        turns = hertz * 256 / 16_000
        rest = turns - round(turns)
        whole = round(near * 256 / 16_000 - rest)
        assert (whole + rest) * 62.5 == pytest.approx(hertz)
    assert 440 * 256 / 16_000 == pytest.approx(7.04) and 437.5 * 256 / 16_000 == 7


def test_cross_entropy_is_least_at_the_truth_and_its_slope_is_q_minus_one_hot():
    text = read("03_guess_the_next_sample.ipynb")
    p = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])
    assert -(p * np.log2(p)).sum() == 1.75 and "1.75 bits for your four classes" in text
    guesses = np.random.default_rng(0).dirichlet(np.ones(4), 1000)
    assert (-(p * np.log2(guesses)).sum(1) >= 1.75).all()
    logits = torch.tensor([[2.0, 1.0, 0.0]], requires_grad=True)
    F.cross_entropy(logits, torch.tensor([1])).backward()
    np.testing.assert_allclose(logits.grad[0], [0.665, -0.755, 0.090], atol=5e-4)
    np.testing.assert_allclose(
        torch.softmax(logits, 1)[0].detach(), [0.665, 0.245, 0.090], atol=5e-4
    )
    assert "(0.665, −0.755, 0.090)" in text and "0.665, 0.245, 0.090" in text


def test_the_receptive_field_grows_as_derived():
    for layers in range(1, 9):
        assert receptive_field(2, [2**i for i in range(layers)]) == 2**layers


def test_shapes_and_slopes_of_a_layer():
    model = load_model("pocket")
    layer, x = model.decoder.layers[0], torch.zeros(1, 64, 1024)
    assert layer.dilated(x).shape == (1, 128, 1024)
    out, skip = layer(x, torch.zeros(1, layer.condition.weight.shape[1], 2))
    assert out.shape == (1, 64, 1024) and skip.shape == (1, 128, 1024)
    f, g = (torch.zeros(1, requires_grad=True) for _ in range(2))
    (torch.sigmoid(g) * torch.tanh(f)).backward()
    assert f.grad.item() == 0.5 and g.grad.item() == 0
    assert 2.0**-20 == pytest.approx(1e-6, rel=0.05)


def test_z_takes_one_bit_per_sample():
    config = load_model("pocket").config
    assert 32 * config.bottleneck_channels / config.hop_length == 1
    assert 16_000 / config.hop_length == 31.25


def test_the_nearest_sound_is_overlap_add_and_projections_never_lead_away():
    text = read("07_the_spectral_rival.ipynb")
    window = scipy.signal.get_window("hann", 1024)
    np.testing.assert_allclose(sum(np.roll(window**2, 256 * n) for n in range(4)), 1.5)
    assert "the divisor is 1.5 everywhere" in text
    windows = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])  # samples in window 1, in 2
    transform = np.kron(np.eye(2), [[1, 1], [1, -1]])  # sum and difference of each
    wanted = magnitudes = np.array([2, 0, 0, 0])
    for _ in range(2):
        sound = np.linalg.lstsq(transform @ windows, wanted, rcond=None)[0]
        np.testing.assert_allclose(sound, [1, 0.5, 0], atol=1e-12)
        reached = transform @ windows @ sound
        np.testing.assert_allclose(reached, [1.5, 0.5, 0.5, 0.5])
        wanted = magnitudes * np.sign(reached)
    assert "has the magnitudes 1.5, 0.5 and 0.5, 0.5" in text

    magnitude = np.random.default_rng(0).random((17, 6)).astype(np.float32)  # of no sound
    steps = griffin_lim_steps(magnitude, momentum=0, hop_length=8)
    missed = [spectral_convergence(next(steps), magnitude, hop_length=8) for _ in range(200)]
    assert (np.diff(missed) < 1e-6).all() and missed[-1] > 0.1, "it stands still above 0"


def test_trees_double_and_queues_add():
    for layers in range(1, 8):
        work = Work(stages(small_stack(layers)))
        assert work.multiplications(work.steps - 1, "tree") == 2 * (2**layers - 1)
        assert work.multiplications(work.steps - 1, "queues") == 2 * layers


# --- problems for the quick, in the problem sets ------------------------------------------------


def star(name):
    """The cell of a problem set."""
    return source(name, "star")


def test_mu_law_has_38_decibels_at_every_level():
    step, text = np.log(256) / 128, star("ps1_mu_law")
    assert step == pytest.approx(0.043, abs=5e-4) and "4.3 %" in text
    assert 20 * np.log10(np.sqrt(12) / step) == pytest.approx(38.1, abs=0.05) and "38.1" in text
    sine = np.sin(2 * np.pi * 220 * np.arange(16_000) / 16_000)
    measured = [
        signal_to_noise(level * sine, quantize(level * sine, 8, "mu-law")) for level in (1, 0.3)
    ]
    assert measured == pytest.approx([38.1, 38.1], abs=1)


def test_three_taps_have_three_paths_to_the_input_4_back():
    paths = np.ones(1)
    for dilation in (1, 2, 4):
        paths = np.convolve(paths, np.kron(np.ones(3), np.eye(1, dilation)[0]))
    assert paths[4] == 3 and "three paths" in star("ps2_receptive_fields")
    paths = np.ones(1)
    for dilation in (1, 2, 4):
        paths = np.convolve(paths, np.kron(np.ones(2), np.eye(1, dilation)[0]))
    assert (paths[:8] == 1).all()


def test_neighbouring_bins_lie_more_than_a_turn_apart_from_3576_hertz():
    apart, text = 2 ** (1 / BINS_PER_OCTAVE) - 1, star("ps3_cqt")
    assert apart == pytest.approx(0.0175, abs=5e-5) and "1.75 %" in text
    assert 62.5 / apart == pytest.approx(3576, abs=0.5) and "3,576 Hz" in text


def test_caricatures_keep_the_mean_and_scale_the_spread():
    notes = np.random.default_rng(1).normal(0.3, 2, (7, 16))
    drawn = notes.mean(0) - 1.5 * (notes - notes.mean(0))
    np.testing.assert_allclose(drawn.mean(0), notes.mean(0))
    np.testing.assert_allclose(drawn.std(0), 1.5 * notes.std(0))


def test_a_soft_recording_loses_bits():
    text = star("ps5_group_generation")
    assert 40 / 6.02 == pytest.approx(6.6, abs=0.05) and 16 - 40 / 6.02 == pytest.approx(
        9.4, abs=0.05
    )
    assert 6.02 * 16 + 1.76 == pytest.approx(98.1, abs=0.05) and "58.1 dB" in text
