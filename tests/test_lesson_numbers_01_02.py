"""Every number that the prose of lessons 01 and 02 states, computed again."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import decibels, quantize, signal_to_noise
from nsynth_edu.sound import harmonic_energy, mu_law_decode, mu_law_encode

COURSE = Path(__file__).parents[1] / "course"


def tone(hertz, rate=16_000, seconds=2.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def ratio(waveform, bits, law):
    return signal_to_noise(waveform, quantize(waveform, bits, law))


def read(name):
    """Prose and code of a lesson, without line breaks."""
    lesson = nbformat.read(COURSE / name, as_version=4)
    return " ".join(re.sub(r"\s+", " ", cell.source) for cell in lesson.cells)


@pytest.fixture(scope="module")
def sound_as_numbers():
    return read("01_sound_as_numbers.ipynb")


def test_the_first_samples_and_the_alias_are_as_told(sound_as_numbers):
    np.testing.assert_allclose(tone(2000)[:4].round(2), [0, 0.71, 1, 0.71])
    assert "0, then 0.71, then 1, then down again" in sound_as_numbers
    assert f"{1e6 / 16_000:.1f} microseconds" in sound_as_numbers
    assert f"{16_000 // 2000} samples in each swing" in sound_as_numbers
    both = tone(5000, 8000) + tone(3000, 8000)
    assert np.abs(both).max() < 1e-9 and "their sum is 0" in sound_as_numbers


def test_the_whistle_of_the_check_is_heard_where_it_expects(sound_as_numbers):
    spectrum = np.abs(np.fft.rfft(tone(11_000)))
    assert f"check(heard, {spectrum.argmax() // 2:_}" in sound_as_numbers
    assert 4000 * 2.75 == 11_000 and "its picture at 2.75 s" in sound_as_numbers


def test_bits_are_worth_what_is_told(sound_as_numbers):
    assert quantize([0.9], 3)[0] == 0.75 and "The 0.9 became 0.75" in sound_as_numbers
    eight, sixteen = (ratio(tone(220), bits, "linear") for bits in (8, 16))
    assert round(eight, -1) == 50 and 95 < sixteen < 100
    assert "8 bits give about 50 dB, 16 bits nearly 100 dB" in sound_as_numbers


def test_the_two_laws_score_as_told(sound_as_numbers):
    full = [ratio(tone(220), 8, law) for law in ("mu-law", "linear")]
    assert "{:.1f} dB instead of {:.1f} dB at full scale".format(*full) in sound_as_numbers
    assert f"At full scale they win by {full[1] - full[0]:.0f} dB" in sound_as_numbers
    quiet = [ratio(tone(220) / 100, 8, law) for law in ("mu-law", "linear")]
    assert "{:.0f} dB against {:.0f} dB".format(*quiet) in sound_as_numbers
    vanishing = tone(220) * 10 ** (-50 / 20)
    assert not quantize(vanishing, 8).any()
    kept = ratio(vanishing, 8, "mu-law")
    assert f"keeps the error {kept:.0f} dB below the tone" in sound_as_numbers


def test_steps_of_mu_law_are_as_unequal_as_told(sound_as_numbers):
    share = np.log(1 + 255 * 0.01) / np.log(256)
    assert f"$f(0.01)$ is {share:.2f}" in sound_as_numbers
    assert f"already uses {share:.0%}".replace("%", " %") in sound_as_numbers
    assert mu_law_encode(np.float32(0.01)) == 128 + int(128 * share)
    steps = np.diff(mu_law_decode(np.arange(256)))
    assert f"differ by a factor of {steps[254] / steps[130]:.0f}" in sound_as_numbers
    told = f"From class 130 to 131 the wave moves by {steps[130]:.5f}, from 254 to 255 by"
    assert f"{told} {steps[254]:.3f}" in sound_as_numbers


def test_mu_law_gains_the_range_that_is_told(sound_as_numbers):
    lowest = {
        law: min(
            level for level in range(-70, 1) if ratio(tone(220) * 10 ** (level / 20), 8, law) >= 20
        )
        for law in ("linear", "mu-law")
    }
    gained = lowest["linear"] - lowest["mu-law"]
    assert f"*gains* {gained} dB of dynamic range" in sound_as_numbers
    change = decibels(quantize(tone(220) / 10, 8, "mu-law")) - decibels(tone(220) / 10)
    assert abs(change) < 0.01 and "nothing gets louder" in sound_as_numbers


def test_flute_and_guitar_suffer_as_told(sound_as_numbers):
    flute = load_note(f"{COURSE.parent}/media/notes/flute_60.wav")
    target = signal_to_noise(flute, quantize(flute, 6))
    assert f"It must come out at {target:.1f} dB" in sound_as_numbers
    assert harmonic_energy(quantize(flute, 4) - flute, 60) > 0.5, "no even hiss"
    guitar = load_note(f"{COURSE.parent}/media/notes/nylon_guitar_60.wav") / 50
    even, bent = (quantize(guitar, 8, law) for law in ("linear", "mu-law"))
    assert np.unique(even).size == 3 and "has three amplitudes left" in sound_as_numbers
    assert np.flatnonzero(even).max() / 16_000 == pytest.approx(0.25, abs=0.01)
    assert np.flatnonzero(bent).max() / 16_000 > 3 and "after a quarter of a second" in (
        sound_as_numbers
    )


def test_dither_brings_back_a_silenced_tone(sound_as_numbers):
    quiet = tone(220) * 10 ** (-50 / 20)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, quiet.size) / 128
    sent = quantize(quiet + noise, 8)
    spectrum = np.abs(np.fft.rfft(sent))
    assert spectrum.argmax() / 2 == 220 and not quantize(quiet, 8).any()
    assert "noise can rescue a tone" in sound_as_numbers
