"""Spectra: short-time Fourier and constant-Q transforms, mel spectrogram, rainbowgram."""

import warnings
from dataclasses import dataclass

import librosa
import numpy as np

from nsynth_edu.sound.arrays import like
from nsynth_edu.sound.audio import SAMPLE_RATE, AudioError, as_waveform

LOWEST_NOTE = "C2"  # 65.4 Hz
OCTAVES = 6
BINS_PER_OCTAVE = 40
HOP_LENGTH = 256  # samples: 16 ms
DYNAMIC_RANGE = 70.0  # dB, from the loudest point down to black
MEL_CHANNELS, MEL_HOP, MEL_N_FFT = 80, 128, 1024  # as Mel2Mel: 8 ms; its window is not published
MEL_FLOOR = 1e-5  # magnitude, -100 dB
INVERSIONS = 60  # updates; the mel levels then agree to within 1 % in piano music
EPSILON = 1e-9
TINY = 1e-3  # neper; what is nearer to the floor is silence


@dataclass(frozen=True)
class Rainbowgram:
    """The picture of a note: level and phase advance of each frequency over time."""

    magnitude: np.ndarray  # (bins, frames) in [0, 1]: 1 the loudest point, 0 at 70 dB below it
    hue: np.ndarray  # (bins, frames) in [-1, 1]: phase advance per hop in half turns
    frequencies: np.ndarray  # (bins,) Hz
    times: np.ndarray  # (frames,) s


def stft(waveform, n_fft=1024, hop_length=HOP_LENGTH):
    """Compute a short-time Fourier transform: evenly spaced frequencies in short windows.


    Args:
        waveform: (time,) float; array or tensor.
        n_fft: samples of the Hann window; bins are sample_rate / n_fft apart.
        hop_length: samples from one window to the next.

    Returns:
        complex64 (n_fft // 2 + 1, 1 + time // hop_length); window t is centred on sample
        t * hop_length, with silence around the sound.
    """
    samples = as_waveform(waveform)
    with warnings.catch_warnings():  # a sound shorter than the window is padded
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        return librosa.stft(samples, n_fft=n_fft, hop_length=hop_length, pad_mode="constant")


def cqt(
    waveform,
    sample_rate=SAMPLE_RATE,
    hop_length=HOP_LENGTH,
    octaves=OCTAVES,
    bins_per_octave=BINS_PER_OCTAVE,
    filter_scale=0.8,
):
    """Compute a constant-Q transform: frequencies spaced like notes, equal steps for equal ratios.

    Args:
        waveform: (time,) float; array or tensor.
        sample_rate: Hz.
        hop_length: samples, a multiple of 2 ** (octaves - 1).
        octaves: from C2 (65.4 Hz) upwards.
        bins_per_octave: 12 gives one per semitone.
        filter_scale: below 1, shorter filters: sharper in time, blurred in frequency.

    Returns:
        complex64 (octaves * bins_per_octave, 1 + time // hop_length).
    """
    samples = as_waveform(waveform)
    with warnings.catch_warnings():  # the lowest filters are longer than a very short sound
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        return librosa.cqt(
            samples,
            sr=sample_rate,
            hop_length=hop_length,
            fmin=librosa.note_to_hz(LOWEST_NOTE),
            n_bins=octaves * bins_per_octave,
            bins_per_octave=bins_per_octave,
            filter_scale=filter_scale,
        )


def mel_spectrogram(waveform):
    """Compute a vocoder's input: 80 levels, spaced like the ear's resolution, every 8 ms.

    Args:
        waveform: (time,) float in [-1, 1] at 16 kHz; array or tensor.

    Returns:
        (time // 128, 80) float32, array or tensor as given: the natural logarithm of magnitude,
        -11.5 (-100 dB) for silence. Frame k belongs to the samples 128 k to 128 k + 127; its Hann
        window of 1,024 samples is centred on them. 80 triangular filters of equal area (Slaney)
        between 0 and 8 kHz.

    Raises:
        AudioError: if the waveform is not one row of at least 128 finite numbers.

    Source: Kim et al. 2018 (Mel2Mel), which leaves the window open.
    """
    samples = as_waveform(waveform, least=MEL_HOP)
    frames = len(samples) // MEL_HOP
    before = (MEL_N_FFT - MEL_HOP) // 2
    mel = librosa.feature.melspectrogram(
        y=np.pad(samples, (before, MEL_N_FFT)),
        sr=SAMPLE_RATE,
        n_fft=MEL_N_FFT,
        hop_length=MEL_HOP,
        center=False,
        power=1,
        n_mels=MEL_CHANNELS,
        fmin=0,
        fmax=SAMPLE_RATE / 2,
    )
    log_magnitude = np.log(np.maximum(mel[:, :frames].T, MEL_FLOOR))
    return like(np.ascontiguousarray(log_magnitude, np.float32), waveform)


