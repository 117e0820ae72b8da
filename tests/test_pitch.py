"""The pitch of a note, where octaves are easily confused."""

import time

import numpy as np
import pytest
import torch
from timbres import TIMBRES

from nsynth_edu.sound import AudioError, estimate_pitch, hz_to_midi, midi_to_hz, render_notes

TIME = np.arange(64_000) / 16_000
PITCHES = range(24, 97, 3)


def tone(pitch, strengths, seconds=4.0, vibrato=0.0, seed=0):
    """Harmonics of given strengths in random phases, with a little breath."""
    place = np.random.default_rng(seed)
    time_ = TIME[: int(16_000 * seconds)]
    turns = midi_to_hz(pitch) * (time_ + vibrato * np.sin(2 * np.pi * 5.5 * time_))
    sound = np.zeros_like(time_)
    for number, strength in enumerate(strengths, 1):
        if number * midi_to_hz(pitch) < 7600:
            phase = place.uniform(0, 2 * np.pi)
            sound += strength * np.sin(2 * np.pi * number * turns + phase)
    sound += 1e-3 * place.standard_normal(len(time_))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


@pytest.mark.parametrize("timbre", TIMBRES)
def test_tones_are_heard_at_their_pitch(timbre):
    off = {p: estimate_pitch(tone(p, TIMBRES[timbre], 1.0)) - p for p in PITCHES}
    assert max(map(abs, off.values())) < 0.1, off


def test_a_missing_fundamental_is_still_heard():
    for pitch in range(24, 73, 6):
        assert estimate_pitch(tone(pitch, [0, *[1] * 9])) == pytest.approx(pitch, abs=0.1)


@pytest.mark.parametrize("cents", [-40, -10, 10, 40])
def test_mistuning_is_heard_within_five_cents(cents):
    for pitch in (24, 48, 72, 96):
        heard = estimate_pitch(tone(pitch + cents / 100, TIMBRES["saw"]))
        assert 100 * (heard - pitch) == pytest.approx(cents, abs=5)


def test_vibrato_is_heard_at_its_middle():
    for pitch in (48, 60, 72):
        heard = estimate_pitch(tone(pitch, TIMBRES["saw"], vibrato=4e-4))
        assert heard == pytest.approx(pitch, abs=0.25)


def test_recorded_instruments_are_heard_at_their_pitch(require, tmp_path):
    require("libfluidsynth")
    # piano, e-piano, guitar, trumpet, horn, oboe, clarinet, flute, violin, cello, vibraphone, bass
    programs = (0, 4, 11, 24, 32, 40, 42, 56, 60, 68, 71, 73)
    notes = render_notes(require("soundfont"), tmp_path, programs, range(24, 97, 12), [90])
    wrong = {}
    for note in notes:
        heard = estimate_pitch(note.load())
        if heard is None or abs(heard - note.pitch) > 0.5:
            wrong[note.note_str] = heard
    assert not wrong


def test_an_estimate_takes_less_than_a_second():
    sound = tone(60, TIMBRES["saw"])
    estimate_pitch(sound)
    start = time.process_time()
    estimate_pitch(sound)
    assert time.process_time() - start < 1


def test_a_short_note_is_enough():
    assert estimate_pitch(tone(60, TIMBRES["saw"], 0.1)) == pytest.approx(60, abs=0.2)


def test_loudness_and_offset_do_not_matter():
    sound = tone(57, TIMBRES["weak_fundamental"])
    expected = estimate_pitch(sound)
    assert estimate_pitch(1e-3 * sound) == pytest.approx(expected, abs=0.01)
    assert estimate_pitch(sound + 0.2) == pytest.approx(expected, abs=0.01)
    assert estimate_pitch(torch.from_numpy(sound)) == expected


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_pitch(seed):
    noise = np.random.default_rng(seed).standard_normal(64_000).astype(np.float32)
    assert estimate_pitch(0.1 * noise) is None
    assert estimate_pitch(np.cumsum(noise) / 1000) is None


@pytest.mark.parametrize("sound", [np.zeros(64_000), np.full(64_000, 0.3), np.zeros(10)])
def test_silence_has_no_pitch(sound):
    assert estimate_pitch(sound) is None


def test_one_click_has_no_pitch():
    click = np.zeros(64_000)
    click[1000] = 1
    assert estimate_pitch(click) is None


def test_what_is_no_waveform_is_refused():
    for bad in (np.zeros((2, 100)), np.array([np.nan] * 100), np.zeros(0)):
        with pytest.raises(AudioError, match="expected"):
            estimate_pitch(bad)


def test_midi_pitches_and_hertz_turn_into_each_other():
    assert midi_to_hz(69) == 440 and midi_to_hz(57) == 220
    assert midi_to_hz(60) == pytest.approx(261.626, abs=1e-3)
    np.testing.assert_allclose(hz_to_midi(midi_to_hz(np.arange(128))), np.arange(128))
