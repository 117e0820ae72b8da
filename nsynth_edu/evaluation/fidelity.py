"""A copy that a model made of a note, against the original: pitch, noise, envelope, spectrum.

Each measure is taken where it means something: pitch where the note has one, a wrong tone where it
has none.
"""

import math

import numpy as np

from nsynth_edu.sound import measures
from nsynth_edu.sound.contour import (
    contour_followed,
    harmonics_to_noise,
    pitch_contour,
    vibrato,
)

LEAST_VIBRATO = 15  # cents: a smaller swing is not a vibrato
SILENT = 1e-9  # mean square, 90 dB below full scale: added where levels are compared
TONES = range(36, 97)  # MIDI, where a tone in a noise is looked for


def free_running(made, true, notes, contours):
    """Measure copies against their originals.

    Args:
        made, true: (batch, time). notes: list of Note. contours: of the originals, see
            `measured_contour`.

    Returns:
        dict of means over the notes that each measure applies to; without those that apply to none.
    """
    each = [judge(*pair) for pair in zip(made, true, notes, contours, strict=True)]
    names = dict.fromkeys(name for scores in each for name in scores)
    return {name: float(np.mean([s[name] for s in each if name in s])) for name in names}


def judge(made, true, note, contour):
    """All that can be measured of one copy: dict, see `table.ROWS`."""
    scores = {
        "envelope": measures.envelope_correlation(made, true),
        "level": 10 * math.log10((power(made) + SILENT) / (power(true) + SILENT)),
        "attack": 1000 * abs(measures.attack_time(made) - measures.attack_time(true)),
        "clicks": measures.clicks_per_second(made),
        "clicks_original": measures.clicks_per_second(true),
    } | distances(made, true)
    if not np.isfinite(contour).any():
        sounds = {"tone": made, "tone_original": true}
        return scores | {name: strongest_tone(sound) for name, sound in sounds.items()}
    if not note.contour:
        cents = measures.cents_off(made, note.pitch)
        scores["right_pitch"] = float(cents is not None and abs(cents) <= 50)
        scores["harmonic_energy"] = measures.harmonic_energy(made, note.pitch)
        scores["harmonic_energy_original"] = measures.harmonic_energy(true, note.pitch)
    scores["followed"] = contour_followed(made, contour)
    noise = [harmonics_to_noise(sound, contour) for sound in (made, true)]
    scores["harmonics_to_noise"] = noise[0] - noise[1]
    return scores | vibrato_against(made, contour)


def distances(made, true):
    """How far a sound is from its original, by two measures: dict."""
    return {
        "distance": measures.multi_scale_spectral_distance(made, true),
        "log_spectral": measures.log_spectral_difference(made, true),
    }


def distances_of(rivals, true):
    """How far other sounds are from the originals, to compare copies with.

    Args:
        rivals: dict name -> (batch, time). true: (batch, time), the originals.

    Returns:
        dict "<distance>_<name>" -> mean over the sounds, see `distances`.
    """
    found = {}
    for name, rival in rivals.items():
        each = [distances(*pair) for pair in zip(rival, true, strict=True)]
        found |= {f"{key}_{name}": mean(one[key] for one in each) for key in each[0]}
    return found


def over_takes(takes, spread):
    """The scores of several takes as one.

    Args:
        takes: list of dicts with the same scores, see `free_running`.
        spread: whether to add "<score>_spread", half of the range over the takes.

    Returns:
        dict score -> mean over the takes.
    """
    scores = {}
    for name in takes[0]:
        values = [take[name] for take in takes]
        scores[name] = mean(values)
        if spread:
            scores[f"{name}_spread"] = (max(values) - min(values)) / 2
    return scores


def mean(values):
    """The mean of any numbers, as a float."""
    return float(np.mean([float(value) for value in values]))


def power(sound):
    """The mean square."""
    return float(np.square(sound, dtype=np.float64).mean())


def vibrato_against(made, contour):
    """Depth of a sound's vibrato as a share of the contour's; empty where that has none."""
    wanted = vibrato(contour)
    if wanted is None or wanted[0] < LEAST_VIBRATO:
        return {}
    found = vibrato(pitch_contour(made))
    return {"vibrato": found[0] / wanted[0] if found else 0.0}


def strongest_tone(sound):
    """The largest share of a sound's energy at the harmonics of any pitch."""
    return max(measures.harmonic_energy(sound, pitch) for pitch in TONES)


def measured_contour(note, sound):
    """The contour of an original: as written with the note, else measured.

    Args:
        note: Note. sound: (time,), its start.

    Returns:
        (time // 512,), MIDI numbers, NaN = not pitched.
    """
    found = pitch_contour(sound)
    if note.contour is None:
        return found
    written = np.full(len(found), np.nan)
    taken = np.array(note.contour, float)[: len(found)]
    written[: len(taken)] = taken
    return written
