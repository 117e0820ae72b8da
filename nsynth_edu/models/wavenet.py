"""WaveNet: guess the next sample from the past ones, over and over.

Source: van den Oord et al. 2016, "WaveNet: a generative model for raw audio"; the order of the
layers as in NSynth (Engel et al. 2017). One set of layers trains (`forward`) and plays (`step`).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.convolution import Convolution, Queue, receptive_field


@dataclass(frozen=True)
class WaveNetConfig:
    """The shape of a WaveNet."""

    layers: int  # dilated layers in all
    cycle: int  # dilations double 1, 2, 4 ... for this many layers, then start again at 1
    residual_channels: int  # width of the signal that travels from layer to layer
    skip_channels: int  # width of what each layer reports to the output
    kernel_size: int  # taps of each dilated layer
    first_kernel_size: int  # taps of the first convolution
    condition_channels: int = 0  # conditioning per frame; 0 = unconditional
    phase_channels: int = 0  # conditioning per sample (a phase clock); 0 = none
    period_taps: int = 0  # taps one, two ... periods of the note back; 0 = none
    quantization_channels: int = 256  # mu-law classes

    @property
    def dilations(self):
        """One dilation per layer, in samples."""
        return [2 ** (i % self.cycle) for i in range(self.layers)]

    @property
    def receptive_field(self):
        """Past samples that can change the next one."""
        return receptive_field(self.kernel_size, self.dilations, self.first_kernel_size)


class ResidualLayer(nn.Module):
    """One gated, dilated layer: hear the past, decide, add to the signal, report."""

    def __init__(self, config, dilation):
        super().__init__()
        width = config.residual_channels
        self.dilated = Convolution(width, 2 * width, config.kernel_size, dilation)
        self.condition = (
            Convolution(config.condition_channels, 2 * width) if config.condition_channels else None
        )
        self.residual = Convolution(width, width)
        self.skip = Convolution(width, config.skip_channels)

    def forward(self, x, condition=None):
        """x (B, R, T), condition (B, C, frames) -> signal (B, R, T), report (B, S, T)."""
        y = self.dilated(x)
        if condition is not None:
            y = add_per_frame(y, self.condition(condition))
        y = gate(y)
        return x + self.residual(y), self.skip(y)

    def step(self, x, bias, queue):
        """The same for one sample: x (B, R), bias (B, 2R) the projected condition or 0."""
        y = gate(self.dilated.step(x, queue) + bias)
        return x + self.residual.step(y), self.skip.step(y)


class Periods(nn.Module):
    """Taps whose distance is the note's own period: what did the wave do here one turn ago?

    A plain WaveNet has to find the period among its fixed dilations. Told the pitch, it hears the
    past 1, 2, 3 ... periods back, each with one sample to either side, between samples by cubic
    interpolation. Source: the quasi-periodic WaveNet of Wu et al. 2019.
    """

    MEMORY = 2048  # samples; a tap that would lie further back is silent
    SIDES = 3  # samples heard around the moment one period ago

    def __init__(self, count, width):
        super().__init__()
        self.taps = Convolution(count, width, self.SIDES)
        nn.init.zeros_(self.taps.weight)  # an untrained tap says nothing

    def forward(self, past, lags):
        """past (B, 1, T), lags (B, count) samples or NaN -> (B, R, T)."""
        time = torch.arange(past.shape[-1], device=past.device) + self.MEMORY
        memory = F.pad(past, (self.MEMORY, 0)).expand(-1, lags.shape[1], -1)  # (B, count, M + T)
        heard = sum(
            memory.gather(2, time - delay[..., None]) * weight[..., None]
            for delay, weight in zip(*fractional_delay(lags, self.MEMORY), strict=True)
        )
        return self.taps(heard)

    def queue(self, batch):
        """Silent memory for `step`."""
        like = self.taps.weight
        return Queue(self.MEMORY, batch, 1, like), self.taps.queue(batch)

    def step(self, sample, lags, queue):
        """One sample (B, 1) -> (B, R)."""
        memory, taps = queue
        memory.push(sample)
        delays, weights = fractional_delay(lags, self.MEMORY)
        voice = torch.arange(len(lags), device=lags.device)[:, None]
        heard = sum(
            memory.slots[(memory.position - 1 - delay) % self.MEMORY, voice, 0] * weight
            for delay, weight in zip(delays, weights, strict=True)
        )
        return self.taps.step(heard, taps)


def fractional_delay(lags, memory):
    """Cubic (Lagrange) interpolation between four neighbouring samples.

    Args:
        lags: (..., ) samples, fractions allowed; NaN, less than 1, or too long for the memory
            = silent.
        memory: samples kept.

    Returns:
        delays: four int64 tensors like lags; weights: four float32 tensors like lags.
    """
    heard = (lags >= 1) & (lags < memory - 3)
    lags = torch.where(heard, lags, 1.0)
    first = lags.floor().long() - 1
    place = lags - first  # in [1, 2): between the second and the third of the four
    weights = []
    for n in range(4):
        weight = torch.ones_like(place)
        for m in range(4):
            if m != n:
                weight = weight * (place - m) / (n - m)
        weights.append((weight * heard).float())
    return [first + n for n in range(4)], weights


class WaveNet(nn.Module):
    """Causal network: logits for sample t from samples < t (and conditioning).

    Signals are companded, (class - 128) / 128, not linear audio.
    """

    recommended_temperature = 1.0  # as trained; `load_model` sets what its file says

    def __init__(self, config):
        super().__init__()
        self.config = config
        width, skip = config.residual_channels, config.skip_channels
        self.start = Convolution(1, width, config.first_kernel_size)
        self.phase = Convolution(config.phase_channels, width) if config.phase_channels else None
        self.periods = Periods(config.period_taps, width) if config.period_taps else None
        self.skip_start = Convolution(width, skip)
        self.layers = nn.ModuleList(ResidualLayer(config, d) for d in config.dilations)
        self.out = Convolution(skip, skip)
        self.out_condition = (
            Convolution(config.condition_channels, skip) if config.condition_channels else None
        )
        self.logits = Convolution(skip, config.quantization_channels)
        nn.init.zeros_(self.logits.weight)  # before training every class is equally likely:
        nn.init.zeros_(self.logits.bias)  # the loss starts at exactly 8 bits

    def forward(self, signal, condition=None, phase=None, lags=None):
        """All samples at once, teacher forced.

        Args:
            signal: (B, 1, T) companded, in [-1, 1); position t never sees sample t or later.
            condition: (B, C, frames) held for T / frames samples each, or None.
            phase: (B, P, T) or None.
            lags: (B, period_taps) samples, NaN = silent, or None; see `Periods`.

        Returns:
            logits (B, classes, T).
        """
        past = F.pad(signal, (1, -1))  # shift right: predict sample t from those before it
        x = self.start(past)  # (B, R, T)
        if self.phase is not None:
            x = x + self.phase(phase)
        if self.periods is not None:
            x = x + self.periods(past, lags)
        skip = self.skip_start(x)  # (B, S, T)
        for layer in self.layers:
            x, report = layer(x, condition)
            skip = skip + report
        y = self.out(F.relu(skip))
        if condition is not None:
            y = add_per_frame(y, self.out_condition(condition))
        return self.logits(F.relu(y))

    def queues(self, batch):
        """Silent memory for `step`: the periods', the first convolution's, then one per layer."""
        return [
            None if self.periods is None else self.periods.queue(batch),
            self.start.queue(batch),
            *(layer.dilated.queue(batch) for layer in self.layers),
        ]

    def project(self, condition):
        """What conditioning adds in each layer: (B, C) -> biases for one frame, for `step`."""
        if condition is None:
            return [0.0] * (len(self.layers) + 1)
        biases = [layer.condition.step(condition) for layer in self.layers]
        return [*biases, self.out_condition.step(condition)]

    def step(self, sample, biases, queues, phase=None, lags=None):
        """One sample (B, 1), companded, in; logits (B, classes) for the next one out."""
        x = self.start.step(sample, queues[1])  # (B, R)
        if self.phase is not None:
            x = x + self.phase.step(phase)
        if self.periods is not None:
            x = x + self.periods.step(sample, lags, queues[0])
        skip = self.skip_start.step(x)  # (B, S)
        for layer, bias, queue in zip(self.layers, biases[:-1], queues[2:], strict=True):
            x, report = layer.step(x, bias, queue)
            skip = skip + report
        y = self.out.step(F.relu(skip)) + biases[-1]
        return self.logits.step(F.relu(y))


def gate(y):
    """Gated activation: the first half of the channels decides how much of the second passes."""
    gate, wave = y.chunk(2, dim=1)
    return torch.sigmoid(gate) * torch.tanh(wave)


def add_per_frame(y, condition):
    """Add one value per frame to every sample of that frame: (B, C, T) + (B, C, frames)."""
    frames = condition.shape[-1]
    return (y.unflatten(-1, (frames, -1)) + condition.unsqueeze(-1)).flatten(-2)
