"""A voice of our own: harmonics of a gliding pitch through the formants of vowels.

Made to order, so its pitch is known in every frame: for tests, and as something to train on that
no sampled instrument is.
"""

import numpy as np
from scipy.signal import butter, sosfilt

from nsynth_edu.sound.audio import SAMPLE_RATE
from nsynth_edu.sound.contour import CONTOUR_HOP
from nsynth_edu.sound.pitch import midi_to_hz

# Hz of the first three formants of men's vowels, after Peterson and Barney 1952
FORMANTS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
BANDWIDTHS = (80, 100, 140)  # Hz, of the three formants
HIGHEST = 7600  # Hz; nothing is sung above it
HISS = 0.15  # loudness of an unvoiced frame against a voiced one


def sing(contour, vowels="a", loudness=1.0, tract=1.0, breath=0.01, seed=0):
    """Sing a pitch contour.

    Args:
        contour: (frames,) MIDI numbers, one per 512 samples, fractions allowed; NaN = unvoiced, a
            hiss as of "s".
        vowels: some of "aeiou"; one passes into the next evenly over the whole sound.
        loudness: a number, or (frames,), from 0 to 1; 0 is silent.
        tract: by how much the formants lie higher than a man's: 1.15 a woman's, 1.3 a child's.
        breath: noise in voiced frames, against the voice.
        seed: of the noise and of the harmonics' phases.

    Returns:
        float32 (frames * 512,) at 16 kHz, of peak 0.5 (less where all is soft).

    Source: additive synthesis with Fant's source and filter, 1960: a glottal source that falls by
    12 dB an octave, lips that raise by 6, resonances between.
    """
    contour = np.asarray(contour, float)
    generator, frames = np.random.default_rng(seed), len(contour)
    voiced = np.isfinite(contour)
    known = contour[voiced] if voiced.any() else np.array([60.0])
    place = np.flatnonzero(voiced) if voiced.any() else np.array([0])
    frequency = midi_to_hz(np.interp(np.arange(frames), place, known))  # held through the hiss
    level = np.broadcast_to(np.asarray(loudness, float), frames)
    sound = _harmonics(frequency, _tract(frames, vowels, tract), level * voiced, generator)
    peak = max(np.abs(sound).max(), 1e-9)
    noise = generator.standard_normal(frames * CONTOUR_HOP)
    hiss = sosfilt(butter(2, [3000, 7000], "band", fs=SAMPLE_RATE, output="sos"), noise)
    sound = sound / peak * level.max()
    sound += _per_sample(level * np.where(voiced, breath, HISS)) * hiss
    return (0.5 * sound / max(1, np.abs(sound).max())).astype(np.float32)


def _tract(frames, vowels, scale):
    """(frames, 3) formants in Hz, from one vowel to the next."""
    corners = scale * np.array([FORMANTS[vowel] for vowel in vowels], float)
    place = np.linspace(0, len(vowels) - 1, frames)
    return np.stack([np.interp(place, np.arange(len(vowels)), row) for row in corners.T], axis=1)


def _harmonics(frequency, formants, level, generator):
    """(time,) all harmonics, each as strong as the tract lets it pass in its frame."""
    turns = np.cumsum(_per_sample(frequency)) / SAMPLE_RATE
    sound = np.zeros_like(turns)
    for number in range(1, int(HIGHEST / frequency.min()) + 1):
        partial = number * frequency  # Hz, one per frame
        strength = level / number * _passed(partial, formants) * (partial < HIGHEST)
        phase = generator.uniform(0, 2 * np.pi)
        sound += _per_sample(strength) * np.sin(2 * np.pi * number * turns + phase)
    return sound


def _passed(partial, formants):
    """How much of a partial passes through three resonances in a row, each 1 at 0 Hz."""
    passed = np.ones_like(partial)
    for centre, width in zip(formants.T, BANDWIDTHS, strict=True):
        s = 2j * np.pi * partial
        pole = -np.pi * width + 2j * np.pi * centre
        passed *= np.abs(pole * pole.conj() / ((s - pole) * (s - pole.conj())))
    return passed


def _per_sample(rows):
    """One value per frame, at its middle, as one per sample."""
    time = (np.arange(len(rows) * CONTOUR_HOP) + 0.5) / CONTOUR_HOP - 0.5
    return np.interp(time, np.arange(len(rows)), rows)
