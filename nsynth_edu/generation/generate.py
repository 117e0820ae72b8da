"""From conditioning to sound: one entrance to all engines."""

import logging
from functools import partial

import numpy as np
import torch

from nsynth_edu.generation import batch, postfilter, reference, stream
from nsynth_edu.generation.engines import ENGINES
from nsynth_edu.generation.sampling import MEAN, choose_sampling
from nsynth_edu.generation.stream import decoder_of
from nsynth_edu.sound.emphasis import deemphasize

MODULES = {"reference": reference, "stream": stream, "batch": batch}
FEW_VOICES = 16  # from here on one matrix product for all voices pays for a wide decoder
WIDE = 256  # residual channels from which weights no longer fit the caches


def choose_engine(model, voices):
    """Name the engine that "auto" stands for: "batch" on a GPU or for many voices of a wide model.

    `generate` logs which one it took to the logger "nsynth_edu.generation", level INFO.

    Args:
        model: WaveNetAutoencoder or WaveNet. voices: how many.

    Returns:
        "batch" or "stream".
    """
    wide = model.config.residual_channels >= WIDE
    many = model.device.type != "cpu" or (wide and voices >= FEW_VOICES)
    return "batch" if many else "stream"


def generate(
    model, z=None, *, samples=None, pitch=None, temperature=None, seed=None, engine="auto",
    progress=None, sampling=None, postfiltered=True,
):  # fmt: skip
    """Let a decoder make sound: it reads only its own past and what it is conditioned on.

    Args:
        model: WaveNetAutoencoder, or WaveNet.
        z: (frames, 16) or (batch, frames, 16), array or tensor; 31.25 frames make a second. Or a
            list of (frames, 16), each as long as it likes. For a vocoder WaveNet the mel
            (frames, 80) in place of z; for an unconditional WaveNet None.
        samples: length of the sound, for an unconditional WaveNet; elsewhere z decides.
        pitch: for pitch-conditioned models a MIDI number (60 = middle C, fractions allowed), one
            per voice, or a contour: one number per frame, (frames,) or (batch, frames), or a list
            of contours with a list of z. None or NaN = unknown, or not pitched.
        temperature: 1 takes the distribution as predicted; lower narrows it, which is cleaner and
            duller; at 0 only the likeliest class is left. None = `model.recommended_temperature`.
        seed: int; the same seed gives the same sound. None draws anew. Or one int per voice:
            then a voice's sound does not depend on its companions.
        engine: "reference" (the plain layers), "stream" (compiled, CPU; weights rounded to
            int16), "stream-float32", "stream-int8", "batch" (many voices, CPU or GPU), or
            "auto", which takes the one `choose_engine` names. The same seed gives the same sound
            with "reference", "stream-float32" and "batch" in float32, but for rare rounding at
            the edge of two classes; with rounded weights it gives another take of that sound.
        progress: called as progress(frames_done, frames), or None.
        sampling: what becomes of the predicted distribution. "random": a class is drawn from it.
            "mean": the mean of the classes is taken, played and fed back unrounded; much less
            hiss, but noise that belongs to the sound becomes softer; the seed has no effect.
            "auto": the mean, but draws in frames whose pitch is NaN: not pitched, so that noise
            belongs to the sound. (No pitch at all, None, counts as pitched: unknown.)
            None = `model.recommended_sampling`.
        postfiltered: whether, with a model that has a `level_map`, frames with a pitch are held
            to the level that z asks for, within 6 dB, and hiss under the tone is made softer (see
            `postfilter`). False gives what the decoder made.

    Returns:
        waveform (time,) or (batch, time), float32 in [-1, 1], 16 kHz, 512 samples per frame;
        an array for an array, a tensor for a tensor, a list for a list.

    Raises:
        ValueError: for a z of another shape or not finite, a pitch that does not fit, a
            temperature below 0, an unknown engine or sampling.

    Examples:
        >>> from nsynth_edu import generate, load_model, load_note
        >>> model = load_model("pocket")
        >>> z = model.encode(load_note("notes/flute_60"))
        >>> z.shape
        (125, 16)
        >>> generate(model, z[:8], pitch=60, seed=1).shape
        (4096,)
    """
    if not hasattr(model, "conditioning"):
        raise ValueError(
            f"a {type(model).__name__} makes no sound sample by sample; expected a WaveNet or a "
            "WaveNetAutoencoder. A SpectralAutoencoder has decode()."
        )
    sampling = choose_sampling(model, sampling)
    if sampling == "auto" and pitch is None:
        sampling = "mean"
    settings = temperature, sampling, seed, engine, progress, postfiltered
    if isinstance(z, list | tuple) and any(np.ndim(one) == 2 for one in z):
        return _generate_list(model, z, pitch, settings)
    if z is None:
        given = _unconditional(model, pitch, samples)
        return _generate(model, given, settings)[0, :samples].clone().cpu().numpy()
    if samples is not None:
        raise ValueError(f"samples is {samples}; leave it out where z says how long the sound is.")
    tensor = _checked(z, model)
    voices = tensor[None] if tensor.dim() == 2 else tensor
    waveform = _generate(model, _conditioning(model, voices, pitch), settings)
    # a copy made out here: what is made in inference mode could never take part in a gradient
    waveform = (waveform[0] if tensor.dim() == 2 else waveform).clone()
    return waveform if torch.is_tensor(z) else waveform.cpu().numpy()


