"""A voice by formula: a buzz through the resonances of a mouth."""

import numpy as np
from scipy.signal import lfilter

from nsynth_edu.sound.audio import SAMPLE_RATE
from nsynth_edu.sound.pitch import midi_to_hz

VOWELS = ((300, 2200, 2900), (750, 1200, 2500))  # Hz, formants from "ee" to "ah"
WIDTHS = (80, 120, 160)  # Hz, of the formants


def glide_vowel(low=48, high=55, seconds=1.024):
    """A voice made by formula: a buzz that glides upwards through formants from "ee" to "ah".

    Args:
        low, high: MIDI, where the glide begins and ends.
        seconds: its length.

    Returns:
        float32 (time,) at 16 kHz, peak 0.6.

    Notebook: course/06.
    """
    length = round(seconds * SAMPLE_RATE)
    hertz = midi_to_hz(np.linspace(low, high, length))
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    partials = range(1, int(SAMPLE_RATE / 2 / hertz.max()))
    buzz = sum(np.sin(k * phase) for k in partials)
    vowels = [sum(_formant(buzz, *pair) for pair in zip(v, WIDTHS, strict=True)) for v in VOWELS]
    fade = np.linspace(0, 1, length)
    vowel = (1 - fade) * vowels[0] + fade * vowels[1]
    return (0.6 * vowel / np.abs(vowel).max()).astype(np.float32)


def _formant(signal, hertz, width):
    radius = np.exp(-np.pi * width / SAMPLE_RATE)
    turn = 2 * np.pi * hertz / SAMPLE_RATE
    return lfilter([1 - radius], [1, -2 * radius * np.cos(turn), radius**2], signal)
