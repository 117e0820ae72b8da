"""How the pitch of a melody moves, against pitches that are known; its docstring has the bounds."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from timbres import TIMBRES

from nsynth_edu.sound import AudioError, contour_followed, midi_to_hz, pitch_contour, vibrato
from nsynth_edu.sound.player import Player
from nsynth_edu.sound.soundfont import program

TIME = np.arange(64_000) / 16_000
BENDS = {
    "steady": lambda t: 0 * t,
    "glide": lambda t: np.clip(12 * (t - 1), 0, 12),  # an octave in 1 s
    "fall": lambda t: -np.clip(12 * (t - 1), 0, 12),
    "vibrato": lambda t: 0.5 * np.sin(2 * np.pi * 6 * t),
    "steps": lambda t: np.array([0, 4, 7, 2])[np.minimum(t.astype(int), 3)],
}


def melody(midi, strengths):
    """Harmonics that follow a contour (time,), with a little breath."""
    random, frequency = np.random.default_rng(0), midi_to_hz(midi)
    turns = np.cumsum(frequency) / 16_000
    sound = 1e-3 * random.standard_normal(len(midi))
    audible = strengths[: int(7600 / frequency.min())]
    for number, strength in enumerate(audible, 1):
        phase = random.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * number * turns + phase)
        sound += strength * wave * (number * frequency < 7600)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def errors(sound, midi):
    """Cents off in the frames within 40 dB of the loudest one; NaN where no pitch was found."""
    level = np.square(sound.reshape(-1, 512)).mean(axis=1)
    at_middle = midi.reshape(-1, 512)[:, 255:257].mean(axis=1)
    return 100 * (pitch_contour(sound) - at_middle)[level > 1e-4 * level.max()]


def assert_within(off, bend, median):
    """Where pitch leaps, two notes share the windows of four or five frames."""
    close = 0.95 if bend == "steps" else 0.99
    size = np.abs(off[~np.isnan(off)])
    assert np.median(size) < median
    assert np.mean(size >= 600) < 0.02
    assert np.mean(np.abs(off) < 50) > close
    assert np.isnan(off).mean() < 0.01


@pytest.mark.parametrize("bend", BENDS)
def test_synthesised_melodies_are_followed(bend):
    low, high = 36 if bend == "fall" else 24, {"glide": 84, "steps": 89}.get(bend, 96)
    found = []
    for number, timbre in enumerate(TIMBRES):
        for pitch in range(low + 3 * (number % 2), high + 1, 12):
            midi = pitch + BENDS[bend](TIME)
            found.append(errors(melody(midi, TIMBRES[timbre]), midi))
    assert_within(np.concatenate(found), bend, median=2)


@pytest.mark.parametrize("bend", BENDS)
def test_recorded_instruments_are_followed(require, bend):
    require("libfluidsynth")
    found = []
    for instrument in (73, 56, 40, 42, 24):  # flute, trumpet, violin, cello, guitar
        for pitch in (36, 48, 60, 72, 84):
            sound, midi = played(require("soundfont"), instrument, pitch, BENDS[bend])
            found.append(errors(sound, midi))
    # 4 cents are the instruments' own tuning
    assert_within(np.concatenate(found), bend, median=6)


def played(soundfont, instrument, pitch, bend):
    """A note of a SoundFont whose pitch wheel moves: sound, and where its pitch should be."""
    gesture = SimpleNamespace(bend=bend, loudness=np.ones_like, leap=0)
    with Player(soundfont) as player:
        sound = player.play_gesture(program(instrument), pitch, 100, gesture)
    return 0.7 * sound / np.abs(sound).max(), pitch + bend(TIME)


def noises():
    white = np.random.default_rng(0).standard_normal(64_000)
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(32_001), 1)))
    return {"white": 0.1 * white, "pink": pink, "brown": np.cumsum(white) / 1000}


@pytest.mark.parametrize("color", noises())
def test_noise_has_no_pitch(color):
    assert np.isnan(pitch_contour(noises()[color])).mean() > 0.99


@pytest.mark.parametrize("sound", [np.zeros(64_000), np.full(64_000, 0.3), np.eye(1, 64_000, 9)[0]])
def test_silence_and_a_click_have_no_pitch(sound):
    assert np.isnan(pitch_contour(sound)).all()


def test_silence_between_notes_has_no_pitch():
    note = melody(np.full(16_384, 60.0), TIMBRES["saw"])
    contour = pitch_contour(np.concatenate([note, np.zeros(16_384, np.float32), note]))
    assert np.isnan(contour[33:63]).all()
    assert np.abs(np.r_[contour[:31], contour[65:]] - 60).max() < 0.1


@pytest.mark.parametrize("length, frames", [(511, 0), (512, 1), (1535, 2), (64_000, 125)])
def test_there_is_one_value_for_each_whole_frame(length, frames):
    assert pitch_contour(melody(np.full(length, 69.0), [1])).shape == (frames,)


def test_a_value_belongs_to_the_middle_of_its_frame():
    midi = 60 + 2 * TIME  # a steady rise: a delay of one frame would be 6 cents
    off = errors(melody(midi, TIMBRES["saw"]), midi)[2:-2]
    assert np.abs(off).max() < 1


def test_tensors_and_long_sounds_give_the_same_numbers():
    sound = melody(np.full(16_384, 57.0), TIMBRES["saw"])
    expected = pitch_contour(sound)
    np.testing.assert_array_equal(pitch_contour(torch.from_numpy(sound)), expected)
    long = pitch_contour(np.tile(sound, 10))  # more than one block of frames
    assert len(long) == 320 and np.abs(long[1:-1] - 57).max() < 0.2


def test_four_seconds_take_less_than_two():
    sound = melody(np.full(64_000, 60.0), TIMBRES["saw"])
    pitch_contour(sound)
    start = time.process_time()
    pitch_contour(sound)
    assert time.process_time() - start < 2


def test_what_is_not_a_waveform_is_refused():
    for bad in (np.zeros((2, 600)), np.array([np.nan] * 600)):
        with pytest.raises(AudioError, match="expected"):
            pitch_contour(bad)


def test_a_contour_is_followed_where_the_pitch_is_within_50_cents():
    midi = 60 + BENDS["glide"](TIME)
    sound, contour = melody(midi, TIMBRES["saw"]), midi.reshape(-1, 512).mean(axis=1)
    assert contour_followed(sound, contour) > 0.98
    assert contour_followed(sound, contour + 1) < 0.02
    assert contour_followed(sound, np.where(np.arange(125) < 62, contour, 40)) == pytest.approx(
        0.5, abs=0.02
    )
    assert contour_followed(sound[:32_000], contour) == pytest.approx(0.5, abs=0.02)
    assert contour_followed(sound, np.full(125, np.nan)) is None


@pytest.mark.parametrize("cents, rate", [(50, 6), (20, 4), (80, 8)])
def test_a_vibrato_has_a_depth_and_a_rate(cents, rate):
    drift = TIME  # a semitone in 1 s
    midi = 60 + drift + cents / 100 * np.sin(2 * np.pi * rate * TIME)
    contour = midi.reshape(-1, 512)[:, 256].copy()
    contour[:10] = contour[115:] = np.nan
    assert vibrato(contour) == pytest.approx((cents, rate), rel=0.02)
    depth, found = vibrato(pitch_contour(melody(midi - drift, TIMBRES["saw"])))
    assert depth == pytest.approx(cents, rel=0.3) and found == pytest.approx(rate, rel=0.03)
    assert vibrato(contour[:20]) is None and vibrato(np.full(125, np.nan)) is None
