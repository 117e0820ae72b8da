"""Mel2Mel: a score and a point on a map of timbres become a mel spectrogram.

The notes say when each key is down, the timbre how it sounds: it scales and shifts the channels
of the network, once before the recurrent layer and once behind it (FiLM). What is not linear is
the LSTM alone. The published network, without the vocoder that makes its mel sound.

Source: Kim, Bittner, Kumar and Bello 2018, Neural Music Synthesis for Flexible Timbre Control.
FiLM: Perez et al. 2018.

Shapes: B pieces, T frames of 8 ms.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn

from nsynth_edu.sound.arrays import as_tensor, like
from nsynth_edu.sound.midi import KEYS
from nsynth_edu.sound.soundfont import MEL2MEL_PROGRAMS, program
from nsynth_edu.sound.spectral import MEL_CHANNELS, MEL_FLOOR

QUIET = -8.0  # the logarithm that the training begins with, about the mean of pieces
BOUND = 4.0  # of tanh(log / 4) in the published loss
LOSSES = ("abs", "log-abs", "tanh-log-abs")
MOST_CHANNELS = 4096


@dataclass(frozen=True)
class Mel2MelConfig:
    """The shape of a Mel2Mel; the values in comments are the published ones."""

    channels: int = 256  # of the roll's projection, and of each direction of the LSTM, 256
    timbre_channels: int = 2  # numbers of a timbre, 2: a map
    instruments: tuple[str, ...] = tuple(program(which).name for which in MEL2MEL_PROGRAMS)  # ten

    def __post_init__(self):
        for name, most in (("channels", MOST_CHANNELS), ("timbre_channels", 64)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 1 to {most}")
        if not 1 <= len(self.instruments) <= MOST_CHANNELS:
            raise ValueError("instruments is empty; expected the names of some programs")

    @classmethod
    def paper(cls):
        """The published shape: 1,143,652 weights, 2,048 of them the second bias of torch's LSTM."""
        return cls()

    @classmethod
    def small(cls):
        """Ours, half as wide."""
        return cls(channels=128)


class FiLM(nn.Module):
    """Scale and shift each channel as the timbre says: gamma * x + beta.

    Gamma and beta are linear in the timbre.

    Args:
        timbre_channels: numbers of a timbre. channels: of x.
    """

    def __init__(self, timbre_channels, channels):
        super().__init__()
        self.gamma = nn.Linear(timbre_channels, channels)
        self.beta = nn.Linear(timbre_channels, channels)
        nn.init.ones_(self.gamma.bias)  # at the middle of the map x begins unchanged
        nn.init.zeros_(self.beta.bias)

    def forward(self, x, timbre):
        """x (B, T, channels), timbre (B, 1 or T, timbre_channels) -> (B, T, channels)."""
        return self.gamma(timbre) * x + self.beta(timbre)


class Mel2Mel(nn.Module):
    """Piano roll and timbre -> mel spectrogram.

    Args:
        config: Mel2MelConfig.
    """

    def __init__(self, config):
        super().__init__()
        width, both = config.channels, 2 * config.channels
        self.config = config
        self.timbres = nn.Embedding(len(config.instruments), config.timbre_channels)
        self.keys = nn.Linear(2 * KEYS, width)
        self.before = FiLM(config.timbre_channels, width)
        self.lstm = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.behind = FiLM(config.timbre_channels, both)
        self.level = nn.Linear(both, MEL_CHANNELS)
        nn.init.constant_(self.level.bias, QUIET)

    def forward(self, roll, timbre):
        """Compute log magnitudes.

        Args:
            roll: (B, T, 176), as `piano_roll`. timbre: (B, 2), or (B, T, 2) where it moves.

        Returns:
            (B, T, 80), natural logarithm, as `mel_spectrogram`.
        """
        timbre = timbre[:, None] if timbre.ndim == 2 else timbre
        x = self.before(self.keys(roll), timbre)  # (B, T, channels)
        x, _ = self.lstm(x)  # (B, T, 2 * channels): the past's half, the future's half
        return self.level(self.behind(x, timbre))

    def point(self, name):
        """Where an instrument lies on the map, (2,) tensor.

        Raises:
            ValueError: if the model has not learnt it.
        """
        if name not in self.config.instruments:
            raise ValueError(
                f"{name!r} is not an instrument of this model; expected one of "
                f"{', '.join(self.config.instruments)}, or a point of "
                f"{self.config.timbre_channels} numbers."
            )
        return self.timbres.weight[self.config.instruments.index(name)].detach()

    @torch.inference_mode()
    def mel(self, roll, timbre):
        """The mel spectrogram of a piece on one instrument, or on something between several.

        Args:
            roll: (frames, 176), as `piano_roll`; array or tensor.
            timbre: name of an instrument, point (2,), or path (frames, 2).

        Returns:
            (frames, 80) float32, natural-log magnitude, array or tensor as the roll; at least the
            floor of `mel_spectrogram`.

        Raises:
            ValueError: for an unknown instrument, or another shape.
        """
        keys = as_tensor(roll)
        if keys.ndim != 2 or keys.shape[1] != 2 * KEYS or not len(keys):
            raise ValueError(
                f"the roll has the shape {tuple(keys.shape)}; expected (frames, {2 * KEYS}), as "
                "piano_roll draws."
            )
        where = self.point(timbre) if isinstance(timbre, str) else as_tensor(timbre)
        channels = self.config.timbre_channels
        if tuple(where.shape) not in ((channels,), (len(keys), channels)):
            raise ValueError(
                f"the timbre has the shape {tuple(where.shape)}; expected the name of an "
                f"instrument, ({channels},), or ({len(keys)}, {channels}), a point per frame."
            )
        if not torch.isfinite(where).all():
            raise ValueError("the timbre holds infinite numbers; expected a point on the map.")
        mel = self(keys[None], where[None])[0]
        return like(mel.clamp(min=math.log(MEL_FLOOR)), roll)


def mel_loss(mel, true, kind="tanh-log-abs"):
    """How far a mel spectrogram is from the true one: one of the three published losses.

    Args:
        mel, true: (..., 80) natural-log magnitude.
        kind: the square is taken of magnitudes ("abs"), of their logarithms ("log-abs"), or of
            tanh(log / 4), which is flat where it is very quiet or very loud ("tanh-log-abs").

    Returns:
        the mean square, a scalar tensor.
    """
    seen = {
        "abs": torch.exp,
        "log-abs": lambda x: x,
        "tanh-log-abs": lambda x: torch.tanh(x / BOUND),
    }[kind]
    return (seen(mel) - seen(true)).square().mean()
