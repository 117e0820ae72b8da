"""Moves between encodings: change the numbers, then let the decoder turn them into sound.

Each move is one equation on z, (frames, 16) or with a batch in front (batch, frames, 16).
An array gives an array, a tensor a tensor; the result is float32, of the same kind as the first z.
None checks whether the result is near the encodings of real sounds: listen to it.

Source: the experiments of "Making a Neural Synthesizer Instrument" (Engel 2017).
"""

import numpy as np

from nsynth_edu.sound.arrays import as_like, as_tensor, like, stack

FRAME_RATE = 31.25  # frames of z per second: 16,000 samples / 512


def interpolate(z_a, z_b, mix=0.5):
    """Morph two sounds: one instrument between the two, not two instruments at once.

    Args:
        z_a, z_b: encodings of the same length.
        mix: how much of B, one number or one per frame (frames,). 0 is A, 1 is B;
            beyond them the difference between the sounds is exaggerated.

    Returns:
        (1 - mix) * z_a + mix * z_b.

    Raises:
        ValueError: if the encodings, or the weights, differ in length.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import interpolate
        >>> quiet, loud = np.zeros((125, 16)), np.ones((125, 16))
        >>> float(interpolate(quiet, loud, mix=0.25)[0, 0])
        0.25
        >>> interpolate(quiet, loud, np.linspace(0, 1, 125))[[0, 62, 124], 0].tolist()
        [0.0, 0.5, 1.0]
    """
    z_a, z_b = fitting(z_a=z_a, z_b=z_b)
    mix = as_like(mix, z_a)
    if mix.ndim > 1 or mix.ndim == 1 and len(mix) != z_a.shape[-2]:
        raise ValueError(
            f"mix has shape {tuple(mix.shape)} for {z_a.shape[-2]} frames; "
            "give one number, or one per frame."
        )
    mix = mix[..., None]  # the same weight for all 16 channels of a frame
    return (1 - mix) * z_a + mix * z_b


def crossfade(z_a, z_b):
    """Turn one instrument into the other during the note: it begins as A and ends as B.

    The weight rises like the first half of a Hann window, flat at both ends.

    Args:
        z_a, z_b: encodings of the same length.

    Returns:
        z of the same shape.

    Raises:
        ValueError: if the encodings differ in length.
    """
    frames = fitting(z_a=z_a)[0].shape[-2]
    return interpolate(z_a, z_b, _rise(np.linspace(0, 0.5, frames)))


def oscillate(z_a, z_b, rate_hz, frame_rate=FRAME_RATE):
    """Move a note back and forth between two instruments, along a sine.

    A slow rate sounds like a change of timbre, a few periods per second like a vibrato of timbre.
    The same sine applied to the two audio signals sounds like two players taking turns.

    Args:
        z_a, z_b: encodings of the same length. The note starts as A.
        rate_hz: periods of the sine per second; the source uses 1/6, 1/3, 2/3 and 1.
        frame_rate: frames of z per second.

    Returns:
        z of the same shape.

    Raises:
        ValueError: for a rate above half the frame rate or below 0, or if the encodings differ in
            length.
    """
    nyquist = frame_rate / 2
    if rate_hz > nyquist:
        alias = abs(rate_hz - round(rate_hz / frame_rate) * frame_rate)
        raise ValueError(
            f"z has {frame_rate:g} frames per second and carries rates up to half of that, "
            f"{nyquist:g} Hz (Nyquist); sampled once per frame, a sine of {rate_hz:g} Hz looks "
            f"exactly like one of {alias:g} Hz (aliasing). Choose a slower rate."
        )
    if not rate_hz >= 0:
        raise ValueError(f"rate_hz is {rate_hz}; expected 0 to {nyquist:g} periods per second.")
    frames = fitting(z_a=z_a)[0].shape[-2]
    return interpolate(z_a, z_b, _rise(np.arange(frames) / frame_rate * rate_hz))


def scale(z, scaling):
    """Drive the decoder harder or more softly; this is not a volume control.

    Above 1 the note gets louder and rougher, then overloads and clicks; below 1 it thins out,
    then sputters. The source uses 0.6 to 1.6.

    Args:
        z: encoding.
        scaling: factor; 1 leaves z as it is.

    Returns:
        scaling * z.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import scale
        >>> scale(np.ones((125, 16)), 1.5)[0, :2].tolist()
        [1.5, 1.5]
    """
    (z,) = fitting(z=z)
    return as_like(scaling, z) * z


def mean_encoding(encodings):
    """Average many notes, and measure how far they differ from the average at each moment.

    Decoded, the mean has an attack, a slow decay and a release, and resembles no instrument.

    Args:
        encodings: many z (frames, 16) of the same length, aligned in time (all notes begin at
            frame 0): a list, or one array (notes, frames, 16).

    Returns:
        mean, std: (frames, 16) each; std is the spread over these notes (divided by their
        number, not by one less).

    Raises:
        ValueError: for no notes at all, or notes of different length.
    """
    notes = fitting(**{f"encoding {number}": z for number, z in enumerate(encodings)})
    if not notes:
        raise ValueError("there are no encodings to average; give one z (frames, 16) or more.")
    stacked = as_tensor(stack(notes)).double()
    mean, std = stacked.mean(0).float(), stacked.std(0, correction=0).float()
    return like(mean, notes[0]), like(std, notes[0])


