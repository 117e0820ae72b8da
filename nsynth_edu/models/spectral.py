"""The spectral rival of NSynth: an autoencoder of a note's picture, one vector per note.

The picture holds magnitudes and no phase; for the way back to sound, Griffin-Lim finds one.

Source: Engel et al. 2017, sec. 2.2, and its published code for what the paper leaves open. The
paper found that predicting the phase, too, worked worse.

Shapes: B notes; a picture is (B, 1, bins, frames), low frequencies first, in [0, 1].
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nsynth_edu.models.picture import (
    SLOPE,
    Trunk,
    check_picture,
    dense,
    left_of,
    linear_magnitude,
    log_magnitude,
    strides,
)
from nsynth_edu.sound.arrays import like
from nsynth_edu.sound.audio import NOTE_LENGTH, as_waveform, normalize_peak
from nsynth_edu.sound.griffin_lim import griffin_lim

PITCHES = 128  # MIDI
FLAT_FROM = 4000.0  # Hz; above, each bin counts the same in the loss
DARK = -1.5  # logit of 0.18, about the mean of pictures of notes; where the training begins
LOWEST_WEIGHT = 10.0  # at 0 Hz, as published; 1 above


@dataclass(frozen=True)
class SpectralConfig:
    """The shape of a spectral autoencoder; the values in comments are the published ones.

    A number out of bounds is a `ValueError`, see `check_picture`.
    """

    sample_rate: int = 16000  # Hz, 16000
    n_fft: int = 1024  # samples of a window, 1024; the picture has half as many bins
    hop_length: int = 256  # samples, 256 (16 ms)
    frames: int = 256  # 256, of which a note of 4 s fills 251
    dynamic_range: int = 120  # dB from the loudest point to 0, 120
    channels: tuple[int, ...] = (128, 128, 128, 256, 256, 256, 512, 512, 512)  # of the encoder
    hidden_channels: int = 1024  # of the dense layers around z, 1024
    latent_channels: int = 1984  # numbers of z, 1984; NSynth has 125 x 16 = 2000
    pitch_channels: int = 128  # of the pitch embedding, 128

    def __post_init__(self):
        check_picture(self)

    @classmethod
    def paper(cls):
        """The published shape: 36,770,689 parameters."""
        return cls()

    @classmethod
    def small(cls):
        """Ours: z is as long, all else is small enough to be trained on one core.

        As in the small judge, windows are longer and fewer, and three layers leave 128 bands and 4
        parts of the note to a dense layer. On the way back another one paints these bands: nine
        narrow layers from a single point only ever learn a blur without pitch.
        """
        return cls(
            n_fft=2048,
            hop_length=2048,
            frames=32,
            dynamic_range=80,
            channels=(16, 16, 8),
            hidden_channels=192,
            pitch_channels=64,
        )


class Mirror(nn.Module):
    """The trunk backwards: one dense layer, then transposed convolutions that double the sides.

    Where the trunk leaves more than one point, a second dense layer paints as many.

    Args:
        config: SpectralConfig.
    """

    def __init__(self, config):
        super().__init__()
        inputs = config.latent_channels + config.pitch_channels
        self.hidden = dense(inputs, config.hidden_channels)
        shape = left_of(config)
        if math.prod(shape[1:]) > 1:
            self.hidden.append(dense(config.hidden_channels, math.prod(shape)))
        else:
            shape = (config.hidden_channels, 1, 1)
        self.shape = shape
        steps = strides(config.n_fft // 2, config.frames)[: len(config.channels)]
        kernels = [4] * (len(steps) - 2) + [5, 5]
        widths = (shape[0], *config.channels[-2::-1], config.channels[0])
        layers = []
        for each in zip(widths, widths[1:], kernels, steps, strict=False):
            layers += [Doubling(*each)]
        self.layers = nn.Sequential(*layers)
        self.level = nn.Conv2d(widths[-1], 1, 1)
        nn.init.constant_(self.level.bias, DARK)

    def forward(self, z):
        """(B, latent + pitch channels) -> picture (B, 1, bins, frames)."""
        x = self.hidden(z).unflatten(1, self.shape)  # (B, hidden, 1, 1) as published
        return torch.sigmoid(self.level(self.layers(x)))


class Doubling(nn.Sequential):
    """Transposed convolution, batch norm, leaky ReLU; the sides grow by exactly the stride."""

    def __init__(self, inputs, outputs, kernel_size, stride):
        beyond = [kernel_size - step for step in stride]  # that a transposed convolution adds
        cut, back = [-(-each // 2) for each in beyond], [each % 2 for each in beyond]
        super().__init__(
            nn.ConvTranspose2d(inputs, outputs, kernel_size, stride, cut, back, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(SLOPE),
        )


class SpectralAutoencoder(nn.Module):
    """Picture of a note -> z, one vector -> picture, the pitch given -> sound.

    Args:
        config: SpectralConfig; `SpectralConfig.paper()` is the published one.
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        self.latent = nn.Sequential(
            nn.Linear(config.hidden_channels, config.latent_channels, bias=False),
            nn.BatchNorm1d(config.latent_channels),
        )
        self.pitch = nn.Embedding(PITCHES, config.pitch_channels)
        self.mirror = Mirror(config)
        self.to(memory_format=torch.channels_last)  # a third faster on a CPU

    def forward(self, picture, pitch):
        """Copy pictures.

        Args:
            picture: (B, 1, bins, frames). pitch: (B,) MIDI numbers, integers.

        Returns:
            (B, 1, bins, frames).
        """
        return self.picture(self.latent(self.trunk(picture)), pitch)

    def picture(self, z, pitch):
        """Decode z to pictures: (B, latent_channels), (B,) integers -> (B, 1, bins, frames)."""
        return self.mirror(torch.cat([z, self.pitch(pitch)], dim=1))

    @torch.no_grad()
    def encode(self, waveform):
        """Encode one note.

        Args:
            waveform: (time,) float in [-1, 1], 16 kHz; the first 4 s are seen. Its level is not:
                the picture is relative to its loudest point.

        Returns:
            z, (latent_channels,) float32: one vector for the whole note; array or tensor as given.
        """
        signal = torch.from_numpy(as_waveform(waveform))[None].to(self.device)
        z = self.latent(self.trunk(log_magnitude(signal[:, :NOTE_LENGTH], self.config)))[0]
        return like(z, waveform)

    @torch.no_grad()
    def decode(self, z, pitch, *, iterations=100, seed=0, length=NOTE_LENGTH):
        """Decode one note.

        Args:
            z: (latent_channels,) of `encode`, or a mix of several.
            pitch: MIDI number, 0 to 127, whole.
            iterations, seed: of `griffin_lim`; published: 1000 iterations of the classic method.
            length: samples, 64,000 at most.

        Returns:
            waveform, float32 (length,), its peak at 0.7; array or tensor as given.

        Raises:
            ValueError: for a z of another length, or a pitch that is no MIDI number.
        """
        magnitude, hop = self.magnitude(z, pitch)
        waveform = griffin_lim(
            magnitude, iterations, seed, hop_length=hop, length=min(length, NOTE_LENGTH)
        )
        return like(normalize_peak(waveform), z)

    @torch.no_grad()
    def magnitude(self, z, pitch):
        """What Griffin-Lim is given.

        Args:
            z, pitch: as `decode`.

        Returns:
            linear magnitudes, (n_fft / 2 + 1, frames) array, and the hop between them: that of the
            picture, or where its windows overlap by less than three quarters a quarter of a
            window, the dB between two windows of the picture in a straight line.

        Raises:
            ValueError: as `decode`.
        """
        config = self.config
        vector = torch.as_tensor(z, dtype=torch.float32, device=self.device)
        if vector.shape != (config.latent_channels,):
            raise ValueError(
                f"z has the shape {tuple(vector.shape)}; expected ({config.latent_channels},), one "
                "vector for a note, as encode() makes."
            )
        if not 0 <= pitch < PITCHES or pitch != int(pitch):
            raise ValueError(f"pitch is {pitch}; expected a whole MIDI number, 0 to 127.")
        number = torch.tensor([int(pitch)], device=self.device)
        picture = self.picture(vector[None], number)[0, 0].cpu().numpy()
        hop = min(config.hop_length, config.n_fft // 4)
        times = np.arange(0, (config.frames - 1) * config.hop_length + 1, hop) / config.hop_length
        picture = np.stack([np.interp(times, np.arange(config.frames), row) for row in picture])
        return linear_magnitude(picture, config), hop

    @property
    def device(self):
        """torch.device of the weights."""
        return self.pitch.weight.device


def picture_loss(copy, picture, config):
    """Mean squared difference of two pictures, low frequencies counted more.

    Args:
        copy, picture: (B, 1, bins, frames). config: SpectralConfig.

    Returns:
        scalar tensor. The weight falls in a straight line from 10 at 0 Hz to 1 at 4 kHz, and stays
        1 above, as published.
    """
    frequencies = torch.arange(config.n_fft // 2, device=picture.device)
    frequencies = frequencies * (config.sample_rate / config.n_fft)  # Hz
    share = (1 - frequencies / FLAT_FROM).clamp_min(0)
    weight = 1 + (LOWEST_WEIGHT - 1) * share
    return (weight[:, None] * (copy.float() - picture).square()).mean()
