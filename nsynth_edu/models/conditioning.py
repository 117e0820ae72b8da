"""What a decoder is conditioned on, by frame and by sample: all that an engine needs."""

from dataclasses import dataclass, replace

import torch

from nsynth_edu.models.pitch_clock import PitchClock


@dataclass(frozen=True)
class Conditioning:
    """Made by a model (`model.conditioning(...)`), read by `generation`'s engines and `forward`.

    Attributes:
        batch: voices. frames: of each. hop_length: samples per frame.
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
        """Samples in all."""
        return self.frames * self.hop_length

    def frame(self, number):
        """The vectors of one frame (batch, channels), or None."""
        return None if self.local is None else self.local[..., number]

    def waves(self, first, length):
        """The phase clock of some samples (batch, channels, length), or None."""
        return None if self.clock is None else self.clock.waves(first, length)

    def lags(self, first, length):
        """The period taps' lags of some samples (batch, taps, length or 1), or None."""
        return None if self.clock is None else self.clock.lags(first, length)

    def voices(self, chosen):
        """The same for some of the voices only.

        Args:
            chosen: slice or index tensor.
        """
        count = len(range(self.batch)[chosen]) if isinstance(chosen, slice) else len(chosen)
        return replace(
            self,
            batch=count,
            local=None if self.local is None else self.local[chosen],
            clock=None if self.clock is None else self.clock.voices(chosen),
        )
