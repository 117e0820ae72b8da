"""Names of pitches, and the pitch at which a hybrid of two notes is played."""

import re

import librosa

SAME_PITCH = 0.5  # semitones by which two notes of one pitch may differ


def read_pitch(text):
    """Parse a pitch: "60", "60.5", "C4" (= 60, middle C) or "Eb3".

    Args:
        text: MIDI number or note name.

    Returns:
        float, 0 to 127.

    Raises:
        ValueError: for anything else.
    """
    if re.fullmatch(r"[A-Ga-g][#b]?-?\d{1,2}", text):
        midi = librosa.note_to_midi(text)
    else:
        midi = float(text) if re.fullmatch(r"\d+(\.\d*)?", text) else -1
    if not 0 <= midi <= 127:
        raise ValueError(
            f"{text!r} is not a pitch; expected a MIDI number from 0 to 127, or a name such as C4 "
            "(= 60, middle C), F#3 or Bb5"
        )
    return float(midi)


def pitch_name(midi):
    """Format a pitch: "C4" for 60, "A4 -12 cents" for 68.88, "unknown" for None.

    Args:
        midi: MIDI number, fractions allowed; or None.

    Returns:
        str.
    """
    if midi is None:
        return "unknown"
    nearest = round(midi)
    cents = round(100 * (midi - nearest))
    name = librosa.midi_to_note(nearest, unicode=False)
    return f"{name} {cents:+d} cents" if cents else name


def agreed_pitch(pitch_a, pitch_b, name_a="A", name_b="B"):
    """Choose one pitch for the hybrid of two notes: a decoder plays one pitch, not two.

    Args:
        pitch_a, pitch_b: pitch of each, MIDI number or None.
        name_a, name_b: their names in the sentence.

    Returns:
        MIDI number or None, and a sentence with the reason. Notes at most half a semitone apart
        agree; otherwise, also for octaves, the pitch of the first one is used.
    """
    if pitch_a is None and pitch_b is None:
        return None, f"neither {name_a} nor {name_b} has a clear pitch"
    if pitch_a is None:
        return pitch_b, f"{name_a} has no clear pitch; that of {name_b} is used"
    if pitch_b is None:
        return pitch_a, f"{name_b} has no clear pitch; that of {name_a} is used"
    if abs(pitch_a - pitch_b) > SAME_PITCH:
        return pitch_a, (
            f"{name_a} plays {pitch_name(pitch_a)}, {name_b} plays {pitch_name(pitch_b)}; the "
            f"decoder plays one pitch, that of {name_a}"
        )
    return pitch_a, f"both sounds play {pitch_name(pitch_a)}"
