"""Morph two sounds into one instrument between them."""

import os
from pathlib import Path

from nsynth_edu.generation import generate
from nsynth_edu.models import WaveNetAutoencoder, load_model
from nsynth_edu.play.latent import interpolate
from nsynth_edu.play.pitches import agreed_pitch, measured_pitch
from nsynth_edu.sound import (
    NOTE_LENGTH,
    as_waveform,
    fit_length,
    load_audio,
    normalize_peak,
)


def morph(a, b, *, mix=0.5, pitch=None, model="pocket", seed=None):
    """Make the hybrid of two sounds: one instrument between the two, not both at once.

    Both sounds are encoded, the encodings mixed, and the mix decoded, at the temperature that is
    recommended for the model. A second of sound takes about a second.

    Args:
        a, b: waveforms (time,) at 16 kHz, or paths of sound files; see `as_note`.
        mix: how much of B, one number or one per frame of 32 ms. 0 is A, 1 is B.
        pitch: MIDI number of the result (60 = middle C, fractions allowed) or a contour (125,);
            None = the pitch of the sounds, which may move: see `measured_pitch`, `agreed_pitch`.
        model: WaveNetAutoencoder, or its name or path.
        seed: int; the same seed gives the same sound. None = a different one each time.

    Returns:
        waveform (64000,) float32 in [-1, 1], 4 s at 16 kHz; a tensor where A is one, else an
        array.

    Raises:
        AudioError: if a sound cannot be read, or is not one row of finite numbers.
        ValueError: if the model is missing, damaged or of another kind, or the pitch is not one.

    Examples:
        >>> from nsynth_edu import estimate_pitch, load_note, morph
        >>> hybrid = morph(load_note("notes/trumpet_60"), load_note("notes/flute_60"), seed=1)
        >>> hybrid.shape, round(estimate_pitch(hybrid))
        ((64000,), 60)
    """
    model = load_autoencoder(model)
    z, pitch, _ = hybrid(model, a, b, mix, pitch)
    return generate(model, z, pitch=pitch, seed=seed)


def hybrid(model, a, b, mix=0.5, pitch=None):
    """Mix the encodings of two sounds and choose the pitch: the input of `morph`'s decoder.

    Args:
        model: WaveNetAutoencoder.
        a, b, mix, pitch: as for `morph`.

    Returns:
        z (125, 16) float32; the pitch, MIDI number, contour (125,) or None; and a sentence with the
        reason for the pitch, "" if it was given or the model is not conditioned on pitch.

    Raises:
        AudioError: if a sound cannot be read.
        ValueError: if the weights of `mix` do not fit.
    """
    notes = as_note(a), as_note(b)
    z = interpolate(*map(model.encode, notes), mix)
    if not model.config.pitch_conditioned:
        return z, None, ""
    if pitch is not None:
        return z, pitch, ""
    names = [Path(x).name if is_path(x) else n for x, n in ((a, "A"), (b, "B"))]
    pitches = (measured_pitch(note, model.config.hop_length) for note in notes)
    return z, *agreed_pitch(*pitches, *names)


def as_note(sound, length=NOTE_LENGTH):
    """Prepare a sound for the encoder: set its length, and its peak to 0.7.

    Args:
        sound: waveform (time,) at 16 kHz, or the path of a sound file.
        length: samples of the result; 64,000 = 4 s.

    Returns:
        float32 (length,), cut or followed by silence; an array, or a tensor for a tensor.

    Raises:
        AudioError: if the file cannot be read, or the waveform is not one row of finite numbers.
    """
    waveform = load_audio(sound) if is_path(sound) else sound
    as_waveform(waveform)  # raises
    return normalize_peak(fit_length(waveform, length))


def load_autoencoder(model):
    """Load a model that has an encoder and a decoder.

    Args:
        model: its name or path; or the model itself, which is returned.

    Returns:
        WaveNetAutoencoder.

    Raises:
        ValueError: if it is missing, damaged, or another kind of model.
    """
    loaded = load_model(model) if is_path(model) else model
    if not isinstance(loaded, WaveNetAutoencoder):
        name = model if is_path(model) else "the model"
        raise ValueError(
            f"{name} is a {type(loaded).__name__}, which has no encoder; expected a "
            "WaveNetAutoencoder such as pocket."
        )
    return loaded


def is_path(thing):
    """Whether something names a file or a model, rather than being a sound or a model."""
    return isinstance(thing, str | os.PathLike)
