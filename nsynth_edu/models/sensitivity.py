"""Which samples a network's output depends on, and how strongly, by gradient.

Notebook: course/04.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.sound import as_waveform


def input_sensitivity(network, before=64, after=8, sounds=8):
    """How strongly each input sample can change one output: the size of its gradient.

    Args:
        network: (batch, 1, time) -> (batch, channels, time), module or function of float64.
            A module is copied; the copy computes in float64, where nothing vanishes too early.
        before, after: how many samples to look at before and after the output's own.
        sounds: random ones at which the gradient is taken; a mean over several misses less.

    Returns:
        (before + 1 + after,) float64: the output's own sample stands at index `before`. Where it
        is 0, the sample changes nothing.

    Notebook: course/04.
    """
    if isinstance(network, nn.Module):
        network = copy.deepcopy(network).double().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(sounds, 1, before + 1 + after, generator=generator, dtype=torch.float64)
    output = network(signal.requires_grad_())[..., before]
    weights = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((output * weights).sum(), signal)
    return gradient[:, 0].abs().mean(0).numpy()


def reached_samples(network, before=64, after=8, sounds=8):
    """Which input samples can change one output, by gradient.

    Args:
        network, before, after, sounds: as in `input_sensitivity`; look further than it reaches.

    Returns:
        integers, from the oldest: 0 is the output's own sample, -1 the one before, 1 the next.

    Raises:
        ValueError: if the oldest or newest sample looked at counts: then there may be more.

    Notebook: course/04.
    """
    places = np.flatnonzero(input_sensitivity(network, before, after, sounds)) - before
    if len(places) and (places[0] == -before < 0 or places[-1] == after > 0):
        raise ValueError(
            f"samples from {places[0]} to {places[-1]} count, up to the edge of what was "
            f"looked at; look further than before={before}, after={after}."
        )
    return places


def saliency(network, windows):
    """How strongly the guess of a last sample depends on each one before it.

    Where `input_sensitivity` asks what can have an effect, this asks what has: at real sounds, of
    the surprise at what came.

    Args:
        network: (batch, 1, time) companded -> logits (batch, 256, time); float32.
        windows: (batch, time) integer tensor of classes, true sounds.

    Returns:
        (time - 1,) size of the gradient, averaged over the windows; the nearest sample first.

    Notebook: course/04.
    """
    signal = ((windows[:, None].float() - 128) / 128).requires_grad_()
    surprise = F.cross_entropy(network(signal)[..., -1], windows[:, -1].long(), reduction="sum")
    (gradient,) = torch.autograd.grad(surprise, signal)
    return gradient[:, 0, :-1].double().abs().mean(0).flip(0).numpy()


def decoder_at(model, waveform, pitch, starts, frames):
    """A decoder at several moments of a note, conditioned on the z and the clock that belong there.

    Args:
        model: WaveNetAutoencoder. waveform: (time,) float, one note.
        pitch: MIDI number, or None = unknown.
        starts: first samples of the moments, multiples of the hop. frames: their length.

    Returns:
        network and windows for `saliency`.

    Notebook: course/04.
    """
    hop, starts = model.config.hop_length, torch.as_tensor(starts)
    sound = torch.from_numpy(as_waveform(waveform))[None]
    with torch.no_grad():
        whole = model.encode(sound)
        z = whole[0].unfold(0, frames, 1)[starts // hop].transpose(1, 2)
        clock = model.conditioning(whole, pitch).clock
    offset = model.clock_offset(sound, pitch) + clock.track(0, sound.shape[-1])[0][0, starts]
    windows = model.classes(sound)[0].unfold(0, frames * hop, 1)[starts]
    return lambda signal: model.logits(None, z, pitch, history=signal, clock_offset=offset), windows
