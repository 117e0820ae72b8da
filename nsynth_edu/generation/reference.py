"""The plain engine: the very layers that train, one sample after another, queues and all."""

import torch

from nsynth_edu.sound.companding import mu_law_decode


def sample_classes(logits, uniforms, temperature=1.0):
    """Draw one class per voice by inverting the cumulative distribution.

    Args:
        logits: (batch, classes).
        uniforms: (batch,) in [0, 1), one draw per voice: same numbers, same sound.
        temperature: below 1 prefers the likely, above 1 flattens; 0 takes the likeliest.

    Returns:
        (batch,) int64.
    """
    if temperature == 0:
        return logits.argmax(-1)
    cumulative = (logits / temperature).softmax(-1).cumsum(-1)
    # the last one is not exactly 1 in float32: scale the draw, or it may lie beyond it
    target = uniforms[:, None] * cumulative[:, -1:]
    drawn = torch.searchsorted(cumulative, target, right=True)[:, 0]
    return drawn.clamp(max=logits.shape[-1] - 1)


def mean_class(logits, temperature=1.0):
    """The mean of the class numbers, weighted by their probabilities.

    In mu-law classes it is a mean of companded amplitudes: quiet sound stays fine.

    Args:
        logits: (batch, classes).
        temperature: as in `sample_classes`; 0 takes the likeliest class.

    Returns:
        (batch,) float32, with fractions.
    """
    if temperature == 0:
        return logits.argmax(-1).float()
    numbers = torch.arange(logits.shape[-1], device=logits.device)
    return ((logits / temperature).softmax(-1) * numbers).sum(-1)


def choose(logits, uniforms, temperature=1.0):
    """Take the next sample of each voice: its `mean_class`, or one of `sample_classes`.

    Args:
        logits: (batch, classes). temperature: see there.
        uniforms: (batch,) in [0, 1), or `sampling.MEAN` for the mean.

    Returns:
        (batch,) float32 class numbers.
    """
    drawn = sample_classes(logits, uniforms.clamp(min=0), temperature)
    return torch.where(uniforms < 0, mean_class(logits, temperature), drawn.float())


@torch.inference_mode()
def run(decoder, conditioning, uniforms, temperature, progress=None, lengths=None):
    """Generate with `decoder.step`.

    Args:
        decoder: WaveNet.
        conditioning: Conditioning of all voices, see `models.conditioning`.
        uniforms: (batch, conditioning.samples) tensor of numbers in [0, 1) to draw with, or
            `sampling.MEAN`.
        temperature: see `choose`.
        progress: called with the number of frames done, or None.
        lengths: frames wanted of each voice; the plain engine makes all of them.

    Returns:
        waveform (batch, conditioning.samples), float32.
    """
    batch, hop = conditioning.batch, conditioning.hop_length
    half = decoder.config.quantization_channels // 2
    queues = decoder.queues(batch)
    sample = torch.zeros(batch, 1, device=uniforms.device)
    classes = torch.empty(uniforms.shape, device=uniforms.device)
    for frame in range(conditioning.frames):
        biases = decoder.project(conditioning.frame(frame))
        waves, lags = (read(frame * hop, hop) for read in (conditioning.waves, conditioning.lags))
        for i in range(hop):
            now = frame * hop + i
            logits = decoder.step(sample, biases, queues, at(waves, i), at(lags, i))
            classes[:, now] = choose(logits, uniforms[:, now], temperature)
            sample = (classes[:, now, None] - half) / half
        if progress is not None:
            progress(frame + 1)
    return mu_law_decode(classes, decoder.config.quantization_channels - 1)


def at(series, i):
    """Sample i of (batch, channels, time or 1); None of None."""
    return None if series is None else series[..., min(i, series.shape[-1] - 1)]
