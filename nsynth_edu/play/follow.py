"""Tone transfer: the melody and the loudness of one sound, the timbre of another."""

from pathlib import Path

import numpy as np

from nsynth_edu.generation import generate
from nsynth_edu.play.morph import as_note, is_path, load_autoencoder
from nsynth_edu.play.pitches import without_gaps
from nsynth_edu.sound import (
    as_waveform,
    envelope,
    estimate_pitch,
    load_audio,
    normalize_peak,
    pitch_contour,
)
from nsynth_edu.sound.arrays import like

LOWEST_LEVEL = 1e-4  # of the loudest frame: 80 dB below it all is silence
LARGEST_GAIN = 4.0  # 12 dB: what the decoder left silent is not turned up into hiss


def follow(voice, instrument, *, model="pocket@2", seed=None):
    """Play the melody of one sound with the timbre of another: hum, and be a flute.

    The pitch of the voice is measured frame by frame. Each of its frames gets the encoding of the
    instrument's frame of the nearest level, the decoder plays these at the voice's pitch, and a
    gain gives the result the loudness of the voice. Where the voice has no pitch (breath,
    consonants) the pitch moves on a straight line from the last to the next.

    Args:
        voice: waveform (time,) at 16 kHz, one note at a time, or the path of a sound file.
        instrument: a note, likewise; or a list of notes of one instrument at several pitches:
            each frame of the voice takes the note nearest in pitch.
        model: pitch-conditioned WaveNetAutoencoder, or its name or path. The weights before the
            newest keep a tune and its brightness better: 95 % of a hummed tune's frames within
            50 cents against 87 %.
        seed: int; the same seed gives the same sound. None draws anew.

    Returns:
        waveform (time,) float32 with a peak of 0.7, as long as the voice and the silence that
        fills its last frame; an array, or a tensor where the voice is one.

    Raises:
        AudioError: if a sound cannot be read, or is not one row of finite numbers.
        ValueError: if the voice has no pitch; if the model is missing, damaged, or not
            conditioned on pitch.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import load_note
        >>> from nsynth_edu.play import follow
        >>> time = np.arange(8000) / 16000
        >>> hum = np.sin(2 * np.pi * (200 * time + 100 * time**2))  # up a fifth in half a second
        >>> follow(hum, load_note("notes/flute_60"), seed=1).shape
        (8192,)
    """
    model = load_autoencoder(model)
    z, contour, loudness = performance(model, voice, instrument)
    played = generate(model, z, pitch=contour, seed=seed)
    return like(normalize_peak(with_loudness(played, loudness)), voice)


def performance(model, voice, instrument):
    """What `follow` decodes: an encoding, a pitch and a loudness for every frame of the voice.

    Args:
        model: pitch-conditioned WaveNetAutoencoder.
        voice, instrument: as for `follow`.

    Returns:
        z (frames, 16) float32; contour (frames,), MIDI numbers without gaps; loudness (frames,),
        the voice's root mean square.

    Raises:
        AudioError, ValueError: as for `follow`.
    """
    if not model.config.pitch_conditioned:
        raise ValueError(
            "the model is not conditioned on pitch, so it cannot follow one; use one that is, "
            "such as pocket."
        )
    hop = model.config.hop_length
    samples = as_waveform(load_audio(voice) if is_path(voice) else voice)
    samples = as_note(samples, -(-len(samples) // hop) * hop)
    contour = pitch_contour(samples)
    if np.isnan(contour).all():
        name = Path(voice).name if is_path(voice) else "the voice"
        raise ValueError(
            f"{name} has no pitch that can be measured; give one pitched note at a time, such as "
            "humming, without accompaniment."
        )
    loudness = envelope(samples, hop)
    contour = without_gaps(contour, len(loudness))
    notes = instrument if isinstance(instrument, list | tuple) else [instrument]
    return _timbre(model, [as_note(note) for note in notes], contour, loudness), contour, loudness


def with_loudness(waveform, loudness):
    """Turn a sound up and down until it is as loud as asked, frame by frame.

    Args:
        waveform: (time,) array.
        loudness: (frames,) root mean square wanted, on any scale; frames are equally long.

    Returns:
        float32 (time,). The gain moves on straight lines between the middles of frames, and is
        at most 12 dB above that of the loudest frame.
    """
    hop = len(waveform) // len(loudness)
    present = envelope(waveform, hop)[: len(loudness)]
    gain = _relative(loudness) / _relative(present)
    middles = hop * (np.arange(len(gain)) + 0.5)
    gain = np.interp(np.arange(len(waveform)), middles, np.minimum(gain, LARGEST_GAIN))
    return (waveform * gain).astype(np.float32)


def _timbre(model, notes, contour, loudness):
    """(frames, 16): each frame from the note nearest in pitch, there the frame nearest in level."""
    pitches = np.array([estimate_pitch(note) or np.nan for note in notes])
    distances = np.nan_to_num(np.abs(contour[:, None] - pitches), nan=np.inf)  # (frames, notes)
    nearest, levels = distances.argmin(axis=1), np.log(_relative(loudness))
    z = np.empty((len(contour), model.config.bottleneck_channels), np.float32)
    for number, note in enumerate(notes):
        mine, encoding = nearest == number, model.encode(note)
        own = np.log(_relative(envelope(note, model.config.hop_length)))[: len(encoding)]
        z[mine] = encoding[np.abs(levels[mine, None] - own).argmin(axis=1)]
    return z


def _relative(loudness):
    """Loudness relative to the loudest frame, between `LOWEST_LEVEL` and 1."""
    return np.maximum(loudness / max(np.max(loudness), 1e-9), LOWEST_LEVEL)
