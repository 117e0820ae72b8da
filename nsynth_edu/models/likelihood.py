"""How well a network predicts: cross-entropy in bits."""

import math

import torch.nn.functional as F

from nsynth_edu.sound.companding import mu_law_encode


def bits_per_sample(logits, waveform):
    """Cross-entropy of the true classes in bits: 8 for a uniform guess, 0 for certainty.

    Args:
        logits: (batch, classes, time).
        waveform: (batch, time) in [-1, 1].

    Returns:
        scalar tensor, the mean over all samples.
    """
    classes = mu_law_encode(waveform, logits.shape[1] - 1)
    return F.cross_entropy(logits.float(), classes) / math.log(2)