def caricature(z, z_mean, scaling):
    """Exaggerate a note's character: everything in which it differs from the mean note.

    Args:
        z: encoding.
        z_mean: the mean note, (frames, 16), see `mean_encoding`.
        scaling: 1 is the note itself, 0 the mean note, above 1 a caricature; negative numbers
            invert its character. The source uses -1 to 2.

    Returns:
        z_mean + scaling * (z - z_mean).

    Raises:
        ValueError: if the shapes do not match.
    """
    (z,) = fitting(z=z)
    z_mean = _per_frame(z_mean, z, "z_mean")
    return z_mean + as_like(scaling, z) * (z - z_mean)


def add_noise(z, sigma, z_mean=0.0, z_std=1.0, seed=None):
    """Add noise to z: a little sounds like jitter, much of it breaks the sound into grains.

    The noise is measured in standard deviations of real notes, so that each channel at each
    moment gets noise in proportion to its usual movement:
    z_mean + z_std * ((z - z_mean) / z_std + N(0, sigma)). The mean cancels out.

    Args:
        z: encoding.
        sigma: standard deviation of the noise, in z_std; the source uses 0.1, 0.5 and 2.8.
        z_mean, z_std: (frames, 16) from `mean_encoding`; without them sigma is in units of z.
        seed: int; the same seed gives the same noise. None = a different one each time.

    Returns:
        z of the same shape.

    Raises:
        ValueError: for a sigma below 0, or if the shapes do not match.
    """
    (z,) = fitting(z=z)
    _per_frame(z_mean, z, "z_mean")
    z_std = _per_frame(z_std, z, "z_std")
    if not sigma >= 0:
        raise ValueError(f"sigma is {sigma}; expected 0 (unchanged) or more.")
    noise = as_like(np.random.default_rng(seed).normal(0, sigma, tuple(z.shape)), z)
    return z + z_std * noise  # the equation without its division, which fails where z_std is 0


def analogy(z_a, z_b, z_c):
    """Complete "A is to B as C is to ...": add the difference between A and B to C.

    The result is seldom what one expects: the difference also contains how A and B change over
    time.

    Args:
        z_a, z_b, z_c: encodings of the same length.

    Returns:
        z_c + (z_b - z_a).

    Raises:
        ValueError: if the encodings differ in length.
    """
    z_a, z_b, z_c = fitting(z_a=z_a, z_b=z_b, z_c=z_c)
    return z_c + (z_b - z_a)


def stretch(z, factor):
    """Make a note longer or shorter at the same pitch by resampling z in time.

    Attack and decay are stretched as well.

    Args:
        z: encoding.
        factor: 2 lasts twice as long; the first and the last frame stay, the frames between
            are interpolated.

    Returns:
        round(factor * frames) frames.

    Raises:
        ValueError: if no frame would remain.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import stretch
        >>> stretch(np.zeros((125, 16)), 2).shape
        (250, 16)
    """
    (z,) = fitting(z=z)
    frames = z.shape[-2]
    if not factor * frames >= 0.5 or (length := round(factor * frames)) < 1:
        raise ValueError(
            f"a factor of {factor} leaves none of {frames} frames; "
            f"expected more than {0.5 / frames:g} (1 = unchanged)."
        )
    places = np.linspace(0, frames - 1, length)
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, frames - 1)
    return interpolate(z[..., before, :], z[..., after, :], places - before)


def fitting(**encodings):
    """Check that encodings match, and convert them to float32, arrays or tensors as the first one.

    Args:
        encodings: z (frames, 16) or (batch, frames, 16), by the names used in messages.

    Returns:
        list of encodings.

    Raises:
        ValueError: if one is not an encoding, or differs from the first in frames or channels.
    """
    fitted = []
    for name, z in encodings.items():
        z = as_like(z, fitted[0] if fitted else z)
        if z.ndim < 2 or 0 in z.shape:
            raise ValueError(
                f"{name} has shape {tuple(z.shape)}; expected (frames, 16) or "
                "(batch, frames, 16), as encode() returns it."
            )
        fitted.append(z)
        first = fitted[0]
        shared = min(z.ndim, first.ndim)
        if z.shape[-shared:] != first.shape[-shared:]:
            raise ValueError(
                f"{name} has shape {tuple(z.shape)}, {next(iter(encodings))} has "
                f"{tuple(first.shape)}; expected the same frames and channels. Cut both to the "
                "shorter one, z[:frames], or stretch() one to the other's length."
            )
    return fitted


def _per_frame(value, z, name):
    """A statistic of z as float32 of its kind: (frames, 16), (16,) or one number."""
    value = as_like(value, z)
    if value.ndim and value.shape != z.shape[-value.ndim :]:
        raise ValueError(
            f"{name} has shape {tuple(value.shape)}, z has {tuple(z.shape)}; expected the same "
            "frames and channels. Take it from notes of the same length."
        )
    return value


def _rise(cycles):
    """A sine wave lifted to 0..1 that starts at the bottom: 0 at whole cycles, 1 at halves."""
    return (1 - np.cos(2 * np.pi * cycles)) / 2
