"""Pitch conditioning of a decoder: an embedding, a phase clock, and taps whole periods back.

Neither WaveNet nor NSynth has it. A small decoder spends most of its layers on finding the period;
ours gets it as an input. The pitch is one MIDI number per frame (fractions allowed, NaN = unpitched
or unknown), so it may glide. Sources: a phase signal as an input, as in DDSP and neural
source-filter models; pitch-dependent dilation, the quasi-periodic WaveNet of Wu et al. 2019.
"""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.convolution import Convolution, Queue

UNKNOWN_PITCH = 128  # one class more than the MIDI numbers 0..127


def as_contour(pitch, batch, frames, device=None):
    """Expand a pitch to one MIDI number per voice and frame.

    Args:
        pitch: None (unknown), a MIDI number, one per voice (batch,), a contour (frames,) for all
            voices, or (batch, frames). Fractions allowed; NaN = unpitched or unknown. Where batch
            equals frames, a single row is read as one number per voice.
        batch, frames: voices and frames of z.
        device: torch.device of the result.

    Returns:
        (batch, frames) float64 tensor.

    Raises:
        ValueError: for another shape, or a number outside 0..127.
    """
    if pitch is None:
        pitch = math.nan
    rows = np.asarray(pitch) if isinstance(pitch, list | tuple) else pitch
    # float32 first: an array and a tensor of either precision give the same pitch
    midi = torch.as_tensor(rows, dtype=torch.float32, device=device).double()
    shape = tuple(midi.shape)
    if shape not in {(), (batch,), (frames,), (batch, frames)}:
        raise ValueError(
            f"pitch has shape {shape} for {batch} voices of {frames} frames; give one MIDI number, "
            f"one per voice ({batch},), or one per frame ({frames},) or ({batch}, {frames})."
        )
    if ((midi < 0) | (midi > 127)).any():
        raise ValueError(f"pitch {pitch} lies outside the MIDI numbers 0..127 (60 = middle C).")
    return (midi[:, None] if shape == (batch,) else midi).expand(batch, frames)


class PitchEmbedding(nn.Embedding):
    """One learned vector per MIDI number, and one for an unknown pitch.

    Args:
        channels: length of a vector.
    """

    def __init__(self, channels):
        super().__init__(UNKNOWN_PITCH + 1, channels)

    def reset_parameters(self):
        """Draw the first vectors; on the meta device there are none, only shapes."""
        if not self.weight.is_meta:
            super().reset_parameters()

    def forward(self, midi):
        """Look up the nearest MIDI number of each frame.

        Args:
            midi: (B, frames), NaN = unknown.

        Returns:
            (B, channels, frames).
        """
        index = midi.nan_to_num(UNKNOWN_PITCH).round().clamp(0, UNKNOWN_PITCH).long()
        return super().forward(index).transpose(1, 2)


