"""At which pitch does a note sound? Two witnesses are asked, one in time and one in frequency.

*Likeness* compares the sound with itself one period later (normalised autocorrelation): sure of
periods, unsure whether one of them or two were counted. *Comb* lays harmonics over the spectrum
and subtracts what lies between them (Camacho and Harris 2008, prime harmonics only): sure of the
octave, coarse in pitch. Their product is right where each alone slips by an octave.
"""

from functools import lru_cache

import numpy as np
from scipy import fft

from .audio import SAMPLE_RATE, as_waveform

LOWEST, HIGHEST = 20.0, 109.0  # MIDI; a little more than the 88 keys of a piano
WINDOW, HOP, N_FFT = 4096, 1024, 8192  # samples
ACTIVE = 1e-4  # frames within 40 dB of the loudest are asked
VOICED = 0.4  # likeness of white noise 0.1, of narrow noise 0.3, of instruments 0.55 to 1
COMBED = 0.03  # comb of instruments 0.07 to 0.5
_PER_SAMPLE = 4  # lags per sample: at the highest pitches a period is only 4 samples
_CANDIDATES = np.arange(LOWEST, HIGHEST, 0.1)  # MIDI


def midi_to_hz(pitch):
    """Frequency in Hz of a MIDI pitch (69 -> 440 Hz), equal temperament; numbers or arrays."""
    return 440.0 * 2.0 ** ((np.asarray(pitch, dtype=float)[()] - 69) / 12)


def hz_to_midi(frequency):
    """MIDI pitch, with fraction, of a frequency in Hz; numbers or arrays."""
    return 69 + 12 * np.log2(np.asarray(frequency, dtype=float)[()] / 440.0)


def estimate_pitch(waveform):
    """Say at which pitch a single note sounds, or that it has none.

    Args:
        waveform: (time,) at 16 kHz, one note; array or tensor. Takes about 0.03 s for 4 s.

    Returns:
        MIDI pitch as a float (69.5 is 50 cents above 440 Hz), or None for silence, noise and
        other sounds without a period. Right to the semitone for notes from 24 to 96; a bell
        whose partials share no fundamental is heard at its strongest partial.

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
    likeness, comb = _likeness(frames), _comb(frames)
    frequencies = midi_to_hz(_CANDIDATES)
    lags = SAMPLE_RATE / frequencies * _PER_SAMPLE
    alike = np.array([likeness[_around(lag, 0.015 * lag)].max() for lag in lags])
    # breath and bow noise favour longer periods a little: 7 % per octave puts that right
    best = np.argmax(comb * np.maximum(alike, 0) * frequencies**0.1)
    if alike[best] < VOICED or comb[best] < COMBED:
        return None
    return float(hz_to_midi(SAMPLE_RATE * _PER_SAMPLE / _refine(likeness, lags[best])))


def _active_frames(waveform):
    """(frames, WINDOW) of the parts that sound; None if none does."""
    padded = np.pad(waveform - waveform.mean(), (0, max(0, WINDOW - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    energy = np.square(frames).sum(axis=1)
    return frames[energy > ACTIVE * energy.max()] if energy.max() > 1e-9 else None


def _likeness(frames):
    """Mean over frames of 2 sum x[t] x[t+lag] / sum (x[t]^2 + x[t+lag]^2), lags in quarters."""
    longest = int(SAMPLE_RATE / midi_to_hz(LOWEST) * 1.05)
    size = fft.next_fast_len(2 * WINDOW, real=True)
    power = np.square(np.abs(fft.rfft(frames, size)))
    # a longer inverse transform is band-limited interpolation between the lags
    products = _PER_SAMPLE * fft.irfft(power, size * _PER_SAMPLE)[:, : longest * _PER_SAMPLE]
    so_far = np.cumsum(np.square(frames), axis=1)
    total = so_far[:, -1:]
    first = np.concatenate([total, so_far[:, ::-1][:, 1:longest]], axis=1)
    last = np.concatenate([total, total - so_far[:, : longest - 1]], axis=1)
    lags = np.arange(longest * _PER_SAMPLE) / _PER_SAMPLE
    energy = [np.interp(lags, np.arange(longest), row) for row in first + last + 1e-4 * total]
    return np.mean(2 * products / energy, axis=0)


def _comb(frames):
    """How well the harmonics of each candidate fit the compressed spectrum, -1 to 1."""
    window = np.hanning(WINDOW).astype(np.float32)
    loudness = np.sqrt(np.abs(fft.rfft(frames * window, N_FFT)))  # weak partials count too
    loudness /= np.linalg.norm(loudness, axis=1, keepdims=True)
    teeth = _teeth()
    return teeth @ loudness.mean(axis=0)[: teeth.shape[1]]


@lru_cache(maxsize=1)
def _teeth(highest=5000.0, harmonics=40):
    """(candidates, bins): cosine teeth at prime harmonics, half as deep gaps beside them."""
    bins = np.arange(0, highest, SAMPLE_RATE / N_FFT)
    primes = [n for n in range(1, harmonics) if all(n % d for d in range(2, n))]
    ratio = (bins / midi_to_hz(_CANDIDATES)[:, None]).astype(np.float32)
    teeth, wave = np.zeros_like(ratio), np.cos(2 * np.pi * ratio)
    for prime in primes:
        distance = np.abs(ratio - prime)
        teeth += np.where(distance < 0.25, wave, 0)
        teeth += np.where((distance > 0.25) & (distance < 0.75), wave / 2, 0)
    teeth *= np.sqrt(1 / np.maximum(ratio, 0.25))
    # harmonics beyond the highest bin are missing for high notes: equal length for all
    return teeth / np.linalg.norm(np.maximum(teeth, 0), axis=1, keepdims=True)


def _refine(likeness, lag):
    """Sharpen a period by finding it again 2, 4, 8, ... periods later."""
    period, height = _peak(likeness, lag, 0.03 * lag + 1)
    count = 2
    while count * period < 0.9 * len(likeness) and count <= 16:
        place, later = _peak(likeness, count * period, max(3, 0.004 * count * period))
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
