"""A decoder's layers as plain matrices (inputs, outputs): what the fast engines are made from."""

from dataclasses import dataclass

import numpy as np
import torch

from nsynth_edu.models.wavenet import Periods, fractional_delay


@dataclass(frozen=True)
class Matrices:
    """R residual channels, S skip channels, L layers, C conditioning channels; float32 arrays.

    first (inputs, R) takes, one beside the other, the newest samples (oldest first), the phase
    clock's channels and what the period taps hear (oldest first); start (R,) is its bias.
    """

    first: np.ndarray
    start: np.ndarray
    skip_start: np.ndarray  # (R, S)
    skip_start_bias: np.ndarray
    dilated: np.ndarray  # (L, taps, R, 2R), oldest tap first
    dilated_bias: np.ndarray  # (L, 2R), that of conditioning included
    mixed: np.ndarray  # (L, R, R + S): residual and skip in one product
    mixed_bias: np.ndarray
    out: np.ndarray  # (S, S)
    out_bias: np.ndarray  # that of conditioning included
    logits: np.ndarray  # (S, classes)
    logits_bias: np.ndarray
    condition: np.ndarray  # (C, L 2R + S): all layers' conditioning in one product

    @classmethod
    def of(cls, decoder):
        """Copy them out of a WaveNet."""
        layers = decoder.layers
        heard = [decoder.start, decoder.phase, decoder.periods and decoder.periods.taps]
        heard = [module for module in heard if module is not None]
        told = [*(layer.condition for layer in layers), decoder.out_condition]
        silent = told[-1] is None
        dilated_bias = np.stack([array(layer.dilated.bias) for layer in layers])
        return cls(
            first=np.vstack([_taps_below_each_other(module.weight) for module in heard]),
            start=sum(array(module.bias) for module in heard),
            skip_start=matrix(decoder.skip_start),
            skip_start_bias=array(decoder.skip_start.bias),
            dilated=np.stack([array(x.dilated.weight.permute(2, 1, 0)) for x in layers]),
            dilated_bias=dilated_bias
            + (0 if silent else np.stack([array(m.bias) for m in told[:-1]])),
            mixed=np.stack([np.hstack([matrix(x.residual), matrix(x.skip)]) for x in layers]),
            mixed_bias=np.stack(
                [np.hstack([array(x.residual.bias), array(x.skip.bias)]) for x in layers]
            ),
            out=matrix(decoder.out),
            out_bias=array(decoder.out.bias) + (0 if silent else array(told[-1].bias)),
            logits=matrix(decoder.logits),
            logits_bias=array(decoder.logits.bias),
            condition=np.zeros((0, dilated_bias.size + decoder.config.skip_channels), np.float32)
            if silent
            else np.hstack([matrix(module) for module in told]),
        )


def array(tensor):
    """A tensor as a float32 array of its own."""
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float32, order="C")


def matrix(convolution):
    """A 1x1 convolution's weights as (inputs, outputs)."""
    return array(convolution.weight[..., 0].T)


def _taps_below_each_other(weight):
    """A convolution's weights (outputs, inputs, taps) as (taps * inputs, outputs), oldest first."""
    return array(weight.permute(2, 1, 0).flatten(0, 1))


def phase(model, pitch, batch, start, length, clock_start=None):
    """The phase clock as (batch, length, channels) tensor; no channels for a model without."""
    clock = model.phase(pitch, batch, start, length, clock_start)
    if clock is None:
        return torch.zeros(batch, length, 0, device=model.device)
    return clock.transpose(1, 2).contiguous()


def lags(model, pitch, batch):
    """The period taps' delays and weights, (4, batch, taps) each; no taps for a model without."""
    taps = model.lags(pitch, batch)
    taps = torch.zeros(batch, 0, device=model.device) if taps is None else taps
    delays, weights = fractional_delay(taps, Periods.MEMORY)
    return torch.stack(delays), torch.stack(weights)
