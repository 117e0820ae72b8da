"""What each part of a WaveNet layer is for: switch it off, and see what the rest can still do.

Notebook: course/05.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.generation.stream import Voice, Weights, one_voice
from nsynth_edu.models.threads import one_thread
from nsynth_edu.models.wavenet import ResidualLayer, WaveNet, WaveNetConfig, add_per_frame
from nsynth_edu.sound import as_waveform, mu_law_decode, mu_law_encode

CROP = 1024  # samples of one step of learning by heart; the second half is guessed
LEARNT = range(4_800, 20_800)  # one second of the held tone
OPEN = 0.9999  # a gate that is held open; at exactly 1 its bias would be infinite


@dataclass(frozen=True)
class Inside:
    """What one layer did during a sound; float32 arrays (channels, time)."""

    filter: np.ndarray  # what could pass, -1 to 1
    gate: np.ndarray  # how much of it does, 0 to 1
    report: np.ndarray  # what the layer adds to the skip sum

    @property
    def product(self):
        """What does pass: the gated activation."""
        return self.filter * self.gate


@torch.inference_mode()
def true_past_surprise(model, waveform, pitch=None, z=None):
    """How surprising each sample is to a decoder that knows all samples before it.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float in [-1, 1]; a rest of less than 512 samples is left out.
        pitch: MIDI number that the decoder is told; None = unknown.
        z: (frames, 16) array that it is given, at least as long as the waveform; by default
            the waveform's own.

    Returns:
        (time,) float64, bits.

    Raises:
        ValueError: if z is shorter than the waveform.
    """
    samples = torch.from_numpy(as_waveform(waveform))[None]
    frames = samples.shape[-1] // model.config.hop_length
    samples = samples[:, : frames * model.config.hop_length]
    z = None if z is None else torch.as_tensor(z)[None, :frames]
    logits = model.guess(samples, z, pitch)
    nats = F.cross_entropy(logits, mu_law_encode(samples), reduction="none")
    return nats[0].double().numpy() / np.log(2)


def look_inside(model, waveform, pitch=None, layers=None):
    """Filter, gate and report of some layers while the decoder reads a note with its true past.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float; one layer of a 4 s note takes 65 MB.
        pitch: MIDI number or None. layers: numbers from 0, or None = all.

    Returns:
        {layer: Inside}.
    """
    seen, hooks = {}, []
    for index, layer in _layers(model, layers):
        for part in (layer.dilated, layer.condition, layer.skip):
            keep = seen.setdefault(index, []).append
            hooks.append(part.register_forward_hook(lambda _, __, out, keep=keep: keep(out)))
    try:
        true_past_surprise(model, waveform, pitch)
    finally:
        for hook in hooks:
            hook.remove()
    return {index: _inside(*seen.pop(index)) for index in list(seen)}


def _inside(dilated, condition, report):
    gate, wave = add_per_frame(dilated, condition)[0].chunk(2)
    return Inside(torch.tanh(wave).numpy(), torch.sigmoid(gate).numpy(), report[0].numpy())


def hold_gates(model, level=OPEN, layers=None):
    """A copy whose gates no longer listen: each is held at one level for good.

    Only weights are changed, so every engine can sing it: the gates' weights become 0, their
    bias the number whose sigmoid is the level.

    Args:
        model: WaveNetAutoencoder, or WaveNet.
        level: in (0, 1): one number, or {layer: (channels,)}, which also says which layers.
        layers: numbers from 0, or None = all.
    """
    changed = copy.deepcopy(model)
    for index, layer in _layers(changed, level if isinstance(level, dict) else layers):
        width = layer.dilated.out_channels // 2  # the first half of the channels is the gate
        held = torch.as_tensor(level[index] if isinstance(level, dict) else level)
        with torch.no_grad():
            for part in filter(None, (layer.dilated, layer.condition)):
                part.weight[:width] = 0
                part.bias[:width] = 0
            layer.dilated.bias[:width] = torch.logit(held, eps=1e-6)
    return changed


def mute(model, path, layers=None):
    """A copy in which some layers no longer speak on one of their two ways out.

    Args:
        model: WaveNetAutoencoder, or WaveNet.
        path: "residual" (what they add to the signal) or "skip" (what they report).
        layers: numbers from 0, or None = all.

    Raises:
        ValueError: for another path.
    """
    if path not in ("residual", "skip"):
        raise ValueError(f"path is {path!r}; expected 'residual' or 'skip'.")
    changed = copy.deepcopy(model)
    for _, layer in _layers(changed, layers):
        torch.nn.init.zeros_(getattr(layer, path).weight)
        torch.nn.init.zeros_(getattr(layer, path).bias)
    return changed


def cut_shortcut(model, layers=None):
    """A copy in which nothing passes by some layers: what follows hears only what they made.

    For `forward` only; the engines that sing keep the shortcut.

    Args:
        model: WaveNetAutoencoder, or WaveNet. layers: numbers from 0, or None = all.
    """
    changed = copy.deepcopy(model)
    for _, layer in _layers(changed, layers):
        layer.register_forward_hook(lambda _, heard, made: (made[0] - heard[0], made[1]))
    return changed


@one_thread()
def gradient_sizes(residual=True, reporting=None, layers=30, seed=1):
    """How strongly each layer of a new stack is told to move, for one and the same wish.

    Args:
        residual: whether a layer hands on x + what it made, or only what it made.
        reporting: numbers of the layers whose reports reach the output; None = all.
        layers: how many; dilations 1, 2, 4 ... 512, and again.
        seed: of weights, signal and wish.

    Returns:
        (layers,) sizes (norms) of the gradients of the dilated convolutions' weights.
    """
    torch.manual_seed(seed)
    config = WaveNetConfig(
        layers=layers, cycle=10, residual_channels=32, skip_channels=32,
        kernel_size=3, first_kernel_size=3,
    )  # fmt: skip
    stack = WaveNet(config).layers
    x, skip = torch.randn(1, config.residual_channels, 512), 0
    for number, layer in enumerate(stack):
        made, report = layer(x)
        x = made if residual else made - x
        if reporting is None or number in reporting:
            skip = skip + report
    (skip * torch.randn_like(skip)).mean().backward()
    # in float64: squares of numbers as small as these would be 0 in float32
    return np.array([layer.dilated.weight.grad.double().norm().item() for layer in stack])


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


def sing(decoder, past, samples, temperature=1.0, seed=0):
    """Let an unconditional WaveNet go on from a piece of sound, with the compiled engine.

    Args:
        decoder: WaveNet without conditioning.
        past: (time,) classes 0..255 that it hears first.
        samples: how many it makes.
        temperature, seed: as in `generate`.

    Returns:
        waveform (samples,), float32, without the past.
    """
    voice, uniforms = Voice(Weights(decoder, "float32")), _draws(len(past) + samples, seed)
    given = decoder.conditioning(samples=len(uniforms))

    def run(draws, forced=None):
        clock = one_voice(given, 0, len(draws))
        return voice.run(voice.weights.biases(None), clock, draws, temperature, forced)

    run(uniforms[: len(past)], np.asarray(past, np.int64))
    return mu_law_decode(run(uniforms[len(past) :]))


def _draws(count, seed):
    return torch.rand(count, generator=torch.Generator().manual_seed(seed)).numpy()


def _layers(model, numbers):
    """(number, layer) pairs of a model or a bare decoder."""
    layers = getattr(model, "decoder", model).layers
    return [(n, layers[n]) for n in (range(len(layers)) if numbers is None else numbers)]
