"""Names of pitches, and the one pitch of a hybrid."""

import librosa
import pytest

from nsynth_edu.play import agreed_pitch, pitch_name, read_pitch


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
    [(68.88, "A4 -12 cents"), (60.25, "C4 +25 cents"), (60.001, "C4"), (None, "unknown")],
)
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
