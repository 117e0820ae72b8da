"""One waveform sample after another."""

import numpy as np
import torch

from nsynth_edu.generation import reference, stream
from nsynth_edu.generation.stream import Stream

__all__ = ["Stream", "generate"]

ENGINES = {"reference": reference.run, "stream": stream.run}
FEW_VOICES = 16  # from here on one matrix product for all voices pays for a wide decoder
WIDE = 256  # residual channels from which weights no longer fit the caches


def choose_engine(model, batch):
    """What "auto" stands for: compiled on a CPU; the plain one on a GPU or for a wide batch."""
    wide = model.config.residual_channels >= WIDE
    plain = model.device.type != "cpu" or (wide and batch >= FEW_VOICES)
    return "reference" if plain else "stream"


def generate(model, z, *, pitch=None, temperature=1.0, seed=None, engine="auto", progress=None):
    """Let the decoder sing: it hears only its own past and z.

    Args:
        model: WaveNetAutoencoder.
        z: (frames, 16) or (batch, frames, 16), array or tensor; 31.25 frames make a second.
        pitch: MIDI number or one per voice for pitch-conditioned models (60 = middle C,
            fractions allowed); None = unknown.
        temperature: 1 draws from what the network believes; lower is cleaner and duller;
            0 always takes the likeliest class.
        seed: int; the same seed gives the same sound. None draws anew.
        engine: "reference" (the plain layers), "stream" (compiled, CPU), or "auto", which
            takes the one `choose_engine` names. The same seed gives the same sound with
            either, but for rare rounding at the edge of two classes.
        progress: called as progress(frames_done, frames), or None.

    Returns:
        waveform (time,) or (batch, time), float32 in [-1, 1], 16 kHz, 512 samples per frame;
        an array for an array, a tensor for a tensor.

    Raises:
        ValueError: for a z of another shape or not finite, a temperature below 0, an unknown
            engine.
    """
    tensor = z if torch.is_tensor(z) else torch.as_tensor(np.asarray(z, np.float32))
    channels = model.config.bottleneck_channels
    if tensor.dim() not in (2, 3) or tensor.shape[-1] != channels or 0 in tensor.shape:
        raise ValueError(
            f"z has shape {tuple(tensor.shape)}; expected (frames, {channels}) or "
            f"(batch, frames, {channels}), as encode() returns it."
        )
    if not torch.isfinite(tensor).all():
        raise ValueError("z holds NaN or infinite values; encode a sound without them.")
    if not temperature >= 0:  # NaN, too
        raise ValueError(f"temperature is {temperature}; expected 0 or more (1 = as trained).")
    if engine not in ("auto", *ENGINES):
        raise ValueError(f"engine is {engine!r}; expected one of auto, {', '.join(ENGINES)}.")
    voices = tensor[None] if tensor.dim() == 2 else tensor
    run = ENGINES[choose_engine(model, len(voices)) if engine == "auto" else engine]
    voices = voices.to(model.device, torch.float32)
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(int(seed))
    batch, frames = voices.shape[:2]
    uniforms = torch.rand(batch, frames * model.config.hop_length, generator=generator)
    report = None if progress is None else lambda done: progress(done, frames)
    waveform = run(model, voices, pitch, uniforms.to(model.device), temperature, report)
    # a copy made out here: what is made in inference mode could never take part in a gradient
    waveform = (waveform[0] if tensor.dim() == 2 else waveform).clone()
    return waveform if torch.is_tensor(z) else waveform.cpu().numpy()
