"""The pitch contour of a melody: one number per 32 ms.

For each frame the two measures of `pitch.py`, likeness in time and comb in frequency, propose up
to eight pitches; dynamic programming chooses a likely path through them with few leaps; then each
frame's period is measured again, in a window of about four periods.
"""

import numpy as np
import scipy  # its parts are imported with their first use

from nsynth_edu.sound.audio import SAMPLE_RATE, as_waveform
from nsynth_edu.sound.pitch import (
    CANDIDATES,
    comb,
    hz_to_midi,
    likeness,
    midi_to_hz,
    periodicity,
    sharpen,
)

CONTOUR_HOP = 512  # samples, 32 ms: one value for each frame of an encoding
LIKENESS_WINDOW, COMB_WINDOW = 2048, 3072  # samples; four periods of the lowest notes
PROPOSALS = 8  # pitches per frame
LEAST_LIKENESS, LEAST_COMB = 0.45, 0.1  # pink noise: comb below 0.08; white: likeness below 0.12
ACTIVE_POWER = 1e-5  # of the loudest frame: 50 dB below it nothing is measured
SILENT_POWER = 1e-10  # mean square: 100 dB below full scale
LEAP_COST, LARGEST_LEAP_COST = 0.25, 1.0  # per semitone between frames; beyond 4 semitones constant
OCTAVE_TILT = 0.2  # exponent of frequency that makes up for longer periods being likely, too
_REFINED_LAGS_PER_SAMPLE = 8
_BLOCK = 256  # frames at once: the memory stays small for long sounds
_IMPOSSIBLE = -9.0


def pitch_contour(waveform):
    """Measure the pitch of a melody, frame by frame.

    Args:
        waveform: (time,) at 16 kHz, one note at a time; array or tensor.

    Returns:
        float64 (time // 512,), MIDI pitch with fraction. Frame k covers the samples 512 k to
        512 k + 511, and its value belongs to their middle. NaN where there is no pitch: silence
        (50 dB below the loudest frame) and noise; a narrow band of noise counts as pitched.

        For pitches from 24 (33 Hz) to 96 (2 kHz), steady, with 50 cents of vibrato at 6 Hz, or
        gliding an octave in 1 s, at least 99 % of the frames are within 50 cents, less than 2 %
        an octave or half of one off; the median error is below 2 cents on synthesised sounds and
        below 6 on five recorded instruments, 4 of which are their own tuning. Where pitch leaps,
        four or five frames may take either note. Takes about 0.1 s for 4 s of sound.

    Raises:
        AudioError: if the waveform is not one row of finite numbers.

    Source: McLeod and Wyvill 2005 (likeness); Camacho and Harris 2008, sec. III (comb);
    Boersma 1993 (path through proposals).
    """
    samples = as_waveform(waveform)
    count = len(samples) // CONTOUR_HOP
    if not count:
        return np.full(0, np.nan)
    samples = samples - samples.mean()
    pitches, strengths = _propose(samples, count)
    path = _best_path(pitches, strengths)
    contour = np.full(count, np.nan)
    for frame in np.flatnonzero(strengths[np.arange(count), path] > _IMPOSSIBLE):
        contour[frame] = _refine(samples, frame, pitches[frame, path[frame]])
    return contour