class PitchClock:
    """Phase of a note at each sample, with a steady or gliding pitch.

    The pitch of a frame belongs to its middle. The frequency is interpolated linearly from one
    middle to the next, and the phase is its integral, so both are continuous. Before the first and
    after the last pitched frame of a phrase the pitch is constant.

    Args:
        midi: (batch, frames) MIDI numbers, NaN = unpitched: the clock and the taps are silent.
        hop_length: samples per frame.
        sample_rate: Hz.
        harmonics: sines (and cosines) at f0, 2 f0, 3 f0 ...; 0 = none.
        taps: period taps 1, 2, 3 ... periods back; 0 = none.
        offset: (batch,) periods at sample 0; None = 0.
    """

    def __init__(self, midi, hop_length, sample_rate, harmonics, taps, offset=None):
        self.hop_length, self.harmonics, self.taps = hop_length, harmonics, taps
        self.middle = cycles_per_sample(midi, sample_rate)  # (B, frames)
        before, after = self.middle[:, :-1], self.middle[:, 1:]
        border = (before + after) / 2
        left = F.pad(border, (1, 0), value=math.nan)
        right = F.pad(border, (0, 1), value=math.nan)
        self.left = left.where(left.isfinite(), self.middle)  # frequency where a frame begins
        self.right = right.where(right.isfinite(), self.middle)  # frequency where a frame ends
        advance = hop_length / 4 * (self.left + 2 * self.middle + self.right)
        start = F.pad(advance.nan_to_num(0).cumsum(1), (1, 0))[:, :-1]
        self.start = start + (0 if offset is None else offset[:, None])  # periods
        known = self.middle.nan_to_num(0)
        self.steady = bool((known == known[:, :1]).all())

    def voices(self, chosen):
        """Select voices.

        Args:
            chosen: slice or index tensor.

        Returns:
            PitchClock of these voices.
        """
        part = copy.copy(self)
        for name in ("left", "middle", "right", "start"):
            setattr(part, name, getattr(self, name)[chosen])
        return part

    def track(self, first, length):
        """Phase and frequency of some samples.

        Args:
            first: index of the first sample.
            length: number of samples.

        Returns:
            periods since the start, and periods per sample: (batch, length) float64 each, NaN in
            unpitched frames.
        """
        time = torch.arange(first, first + length, device=self.middle.device)
        frame, i = time // self.hop_length, time % self.hop_length
        half = self.hop_length / 2
        left, middle, right = (x[:, frame] for x in (self.left, self.middle, self.right))
        early, late = i.clamp(max=half), (i - half).clamp(min=0)  # samples into each half
        periods = (
            self.start[:, frame]
            + left * early + (middle - left) * early**2 / (2 * half)
            + middle * late + (right - middle) * late**2 / (2 * half)
        )  # fmt: skip
        rise, fall = (early + 0.5).clamp(max=half) / half, (late + 0.5) / half
        glide = torch.where(
            i < half, left + (middle - left) * rise, middle + (right - middle) * fall
        )
        return periods, glide

    def waves(self, first, length):
        """The clock as the decoder reads it.

        Args:
            first, length: as in `track`.

        Returns:
            (batch, 2 * harmonics, length) float32: sines, then cosines; zeros above half the
            sample rate and in unpitched frames. None without harmonics.
        """
        return harmonic_waves(*self.track(first, length), self.harmonics)

    def lags(self, first, length):
        """How far back the period taps lie.

        Args:
            first, length: as in `track`.

        Returns:
            (batch, taps, length) float64 samples, or (batch, taps, 1) for a constant pitch; NaN in
            unpitched frames. None without taps.
        """
        if self.steady:
            return period_lags(self.middle[:, :1], self.taps)
        return period_lags(self.track(first, length)[1], self.taps)

    def offset_of(self, waveform):
        """Align the clock: measure the phase of a recording's fundamental at sample 0.

        This uses the whole waveform, the future too: one number that the decoder of a recording
        gets in addition to z, and that free-running generation does not need.

        Args:
            waveform: (batch, time) tensor, at most as long as the clock.

        Returns:
            (batch,) float64 periods; NaN where all frames are unpitched.
        """
        periods, glide = self.track(0, waveform.shape[-1])
        angle, waveform = 2 * math.pi * periods, waveform.double()
        real, imaginary = (waveform * angle.cos()).nansum(-1), -(waveform * angle.sin()).nansum(-1)
        offset = torch.atan2(imaginary, real) / (2 * math.pi) + 0.25  # a sine, not a cosine
        return offset.where(glide.isfinite().any(-1), math.nan)


def cycles_per_sample(midi, sample_rate):
    """Convert MIDI numbers (float64 tensor) to periods per sample; NaN stays NaN."""
    return 440.0 * 2 ** ((midi - 69) / 12) / sample_rate


def harmonic_waves(periods, frequency, harmonics):
    """Compute sines and cosines at the multiples of a frequency.

    Args:
        periods: (batch, time) float64, the phase in periods.
        frequency: (batch, time) float64, periods per sample; NaN = silent.
        harmonics: number of multiples; 0 = none.

    Returns:
        (batch, 2 * harmonics, time) float32, or None for no harmonics.
    """
    if not harmonics:
        return None
    multiple = torch.arange(1, harmonics + 1, device=periods.device)[:, None]  # (H, 1)
    # whole periods are removed before float32: a long note would lose precision
    angle = (multiple * periods[:, None]).frac() * 2 * math.pi  # (B, H, T)
    audible = multiple * frequency[:, None] < 0.5  # False for NaN, too
    waves = torch.cat([torch.sin(angle) * audible, torch.cos(angle) * audible], dim=1)
    return waves.nan_to_num(0).float()


