"""Griffin-Lim: the same as librosa's, each step nearer, and the way back from a real note."""

import librosa
import numpy as np
import pytest
import torch

from nsynth_edu.classroom import load_note
from nsynth_edu.sound import (
    AudioError,
    estimate_pitch,
    griffin_lim,
    griffin_lim_steps,
    log_spectral_difference,
    spectral_convergence,
    stft,
)


@pytest.fixture(scope="module")
def note():
    return load_note("notes/trumpet_60")[:24_000]


@pytest.fixture(scope="module")
def magnitude(note):
    return np.abs(stft(note))


@pytest.mark.parametrize("momentum", [0, 0.99])
def test_it_is_what_librosa_computes(magnitude, momentum):
    ours = griffin_lim(magnitude, 20, seed=3, momentum=momentum)
    theirs = librosa.griffinlim(
        magnitude,
        n_iter=20,
        hop_length=256,
        momentum=momentum,
        random_state=np.random.default_rng(3),
    )
    assert ours.dtype == np.float32 and ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


def test_each_classic_step_is_nearer_and_momentum_ends_nearest(magnitude):
    def distances(momentum, count=40):
        steps = griffin_lim_steps(magnitude, seed=0, momentum=momentum)
        return [spectral_convergence(next(steps), magnitude) for _ in range(count)]

    classic, fast = distances(0), distances(0.99)
    assert (np.diff(classic) < 1e-6).all()
    assert fast[-1] < 0.7 * classic[-1] < classic[0]


def test_a_note_comes_back_with_its_pitch_level_and_spectrum(note, magnitude):
    seen = []
    back = griffin_lim(
        torch.from_numpy(magnitude), 100, length=len(note),
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert torch.is_tensor(back) and back.shape == (len(note),)
    assert seen == [(n, 100) for n in range(1, 101)]
    back = back.numpy()
    assert abs(estimate_pitch(back) - estimate_pitch(note)) < 0.1
    assert abs(np.linalg.norm(back) / np.linalg.norm(note) - 1) < 0.05
    start = griffin_lim(magnitude, 1, length=len(note))
    near, far = (log_spectral_difference(sound, note) for sound in (back, start))
    assert near < 0.5 * far
    assert np.array_equal(griffin_lim(magnitude, 2), griffin_lim(magnitude, 2))
    assert not np.array_equal(griffin_lim(magnitude, 2), griffin_lim(magnitude, 2, seed=1))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (-np.ones((513, 4)), "negative"),
        (np.ones(513), r"\(513,\)"),
        (np.full((513, 4), np.nan), "infinite"),
    ],
)
def test_what_are_no_magnitudes_is_refused(given, sentence):
    with pytest.raises(AudioError, match=sentence):
        griffin_lim(given)
    with pytest.raises(AudioError, match="iterations is 0"):
        griffin_lim(np.ones((513, 4)), 0)
