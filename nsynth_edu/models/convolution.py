"""One convolution for training and for playing: `forward` sees all of time, `step` one sample."""

import torch
import torch.nn.functional as F
from torch import nn


class Queue:
    """The last inputs of one layer, so that nothing is ever computed twice.

    A ring of `length` slots: `past(delay)` is the input of `delay` steps ago (zeros before the
    start), `push` forgets the oldest. Source: Le Paine et al. 2016, "Fast WaveNet".
    """

    def __init__(self, length, batch, channels, like):
        self.slots = like.new_zeros(length, batch, channels)
        self.position = 0

    def past(self, delay):
        """The input (batch, channels) of `delay` steps ago, 1 <= delay <= length."""
        return self.slots[(self.position - delay) % len(self.slots)]

    def push(self, x):
        """Keep x (batch, channels) as the newest input."""
        self.slots[self.position] = x
        self.position = (self.position + 1) % len(self.slots)


class Convolution(nn.Conv1d):
    """Dilated convolution of (batch, channels, time) that keeps the length.

    Causal: output t depends on inputs t, t - d, ... t - (k-1) d, and zeros before the start.
    Not causal: the same taps, centred on t. Dilation 1 is the plain convolution: no gap.

    Args:
        inputs, outputs: channels.
        kernel_size: taps; odd where not causal.
        dilation: samples between two taps.
    """

    def __init__(self, inputs, outputs, kernel_size=1, dilation=1, causal=True):
        super().__init__(inputs, outputs, kernel_size, dilation=dilation)
        self.reach = (kernel_size - 1) * dilation  # samples of context besides the newest
        if not causal and self.reach % 2:
            raise ValueError(
                f"a centred convolution with kernel size {kernel_size} and dilation {dilation} "
                "has no middle tap; use an odd kernel size."
            )
        self.padding_left = self.reach if causal else self.reach // 2
        # in memory one tap after another, so that weight[..., tap] is a matrix without copying
        taps_first = self.weight.detach().permute(2, 0, 1).contiguous()
        self.weight = nn.Parameter(taps_first.permute(1, 2, 0))

    def forward(self, x):
        """(batch, inputs, time) -> (batch, outputs, time)."""
        # time first in memory, the taps' shifted copies side by side: one matrix product for all
        x = x.permute(2, 0, 1)  # (T, B, inputs)
        padded = F.pad(x, (0, 0, 0, 0, self.padding_left, self.reach - self.padding_left))
        starts = range(0, self.reach + 1, self.dilation[0])  # oldest first, as weight[..., 0] is
        taps = torch.cat([padded[start : start + len(x)] for start in starts], -1)
        y = F.linear(taps, self.weight.permute(0, 2, 1).flatten(1), self.bias)  # (T, B, outputs)
        return y.permute(1, 2, 0)

    def queue(self, batch):
        """A fresh, silent Queue for `step`; None for a 1x1 convolution, which has no past."""
        if self.reach:
            return Queue(self.reach, batch, self.in_channels, self.weight)
        return None

    def step(self, x, queue=None):
        """One sample (batch, inputs) -> (batch, outputs); the past comes from the queue."""
        y = F.linear(x, self.weight[..., -1], self.bias)
        if queue is not None:
            for tap in range(self.kernel_size[0] - 1):
                delay = self.reach - tap * self.dilation[0]
                y = y + F.linear(queue.past(delay), self.weight[..., tap])
            queue.push(x)
        return y


def receptive_field(kernel_size, dilations, first_kernel_size=1):
    """How far a stack of causal convolutions reaches back, in samples.

    Each layer adds (kernel_size - 1) * dilation samples to the one it starts with.

    Args:
        kernel_size: taps of every dilated layer.
        dilations: one dilation per layer, in samples.
        first_kernel_size: taps of an undilated convolution in front (NSynth: 3).

    Returns:
        int, samples. NSynth: ``receptive_field(3, [2 ** (i % 10) for i in range(30)], 3)`` = 6141.

    Raises:
        ValueError: for a kernel size or dilation below 1.

    Examples:
        >>> from nsynth_edu import receptive_field
        >>> receptive_field(2, [1, 2, 4, 8])
        16
        >>> receptive_field(3, [2 ** (i % 10) for i in range(30)], 3)  # NSynth: 384 ms
        6141
    """
    dilations = list(dilations)
    for name, value in [("kernel_size", kernel_size), ("first_kernel_size", first_kernel_size)]:
        if value < 1:
            raise ValueError(f"{name} is {value}; expected 1 or more taps.")
    if any(dilation < 1 for dilation in dilations):
        raise ValueError(
            f"the smallest dilation is {min(dilations)}; expected 1 or more "
            "(1 is the plain convolution, without gaps)."
        )
    return 1 + (first_kernel_size - 1) + (kernel_size - 1) * sum(dilations)
