"""Networks small enough to be trained while one waits, and what it takes to train and hear them.

Notebook: course/04.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.threads import one_thread
from nsynth_edu.sound import mu_law_decode

from .next_sample import distribution

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
    """Lesson 03's network, slid along the sound: one layer that hears all samples at once."""
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
def train(network, classes, steps, crop=256, batch=4, seed=1):
    """Walk downhill: guess random crops, measure the loss, move every weight a little.

    Args:
        network: (batch, 1, time) -> logits (batch, 256, time).
        classes: (sounds, time) integer tensor. crop: samples. batch: crops per step.

    Returns:
        the loss of every step, in bits per sample.
    """
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=5e-3), []
    chance = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        sounds = torch.randint(len(classes), (batch,), generator=chance)
        starts = torch.randint(classes.shape[1] - crop, (batch,), generator=chance)
        crops = torch.stack([classes[n, s : s + crop] for n, s in zip(sounds, starts, strict=True)])
        loss = F.cross_entropy(network(signal(crops)), crops)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / np.log(2))
    return losses


@one_thread()
@torch.no_grad()
def bits(network, classes, start=0):
    """The mean surprise as in training: each guess with all of the true sound at hand.

    Args:
        classes: (sounds, time). start: first sample that counts.
    """
    logits = network(signal(classes))[..., start:]
    return F.cross_entropy(logits, classes[:, start:]).item() / np.log(2)


def next_logits(network, past):
    """The logits of the sample after `past` (batch, time): nothing is known from there on."""
    known = F.pad(signal(past), (0, AHEAD))
    return network(known)[..., past.shape[1]]


@one_thread()
@torch.no_grad()
def bits_in_play(network, classes, memory=64, every=64):
    """The mean surprise as when it plays: the true past, then nothing, not even the sample itself.

    Args:
        classes: (sounds, time). memory: samples of the past given. every: one guess in so many.
    """
    windows = classes.unfold(1, memory + 1, every).flatten(0, 1)
    logits = next_logits(network, windows[:, :memory])
    return F.cross_entropy(logits, windows[:, memory]).item() / np.log(2)


@one_thread()
@torch.inference_mode()
def sing(network, past, samples, temperature=1.0, seed=1):
    """Guess, draw, take it for granted, over and over.

    Args:
        past: (time,) classes it starts from, and as many as it is shown at a time.

    Returns:
        waveform, (samples,) float.
    """
    chance, sung, memory = np.random.default_rng(seed), past.tolist(), len(past)
    for _ in range(samples):
        logits = next_logits(network, torch.tensor([sung[-memory:]]))[0].numpy()
        sung.append(int(chance.choice(256, p=distribution(logits, temperature))))
    return mu_law_decode(np.array(sung[-samples:]))
