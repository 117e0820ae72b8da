"""From encodings to sound: one entrance to all engines."""

import logging
from functools import partial

import numpy as np
import torch

from nsynth_edu.generation import batch, reference, stream
from nsynth_edu.generation.engines import ENGINES

MODULES = {"reference": reference, "stream": stream, "batch": batch}
FEW_VOICES = 16  # from here on one matrix product for all voices pays for a wide decoder
WIDE = 256  # residual channels from which weights no longer fit the caches


def choose_engine(model, voices):
    """What "auto" stands for: "batch" on a GPU or for many voices of a wide model, else "stream".

    `generate` says which one it took to the logger "nsynth_edu.generation", level INFO.
    """
    wide = model.config.residual_channels >= WIDE
    many = model.device.type != "cpu" or (wide and voices >= FEW_VOICES)
    return "batch" if many else "stream"


def generate(model, z, *, pitch=None, temperature=None, seed=None, engine="auto", progress=None):
    """Let the decoder sing: it hears only its own past and z.

    Args:
        model: WaveNetAutoencoder.
        z: (frames, 16) or (batch, frames, 16), array or tensor; 31.25 frames make a second. Or a
            list of (frames, 16), each as long as it likes.
        pitch: MIDI number or one per voice for pitch-conditioned models (60 = middle C,
            fractions allowed); None = unknown.
        temperature: 1 draws from what the network believes; lower is cleaner and duller;
            0 always takes the likeliest class. None = `model.recommended_temperature`.
        seed: int; the same seed gives the same sound. None draws anew. Or one int per voice:
            then a voice's sound does not depend on its companions.
        engine: "reference" (the plain layers), "stream" (compiled, CPU; weights rounded to
            int16), "stream-float32", "stream-int8", "batch" (many voices, CPU or GPU), or
            "auto", which takes the one `choose_engine` names. The same seed gives the same sound
            with "reference", "stream-float32" and "batch" in float32, but for rare rounding at
            the edge of two classes; with rounded weights it gives another take of that sound.
        progress: called as progress(frames_done, frames), or None.

    Returns:
        waveform (time,) or (batch, time), float32 in [-1, 1], 16 kHz, 512 samples per frame;
        an array for an array, a tensor for a tensor, a list for a list.

    Raises:
        ValueError: for a z of another shape or not finite, a temperature below 0, an unknown
            engine.
    """
    if isinstance(z, list | tuple) and any(np.ndim(one) == 2 for one in z):
        return _generate_list(z, model, pitch, temperature, seed, engine, progress)
    tensor = _checked(z, model)
    voices = tensor[None] if tensor.dim() == 2 else tensor
    waveform = _generate(model, voices, pitch, temperature, seed, engine, progress)
    # a copy made out here: what is made in inference mode could never take part in a gradient
    waveform = (waveform[0] if tensor.dim() == 2 else waveform).clone()
    return waveform if torch.is_tensor(z) else waveform.cpu().numpy()


def _generate_list(z, model, pitch, temperature, seed, engine, progress):
    """Voices of different lengths: padded for the engines, which leave the padding out."""
    tensors = [_checked(one, model) for one in z]
    lengths = [len(one) for one in tensors]
    voices = torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True)
    sounds = _generate(model, voices, pitch, temperature, seed, engine, progress, lengths)
    hop = model.config.hop_length
    sounds = [sound[: n * hop].clone() for sound, n in zip(sounds, lengths, strict=True)]
    pairs = zip(z, sounds, strict=True)
    return [sound if torch.is_tensor(one) else sound.cpu().numpy() for one, sound in pairs]


def _checked(z, model):
    """z as a tensor, if it is one that can be decoded."""
    tensor = z if torch.is_tensor(z) else torch.as_tensor(np.asarray(z, np.float32))
    channels = model.config.bottleneck_channels
    if tensor.dim() not in (2, 3) or tensor.shape[-1] != channels or 0 in tensor.shape:
        raise ValueError(
            f"z has shape {tuple(tensor.shape)}; expected (frames, {channels}) or "
            f"(batch, frames, {channels}), as encode() returns it."
        )
    if not torch.isfinite(tensor).all():
        raise ValueError("z holds NaN or infinite values; encode a sound without them.")
    return tensor


def _generate(model, voices, pitch, temperature, seed, engine, progress, lengths=None):
    """`generate` for z (batch, frames, 16) -> waveform (batch, time) on the model's device."""
    temperature = model.recommended_temperature if temperature is None else temperature
    if not temperature >= 0:  # NaN, too
        raise ValueError(f"temperature is {temperature}; expected 0 or more (1 = as trained).")
    if engine not in ("auto", *ENGINES):
        raise ValueError(f"engine is {engine!r}; expected one of auto, {', '.join(ENGINES)}.")
    if engine == "auto":
        engine = choose_engine(model, len(voices))
        log = logging.getLogger("nsynth_edu.generation")
        log.info("engine %s for %d voices", engine, len(voices))
    voices = voices.to(model.device, torch.float32)
    frames = voices.shape[1]
    uniforms = _uniforms(seed, len(voices), frames * model.config.hop_length).to(model.device)
    report = None if progress is None else lambda done: progress(done, frames)
    return _run(engine)(model, voices, pitch, uniforms, temperature, report, lengths=lengths)


def _run(engine):
    """What an engine runs: that of its module, with the type of the weights if it names one."""
    module, _, dtype = engine.partition("-")
    run = MODULES[module].run
    return partial(run, dtype=dtype) if dtype else run


def _uniforms(seed, batch, length):
    """Numbers in [0, 1) to draw with, (batch, length)."""
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    elif np.ndim(seed) == 0:
        generator.manual_seed(int(seed))
    elif len(seed) != batch:
        raise ValueError(f"{len(seed)} seeds for {batch} voices; give one, or one per voice.")
    else:
        rows = (generator.manual_seed(int(one)) for one in seed)
        return torch.stack([torch.rand(length, generator=row) for row in rows])
    return torch.rand(batch, length, generator=generator)
