"""Onset, clipping, silence and fades, each measured in one place."""

import numpy as np
import pytest

from nsynth_edu.sound import fit_length
from nsynth_edu.sound.cleaning import clipped_fraction, fade, find_attack, find_onset, is_silent

SINE = 0.5 * np.sin(np.arange(16_000) / 10)


@pytest.mark.parametrize("silence", [0, 800, 3000])
def test_an_onset_is_found_within_five_ms(silence):
    sound = np.concatenate([np.zeros(silence), SINE])
    assert abs(find_onset(sound) - silence) <= 80
    assert abs(find_attack(sound) - silence) <= 20


def test_hiss_misleads_the_level_and_not_the_peak():
    hiss = 10 ** (-40 / 20) * 0.5 * np.random.default_rng(0).standard_normal(18_000)
    sound = np.concatenate([np.zeros(2000), SINE]) + hiss
    assert abs(find_attack(sound) - 2000) <= 20


def test_a_slow_attack_is_found_early_by_its_level():
    slow = np.concatenate([np.zeros(800), SINE * np.linspace(0, 1, 16_000)])
    assert find_onset(slow) - 800 <= 600 < find_attack(slow) - 800


def test_only_flat_tops_at_full_scale_are_clipped():
    assert (
        clipped_fraction(SINE)
        == clipped_fraction(2 * SINE * 0.9)
        == clipped_fraction(np.zeros(2))
        == 0
    )
    clipped = np.clip(4 * SINE, -1, 1)
    assert clipped_fraction(clipped) > 0.4
    assert clipped_fraction(np.where(clipped == 1, 32767 / 32768, clipped)) > 0.4
    assert clipped_fraction(0.9 * clipped) == 0, "flat, and not at full scale: a square wave"
    assert clipped_fraction(np.stack([clipped, SINE], axis=1)) == pytest.approx(
        clipped_fraction(clipped) / 2
    )


def test_silence_is_below_sixty_decibels():
    assert is_silent(np.full(10, 9e-4)) and is_silent(np.zeros(0)) and not is_silent(SINE)


def test_a_fade_ends_in_silence_and_leaves_the_middle():
    faded = fade(np.ones((2, 100)), 10, 20)
    assert (faded[:, 0] == 0).all() and np.abs(faded[:, -1]).max() < 1e-7
    assert (faded[:, 10:80] == 1).all() and (np.diff(faded[0, :10]) > 0).all()
    assert np.abs(fade(np.ones(3), 10, 10)[[0, -1]]).max() == 0
    np.testing.assert_array_equal(
        fit_length(np.ones(100, np.float32), 50, 10), fade(np.ones(50), end=10)
    )
