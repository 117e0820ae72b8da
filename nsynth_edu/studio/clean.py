"""Clean generated notes for an instrument: attack, clicks, fades, gain.

All points of an instrument get the same gain, so that their relative levels stay.
"""

import numpy as np

from nsynth_edu.sound import fit_length
from nsynth_edu.sound.cleaning import fade, find_attack

FADE = 8  # samples, at both ends
JUMP = 1.0  # two jumps of this size, there and back, are a click
PEAK = 0.9  # of the loudest point of an instrument


def clean(waveform, length):
    """Clean one note: repair clicks, cut it to its attack and length, fade both ends.

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
    """Compute the gain that brings the loudest sound of an instrument to `PEAK`.

    Args:
        waveforms: list of (time,) arrays, or of arrays of peaks.

    Returns:
        float; 1 for silence.
    """
    peak = max((float(np.abs(one).max()) for one in waveforms), default=0.0)
    return PEAK / peak if peak > 0 else 1.0
