"""Pre-emphasis: make treble louder before mu-law, and take it back afterwards.

The error of an 8-bit class is white: as loud at 6 kHz as at 200 Hz, where the tone is. A network
that reads and predicts y[t] = x[t] - a x[t-1] makes its error in y; the inverse filter, which turns
treble down, then turns the error's treble down, too, and what is left of it lies under the tone.

Source: Valin & Skoglund 2019, "LPCNet: improving neural speech synthesis through linear
prediction", sec. 3.3 (a = 0.85, before mu-law of 8 bits).
"""

import numpy as np
import scipy  # its parts are imported with their first use

from nsynth_edu.sound.arrays import is_tensor, like


def preemphasize(waveform, coefficient):
    """Filter a sound: y[t] = x[t] - a x[t-1], silence before it.

    Args:
        waveform: (..., time), array or tensor; a tensor keeps its gradient.
        coefficient: a, from 0 (nothing is changed) to below 1.

    Returns:
        the same shape and kind; up to 1 + a times as loud.
    """
    if not coefficient:
        return waveform
    changed = waveform.clone() if is_tensor(waveform) else np.array(waveform, np.float32)
    changed[..., 1:] -= coefficient * waveform[..., :-1]
    return changed


def deemphasize(waveform, coefficient, memory=None):
    """Undo `preemphasize`: x[t] = y[t] + a x[t-1].

    Args:
        waveform: (..., time), array or tensor.
        coefficient: a, as there.
        memory: float64 (..., 1) array that lets pieces join: zeros before the first piece,
            changed in place; None = the sound is whole.

    Returns:
        float32, the same shape and kind, clipped to [-1, 1].
    """
    if not coefficient:
        return waveform
    made = np.asarray(waveform.cpu() if is_tensor(waveform) else waveform, np.float64)
    memory = np.zeros((*made.shape[:-1], 1)) if memory is None else memory
    made, memory[:] = scipy.signal.lfilter([1.0], [1.0, -coefficient], made, zi=memory)
    return like(made.clip(-1, 1).astype(np.float32), waveform)
