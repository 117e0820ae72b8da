"""morph, encode, decode: sounds become numbers, and numbers sounds."""

import math
import time
import zipfile
from pathlib import Path

import numpy as np

from nsynth_edu.cli.console import check_output, progress, say
from nsynth_edu.generation import generate
from nsynth_edu.models import WaveNetAutoencoder
from nsynth_edu.models.checkpoint import load_model
from nsynth_edu.play import agreed_pitch, interpolate, pitch_name
from nsynth_edu.sound import (
    NOTE_LENGTH,
    SAMPLE_RATE,
    estimate_pitch,
    fit_length,
    load_audio,
    normalize_peak,
    save_audio,
)
from nsynth_edu.sound.files import atomic_write


def morph(arguments):
    """Mix the encodings of two sounds and decode the mix."""
    check_output(arguments.output, ".wav", inputs=[arguments.a, arguments.b])
    a, b = hear(arguments.a), hear(arguments.b)
    model = load_autoencoder(arguments.model)
    pitch = arguments.pitch
    if pitch is None and model.config.pitch_conditioned:
        names = Path(arguments.a).name, Path(arguments.b).name
        pitch, reason = agreed_pitch(estimate_pitch(a), estimate_pitch(b), *names)
        say(f"{reason} (--pitch names another).")
    z = interpolate(model.encode(a), model.encode(b), arguments.mix)
    sing(model, z, pitch, arguments)


def encode(arguments):
    """Write z and the pitch of one sound."""
    check_output(arguments.output, ".npz", inputs=[arguments.input])
    waveform = hear(arguments.input, round(arguments.seconds * SAMPLE_RATE))
    model = load_autoencoder(arguments.model)
    pitch = estimate_pitch(waveform) if arguments.pitch is None else arguments.pitch
    z = model.encode(waveform)
    with atomic_write(arguments.output) as path, path.open("wb") as file:
        np.savez(
            file,
            z=z,
            pitch=math.nan if pitch is None else pitch,
            sample_rate=model.config.sample_rate,
            hop_length=model.config.hop_length,
        )
    say(f"{len(z)} frames of {z.shape[1]} numbers, pitch {pitch_name(pitch)}.")


def decode(arguments):
    """Sing the z of a file."""
    check_output(arguments.output, ".wav", inputs=[arguments.input])
    z, pitch, hop_length = read_encoding(arguments.input)
    model = load_autoencoder(arguments.model)
    if hop_length != model.config.hop_length:
        raise ValueError(
            f"{arguments.input} has one frame per {hop_length} samples, the model "
            f"{arguments.model} one per {model.config.hop_length}; encode with the same model."
        )
    sing(model, z, pitch if arguments.pitch is None else arguments.pitch, arguments)


def hear(path, length=NOTE_LENGTH):
    """A sound file as the network likes it: of one length, its peak at 0.7."""
    return normalize_peak(fit_length(load_audio(path), length))


def load_autoencoder(name):
    """A model that encodes and decodes, by name or path.

    Raises:
        ValueError: if it is missing, damaged, or another kind of model.
    """
    model = load_model(name)
    if not isinstance(model, WaveNetAutoencoder):
        raise ValueError(
            f"{name} is a {type(model).__name__}, which has no encoder; expected a "
            "WaveNetAutoencoder such as pocket."
        )
    return model


def sing(model, z, pitch, arguments):
    """Decode z into the output file, and say at which pitch and how fast."""
    told = f"pitch {pitch_name(pitch)}"
    if not model.config.pitch_conditioned:
        pitch, told = None, "pitch as z has it, for this model is not told one"
    begin = time.perf_counter()
    with progress("frames") as report:
        waveform = generate(
            model,
            z,
            pitch=pitch,
            temperature=arguments.temperature,
            seed=arguments.seed,
            progress=report,
        )
    took, lasts = time.perf_counter() - begin, len(waveform) / SAMPLE_RATE
    save_audio(arguments.output, waveform)
    say(
        f"{told}; {lasts:.2f} s of sound in {took:.2f} s: real-time factor {took / lasts:.2f} "
        "(below 1 is faster than it plays)."
    )


def read_encoding(path):
    """A file of `encode` -> z (frames, 16), pitch or None, hop_length.

    Raises:
        ValueError: if it is missing, damaged or something else.
    """
    if not zipfile.is_zipfile(path):
        state = "is no .npz file" if Path(path).exists() else "does not exist"
        raise ValueError(f"{path} {state}; expected a file of nsynth-edu encode.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            z, pitch = arrays["z"].astype(np.float32), float(arrays["pitch"])
            hop_length = int(arrays["hop_length"])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as problem:
        raise ValueError(
            f"{path} is damaged or holds something else ({problem}); expected the arrays z, "
            "pitch, sample_rate and hop_length of nsynth-edu encode."
        ) from problem
    if z.ndim != 2:
        raise ValueError(f"z in {path} has shape {z.shape}; expected one sound, (frames, 16).")
    return z, None if math.isnan(pitch) else pitch, hop_length
