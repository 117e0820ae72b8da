"""What each part of a WaveNet layer is for: look inside, switch it off, see what is still possible.

Notebook: course/05.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch

from nsynth_edu.models.likelihood import teacher_forced_logits
from nsynth_edu.models.threads import one_thread
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig, add_per_frame

OPEN = 0.9999  # a gate that is held open; at exactly 1 its bias would be infinite


@dataclass(frozen=True)
class Inside:
    """What one layer did during a sound; float32 arrays (channels, time)."""

    filter: np.ndarray  # what could pass, -1 to 1
    gate: np.ndarray  # how much of it does, 0 to 1
    skip: np.ndarray  # what the layer adds to the skip sum

    @property
    def product(self):
        """What does pass: the gated activation."""
        return self.filter * self.gate


def look_inside(model, waveform, pitch=None, layers=None):
    """Filter, gate and skip output of some layers while the decoder reads a note.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float; one layer of a 4 s note takes 65 MB.
        pitch: MIDI number or None. layers: numbers from 0, or None = all.

    Returns:
        {layer: Inside}.

    Notebook: course/05.
    """
    seen, hooks = {}, []
    for index, layer in _layers(model, layers):
        for part in (layer.dilated, layer.condition, layer.skip):
            keep = seen.setdefault(index, []).append
            hooks.append(part.register_forward_hook(lambda _, __, out, keep=keep: keep(out)))
    try:
        teacher_forced_logits(model, waveform, pitch=pitch)
    finally:
        for hook in hooks:
            hook.remove()
    return {index: _inside(*seen.pop(index)) for index in list(seen)}


def _inside(dilated, condition, skip):
    gate, wave = add_per_frame(dilated, condition)[0].chunk(2)
    return Inside(torch.tanh(wave).numpy(), torch.sigmoid(gate).numpy(), skip[0].numpy())


def hold_gates(model, level=OPEN, layers=None):
    """A copy whose gates no longer depend on their input: each is held at one level.

    Only weights are changed, so every engine can run it: the gates' weights become 0, their
    bias the number whose sigmoid is the level.

    Args:
        model: WaveNetAutoencoder, or WaveNet.
        level: in (0, 1): one number, or {layer: (channels,)}, which also says which layers.
        layers: numbers from 0, or None = all.

    Notebook: course/05.
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
    """A copy in which one of the two outputs of some layers is 0.

    Args:
        model: WaveNetAutoencoder, or WaveNet.
        path: "residual" (what they add to the signal) or "skip" (what they add to the skip sum).
        layers: numbers from 0, or None = all.

    Raises:
        ValueError: for another path.

    Notebook: course/05.
    """
    if path not in ("residual", "skip"):
        raise ValueError(f"path is {path!r}; expected 'residual' or 'skip'.")
    changed = copy.deepcopy(model)
    for _, layer in _layers(changed, layers):
        torch.nn.init.zeros_(getattr(layer, path).weight)
        torch.nn.init.zeros_(getattr(layer, path).bias)
    return changed


def cut_shortcut(model, layers=None):
    """A copy in which nothing passes by some layers: what follows reads only what they made.

    For `forward` only; the compiled engines keep the shortcut.

    Args:
        model: WaveNetAutoencoder, or WaveNet. layers: numbers from 0, or None = all.

    Notebook: course/05.
    """
    changed = copy.deepcopy(model)
    for _, layer in _layers(changed, layers):
        layer.register_forward_hook(lambda _, given, made: (made[0] - given[0], made[1]))
    return changed


@one_thread()
def gradient_sizes(residual=True, skip_from=None, layers=30, seed=1):
    """The gradient that each layer of a new stack gets, for one and the same random loss.

    Args:
        residual: whether a layer hands on x + what it made, or only what it made.
        skip_from: numbers of the layers whose skip outputs count; None = all.
        layers: how many; dilations 1, 2, 4 ... 512, and again.
        seed: of weights, signal and loss.

    Returns:
        (layers,) sizes (norms) of the gradients of the dilated convolutions' weights.

    Notebook: course/05.
    """
    torch.manual_seed(seed)
    config = WaveNetConfig(
        layers=layers, cycle=10, residual_channels=32, skip_channels=32,
        kernel_size=3, first_kernel_size=3,
    )  # fmt: skip
    stack = WaveNet(config).layers
    x, skip = torch.randn(1, config.residual_channels, 512), 0
    for number, layer in enumerate(stack):
        made, skipped = layer(x)
        x = made if residual else made - x
        if skip_from is None or number in skip_from:
            skip = skip + skipped
    (skip * torch.randn_like(skip)).mean().backward()
    # in float64: squares of numbers as small as these would be 0 in float32
    return np.array([layer.dilated.weight.grad.double().norm().item() for layer in stack])


def _layers(model, numbers):
    """(number, layer) pairs of a model or a bare decoder."""
    layers = getattr(model, "decoder", model).layers
    return [(n, layers[n]) for n in (range(len(layers)) if numbers is None else numbers)]
