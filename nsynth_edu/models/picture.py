"""The picture of a note that the spectral networks see, and the convolutions that read it.

Source: Engel et al. 2017, sec. 2.2 and 4.2: the baseline's encoder and the judge share them.

Shapes: B notes; a picture is (B, 1, bins, frames), low frequencies first, in [0, 1].
"""

import math
from numbers import Integral

import numpy as np
import scipy  # its parts are imported with their first use
import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.1  # of the leaky ReLU below 0
LARGEST = {"n_fft": 1 << 14, "hop_length": 1 << 14, "frames": 1 << 12, "sample_rate": 1 << 17}
WIDEST = 1 << 12  # channels of a layer


def check_picture(config):
    """Refuse a config that fits no picture, or no picture of a size that a note has.

    Args:
        config: SpectralConfig or JudgeConfig.

    Raises:
        ValueError: for numbers out of bounds, sides that are no powers of two, or more layers than
            the picture can be halved.
    """
    for name, value in vars(config).items():
        numbers = value if isinstance(value, tuple) else (value,)
        most = LARGEST.get(name, WIDEST)
        if not all(
            isinstance(n, str) or isinstance(n, Integral) and 1 <= n <= most for n in numbers
        ):
            raise ValueError(f"{name} is {value!r:.60}; expected whole numbers from 1 to {most:,}")
    for name in ("n_fft", "frames"):
        if (value := getattr(config, name)) & (value - 1):
            raise ValueError(f"{name} is {value}; expected a power of two, as each layer halves it")
    halvings = int(math.log2(config.n_fft)) - 1
    if len(config.channels) > halvings or config.frames > config.n_fft // 2:
        raise ValueError(
            f"there are {len(config.channels)} layers for {config.n_fft // 2} bins and "
            f"{config.frames} frames; expected at most {halvings} layers, and no more frames than "
            "bins"
        )


def log_magnitude(waveform, config):
    """The picture of a sound: level in dB below its loudest point, scaled.

    Args:
        waveform: (B, time) tensor; what is longer than the picture is cut.
        config: with `n_fft`, `hop_length`, `frames` and `dynamic_range` (dB).

    Returns:
        (B, 1, n_fft / 2, frames) float32: 1 the loudest point, 0 at `dynamic_range` below it and
        for silence. The highest of the n_fft / 2 + 1 bins is left out.
    """
    hop, length = config.hop_length, config.frames * config.hop_length
    waveform = F.pad(waveform[:, :length], (0, max(0, length - waveform.shape[1]))).float()
    with torch.autocast(waveform.device.type, enabled=False):  # dB need more than 8 bits
        window = torch.hann_window(config.n_fft, device=waveform.device)
        transform = torch.stft(
            waveform, config.n_fft, hop, window=window, pad_mode="constant", return_complex=True
        )
        magnitude = transform[:, None, :-1, : config.frames].abs()  # (B, 1, bins, frames)
        loudest = magnitude.amax((1, 2, 3), keepdim=True).clamp_min(1e-5)
        floor = 10 ** (-config.dynamic_range / 20)
        decibels = 20 * (magnitude / loudest).clamp_min(floor).log10()
        return decibels / config.dynamic_range + 1


def linear_magnitude(picture, config):
    """The way back from a picture, as far as it goes: what Griffin-Lim is given.

    Args:
        picture: (n_fft / 2, frames) array, see `log_magnitude`; what lies outside of [0, 1] is
            held there.
        config: with `dynamic_range` (dB).

    Returns:
        (n_fft / 2 + 1, frames) float32: 1 the loudest point; the highest bin, which the picture
        leaves out, is 0. Where the picture is 0, `dynamic_range` below the loudest point is left.
    """
    decibels = (np.clip(picture, 0, 1) - 1) * config.dynamic_range
    return np.pad(10 ** (decibels / 20), ((0, 1), (0, 0))).astype(np.float32)


def coarse_picture(picture, bins, frames):
    """Squeeze a picture without a network: only its coarse course is kept.

    Its cosine transform is cut: what changes more than bins / 2 times from the bottom of the
    picture to its top, or frames / 2 times from left to right, is lost.

    Args:
        picture: (n_fft / 2, frames) array.
        bins, frames: how many coefficients of each side are kept; together bins * frames numbers.

    Returns:
        array of the shape of `picture`, slightly beyond [0, 1] in places.

    Notebook: course/07.
    """
    coefficients = scipy.fft.dctn(picture, norm="ortho")
    coefficients[bins:], coefficients[:, frames:] = 0, 0
    return scipy.fft.idctn(coefficients, norm="ortho")


def strides(bins, frames):
    """How each layer may shrink the picture, until one point is left: (frequency, time) of each.

    Args:
        bins, frames: sides of the picture, powers of two, no more frames than bins.

    Returns:
        list of pairs; time is left alone where one frame is left. 512 x 256: eight times (2, 2),
        then (2, 1), as published.
    """
    halvings = int(math.log2(frames))
    return [(2, 2 if layer < halvings else 1) for layer in range(int(math.log2(bins)))]


def left_of(config):
    """The shape that the layers of a trunk leave: (channels, bins, frames), one point or more."""
    bins, frames = config.n_fft // 2, config.frames
    for step in strides(bins, frames)[: len(config.channels)]:
        bins, frames = bins // step[0], frames // step[1]
    return config.channels[-1], bins, frames


def dense(inputs, outputs):
    """Linear layer, batch norm, leaky ReLU."""
    return nn.Sequential(
        nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.LeakyReLU(SLOPE)
    )


class Layer(nn.Sequential):
    """Convolution, batch norm, leaky ReLU; the sides shrink by exactly the stride."""

    def __init__(self, inputs, outputs, kernel_size, stride):
        super().__init__(
            nn.ZeroPad2d(_around(kernel_size, stride[1]) + _around(kernel_size, stride[0])),
            nn.Conv2d(inputs, outputs, kernel_size, stride, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(SLOPE),
        )


def _around(kernel_size, stride):
    """Zeros before and after a side."""
    total = kernel_size - stride
    return total // 2, total - total // 2


class Trunk(nn.Module):
    """Convolutions that halve the picture, then one dense layer over what is left of it.

    Args:
        config: with `n_fft`, `frames`, `channels` (one number per layer) and `hidden_channels`.
            The published nine layers leave one point.
    """

    def __init__(self, config):
        super().__init__()
        steps = strides(config.n_fft // 2, config.frames)[: len(config.channels)]
        kernels = [5] + [4] * (len(steps) - 1)
        inputs = (1, *config.channels)
        self.layers = nn.Sequential(
            *(Layer(*each) for each in zip(inputs, config.channels, kernels, steps, strict=False))
        )
        self.hidden = dense(math.prod(left_of(config)), config.hidden_channels)

    def forward(self, picture):
        """(B, 1, bins, frames) -> (B, hidden_channels)."""
        return self.hidden(self.layers(picture).flatten(1))