def _generate_list(model, z, pitch, settings):
    """Voices of different lengths: padded for the engines, which leave the padding out."""
    tensors = [_checked(one, model) for one in z]
    lengths = [len(one) for one in tensors]
    voices = torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True)
    if isinstance(pitch, list | tuple) and any(np.ndim(one) for one in pitch):
        pitch = _padded_contours(pitch, lengths)
    given = _conditioning(model, voices, pitch)
    sounds = _generate(model, given, settings, lengths)
    sounds = [x[: n * given.hop_length].clone() for x, n in zip(sounds, lengths, strict=True)]
    pairs = zip(z, sounds, strict=True)
    return [sound if torch.is_tensor(one) else sound.cpu().numpy() for one, sound in pairs]


def _padded_contours(contours, lengths):
    """Contours of different lengths as one tensor (batch, frames), each held to the end."""
    rows = [torch.as_tensor(row, dtype=torch.float32) for row in contours]
    if [tuple(row.shape) for row in rows] != [(n,) for n in lengths]:
        raise ValueError(
            f"pitch has contours of {[len(row) for row in rows]} frames for z of {lengths} frames; "
            "give one number per frame of each."
        )
    last = max(lengths) - 1
    index = torch.arange(last + 1)
    return torch.stack([row[index.clamp(max=len(row) - 1)] for row in rows])


def _checked(z, model):
    """z as a tensor, if it is one that can be decoded."""
    tensor = z if torch.is_tensor(z) else torch.as_tensor(np.asarray(z, np.float32))
    channels = model.frame_channels
    if tensor.dim() not in (2, 3) or tensor.shape[-1] != channels or 0 in tensor.shape:
        raise ValueError(
            f"z has shape {tuple(tensor.shape)}; expected (frames, {channels}) or "
            f"(batch, frames, {channels}), as encode() returns it."
        )
    if not torch.isfinite(tensor).all():
        raise ValueError("z holds NaN or infinite values; encode a sound without them.")
    return tensor


def _unconditional(model, pitch, samples):
    """The conditioning of a WaveNet that has none: a length."""
    if model.frame_channels:
        raise ValueError(
            f"z is missing: this model is conditioned on frames of {model.frame_channels} numbers."
        )
    if samples is None or samples < 1:
        raise ValueError(f"samples is {samples}; give the length of the sound, 16000 for a second.")
    return model.conditioning(None, pitch, samples=samples)


@torch.inference_mode()
def _conditioning(model, voices, pitch):
    """The conditioning of z (batch, frames, channels), on the model's device."""
    return model.conditioning(voices.to(model.device, torch.float32), pitch)


def _generate(model, given, settings, lengths=None):
    """Run an engine: waveform (batch, given.samples) on the model's device."""
    temperature, sampling, seed, engine, progress, postfiltered = settings
    temperature = model.recommended_temperature if temperature is None else temperature
    if not temperature >= 0:  # NaN, too
        raise ValueError(f"temperature is {temperature}; expected 0 or more (1 = as trained).")
    if engine not in ("auto", *ENGINES):
        raise ValueError(f"engine is {engine!r}; expected one of auto, {', '.join(ENGINES)}.")
    if engine == "auto":
        engine = choose_engine(model, given.batch)
        log = logging.getLogger("nsynth_edu.generation")
        log.info("engine %s for %d voices", engine, given.batch)
    uniforms = _uniforms(seed, given.batch, given.samples)
    if sampling == "mean":
        uniforms[:] = MEAN
    elif sampling == "auto":
        pitched = given.clock.middle.isfinite().cpu()  # (batch, frames)
        uniforms[pitched.repeat_interleave(given.hop_length, dim=1)] = MEAN
    report = None if progress is None else lambda done: progress(done, given.frames)
    decoder = decoder_of(model)
    uniforms = uniforms.to(model.device)
    sound = _run(engine)(decoder, given, uniforms, temperature, report, lengths=lengths)
    sound = deemphasize(sound, decoder.config.preemphasis)
    wanted = postfiltered and getattr(model, "level_map", None) is not None
    return postfilter.run(model, given, sound) if wanted else sound


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