def period_lags(frequency, taps):
    """Compute how far back whole periods lie, counted from the newest sample that a decoder knows.

    The middle of the three samples of a tap then lies whole periods before the predicted sample.

    Args:
        frequency: (batch, time) float64 periods per sample, NaN = unknown.
        taps: number of taps.

    Returns:
        (batch, taps, time) float64 samples, or None for no taps.
    """
    if not taps:
        return None
    count = torch.arange(1, taps + 1, device=frequency.device)[:, None]
    return count / frequency[:, None] - 2


class Periods(nn.Module):
    """Taps whose distance is the period of the note.

    A WaveNet without them has to find the period among its fixed dilations. Given the pitch, it
    reads the past 1, 2, 3 ... periods back, each with one sample to either side, interpolated
    cubically between samples.

    Args:
        count: number of taps.
        width: channels of the output.

    Source: the quasi-periodic WaveNet of Wu et al. 2019.
    """

    MEMORY = 2048  # samples; a tap that would lie further back is silent
    SIDES = 3  # samples that each tap reads

    def __init__(self, count, width):
        super().__init__()
        self.taps = Convolution(count, width, self.SIDES)
        nn.init.zeros_(self.taps.weight)  # an untrained tap adds nothing

    def forward(self, past, lags):
        """Read all taps of a whole signal.

        Args:
            past: (B, 1, T), the signal one sample late.
            lags: (B, count, T or 1) samples, NaN = silent; see `period_lags`.

        Returns:
            (B, width, T).
        """
        time = torch.arange(past.shape[-1], device=past.device) + self.MEMORY
        memory = F.pad(past, (self.MEMORY, 0)).expand(-1, lags.shape[1], -1)  # (B, count, M + T)
        tapped = sum(
            memory.gather(2, time - delay) * weight
            for delay, weight in zip(*fractional_delay(lags, self.MEMORY), strict=True)
        )  # (B, count, T)
        return self.taps(tapped)

    def queue(self, batch):
        """Zeroed queues for `step`: the signal's, and the convolution's."""
        like = self.taps.weight
        return Queue(self.MEMORY, batch, 1, like), self.taps.queue(batch)

    def step(self, sample, lags, queue):
        """Read all taps for one sample.

        Args:
            sample: (B, 1), the newest one.
            lags: (B, count) samples.
            queue: of `queue`, updated in place.

        Returns:
            (B, width).
        """
        memory, taps = queue
        memory.push(sample)
        delays, weights = fractional_delay(lags, self.MEMORY)
        voice = torch.arange(len(lags), device=lags.device)[:, None]
        tapped = sum(
            memory.slots[(memory.position - 1 - delay) % self.MEMORY, voice, 0] * weight
            for delay, weight in zip(delays, weights, strict=True)
        )  # (B, count)
        return self.taps.step(tapped, taps)


def fractional_delay(lags, memory):
    """Delays and weights for cubic (Lagrange) interpolation between four neighbouring samples.

    Args:
        lags: (...,) samples, fractions allowed; NaN, less than 1, or too long for the memory
            = silent.
        memory: length of the memory in samples.

    Returns:
        delays: four int64 tensors shaped like lags; weights: four float32 tensors shaped like lags.
    """
    valid = (lags >= 1) & (lags < memory - 3)
    lags = torch.where(valid, lags, 1.0)
    first = lags.floor().long() - 1
    place = lags - first  # in [1, 2): between the second and the third of the four
    weights = []
    for n in range(4):
        weight = torch.ones_like(place)
        for m in range(4):
            if m != n:
                weight = weight * (place - m) / (n - m)
        weights.append((weight * valid).float())
    return [first + n for n in range(4)], weights
