"""From what a network sang to a note that an instrument plays: onset, clicks, fades, one gain.

Levels between the points of one instrument survive: all are multiplied by the same number.
"""

import numpy as np

from nsynth_edu.sound import fit_length

ONSET = 0.1  # of the peak: where a note is said to begin
SEARCH = 4000  # samples, 0.25 s, in which a note must begin
BEFORE = 16  # samples kept before the onset
FADE = 8  # samples, linear, at both ends
JUMP = 1.0  # two jumps of this size, there and back, are a click
PEAK = 0.9  # of the loudest point of an instrument


def clean(waveform, length):
    """One note: clicks repaired, its beginning found, cut to length, both ends faded.

    Args:
        waveform: (time,) float32 in [-1, 1].
        length: samples of the result.

    Returns:
        waveform (length,) float32, and the number of clicks repaired.
    """
    waveform, clicks = repair_clicks(waveform)
    waveform = fit_length(waveform[onset(waveform) :], length).copy()
    ramp = np.linspace(0, 1, FADE, dtype=np.float32)
    waveform[:FADE] *= ramp
    waveform[-FADE:] *= ramp[::-1]
    return waveform, clicks


def onset(waveform):
    """The sample at which a note begins: a tenth of its peak, and a little before; 0 if late."""
    loud = np.abs(waveform)
    first = int(np.argmax(loud[:SEARCH] >= ONSET * loud.max()))
    return max(0, first - BEFORE)


def repair_clicks(waveform):
    """Replace each sample that jumps out and back by the mean of its neighbours.

    Returns:
        waveform, float32, a copy; and how many there were.
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
