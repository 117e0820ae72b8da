"""Estimate the pitch of a note from two measures, one in time and one in frequency.

*Likeness* compares the sound with itself one period later (normalised autocorrelation): precise
about the period, but it cannot say whether one or two of them were counted. *Comb* lays harmonics
over the spectrum and subtracts what lies between them (Camacho and Harris 2008, prime harmonics
only): right about the octave, coarse in pitch. Their product is right where each alone is an
octave off.
"""

from functools import lru_cache

import numpy as np
from librosa import hz_to_midi, midi_to_hz
from scipy import fft

from nsynth_edu.sound.audio import SAMPLE_RATE, as_waveform

LOWEST, HIGHEST = 20.0, 109.0  # MIDI; a little more than the 88 keys of a piano
CANDIDATES = np.arange(LOWEST, HIGHEST, 0.1)  # MIDI
LONGEST_PERIOD = int(SAMPLE_RATE / midi_to_hz(LOWEST) * 1.05)  # samples
WINDOW, WINDOW_HOP, N_FFT = 4096, 1024, 8192  # samples
ACTIVE_ENERGY = 1e-4  # frames within 40 dB of the loudest are measured
LEAST_LIKENESS = 0.4  # white noise 0.1, narrow bands of noise 0.3, instruments 0.55 to 1
LEAST_COMB = 0.03  # instruments 0.07 to 0.5
LAGS_PER_SAMPLE = 4  # at the highest pitches a period is only 4 samples
OCTAVE_TILT = 0.1  # breath and bow noise favour longer periods a little: 7 % per octave


def estimate_pitch(waveform):
    """Estimate the pitch of a single note.

    Args:
        waveform: (time,) at 16 kHz, one note; array or tensor. Takes about 0.03 s for 4 s.

    Returns:
        MIDI pitch as a float (69.5 is 50 cents above 440 Hz), or None for silence, noise and
        other sounds without a period. Right to the semitone for notes from 24 to 96; for a bell
        whose partials have no common fundamental, the pitch of its strongest partial.

    Raises:
        AudioError: if the waveform is not one row of finite numbers.

    Source: McLeod and Wyvill 2005 (likeness); Camacho and Harris 2008, sec. III (comb).

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import estimate_pitch
        >>> time = np.arange(16_000) / 16_000
        >>> round(estimate_pitch(0.5 * np.sin(2 * np.pi * 440 * time)), 1)
        69.0
        >>> estimate_pitch(np.zeros(16_000)) is None
        True
    """
    frames = _active_frames(as_waveform(waveform))
    if frames is None:
        return None
    curve = likeness(frames).mean(axis=0)
    alike, combed = periodicity(curve), comb(frames).mean(axis=0)
    best = np.argmax(combed * np.maximum(alike, 0) * midi_to_hz(CANDIDATES) ** OCTAVE_TILT)
    if alike[best] < LEAST_LIKENESS or combed[best] < LEAST_COMB:
        return None
    period = sharpen(curve, SAMPLE_RATE * LAGS_PER_SAMPLE / midi_to_hz(CANDIDATES[best]))
    return float(hz_to_midi(SAMPLE_RATE * LAGS_PER_SAMPLE / period))


