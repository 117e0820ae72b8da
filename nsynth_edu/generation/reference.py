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
    ladder = (logits / temperature).softmax(-1).cumsum(-1)
    # the last rung is not exactly 1 in float32: scale the draw, or it may fall off the ladder
    drawn = torch.searchsorted(ladder, uniforms[:, None] * ladder[:, -1:], right=True)[:, 0]
    return drawn.clamp(max=logits.shape[-1] - 1)


@torch.inference_mode()
def run(decoder, conditioning, uniforms, temperature, progress=None, lengths=None):
    """Generate with `decoder.step`.

    Args:
        decoder: WaveNet.
        conditioning: Conditioning of all voices, see `models.conditioning`.
        uniforms: (batch, conditioning.samples) tensor of draws in [0, 1).
        temperature: see `sample_classes`.
        progress: called with the number of frames done, or None.
        lengths: frames wanted of each voice; the plain engine makes all of them.

    Returns:
        waveform (batch, conditioning.samples), float32.
    """
    batch, hop = conditioning.batch, conditioning.hop_length
    half = decoder.config.quantization_channels // 2
    queues = decoder.queues(batch)
    sample = torch.zeros(batch, 1, device=uniforms.device)
    classes = torch.empty(uniforms.shape, dtype=torch.int64, device=uniforms.device)
    for frame in range(conditioning.frames):
        biases = decoder.project(conditioning.frame(frame))
        waves, lags = (read(frame * hop, hop) for read in (conditioning.waves, conditioning.lags))
        for i in range(hop):
            now = frame * hop + i
            logits = decoder.step(sample, biases, queues, at(waves, i), at(lags, i))
            drawn = sample_classes(logits, uniforms[:, now], temperature)
            classes[:, now] = drawn
            sample = (drawn[:, None] - half) / half
        if progress is not None:
            progress(frame + 1)
    return mu_law_decode(classes, decoder.config.quantization_channels - 1)


def at(series, i):
    """Sample i of (batch, channels, time or 1); None of None."""
    return None if series is None else series[..., min(i, series.shape[-1] - 1)]
