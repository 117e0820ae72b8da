"""What a network predicts: how well, in bits, and what it expects."""

import math

import torch
import torch.nn.functional as F

from nsynth_edu.sound.companding import mu_law_encode


def bits_per_sample(logits, waveform):
    """Cross-entropy of the true classes in bits: 8 = knows nothing, 0 = knows all.

    Args:
        logits: (batch, classes, time). waveform: (batch, time) in [-1, 1].

    Returns:
        scalar tensor, the mean over all samples.
    """
    classes = mu_law_encode(waveform, logits.shape[1] - 1)
    return F.cross_entropy(logits.float(), classes) / math.log(2)


def expected_signal(logits):
    """The mean of the predicted distribution, as the networks hear a signal: companded.

    Args:
        logits: (batch, classes, time).

    Returns:
        float32 (batch, 1, time), in [-1, 1).
    """
    half = logits.shape[1] // 2
    values = (torch.arange(logits.shape[1], device=logits.device) - half) / half
    return (logits.float().softmax(1) * values[:, None]).sum(1, keepdim=True)
