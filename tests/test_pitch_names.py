"""Names of pitches, and the one pitch of a hybrid."""

import librosa
import numpy as np
import pytest

from nsynth_edu.classroom import load_note
from nsynth_edu.play import agreed_pitch, measured_pitch, pitch_name, read_pitch, without_gaps
from nsynth_edu.sound import midi_to_hz


@pytest.mark.parametrize(
    ("text", "midi"),
    [("C4", 60), ("A4", 69), ("c4", 60), ("C-1", 0), ("G9", 127), ("F#3", 54), ("Bb5", 82),
     ("bb5", 82), ("B#3", 60), ("Cb4", 59), ("60", 60), ("60.5", 60.5), ("0", 0), ("127", 127)],
)  # fmt: skip
def test_a_pitch_is_a_midi_number_or_a_name(text, midi):
    assert read_pitch(text) == midi


@pytest.mark.parametrize(
    "text", ["", "C", "H4", "C10", "G#9", "Cb-1", "-1", "127.1", "128", "nan", "inf", "1e2", "C4 ",
             "C##4", "4C", "unknown"],
)  # fmt: skip
def test_what_is_no_pitch_is_refused_with_what_is(text):
    with pytest.raises(ValueError, match="is not a pitch; expected a MIDI number from 0 to 127"):
        read_pitch(text)


def test_names_agree_with_librosa_both_ways():
    for midi in range(128):
        assert pitch_name(midi) == librosa.midi_to_note(midi, unicode=False)
        assert read_pitch(pitch_name(midi)) == midi == librosa.note_to_midi(pitch_name(midi))


@pytest.mark.parametrize(
    ("midi", "name"),
    [(68.88, "A4 -12 cents"), (60.25, "C4 +25 cents"), (60.001, "C4"), (None, "unknown"),
     (np.array([62, 60, 67.5]), "C4 to G#4 -50 cents")],
)  # fmt: skip
def test_a_pitch_off_the_keys_is_named_with_its_cents(midi, name):
    assert pitch_name(midi) == name


@pytest.mark.parametrize("other", [60.0, 60.4, 59.6])
def test_notes_of_one_pitch_agree(other):
    assert agreed_pitch(60.0, other) == (60.0, "both sounds play C4")


@pytest.mark.parametrize("other", [60.6, 48.0, 72.0, 67.0])
def test_of_two_pitches_the_first_is_taken_and_it_is_said(other):
    pitch, reason = agreed_pitch(60.0, other, "flute.wav", "bell.wav")
    assert pitch == 60.0
    assert reason.startswith(f"flute.wav plays C4, bell.wav plays {pitch_name(other)}; ")
    assert reason.endswith("one pitch, that of flute.wav")


def test_a_sound_without_pitch_takes_that_of_the_other():
    told = "{} has no clear pitch; that of {} is used"
    assert agreed_pitch(None, 67.0) == (67.0, told.format("A", "B"))
    assert agreed_pitch(60.0, None) == (60.0, told.format("B", "A"))


def test_two_sounds_without_pitch_leave_it_unknown():
    assert agreed_pitch(None, None) == (None, "neither A nor B has a clear pitch")


def test_a_pitch_that_moves_is_followed_if_it_is_the_first():
    moving = np.linspace(60, 67, 125)
    pitch, reason = agreed_pitch(moving, 60.0)
    assert pitch is moving and reason == (
        "A plays C4 to G4, B plays C4; the decoder plays one pitch, that of A"
    )
    assert agreed_pitch(60.0, moving)[0] == 60.0
    assert agreed_pitch(None, moving)[0] is moving


# --- of a recording ---------------------------------------------------------------------------


def sung(midi):
    """A voice of eight partials at a pitch (time,) that may move."""
    phase = np.cumsum(midi_to_hz(np.asarray(midi, float)) / 16_000)
    return sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 9)).astype(np.float32)


@pytest.mark.parametrize("hop_length", [512, 256])
def test_a_glide_and_a_vibrato_are_measured_as_contours(hop_length):
    time = np.arange(32_000) / 16_000
    for midi in (60 + 6 * time, 60 + 0.5 * np.sin(2 * np.pi * 6 * time)):
        found = measured_pitch(sung(midi), hop_length)
        wanted = midi[: len(found) * hop_length].reshape(-1, hop_length).mean(axis=1)
        assert found.shape == (32_000 // hop_length,)
        assert np.mean(np.abs(found - wanted) < 0.25) > 0.95


@pytest.mark.parametrize("name", ["flute_60", "trumpet_60", "church_organ_60", "nylon_guitar_67"])
def test_a_steady_note_has_one_pitch(name):
    assert measured_pitch(load_note(f"notes/{name}")) == pytest.approx(int(name[-2:]), abs=0.3)


def test_a_bell_an_octave_error_and_noise_give_no_contour():
    assert np.ndim(measured_pitch(load_note("notes/glockenspiel_60"))) == 0
    leap = sung(np.repeat([48.0, 60.0], 16_000))
    assert np.ndim(measured_pitch(leap)) == 0
    assert measured_pitch(np.random.default_rng(0).standard_normal(16_000)) is None


def test_gaps_are_filled_on_straight_lines():
    contour = np.array([np.nan, 60, np.nan, 64, np.nan])
    assert without_gaps(contour).tolist() == [60, 60, 62, 64, 64]
    assert without_gaps(contour, 10)[2:7].tolist() == [60, 60.5, 61.5, 62.5, 63.5]
