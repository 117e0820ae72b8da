"""What a decoder is conditioned on, per frame and per sample: all that an engine needs."""

from dataclasses import dataclass, replace

import torch

from nsynth_edu.models.pitch_clock import PitchClock


@dataclass(frozen=True)
class Conditioning:
    """Conditioning of a batch of voices, made by `model.conditioning(...)`.

    Attributes:
        batch: number of voices.
        frames: frames per voice.
        hop_length: samples per frame.
        local: (batch, channels, frames) tensor, one vector per frame, or None.
        clock: PitchClock, or None.
    """

    batch: int
    frames: int
    hop_length: int
    local: torch.Tensor | None = None
    clock: PitchClock | None = None

    @property
    def samples(self):
        """Samples per voice."""
        return self.frames * self.hop_length

    def frame(self, number):
        """Local conditioning of one frame, (batch, channels), or None."""
        return None if self.local is None else self.local[..., number]

    def waves(self, first, length):
        """Phase clock from sample `first` on, (batch, channels, length), or None."""
        return None if self.clock is None else self.clock.waves(first, length)

    def lags(self, first, length):
        """Lags of the period taps from sample `first` on, (batch, taps, length or 1), or None."""
        return None if self.clock is None else self.clock.lags(first, length)

    def voices(self, chosen):
        """Select voices.

        Args:
            chosen: slice or index tensor.

        Returns:
            Conditioning of these voices.
        """
        count = len(range(self.batch)[chosen]) if isinstance(chosen, slice) else len(chosen)
        return replace(
            self,
            batch=count,
            local=None if self.local is None else self.local[chosen],
            clock=None if self.clock is None else self.clock.voices(chosen),
        )
