"""Names of pitches, the pitch of a recording, and that of a hybrid of two notes."""

import re

import librosa
import numpy as np

from nsynth_edu.sound import envelope, estimate_pitch, pitch_contour

SOUNDING_LEVEL = 0.01  # of the loudest frame: 40 dB below it a note has ended
PITCHED_SHARE = 0.9  # of the frames that sound, for a contour to be trusted
LEAST_MOVEMENT = 0.5  # semitones between the 5th and 95th percentile of a pitch that moves
LARGEST_LEAP = 7.0  # semitones between two frames; larger ones are mostly octave errors
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
    """Format a pitch.

    Args:
        midi: MIDI number, contour (frames,), or None.

    Returns:
        "C4" for 60, "A4 -12 cents" for 68.88, "C4 to G4" for a contour between them, "unknown"
        for None.
    """
    if midi is None:
        return "unknown"
    if np.ndim(midi):
        return f"{pitch_name(np.min(midi))} to {pitch_name(np.max(midi))}"
    nearest = round(midi)
    cents = round(100 * (midi - nearest))
    name = librosa.midi_to_note(nearest, unicode=False)
    return f"{name} {cents:+d} cents" if cents else name


def measured_pitch(waveform, hop_length=512):
    """Measure the pitch of a sound: one number where it is steady, a contour where it moves.

    A contour is given where it is trusted (at least 90 % of the frames that sound have a pitch,
    and none is more than a fifth from the last) and moves by half a semitone or more: a glide,
    a vibrato, a tune. Bells, whose partials disagree about the pitch, are rarely taken for one.

    Args:
        waveform: (time,) at 16 kHz.
        hop_length: samples per frame of the contour.

    Returns:
        MIDI number; or contour (time // hop_length,), float64, without gaps; or None for a sound
        without pitch.
    """
    contour = pitch_contour(waveform)
    level = envelope(waveform)[: len(contour)]
    sounding = level > SOUNDING_LEVEL * max(level, default=0)
    pitched = contour[sounding & ~np.isnan(contour)]
    if len(pitched) > 1 and len(pitched) >= PITCHED_SHARE * sounding.sum():
        low, high = np.percentile(pitched, [5, 95])
        if high - low >= LEAST_MOVEMENT and np.abs(np.diff(pitched)).max() <= LARGEST_LEAP:
            return without_gaps(contour, len(waveform) // hop_length)
    return estimate_pitch(waveform)


def without_gaps(contour, frames=None):
    """Carry the pitch on through frames that have none, on straight lines.

    Args:
        contour: MIDI numbers, one per frame, NaN = not pitched; one of them at least is a number.
        frames: of the result, for a model of another hop; None = as many as were given.

    Returns:
        (frames,) MIDI numbers.
    """
    frames = len(contour) if frames is None else frames
    middles = (np.arange(frames) + 0.5) * len(contour) / frames - 0.5
    pitched = np.flatnonzero(~np.isnan(contour))
    return np.interp(middles, pitched, contour[pitched])


def agreed_pitch(pitch_a, pitch_b, name_a="A", name_b="B"):
    """Choose one pitch for the hybrid of two notes: a decoder plays one pitch, not two.

    Args:
        pitch_a, pitch_b: pitch of each, MIDI number, contour (frames,) or None.
        name_a, name_b: their names in the sentence.

    Returns:
        MIDI number, contour or None, and a sentence with the reason. Notes at most half a
        semitone apart agree; otherwise, also for octaves, the pitch of the first one is used.
    """
    if pitch_a is None and pitch_b is None:
        return None, f"neither {name_a} nor {name_b} has a clear pitch"
    if pitch_a is None:
        return pitch_b, f"{name_a} has no clear pitch; that of {name_b} is used"
    if pitch_b is None:
        return pitch_a, f"{name_b} has no clear pitch; that of {name_a} is used"
    if np.ndim(pitch_a) or np.ndim(pitch_b) or abs(pitch_a - pitch_b) > SAME_PITCH:
        return pitch_a, (
            f"{name_a} plays {pitch_name(pitch_a)}, {name_b} plays {pitch_name(pitch_b)}; the "
            f"decoder plays one pitch, that of {name_a}"
        )
    return pitch_a, f"both sounds play {pitch_name(pitch_a)}"