def _active_frames(waveform):
    """(frames, WINDOW) of the parts that sound; None if none does."""
    padded = np.pad(waveform - waveform.mean(), (0, max(0, WINDOW - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::WINDOW_HOP]
    energy = np.square(frames).sum(axis=1)
    return frames[energy > ACTIVE_ENERGY * energy.max()] if energy.max() > 1e-9 else None


def likeness(frames, longest=LONGEST_PERIOD, per_sample=LAGS_PER_SAMPLE):
    """Compare each frame with itself a lag later: normalised autocorrelation, -1 to 1.

    2 sum x[t] x[t+lag] / sum (x[t]^2 + x[t+lag]^2), symmetric about the frame's middle.

    Args:
        frames: (frames, window).
        longest: lag in samples at which to end.
        per_sample: lags between one sample and the next.

    Returns:
        (frames, longest * per_sample).
    """
    window = frames.shape[1]
    size = fft.next_fast_len(window + longest, real=True)
    power = np.square(np.abs(fft.rfft(frames, size)))
    # a longer inverse transform is band-limited interpolation between the lags
    products = per_sample * fft.irfft(power, size * per_sample)[:, : longest * per_sample]
    so_far = np.cumsum(np.square(frames), axis=1)
    total = so_far[:, -1:]
    first = np.concatenate([total, so_far[:, ::-1][:, 1:longest]], axis=1)
    last = np.concatenate([total, total - so_far[:, : longest - 1]], axis=1)
    lags = np.arange(longest * per_sample) / per_sample
    floor = 1e-4 * total + 1e-12  # frames of silence
    energy = [np.interp(lags, np.arange(longest), row) for row in first + last + floor]
    return 2 * products / energy


def periodicity(curve):
    """Find the largest likeness within 1.5 % of each candidate's period.

    Args:
        curve: (..., lags), see `likeness`.

    Returns:
        (..., candidates).
    """
    lags = SAMPLE_RATE * LAGS_PER_SAMPLE / midi_to_hz(CANDIDATES)
    return np.stack([curve[..., _around(lag, 0.015 * lag)].max(axis=-1) for lag in lags], axis=-1)


def comb(frames):
    """Measure how well the harmonics of each candidate fit each compressed spectrum, -1 to 1.

    Args:
        frames: (frames, window).

    Returns:
        (frames, candidates).
    """
    window = np.hanning(frames.shape[1]).astype(np.float32)
    loudness = np.sqrt(np.abs(fft.rfft(frames * window, N_FFT)))  # weak partials count too
    loudness /= np.linalg.norm(loudness, axis=1, keepdims=True) + 1e-9
    teeth = _teeth()
    return loudness[:, : teeth.shape[1]] @ teeth.T


@lru_cache(maxsize=1)
def _teeth(highest=5000.0, harmonics=40):
    """(candidates, bins): cosine teeth at prime harmonics, half as deep gaps around them."""
    bins = np.arange(0, highest, SAMPLE_RATE / N_FFT)
    primes = [n for n in range(1, harmonics) if all(n % d for d in range(2, n))]
    ratio = (bins / midi_to_hz(CANDIDATES)[:, None]).astype(np.float32)
    teeth, wave = np.zeros_like(ratio), np.cos(2 * np.pi * ratio)
    for prime in primes:
        distance = np.abs(ratio - prime)
        teeth += np.where(distance < 0.25, wave, 0)
        teeth += np.where((distance > 0.25) & (distance < 0.75), wave / 2, 0)
    teeth *= np.sqrt(1 / np.maximum(ratio, 0.25))
    # harmonics beyond the highest bin are missing for high notes: equal length for all
    return teeth / np.linalg.norm(np.maximum(teeth, 0), axis=1, keepdims=True)


def sharpen(curve, lag, per_sample=LAGS_PER_SAMPLE, most=16):
    """Measure a period more precisely: find it again 2, 4, 8, ... up to `most` periods later.

    Args:
        curve: (lags,) likeness.
        lag: the period, roughly, in lags; per_sample: lags of a sample.

    Returns:
        the period in lags, with fraction.
    """
    period, height = _peak(curve, lag, 0.03 * lag + 1)
    count = 2
    while count * period < 0.9 * len(curve) and count <= most:
        reach = max(0.75 * per_sample, 0.004 * count * period)
        place, later = _peak(curve, count * period, reach)
        if later < 0.8 * height:
            break
        period, count = place / count, 2 * count
    return period


def _peak(curve, place, reach):
    """Place (by a parabola through three points) and height of the maximum near a place."""
    near = _around(place, reach)
    top = near.start + int(np.argmax(curve[near]))
    top = min(max(top, 1), len(curve) - 2)
    before, here, after = curve[top - 1 : top + 2]
    bend = before - 2 * here + after
    shift = np.clip((before - after) / (2 * bend), -1, 1) if bend < 0 else 0.0
    return top + shift, here


def _around(place, reach):
    return slice(max(int(place - reach), 1), int(place + reach) + 2)