def mel_to_magnitude(mel):
    """Find magnitudes of a Fourier transform that have the given mel levels.

    80 levels do not say 513. Non-negative least squares by multiplicative updates (Lee and Seung
    2001), from magnitudes that are spread as the filters are: 0 stays 0, what is positive stays so.

    Args:
        mel: (frames, 80) array, natural-log magnitude, as `mel_spectrogram`.

    Returns:
        float32 (513, frames) linear magnitudes, as ``abs(stft(...))`` with hop 128.

    Raises:
        AudioError: if it is not a table of finite numbers, 80 to the frame.
    """
    if mel.ndim != 2 or mel.shape[1] != MEL_CHANNELS or not np.isfinite(mel).all() or not len(mel):
        raise AudioError(
            f"the mel spectrogram has the shape {mel.shape} or holds infinite numbers; expected "
            f"(frames, {MEL_CHANNELS}), as mel_spectrogram makes."
        )
    level = np.where(mel > np.log(MEL_FLOOR) + TINY, np.exp(mel), 0).T  # the floor is silence
    filters = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=MEL_N_FFT, n_mels=MEL_CHANNELS, fmin=0, fmax=SAMPLE_RATE / 2
    )
    wanted = filters.T @ level  # (513, frames)
    magnitude = wanted.copy()
    for _ in range(INVERSIONS):
        magnitude *= wanted / (filters.T @ (filters @ magnitude) + EPSILON)
    return magnitude.astype(np.float32)


def rainbowgram(waveform, sample_rate=SAMPLE_RATE):
    """Compute a rainbowgram: brightness is level, and a steady colour is a steady partial.

    From one column to the next the phase of a partial advances by its frequency times the hop; the
    fractional part of these turns is the hue: constant for a stable partial, a slow rainbow for a
    gliding one, speckles for noise. The first column repeats the second one.

    Args:
        waveform: (time,) float; array or tensor.
        sample_rate: Hz.

    Returns:
        `Rainbowgram` of 240 bins, 40 to the octave from 65.4 Hz, hop 256 samples.
        Silence has magnitude 0 everywhere.

    Source: Engel et al. 2017, appendix on rainbowgrams. Notebook: course/02.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import rainbowgram
        >>> time = np.arange(16_000) / 16_000
        >>> picture = rainbowgram(0.5 * np.sin(2 * np.pi * 440 * time))
        >>> picture.magnitude.shape
        (240, 63)
        >>> round(float(picture.frequencies[picture.magnitude[:, 30].argmax()]))  # Hz
        440
    """
    transform = cqt(waveform, sample_rate)
    level = np.square(np.abs(transform))
    magnitude = (
        librosa.power_to_db(level, amin=1e-13, ref=np.max, top_db=DYNAMIC_RANGE) / DYNAMIC_RANGE + 1
    )
    if level.max() <= 1e-13:
        magnitude = np.zeros_like(level)  # silence relative to its own maximum would be loud
    phase = np.unwrap(np.angle(transform), axis=1)
    turn = np.diff(phase, axis=1) / np.pi
    # a single column has no phase advance
    first = turn[:, :1] if turn.shape[1] else np.zeros_like(phase)
    hue = np.concatenate([first, turn], axis=1)
    bins, frames = transform.shape
    return Rainbowgram(
        magnitude=magnitude.astype(np.float32),
        hue=np.clip(hue, -1, 1).astype(np.float32),
        frequencies=librosa.cqt_frequencies(
            bins, fmin=librosa.note_to_hz(LOWEST_NOTE), bins_per_octave=BINS_PER_OCTAVE
        ),
        times=np.arange(frames) * HOP_LENGTH / sample_rate,
    )


def instantaneous_frequency(turn, frequencies, hop_length=HOP_LENGTH, sample_rate=SAMPLE_RATE):
    """Read the frequency of a partial off the turn of its phase, finer than the bins are.

    The turn says the frequency but for whole turns; of all candidates, ``sample_rate /
    hop_length`` apart, the one nearest to the bin is taken.

    Args:
        turn: phase advance per hop in turns (1 = once round), whole turns left out; any shape.
        frequencies: Hz of the bins, same shape.
        hop_length: samples.
        sample_rate: Hz.

    Returns:
        Hz, same shape; right where the partial lies within half of ``sample_rate / hop_length``
        (31 Hz) of its bin.

    Source: Flanagan and Golden 1966, Phase Vocoder. Notebook: course/02.
    """
    frames = sample_rate / hop_length  # per second
    turn = np.asarray(turn, dtype=float)
    return (turn + np.round(np.asarray(frequencies) / frames - turn)) * frames


def loudest_partial(sound, seconds, sample_rate=SAMPLE_RATE):
    """What the loudest point of one column of a rainbowgram says.

    Args:
        sound: waveform (time,) float, or its `Rainbowgram`.
        seconds: s, where.
        sample_rate: Hz.

    Returns:
        dict: "bin" Hz of the bin, "level" dB against the loudest point of the sound (0 to -70),
        "turn" per frame in turns, "frequency" Hz as the turn tells it; None for all but the
        level where it is silent.

    Notebook: course/02.
    """
    shown = sound if isinstance(sound, Rainbowgram) else rainbowgram(sound, sample_rate)
    frame = int(np.argmin(np.abs(shown.times - seconds)))
    column = shown.magnitude[:, frame]
    row = int(column.argmax())
    if column[row] <= 0:
        return {"bin": None, "level": -DYNAMIC_RANGE, "turn": None, "frequency": None}
    turn, center = float(shown.hue[row, frame]) / 2, float(shown.frequencies[row])
    return {
        "bin": center,
        "level": float((column[row] - 1) * DYNAMIC_RANGE),
        "turn": turn,
        "frequency": float(instantaneous_frequency(turn, center)),
    }