def _propose(samples, count):
    """(count, PROPOSALS) pitches and their strengths, 1 for the best of each frame."""
    blocks = [range(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    scores = np.concatenate([_scores(samples, block) for block in blocks])
    power = np.square(samples[: count * CONTOUR_HOP].reshape(count, -1)).mean(axis=1)
    scores[(power < ACTIVE_POWER * power.max()) | (power < SILENT_POWER)] = 0
    best = np.argsort(-scores, axis=1)[:, :PROPOSALS]
    strengths = np.take_along_axis(scores, best, axis=1)
    relative = strengths / np.maximum(strengths[:, :1], 1e-9)
    return CANDIDATES[best], np.where(strengths > 0, relative, _IMPOSSIBLE)


def _scores(samples, block):
    """How well each pitch fits (frames, candidates); 0 where it is not a maximum, or uncertain."""
    alike = periodicity(likeness(_windows(samples, block, LIKENESS_WINDOW)))
    combed = comb(_windows(samples, block, COMB_WINDOW))
    scores = combed * np.maximum(alike, 0) * midi_to_hz(CANDIDATES) ** OCTAVE_TILT
    kept = (alike > LEAST_LIKENESS) & (combed > LEAST_COMB)
    return np.where(kept & (scores >= scipy.ndimage.maximum_filter1d(scores, 7, axis=1)), scores, 0)


def _windows(samples, block, length):
    """(frames, length) around the middles of some frames, with silence around the sound."""
    before = (length - CONTOUR_HOP) // 2
    padded = np.pad(samples, (before, length))
    starts = slice(block.start * CONTOUR_HOP, block.stop * CONTOUR_HOP, CONTOUR_HOP)
    return np.lib.stride_tricks.sliding_window_view(padded, length)[starts]


def _best_path(pitches, strengths):
    """(frames,) which proposal to take: strong ones, few leaps (dynamic programming)."""
    total, before = -strengths[0], []
    for frame in range(1, len(pitches)):
        leaps = np.abs(pitches[frame][:, None] - pitches[frame - 1])
        costs = total + np.minimum(LEAP_COST * leaps, LARGEST_LEAP_COST)
        before.append(costs.argmin(axis=1))
        total = costs.min(axis=1) - strengths[frame]
    path = [int(total.argmin())]
    for choice in reversed(before):
        path.append(int(choice[path[-1]]))
    return np.array(path[::-1])


def _window(samples, frame, period):
    """Four periods around the middle of a frame, 512 samples at least."""
    length = int(np.clip(4 * period, CONTOUR_HOP, LIKENESS_WINDOW))
    start = frame * CONTOUR_HOP + (CONTOUR_HOP - length) // 2
    window = samples[max(start, 0) : start + length]
    return np.pad(window, (max(-start, 0), max(start + length - len(samples), 0)))


def _refine(samples, frame, pitch):
    """The pitch near a proposed one, measured in a window of four periods."""
    period = SAMPLE_RATE / midi_to_hz(pitch)
    window = _window(samples, frame, period)
    rate = _REFINED_LAGS_PER_SAMPLE
    curve = likeness((window - window.mean())[None], int(0.6 * len(window)), rate)[0]
    return hz_to_midi(SAMPLE_RATE * rate / sharpen(curve, period * rate, rate, most=8))


def contour_followed(waveform, contour):
    """Compute the share of a contour's pitched frames in which a sound has its pitch.

    Args:
        waveform: (time,) at 16 kHz; array or tensor.
        contour: (frames,), MIDI numbers, one per 512 samples; NaN = not pitched.

    Returns:
        float, 0 to 1: frames within 50 cents. None where no frame of the contour is pitched.
    """
    contour = np.asarray(contour, float)
    made = np.full(len(contour), np.nan)
    found = pitch_contour(waveform)[: len(contour)]
    made[: len(found)] = found
    pitched = np.isfinite(contour)
    return float((np.abs(made - contour)[pitched] <= 0.5).mean()) if pitched.any() else None


def vibrato(contour, least=0.5):
    """Measure the vibrato of a held tone from its contour.

    Args:
        contour: (frames,), MIDI numbers, one per 512 samples; NaN = not pitched.
        least: s, the shortest stretch without a gap that is measured; the longest one is.

    Returns:
        (cents, Hz): the amplitude and the rate of its strongest swing between 3 and 10 Hz, slow
        drift removed. None where no stretch is long enough.
    """
    stretch = max(np.ma.clump_unmasked(np.ma.masked_invalid(contour)), key=_length, default=None)
    rate = SAMPLE_RATE / CONTOUR_HOP
    if stretch is None or _length(stretch) < least * rate:
        return None
    cents = scipy.signal.detrend(100 * np.asarray(contour, float)[stretch])
    window = np.hanning(len(cents) + 2)[1:-1]
    swing = 2 * np.abs(np.fft.rfft(cents * window, 4096)) / window.sum()
    rates = np.fft.rfftfreq(4096, 1 / rate)
    best = np.argmax(np.where((rates >= 3) & (rates <= 10), swing, 0))
    return float(swing[best]), float(rates[best])


def _length(stretch):
    return stretch.stop - stretch.start


def harmonics_to_noise(waveform, contour):
    """Measure how far the noise of a pitched sound lies below its harmonics.

    Args:
        waveform: (time,) at 16 kHz; array or tensor.
        contour: (frames,), MIDI numbers, one per 512 samples; NaN = not measured. The period is
            looked for within 50 cents of it.

    Returns:
        float, dB, the mean over the pitched frames, each between -40 and 40; None without any.
        A tone with white noise of the same energy: 0. From 0 to 30 dB within 1 dB of what was
        mixed, up to MIDI 72; higher up no more than about 28 is found. Instruments: 20 to 35.

    Source: Boersma 1993, eq. 4: from the likeness r of a sound and itself a period later,
    10 lg(r / (1 - r)).
    """
    samples, rate = as_waveform(waveform), _REFINED_LAGS_PER_SAMPLE
    found = []
    for frame in np.flatnonzero(np.isfinite(contour)):
        period = SAMPLE_RATE / midi_to_hz(float(contour[frame]))
        window = _window(samples, frame, period)
        curve = likeness((window - window.mean())[None], int(1.1 * period) + 2, rate)[0]
        near = curve[int(0.97 * period * rate) : int(1.03 * period * rate) + 2]
        alike = np.clip(near.max(), 1e-4, 1 - 1e-4)
        found.append(10 * np.log10(alike / (1 - alike)))
    return float(np.mean(found)) if found else None
