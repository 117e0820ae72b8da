"""From what a network generated to a note that an instrument plays: attack, clicks, fades, gain.

Levels between the points of one instrument are kept: all are multiplied by the same number.
"""

import numpy as np

from nsynth_edu.sound import fit_length
from nsynth_edu.sound.cleaning import fade, find_attack

FADE = 8  # samples, at both ends
JUMP = 1.0  # two jumps of this size, there and back, are a click
PEAK = 0.9  # of the loudest point of an instrument


def clean(waveform, length):
    """Clean one note: clicks repaired, cut to begin at its attack and to its length, ends faded.

    Args:
        waveform: (time,) float32 in [-1, 1].
        length: samples of the result.

    Returns:
        waveform (length,) float32, and the number of clicks repaired.
    """
    waveform, clicks = repair_clicks(waveform)
    waveform = fit_length(waveform[find_attack(waveform) :], length)
    return fade(waveform, FADE, FADE), clicks


def repair_clicks(waveform):
    """Replace each sample that jumps out and back by the mean of its neighbours.

    Args:
        waveform: (time,) float in [-1, 1].

    Returns:
        waveform, float32, a copy; and the number of clicks.
    """
    waveform = np.array(waveform, np.float32)
    jumps = np.diff(waveform)
    there, back = jumps[:-1], jumps[1:]
    places = 1 + np.flatnonzero((np.abs(there) > JUMP) & (np.abs(back) > JUMP) & (there * back < 0))
    waveform[places] = (waveform[places - 1] + waveform[places + 1]) / 2
    return waveform, len(places)


def common_gain(waveforms):
    """The one number that brings the loudest of all sounds of an instrument to `PEAK`."""
    peak = max((float(np.abs(one).max()) for one in waveforms), default=0.0)
    return PEAK / peak if peak > 0 else 1.0
