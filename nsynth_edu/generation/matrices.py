"""A decoder's layers as plain matrices (inputs, outputs): where all fast engines start."""

from dataclasses import dataclass

import numpy as np
import torch

from nsynth_edu.models.pitch_clock import Periods, fractional_delay


@dataclass(frozen=True)
class Matrices:
    """R residual channels, S skip channels, L layers, C conditioning channels; float32 arrays.

    first (inputs, R) multiplies, side by side, the newest samples (oldest first), the phase clock's
    channels and what the period taps read (oldest first); start (R,) is its bias.
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
        parts = [decoder.start, decoder.phase, decoder.periods and decoder.periods.taps]
        parts = [module for module in parts if module is not None]
        conditions = [*(layer.condition for layer in layers), decoder.out_condition]
        unconditional = conditions[-1] is None
        dilated_bias = np.stack([array(layer.dilated.bias) for layer in layers])
        return cls(
            first=np.vstack([_taps_below_each_other(module.weight) for module in parts]),
            start=sum(array(module.bias) for module in parts),
            skip_start=matrix(decoder.skip_start),
            skip_start_bias=array(decoder.skip_start.bias),
            dilated=np.stack([array(x.dilated.weight.permute(2, 1, 0)) for x in layers]),
            dilated_bias=dilated_bias
            + (0 if unconditional else np.stack([array(m.bias) for m in conditions[:-1]])),
            mixed=np.stack([np.hstack([matrix(x.residual), matrix(x.skip)]) for x in layers]),
            mixed_bias=np.stack(
                [np.hstack([array(x.residual.bias), array(x.skip.bias)]) for x in layers]
            ),
            out=matrix(decoder.out),
            out_bias=array(decoder.out.bias) + (0 if unconditional else array(conditions[-1].bias)),
            logits=matrix(decoder.logits),
            logits_bias=array(decoder.logits.bias),
            condition=np.zeros((0, dilated_bias.size + decoder.config.skip_channels), np.float32)
            if unconditional
            else np.hstack([matrix(module) for module in conditions]),
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


def clock_inputs(conditioning, first, length, device=None):
    """The pitch clock of some samples as the fast engines read it.

    Args:
        conditioning: Conditioning. first, length: samples.

    Returns:
        waves: (length, batch, channels) float32; no channels without a clock.
        delays: (length or 1, 4, batch, taps) int64, weights: the same, float32; see
        `fractional_delay`. One row while the pitch holds; no taps without period taps.
    """
    waves, lags = conditioning.waves(first, length), conditioning.lags(first, length)
    batch = conditioning.batch
    waves = torch.zeros(batch, 0, length, device=device) if waves is None else waves
    lags = torch.zeros(batch, 0, 1, device=device) if lags is None else lags
    delays, weights = fractional_delay(lags.permute(2, 0, 1), Periods.MEMORY)
    return waves.permute(2, 0, 1), torch.stack(delays, 1), torch.stack(weights, 1)
