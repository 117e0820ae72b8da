"""The paths through a stack of convolutions, by gradient: nothing here is assumed.

Notebook: course/04.
"""

import numpy as np
import torch
from torch import nn

from nsynth_edu.models.convolution import Convolution
from nsynth_edu.sound import SAMPLE_RATE

CYCLE = 10  # dilations double 1, 2, 4 ... 512, then start again at 1
FIRST_TAPS = 3  # of the undilated convolution in front, as in NSynth
A3 = 220.0  # Hz


def unit_stack(kernel_size, layers, causal=True, first_kernel_size=FIRST_TAPS):
    """The convolutions of a WaveNet alone, one channel wide, every weight 1.

    With such weights the gradient counts the paths from a sample to the output.

    Args:
        kernel_size: taps of each dilated layer. layers: how many; dilations 1, 2 ... 512, 1 ...
        causal: whether each reads the past alone. first_kernel_size: taps of the one in front.

    Returns:
        list of Convolution, from the sound upwards.

    Notebook: course/04.
    """
    shapes = [(first_kernel_size, 1)] if first_kernel_size > 1 else []
    shapes += [(kernel_size, 2 ** (i % CYCLE)) for i in range(layers)]
    convolutions = [Convolution(1, 1, k, dilation, causal) for k, dilation in shapes]
    for convolution in convolutions:
        nn.init.ones_(convolution.weight)
        nn.init.zeros_(convolution.bias)
        convolution.requires_grad_(False)
    return convolutions


def trace(convolutions):
    """Follow one output down through the layers to the sound, by gradient.

    Args:
        convolutions: from `unit_stack`.

    Returns:
        one dict per row, from the sound upwards: `places`, the positions that reach the output
        (0 = the newest sample known); `taps`, the offsets it reads in the row below; `dilation`
        (0 for the sound); `ahead`, how many samples after its own each value needs.

    Notebook: course/04.
    """
    wide = sum(convolution.reach for convolution in convolutions)
    rows = [torch.zeros(1, 1, 2 * wide + 1, requires_grad=True)]
    for convolution in convolutions:
        rows.append(convolution(rows[-1]))
    gradients = torch.autograd.grad(rows[-1][0, 0, wide], rows)
    places = [np.flatnonzero(gradient[0, 0]) - wide for gradient in gradients]
    taps = [np.array([], int), *map(_taps, convolutions)]
    dilations = [0, *(convolution.dilation[0] for convolution in convolutions)]
    ahead = np.cumsum([max(tap, default=0) for tap in taps])
    return [
        {"places": p, "taps": t, "dilation": d, "ahead": int(a)}
        for p, t, d, a in zip(places, taps, dilations, ahead, strict=True)
    ]


def _taps(convolution):
    wide = convolution.reach
    x = torch.zeros(1, 1, 2 * wide + 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(convolution(x)[0, 0, wide], x)
    return np.flatnonzero(gradient[0, 0]) - wide


def trace_summary(rows, frequency=A3):
    """How far a stack reaches and what it costs, counted in its trace.

    Args:
        rows: from `trace`. frequency: Hz of the note whose periods are counted.

    Returns:
        dict: samples, of these `future` (not yet come when the next sample is guessed), time
        (ms), periods; multiplications per sample and channel, with everything computed again
        (`naive`) and with queues (`queued`).

    Notebook: course/04.
    """
    sound, layers = rows[0]["places"], rows[1:]
    return {
        "samples": len(sound),
        "future": int(np.sum(sound > 0)),
        "ms": 1000 * len(sound) / SAMPLE_RATE,
        "periods": len(sound) * frequency / SAMPLE_RATE,
        "naive": sum(len(row["places"]) * len(row["taps"]) for row in layers),
        "queued": sum(len(row["taps"]) for row in layers),
    }
