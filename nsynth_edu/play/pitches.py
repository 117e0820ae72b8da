"""Names of pitches, and the one pitch that a hybrid of two notes is played at."""

import re

SAME_PITCH = 0.5  # semitones by which two notes of one pitch may differ
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SIGNS = {"": 0, "#": 1, "b": -1}


def read_pitch(text):
    """The MIDI number that a person means by "60", "60.5", "C4" (= 60, middle C) or "Eb3".

    Returns:
        float, 0 to 127.

    Raises:
        ValueError: for anything else.
    """
    named = re.fullmatch(r"([A-G])([#b]?)(-?\d+)", text[:1].upper() + text[1:])
    if named:
        letter, sign, octave = named.groups()
        midi = NAMES.index(letter) + SIGNS[sign] + 12 * (int(octave) + 1)
    else:
        midi = float(text) if re.fullmatch(r"\d+(\.\d*)?", text) else -1
    if not 0 <= midi <= 127:
        raise ValueError(
            f"{text!r} is no pitch; expected a MIDI number from 0 to 127, or a name such as C4 "
            "(= 60, middle C), F#3 or Bb5"
        )
    return float(midi)


def pitch_name(midi):
    """A pitch as people write it: "C4" for 60, "A4 -12 cents" for 68.88, "unknown" for None."""
    if midi is None:
        return "unknown"
    nearest = round(midi)
    cents = round(100 * (midi - nearest))
    name = f"{NAMES[nearest % 12]}{nearest // 12 - 1}"
    return f"{name} {cents:+d} cents" if cents else name


def agreed_pitch(pitch_a, pitch_b, name_a="A", name_b="B"):
    """One pitch for the hybrid of two notes: a decoder plays one pitch, not two.

    Args:
        pitch_a, pitch_b: what was heard in each, MIDI number or None.
        name_a, name_b: what to call them.

    Returns:
        MIDI number or None, and a sentence that says why. Notes half a semitone apart or less
        agree; of others, octaves too, the first one's pitch is taken.
    """
    if pitch_a is None and pitch_b is None:
        return None, f"no pitch is heard in {name_a} or in {name_b}"
    if pitch_a is None:
        return pitch_b, f"no pitch is heard in {name_a}; that of {name_b} is used"
    if pitch_b is None:
        return pitch_a, f"no pitch is heard in {name_b}; that of {name_a} is used"
    if abs(pitch_a - pitch_b) > SAME_PITCH:
        return pitch_a, (
            f"{name_a} plays {pitch_name(pitch_a)}, {name_b} plays {pitch_name(pitch_b)}; the "
            f"decoder plays one pitch, that of {name_a}"
        )
    return pitch_a, f"both sounds play {pitch_name(pitch_a)}"
