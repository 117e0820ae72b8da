"""One convolution for training and generation: `forward` gets all of time, `step` one sample."""

import torch
import torch.nn.functional as F
from torch import nn


class Queue:
    """Ring buffer of one layer's last inputs, so that no step repeats earlier work.

    Args:
        length: inputs stored; all are zero at first.
        batch, channels: shape of one input.
        like: tensor whose dtype and device the buffer gets.

    Source: Le Paine et al. 2016, "Fast WaveNet".
    """

    def __init__(self, length, batch, channels, like):
        self.slots = like.new_zeros(length, batch, channels)  # (length, B, C)
        self.position = 0

    def past(self, delay):
        """The input (B, C) of `delay` steps ago, 1 <= delay <= length."""
        return self.slots[(self.position - delay) % len(self.slots)]

    def push(self, x):
        """Store x (B, C) as the newest input, in place of the oldest."""
        self.slots[self.position] = x
        self.position = (self.position + 1) % len(self.slots)


class Convolution(nn.Conv1d):
    """Dilated convolution of (batch, channels, time) that keeps the length.

    Causal: output t depends on inputs t, t - d, ... t - (k-1) d, and zeros before the start.
    Not causal: the same taps, centred on t. Dilation 1 is ordinary convolution, without gaps.

    Args:
        inputs, outputs: channels.
        kernel_size: taps; odd where not causal.
        dilation: samples between two taps.

    Raises:
        ValueError: for a centred convolution without a middle tap.
    """

    def __init__(self, inputs, outputs, kernel_size=1, dilation=1, causal=True):
        super().__init__(inputs, outputs, kernel_size, dilation=dilation)
        self.reach = (kernel_size - 1) * dilation  # samples of context in addition to the newest
        if not causal and self.reach % 2:
            raise ValueError(
                f"a centred convolution with kernel size {kernel_size} and dilation {dilation} "
                "has no middle tap; use an odd kernel size."
            )
        self.padding_left = self.reach if causal else self.reach // 2
        # taps first in memory, so that weight[..., tap] is a contiguous matrix
        taps_first = self.weight.detach().permute(2, 0, 1).contiguous()
        self.weight = nn.Parameter(taps_first.permute(1, 2, 0))

    def reset_parameters(self):
        """Draw the first weights; on the meta device there are none, only shapes."""
        if not self.weight.is_meta:
            super().reset_parameters()

    def forward(self, x):
        """Convolve a whole signal; the result is that of `F.conv1d`, only faster on a CPU.

        Args:
            x: (batch, inputs, time).

        Returns:
            (batch, outputs, time).
        """
        x = x.permute(2, 0, 1)  # (T, B, inputs)
        padded = F.pad(x, (0, 0, 0, 0, self.padding_left, self.reach - self.padding_left))
        starts = range(0, self.reach + 1, self.dilation[0])  # oldest first, like weight[..., 0]
        # one shifted copy per tap, then a single matrix product
        taps = torch.cat([padded[start : start + len(x)] for start in starts], -1)  # (T, B, k in)
        y = F.linear(taps, self.weight.permute(0, 2, 1).flatten(1), self.bias)  # (T, B, outputs)
        return y.permute(1, 2, 0)  # (B, outputs, T)

    def queue(self, batch):
        """A zeroed Queue for `step`, or None for a 1x1 convolution, which needs no past."""
        if self.reach:
            return Queue(self.reach, batch, self.in_channels, self.weight)
        return None

    def step(self, x, queue=None):
        """Compute one output sample.

        Args:
            x: (batch, inputs), the newest sample.
            queue: of `queue(batch)`; it holds the samples before x, and x afterwards.

        Returns:
            (batch, outputs).
        """
        y = F.linear(x, self.weight[..., -1], self.bias)  # (B, outputs)
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
            "(1 is ordinary convolution, without gaps)."
        )
    return 1 + (first_kernel_size - 1) + (kernel_size - 1) * sum(dilations)
