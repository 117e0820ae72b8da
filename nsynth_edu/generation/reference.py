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
def run(model, z, pitch, uniforms, temperature, progress, lengths=None):
    """Generate with `model.decoder.step`.

    Args:
        model: WaveNetAutoencoder.
        z: (batch, frames, 16) tensor.
        pitch: MIDI number(s) or None.
        uniforms: (batch, frames * 512) draws in [0, 1).
        temperature: see `sample_classes`.
        progress: called with the number of frames done, or None.
        lengths: frames wanted of each voice; the plain engine makes all of them.

    Returns:
        waveform (batch, frames * 512), float32.
    """
    decoder, hop = model.decoder, model.config.hop_length
    batch, frames = z.shape[:2]
    condition = model.condition(z, pitch)  # (B, C, frames)
    half = model.config.quantization_channels // 2
    queues, lags = decoder.queues(batch), model.lags(pitch, batch)
    sample = z.new_zeros(batch, 1)
    classes = torch.empty(batch, frames * hop, dtype=torch.int64, device=z.device)
    for frame in range(frames):
        biases = decoder.project(condition[..., frame])
        phase = model.phase(pitch, batch, frame * hop, hop)
        for i in range(hop):
            now = frame * hop + i
            tick = None if phase is None else phase[..., i]
            logits = decoder.step(sample, biases, queues, tick, lags)
            drawn = sample_classes(logits, uniforms[:, now], temperature)
            classes[:, now] = drawn
            sample = (drawn[:, None] - half) / half
        if progress is not None:
            progress(frame + 1)
    return mu_law_decode(classes, model.config.quantization_channels - 1)
