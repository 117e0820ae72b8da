"""Networks small enough to be trained while one waits, and how well they predict.

Notebook: course/04.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.threads import one_thread

AHEAD = 8  # samples of silence where the future is not known


class Stack(nn.Module):
    """Dilated convolutions, each adding to what came in: (B, 1, T) -> logits (B, 256, T)."""

    def __init__(self, kernel_size, dilations, causal=True, width=32):
        super().__init__()
        self.start = Convolution(1, width)
        self.layers = nn.ModuleList(
            Convolution(width, width, kernel_size, dilation, causal) for dilation in dilations
        )
        self.out = Convolution(width, 256)

    def forward(self, x):
        x = self.start(x)  # (B, width, T)
        for layer in self.layers:
            x = x + torch.relu(layer(x))
        return self.out(x)


def flat(memory=64, width=64):
    """Lesson 03's network, slid along the sound: one layer that reads all samples at once."""
    return nn.Sequential(
        nn.ConstantPad1d((memory - 1, 0), 0.0),
        nn.Conv1d(1, width, memory),
        nn.ReLU(),
        nn.Conv1d(width, 256, 1),
    )


def late(network):
    """The same network, its sound one step late: position t no longer holds sample t."""
    return nn.Sequential(nn.ConstantPad1d((1, -1), 0.0), network)


def signal(classes):
    """Classes 0..255 (batch, time) as numbers from -1 to 1, (batch, 1, time)."""
    return (classes[:, None].float() - 128) / 128


@one_thread()
@torch.no_grad()
def mean_surprise(network, classes, start=0):
    """The mean surprise as in training: each guess with all of the true sound at hand.

    Args:
        classes: (sounds, time). start: first sample that counts.

    Notebook: course/04.
    """
    logits = network(signal(classes))[..., start:]
    return F.cross_entropy(logits, classes[:, start:]).item() / np.log(2)


def next_logits(network, past):
    """The logits of the sample after `past` (batch, time): nothing is known from there on."""
    known = F.pad(signal(past), (0, AHEAD))
    return network(known)[..., past.shape[1]]


@one_thread()
@torch.no_grad()
def free_running_surprise(network, classes, memory=64, every=64):
    """The mean surprise as in generation: the true past, then nothing, not even the sample itself.

    Args:
        classes: (sounds, time). memory: samples of the past given.
        every: samples from one guess to the next.

    Notebook: course/04.
    """
    windows = classes.unfold(1, memory + 1, every).flatten(0, 1)
    logits = next_logits(network, windows[:, :memory])
    return F.cross_entropy(logits, windows[:, memory]).item() / np.log(2)
