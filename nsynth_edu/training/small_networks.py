"""Training that takes seconds, for networks that a lesson trains while one waits.

Notebooks: course/04, course/05 and exercises/source/ps6_next_sample.
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
def learning_curves(network, training, unseen, rate, steps, every=25, batch=128, seed=1):
    """Plain gradient descent on windows of the past, watched on sounds that it does not learn.

    Args:
        network: (batch, memory) -> logits (batch, 256).
        training: pasts (windows, memory), and the classes (windows,) that followed them.
        unseen: {name: the same of other sounds}; nothing is learned from them.
        rate: the learning rate, constant.
        steps: updates, each on `batch` random windows; a multiple of `every`.
        every: updates from one point of the curves to the next.

    Returns:
        {"training" and each name of `unseen`: (steps / every,) bits per sample}: for training the
        mean since the point before, for the others all of their windows.

    Notebook: exercises/source/ps6_next_sample.
    """
    optimizer, (pasts, targets) = torch.optim.SGD(network.parameters(), lr=rate), training
    losses, curves = [], {name: [] for name in ("training", *unseen)}
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        some = torch.randint(len(pasts), (batch,), generator=generator)
        loss = F.cross_entropy(network(pasts[some]), targets[some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % every == 0:
            curves["training"].append(np.mean(losses[-every:]) / np.log(2))
            for name, (past, target) in unseen.items():
                with torch.no_grad():
                    bits = F.cross_entropy(network(past), target).item() / np.log(2)
                curves[name].append(bits)
    return {name: np.array(points) for name, points in curves.items()}


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
