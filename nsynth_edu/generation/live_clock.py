"""The pitch clock of a voice that is played live, where only the present pitch is known."""

import math

import numpy as np
import torch

from nsynth_edu.generation.kernel import Clock
from nsynth_edu.models.pitch_clock import (
    Periods,
    cycles_per_sample,
    fractional_delay,
    harmonic_waves,
    period_lags,
)

AT_ONCE = 4096  # samples worked out together, so that most pushes leave torch alone


class LiveClock:
    """As `PitchClock`, but each new pitch is reached within half a frame of being set.

    Args:
        config: WaveNetConfig.
    """

    def __init__(self, config):
        self.config = config
        self.target = math.nan  # frequency, periods per sample
        self.state = 0.0, math.nan

    @property
    def state(self):
        """(periods since the start, periods per sample) at the next sample."""
        if self.at < len(self.periods):
            return float(self.periods[self.at]), float(self.frequency[self.at])
        return self.end

    @state.setter
    def state(self, state):
        self.end, self.at = state, 0
        self.periods = self.frequency = np.zeros(0)

    def glide_to(self, pitch):
        """Set the pitch, a MIDI number; None or NaN = unknown: the clock is silent."""
        self.state = self.state
        midi = torch.tensor(math.nan if pitch is None else pitch, dtype=torch.float32).double()
        self.target = float(cycles_per_sample(midi, self.config.sample_rate))

    def advance(self, samples):
        """The clock of the next samples, as `make_samples` reads it, and on to those after them."""
        if self.at + samples > len(self.periods):
            self._plan(max(samples, AT_ONCE))
        part = slice(self.at, self.at + samples)
        self.at += samples
        taps = (x if len(x) == 1 else x[part] for x in self.taps)
        return Clock(self.waves[part], *taps)

    @torch.inference_mode()
    def _plan(self, length):
        """Work out the next `length` samples and a few more, where the state may be asked for."""
        periods, frequency = self.state
        gliding = not (frequency == self.target or math.isnan(frequency + self.target))
        if gliding:
            half = self.config.hop_length / 2
            share = np.minimum((np.arange(length) + 0.5) / half, 1)
            self.frequency = frequency + (self.target - frequency) * share
            sums = np.cumsum(self.frequency)
        else:
            self.frequency = np.full(length, self.target)
            sums = self.target * np.arange(1, length + 1)
        self.periods = periods + np.concatenate([[0.0], np.nan_to_num(sums[:-1])])
        self.end = periods + np.nan_to_num(sums[-1]), self.target
        self.at = 0
        track = torch.from_numpy(np.stack([self.periods, self.frequency]))[:, None]
        waves = harmonic_waves(*track, self.config.phase_channels // 2)
        waves = torch.zeros(1, 0, length) if waves is None else waves
        self.waves = np.ascontiguousarray(waves[0].T.numpy())  # (length, channels)
        lags = period_lags(track[1] if gliding else track[1][:, :1], self.config.period_taps)
        lags = torch.zeros(1, 0, 1) if lags is None else lags
        delays, weights = fractional_delay(lags[0].T, Periods.MEMORY)  # (rows, taps)
        self.taps = torch.stack(delays, 1).numpy(), torch.stack(weights, 1).numpy()
