"""One rule between float waveforms and 16-bit samples: times 32,768, rounded, clipped.

Readers divide by the same number, so that saving and loading does not change a 16-bit sound.
"""

import numpy as np

from nsynth_edu.sound.arrays import as_array

FULL_SCALE = 32768  # of 16-bit samples: -1 is exactly -32,768; +1 is clipped to 32,767


def to_int16(waveform):
    """Turn a waveform into 16-bit samples.

    Args:
        waveform: float of any shape in [-1, 1]; array or tensor. What lies beyond is clipped.

    Returns:
        int16 array of the same shape, little-endian.
    """
    whole = np.round(as_array(waveform) * np.float32(FULL_SCALE))
    return np.clip(whole, -FULL_SCALE, FULL_SCALE - 1).astype("<i2")


def from_int16(samples):
    """Turn 16-bit samples back into a waveform, float32 in [-1, 1) of the same shape.

    Args:
        samples: integers in -32,768..32,767, an array; or their bytes, little-endian.
    """
    whole = np.frombuffer(samples, "<i2") if isinstance(samples, bytes) else np.asarray(samples)
    return whole.astype(np.float32) / FULL_SCALE
