"""Notes made without an instrument: a voice on contours of its own, noise, clicks, silence."""

import numpy as np
from scipy.signal import butter, sosfilt

from nsynth_edu.sound.audio import NOTE_LENGTH, SAMPLE_RATE
from nsynth_edu.sound.contour import CONTOUR_HOP
from nsynth_edu.sound.gestures import draw_gesture
from nsynth_edu.sound.notes import read_notes, write_notes
from nsynth_edu.sound.voice import FORMANTS, sing

FRAMES = NOTE_LENGTH // CONTOUR_HOP
VOICE, NOISE = "vocal_synthetic_190", "synth_lead_synthetic_191"
KINDS = ("voice", "noise", "clicks", "silence")


def render_synthetic(folder, voices=300, noises=100, seed=0):
    """Add invented notes to a folder: voices that glide and hiss, and sounds without a pitch.

    Args:
        folder: as in `notes.write_notes`; notes of the same names are replaced.
        voices: how many, at most 9,900. noises: how many of noise, clicks and silence together,
            at most 9,900; a tenth of them silence.
        seed: of all that is drawn.

    Returns:
        all notes now in the folder, as `read_notes` lists them.
    """
    generator = np.random.default_rng(seed)
    records = []
    for number in range(voices):
        pitch = int(generator.integers(40, 77))
        waveform, contour = draw_voice(generator, pitch)
        records.append({"waveform": waveform, "contour": contour, "instrument_str": VOICE}
                       | _key(number, pitch))  # fmt: skip
    for number in range(noises):
        waveform = draw_noise(generator, number % 10)
        records.append({"waveform": waveform, "contour": np.full(FRAMES, np.nan),
                        "instrument_str": NOISE} | _key(number, 60))  # fmt: skip
    write_notes(folder, records)
    return read_notes(folder)


def _key(number, pitch):
    """A name of its own for each note: velocities 1 to 100, then the next take."""
    return {"pitch": pitch, "velocity": 1 + number % 100, "take": number // 100}


def draw_voice(generator, pitch):
    """A sung or spoken phrase of 4 s.

    Args:
        generator: NumPy generator. pitch: MIDI number around which it moves.

    Returns:
        waveform float32 (64,000,); contour (125,) MIDI numbers, NaN where unvoiced or silent.
    """
    contour = draw_gesture(generator, pitch).contour(pitch, FRAMES)
    if generator.random() < 0.3:  # speech: the pitch wanders, an octave in a second at most
        drift = np.cumsum(generator.normal(0, 0.35, FRAMES))
        contour = pitch + np.clip(np.convolve(drift - drift.mean(), np.ones(5) / 5, "same"), -6, 6)
    vowels = "".join(generator.choice(list(FORMANTS), generator.integers(1, 6)))
    loudness = np.ones(FRAMES)
    for _ in range(generator.integers(0, 5)):  # consonants, and pauses
        start, length = generator.integers(FRAMES), generator.integers(2, 9)
        contour[start : start + length] = np.nan
        loudness[start : start + length] = generator.choice([0.0, 1.0])
    ends = np.minimum(np.arange(FRAMES), np.arange(FRAMES)[::-1])
    loudness *= np.clip(ends / generator.uniform(1, 10), 0, 1)
    smooth = np.convolve(np.pad(loudness, 1, "edge"), [0.25, 0.5, 0.25], "valid")
    tract = 1 + 0.3 * np.clip((pitch - 45) / 25 + generator.normal(0, 0.2), 0, 1)
    waveform = sing(contour, vowels, smooth, tract, 0.03 * generator.random(), generator)
    return waveform * np.float32(generator.uniform(0.3, 1.4)), np.where(smooth, contour, np.nan)


def draw_noise(generator, kind):
    """A sound of 4 s without a pitch.

    Args:
        generator: NumPy generator. kind: 0 silence, 1 to 3 clicks, above noise.

    Returns:
        float32 (64,000,), of peak 0.7 at most.
    """
    if kind == 0:
        return np.zeros(NOTE_LENGTH, np.float32)
    if kind <= 3:
        sound = np.zeros(NOTE_LENGTH)
        places = generator.integers(0, NOTE_LENGTH, generator.integers(2, 20))
        sound[places] = generator.uniform(-1, 1, len(places))
        if kind == 3:  # knocks: each click rings for a few milliseconds
            sound = sosfilt(
                butter(2, _band(generator), "band", fs=SAMPLE_RATE, output="sos"), sound
            )
    else:
        sound = generator.standard_normal(NOTE_LENGTH) * _swell(generator)
        if generator.random() < 0.7:
            sound = sosfilt(
                butter(1, _band(generator), "band", fs=SAMPLE_RATE, output="sos"), sound
            )
    return (sound / np.abs(sound).max() * generator.uniform(0.05, 0.7)).astype(np.float32)


def _band(generator):
    """Hz, one to four octaves wide."""
    low = 60 * 2 ** generator.uniform(0, 5)
    return [low, min(low * 2 ** generator.uniform(1, 4), 7800)]


def _swell(generator):
    """(time,) loudness: steady, or blows and strokes that rise and die away."""
    time = np.arange(NOTE_LENGTH) / SAMPLE_RATE
    loudness = np.full(NOTE_LENGTH, generator.choice([0, 1], p=[0.6, 0.4]) + 1e-4)
    for start in generator.uniform(0, 3.5, generator.integers(1, 6)):
        rise, fall = 0.002 * 100 ** generator.random(2)  # s
        since = np.maximum(time - start, 0)
        loudness += generator.random() * (1 - np.exp(-since / rise)) * np.exp(-since / fall)
    return loudness
