"""How the next sample is taken from the distribution that a network predicts for it.

The engines know two ways, and each sample may take its own: a class drawn with a number in [0, 1),
or, where that number is `MEAN`, the distribution's mean. Which samples take which is decided here.
Source of "auto": FFTNet's conditional sampling (Jin et al. 2018), which draws from a narrower
distribution in voiced frames than in unvoiced ones.
"""

import math

SAMPLING = ("random", "mean", "auto")
MEAN = -1.0  # in place of a number to draw with


def choose_sampling(model, sampling=None):
    """Name the sampling to use: that of the model where none is named.

    Args:
        model: WaveNetAutoencoder or WaveNet. sampling: one of `SAMPLING`, or None.

    Raises:
        ValueError: for another name.
    """
    sampling = model.recommended_sampling if sampling is None else sampling
    if sampling not in SAMPLING:
        raise ValueError(f"sampling is {sampling!r}; expected one of {', '.join(SAMPLING)}.")
    return sampling


def takes_mean(sampling, pitch=None):
    """Whether the samples of a frame are means.

    Args:
        sampling: one of `SAMPLING`. pitch: MIDI number of the frame; NaN = not pitched, None =
            unknown.
    """
    noise = pitch is not None and math.isnan(pitch)
    return sampling == "mean" or (sampling == "auto" and not noise)
