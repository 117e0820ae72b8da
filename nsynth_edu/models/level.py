"""How loud each frame of an encoding is meant to be: read from z by a quadratic form.

The encoder keeps the level of a frame, but the decoder, which hears only its own past, drifts from
it. 153 numbers fitted by ridge regression find it in z again; `generation.postfilter` holds the
sound to it. Ours; it is kept in the model's file next to the weights.
"""

import numpy as np

SILENT = 1e-8  # mean square that is added: silence counts as -80 dB
RIDGE = 3e-4  # penalty on the weights of the standardised terms, per frame
OFFSET = 0.1  # what a note's mean error weighs against the error of its course


def frame_levels(waveform, hop_length=512):
    """The level of each frame.

    Args:
        waveform: (..., time) float array, whole frames.
        hop_length: samples per frame.

    Returns:
        float64 (..., time / hop_length), dB: 10 lg of the mean square, 0 for a constant 1.
    """
    frames = np.asarray(waveform, np.float64)
    frames = frames.reshape(*frames.shape[:-1], -1, hop_length)
    return 10 * np.log10(np.square(frames).mean(-1) + SILENT)


def terms(z):
    """1, the numbers of z, and all products of two of them.

    Args:
        z: (..., channels) array.

    Returns:
        float64 (..., `map_size(channels)`).
    """
    z = np.asarray(z, np.float64)
    first, second = np.triu_indices(z.shape[-1])
    one = np.ones((*z.shape[:-1], 1))
    return np.concatenate([one, z, z[..., first] * z[..., second]], axis=-1)


def map_size(channels):
    """Numbers in the level map of an encoding with so many channels: 153 for 16."""
    return 1 + channels + channels * (channels + 1) // 2


def fit_level_map(z, levels):
    """Fit a map from z to levels on notes: ridge regression.

    Args:
        z: (notes, frames, channels) encodings. levels: (notes, frames), dB, of `frame_levels`.

    Returns:
        float32 (`map_size(channels)`,), weights of `terms(z)`; their sum is the level in dB.
    """
    inputs, levels = terms(z)[..., 1:], np.asarray(levels, np.float64)
    middle, spread = inputs.mean((0, 1)), inputs.std((0, 1)) + 1e-6
    rows = np.insert((inputs - middle) / spread, 0, 1.0, axis=-1)
    # most of its own mean is taken off each note: a wavering level is worse than one a little off
    rows = rows - (1 - OFFSET**0.5) * rows.mean(1, keepdims=True)
    wanted = levels - (1 - OFFSET**0.5) * levels.mean(1, keepdims=True)
    rows = rows.reshape(-1, rows.shape[-1])
    penalty = np.diag(np.r_[0.0, np.full(len(middle), RIDGE * len(rows))])
    found = np.linalg.solve(rows.T @ rows + penalty, rows.T @ wanted.ravel())
    weights = found[1:] / spread
    return np.r_[found[0] - weights @ middle, weights].astype(np.float32)


def level_of(level_map, z):
    """How loud one frame is meant to be.

    Args:
        level_map: of `fit_level_map`, array. z: (channels,), one frame.

    Returns:
        float, dB, from that of silence, -80, to 0.
    """
    return float(np.clip(terms(z) @ np.asarray(level_map, np.float64), -80.0, 0.0))
