"""What is done to a tone afterwards: less hiss under it, and the level that z asks for.

A decoder that reads only its own past drifts in level, and the errors of its 8-bit classes are a
hiss over all frequencies. Both are mended frame by frame, without delay; the past that the decoder
reads stays its own. Ours, for models whose file has a level map (`models.level`), and for frames
with a pitch: where nothing is pitched, noise is what was meant, and the map has seen none.

- Hiss: bands far below the sum of all are made softer, as by an expander in a recording studio.
- Level: a gain, limited and reached within the frame, leads to the level that the map reads in z.

Source of the idea: the postfilters of speech coders (Chen & Gersho 1995, "Adaptive postfiltering
for quality enhancement of coded speech"), which push noise down between the formants.
"""

import math
from typing import NamedTuple

import numpy as np
import torch

from nsynth_edu.models.level import frame_levels, level_of

MEASURED = 512  # newest samples that are measured, and those over which a change is spread
TAPS = 64  # of the filter: 4 ms
BANDS = 8  # triangles, evenly spaced in mel between 0 and 8 kHz
THRESHOLD = -25.0  # dB against the sum of all bands: a band above it stays as it is
SLOPE = 2.0  # dB taken off per dB below the threshold
DEEPEST = 12.0  # dB taken off at most
LIMIT = 6.0  # dB by which the level is moved at most, up or down
QUIET = (-60.0, -50.0)  # dB: a sound below the first is not amplified, above the second fully


def _triangles():
    """(BANDS, bins), each bin's shares in the bands sum to 1."""
    hertz = np.linspace(0, 8000, MEASURED // 2 + 1)
    mel = 2595 * np.log10(1 + hertz / 700)
    return np.stack([np.interp(mel, np.linspace(0, mel[-1], BANDS), row) for row in np.eye(BANDS)])


TRIANGLES = _triangles()
WINDOW = np.hanning(MEASURED + 1)[:-1]
UNTOUCHED = np.eye(1, TAPS)[0]


class Memory(NamedTuple):
    """What a voice's next frame hangs on; arrays that change in place."""

    past: np.ndarray  # (MEASURED,), newest samples as the decoder made them
    taps: np.ndarray  # (TAPS,), the filter
    gain: np.ndarray  # (1,), dB


class Postfilter:
    """One voice's postfilter at work; a piece of sound is usually a frame.

    Args:
        level_map: (153,) array, see `models.level`.
    """

    def __init__(self, level_map):
        self.level_map = np.asarray(level_map, np.float64)
        self.memory = Memory(np.zeros(MEASURED), UNTOUCHED.copy(), np.zeros(1))

    def filter(self, sound, z, pitched):
        """The next piece of sound.

        Args:
            sound: (samples,), what the decoder made. z: (16,), from what.
            pitched: whether it has a pitch that is known; without, the sound stays as it is, but
                for the way back from a frame that had one.

        Returns:
            float32 (samples,) in [-1, 1]. A piece shorter than a frame goes part of the way to
            the new filter and gain, so that pieces of any length join without a step.
        """
        signal = np.concatenate([self.memory.past, sound], dtype=np.float64)
        way = np.minimum(np.arange(1, len(sound) + 1) / MEASURED, 1.0)
        self.memory.past[:] = signal[-MEASURED:]
        taps = minimum_phase(softer_bands(self.memory.past)) if pitched else UNTOUCHED
        made = self._less_hiss(signal[-len(sound) - TAPS + 1 :], taps, way)
        gain = self._gain(np.abs(made).max(), z) if pitched else 0.0
        gains = self.memory.gain + (gain - self.memory.gain) * way
        self.memory.gain[:] = gains[-1]
        made *= 10 ** (gains / 20)
        return made.clip(-1, 1).astype(np.float32)

    def _less_hiss(self, signal, taps, way):
        """The sound through the filter, which goes from the last piece's to this one's."""
        before, after = (np.convolve(signal, each, "valid") for each in (self.memory.taps, taps))
        self.memory.taps[:] += (taps - self.memory.taps) * way[-1]
        return before + (after - before) * way

    def _gain(self, peak, z):
        """dB that lead to the level of z, within the limits."""
        loudness = float(frame_levels(self.memory.past)[0])
        gain = np.clip(level_of(self.level_map, z) - loudness, -LIMIT, LIMIT)
        if gain <= 0:
            return gain
        most = max(0.0, -20 * math.log10(peak + 1e-9))  # to full scale
        return min(gain * np.interp(loudness, QUIET, (0, 1)), most)


def softer_bands(frame):
    """How much softer each frequency is to become.

    Args:
        frame: (MEASURED,).

    Returns:
        (MEASURED // 2 + 1,) dB, from -DEEPEST to 0.
    """
    power = np.abs(np.fft.rfft(frame * WINDOW)) ** 2
    each = 10 * np.log10(TRIANGLES @ power + 1e-9)
    below = 10 * np.log10(power.sum() + 1e-9) + THRESHOLD - each
    return -np.clip(SLOPE * below, 0, DEEPEST) @ TRIANGLES


def minimum_phase(decibels):
    """The filter of a frequency response that delays the sound least, by its cepstrum.

    Args:
        decibels: (bins,), from 0 Hz to half the sample rate.

    Returns:
        (TAPS,).

    Source: Oppenheim & Schafer, "Discrete-Time Signal Processing", the chapter on the cepstrum.
    """
    cepstrum = np.fft.irfft(decibels * (math.log(10) / 20))
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:TAPS]


@torch.inference_mode()
def run(model, given, waveforms):
    """The postfilter on whole sounds.

    Args:
        model: WaveNetAutoencoder with a level map. given: Conditioning of the sounds.
        waveforms: (batch, samples) tensor.

    Returns:
        (batch, samples) tensor on the same device.
    """
    pieces = waveforms.cpu().unflatten(1, (given.frames, -1)).numpy()
    z = given.local[:, : model.frame_channels].transpose(1, 2).cpu().numpy()
    pitched = given.clock.middle.isfinite().cpu().numpy()
    made = np.empty_like(pieces)
    for voice, parts in enumerate(zip(pieces, z, pitched, strict=True)):
        own = Postfilter(model.level_map)
        made[voice] = [own.filter(*part) for part in zip(*parts, strict=True)]
    return torch.from_numpy(made).flatten(1).to(waveforms.device)
