"""Mu-law companding: 256 loudness-shaped steps instead of 65,536 equal ones.

Three conventions are in use; they differ, so numbers from one do not fit another:

=================  ==================  ============================================
who                classes             rounding
=================  ==================  ============================================
NSynth, this file  0..255 (q + 128)    floor(128 * f(x)); class 128 decodes to exactly 0
librosa            -128..127           own quantisation of the same curve
torchaudio         0..255              floor((f(x) + 1) / 2 * 255 + 0.5)
=================  ==================  ============================================
"""

import math

import numpy as np

from nsynth_edu.sound.arrays import as_array, is_tensor

QUANTIZERS = ("linear", "mu-law")


def mu_law_encode(x, mu=255):
    """Compress loud and expand quiet amplitudes, then round down to one of `mu + 1` classes.

    Args:
        x: waveform of any shape, float in [-1, 1] (values beyond are clipped); array or tensor.
        mu: compression strength and, plus one, the number of classes.

    Returns:
        Integer classes of the same shape and kind (int64) in [0, mu]:
        +1 -> mu, -1 -> 0, 0 -> (mu + 1) / 2.

    Raises:
        ValueError: if a value is NaN or infinite.

    Source: van den Oord et al. 2016, sec. 2.2; the floor as in Magenta's NSynth, in float32.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import mu_law_encode
        >>> mu_law_encode(np.array([-1, -0.01, 0, 0.01, 1]))
        array([  0,  98, 128, 157, 255])
    """
    library, waveform = _library_and_float32(x)
    if not library.isfinite(waveform).all():
        raise ValueError(
            "the waveform holds NaN or infinite values; expected numbers within [-1, 1]. "
            "Repair them first, for example with numpy.nan_to_num."
        )
    half = (mu + 1) // 2
    # divide by log(1 + mu), do not use log2: an error of one ulp changes the class at an edge
    curve = library.sign(waveform) * library.log(1 + mu * abs(waveform)) / math.log(1 + mu)
    classes = (library.floor(curve * half) + half).clip(0, mu)
    return library.asarray(classes, dtype=library.int64)[()]


def mu_law_decode(classes, mu=255):
    """Turn classes back into amplitudes: each class becomes the middle of its step.

    Args:
        classes: numbers in [0, mu], any shape; array or tensor. Fractions lie between two classes,
            such as the mean of a predicted distribution.
        mu: as in `mu_law_encode`.

    Returns:
        float32 waveform of the same shape and kind, within about [-0.98, 0.98];
        the middle class (128 for mu = 255) gives exactly 0, so silence stays silent.

    Raises:
        ValueError: if a class lies outside [0, mu].

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import mu_law_decode
        >>> mu_law_decode(np.array([0, 98, 128, 157, 255])).round(2)
        array([-0.98, -0.01,  0.  ,  0.01,  0.98], dtype=float32)
    """
    library, steps = _library_and_float32(classes)
    if math.prod(steps.shape) and (steps.min() < 0 or steps.max() > mu):
        raise ValueError(
            f"classes run from {int(steps.min())} to {int(steps.max())}; expected 0 to {mu}. "
            "Add 128 to signed values in -128..127."
        )
    signed = steps - (mu + 1) // 2
    # half a step up, to the middle of the step, but silence stays where it is
    curve = (signed + abs(signed).clip(max=1) / 2) * 2 / (mu + 1)
    return (library.sign(curve) / mu * ((1 + mu) ** abs(curve) - 1))[()]


def companded(waveform, mu=255):
    """Compute the input signal of the networks: the class as a number in [-1, 1), (q - 128) / 128.

    Args:
        waveform: float tensor of any shape in [-1, 1].
        mu: as in `mu_law_encode`.

    Returns:
        float32 tensor of the same shape.
    """
    half = (mu + 1) // 2
    return (mu_law_encode(waveform, mu).float() - half) / half


def quantize(waveform, bits, law="linear"):
    """Round a sound to ``2 ** bits`` amplitudes: evenly spaced ones, or fine near zero (mu-law).

    Args:
        waveform: float in [-1, 1], any shape; beyond that it is clipped.
        bits: 2 to 16.
        law: "linear" (steps of ``2 / 2 ** bits``, zero among them) or "mu-law".

    Returns:
        float32, same shape: the rounded sound.

    Raises:
        ValueError: if there is no such number of bits, or no such law.

    Notebook: course/01.
    """
    if law not in QUANTIZERS or not 2 <= bits <= 16:
        raise ValueError(f"{bits} bits, {law!r}; expected 2 to 16 bits and one of {QUANTIZERS}.")
    samples = np.asarray(waveform, dtype=np.float32)
    if law == "mu-law":
        return mu_law_decode(mu_law_encode(samples, 2**bits - 1), 2**bits - 1)
    half = 2 ** (bits - 1)
    # no class for +1: two's complement ends one step below it
    return (np.clip(np.round(samples * half), -half, half - 1) / half).astype(np.float32)


def _library_and_float32(x):
    """What computes with `x`, PyTorch or NumPy (here both have the same names), and `x` for it."""
    if is_tensor(x):
        import torch

        return torch, x.float()
    return np, as_array(x)
