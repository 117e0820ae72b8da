"""Training that takes seconds, for networks that a lesson trains while one waits.

Notebooks: course/04 and course/05.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.small_networks import signal
from nsynth_edu.models.threads import one_thread
from nsynth_edu.models.wavenet import ResidualLayer, WaveNet, WaveNetConfig
from nsynth_edu.sound import as_waveform, mu_law_encode

CROP = 1024  # samples of one step of overfitting; the second half is guessed
LEARNT = range(4_800, 20_800)  # one second of the held tone


@one_thread()
def train_briefly(network, classes, steps, crop=256, batch=4, seed=1):
    """Gradient descent: guess random crops, measure the loss, move every weight a little.

    Args:
        network: (batch, 1, time) -> logits (batch, 256, time).
        classes: (sounds, time) integer tensor. crop: samples. batch: crops per step.

    Returns:
        the loss of every step, in bits per sample.

    Notebook: course/04.
    """
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=5e-3), []
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        sounds = torch.randint(len(classes), (batch,), generator=generator)
        starts = torch.randint(classes.shape[1] - crop, (batch,), generator=generator)
        crops = torch.stack([classes[n, s : s + crop] for n, s in zip(sounds, starts, strict=True)])
        loss = F.cross_entropy(network(signal(crops)), crops)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / np.log(2))
    return losses


@one_thread()
def overfit(waveform, kind=ResidualLayer, layers=18, steps=100, seed=1):
    """Let a small, unconditional WaveNet learn one note by heart.

    Args:
        waveform: (time,) float, at least 1.3 s; the first 0.3 s and all after 1.3 s are left out.
        kind: class of its layers: ResidualLayer, or one that leaves a part out.
        layers: how many; dilations 1, 2, 4 ... 256, and again.
        steps: of Adam, each on 512 samples and the 512 before them.
        seed: of the weights and of the pieces.

    Returns:
        WaveNet, and its losses (steps,) in bits per sample.

    Notebook: course/05.
    """
    torch.manual_seed(seed)
    config = WaveNetConfig(
        layers=layers, cycle=9, residual_channels=24, skip_channels=48,
        kernel_size=2, first_kernel_size=3,
    )  # fmt: skip
    network = WaveNet(config)
    network.layers = nn.ModuleList(kind(config, dilation) for dilation in config.dilations)
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3, fused=True)
    classes = torch.from_numpy(mu_law_encode(as_waveform(waveform)))
    losses = []
    for place in torch.randint(LEARNT.start, LEARNT.stop - CROP, (steps,)):
        piece = classes[None, place : place + CROP]
        logits = network((piece[:, None].float() - 128) / 128)
        loss = F.cross_entropy(logits[..., CROP // 2 :], piece[:, CROP // 2 :])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item() / np.log(2))
    return network, np.array(losses)
