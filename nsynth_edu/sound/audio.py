"""Load and save waveforms: every sound of the course is mono float32 at 16 kHz in [-1, 1]."""

import warnings
from pathlib import Path

import numpy as np
import soundfile
import soxr

from nsynth_edu.sound import cleaning, compressed
from nsynth_edu.sound.arrays import as_array, like
from nsynth_edu.sound.bounds import DAMAGE, LONGEST_SOUND, MOST_SAMPLES
from nsynth_edu.sound.files import write_pcm
from nsynth_edu.sound.pcm import to_int16

SAMPLE_RATE = 16_000  # Hz, as NSynth
NOTE_LENGTH = 64_000  # samples: 4 s
SHORTEST_SECONDS = 0.01  # s; too short for a pitch below this
LONGEST_SECONDS = 60.0  # s; a note lasts 4
CANCELLED = 0.05  # of the loudest channel's power: a mean below that is what others took away


class AudioError(ValueError):
    """A sound, or a folder of sounds, cannot be used; the message names the remedy."""


class AudioWarning(UserWarning):
    """A sound was repaired while loading or saving; the message describes the repair."""


def load_audio(path, sample_rate=SAMPLE_RATE, longest=LONGEST_SECONDS):
    """Read any sound file as one mono waveform at the wanted rate.

    Each repair is reported in an `AudioWarning`: other rates are resampled (soxr, high quality),
    channels averaged (where they cancel each other, the loudest is taken), NaN or infinite samples
    silenced, peaks beyond full scale turned down, endings beyond `longest` dropped; clipping is
    only reported.

    Args:
        path: any format libsndfile reads (WAV, FLAC, OGG, MP3, AIFF, ...), or a recording of a
            phone or a browser (m4a, mp4, 3gp, aac, webm).
        sample_rate: Hz of the result.
        longest: s; a longer file is read up to there. None reads everything. Either way at most
            50 million samples are read, all channels together: enough for 9 minutes of stereo
            at 44,100 per second.

    Returns:
        float32 (time,) in [-1, 1].

    Raises:
        AudioError: if the file is missing, not a sound, empty, shorter than 10 ms, or has more
            samples than that.

    Examples:
        >>> from nsynth_edu import load_audio
        >>> from nsynth_edu.classroom import media_path
        >>> note = load_audio(media_path("notes", "flute_60.wav"))
        >>> note.shape, str(note.dtype)
        ((64000,), 'float32')
    """
    path = Path(path)
    samples, rate, total = _read(path, longest, sample_rate)
    if total > len(samples):
        _warn(path, f"lasts {total / rate:.0f} s; only its first {longest:g} s are used")
    samples = _repair_values(path, samples)
    waveform = _mono(path, samples)
    if rate != sample_rate:
        _warn(path, f"has {rate} samples per second; it is resampled to {sample_rate}")
        waveform = soxr.resample(waveform, rate, sample_rate, quality="HQ")
    return np.clip(waveform, -1, 1).astype(np.float32)  # resampling may overshoot a little


def _mono(path, samples):
    """The mean of the channels, or the loudest one where they cancel each other."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    waveform = samples.mean(axis=1, dtype=np.float32)
    power = np.square(samples, dtype=np.float64).mean(axis=0)
    if np.square(waveform, dtype=np.float64).mean() < CANCELLED * power.max():
        loudest = int(power.argmax())
        _warn(
            path,
            f"has {samples.shape[1]} channels that cancel each other (is one of them wired the "
            f"wrong way round?); only channel {loudest + 1}, the loudest, is used",
            4,
        )
        return samples[:, loudest]
    _warn(path, f"has {samples.shape[1]} channels; they are averaged to mono", 4)
    return waveform


def save_audio(path, waveform, sample_rate=SAMPLE_RATE, credit=""):
    """Write a waveform as a 16-bit PCM WAV file, atomically.

    Args:
        path: the file to write; missing folders are made.
        waveform: (time,) float in [-1, 1]; array or tensor. What lies beyond is clipped, with
            an `AudioWarning`.
        sample_rate: Hz.
        credit: who and what made the sound; programs show it as the file's comment.

    Raises:
        AudioError: if the waveform is not one row of finite numbers.
        OSError: if it cannot be written.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import load_audio, save_audio
        >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
        >>> save_audio("a4.wav", tone)
        >>> bool(np.abs(load_audio("a4.wav") - tone).max() < 1 / 32_768)
        True
    """
    path = Path(path)
    samples = as_waveform(waveform)
    if (peak := np.abs(samples).max()) > 1:
        _warn(path, f"would peak at {peak:.2f}; it is clipped to full scale. normalize_peak helps")
    write_pcm(path, to_int16(samples), sample_rate, "WAV", credit)


def fit_length(waveform, length=NOTE_LENGTH, fade=160):
    """Trim a sound, or pad it with silence, to exactly `length` samples.

    Args:
        waveform: (..., time); array or tensor.
        length: samples of the result.
        fade: samples of raised-cosine fade-out at the cut, so that it does not click.

    Returns:
        (..., length), same kind; unchanged when the length already fits.
    """
    samples = as_array(waveform)
    if samples.shape[-1] == length:
        return waveform
    kept = cleaning.fade(samples[..., :length], end=fade)
    fitted = np.zeros((*samples.shape[:-1], length), np.float32)
    fitted[..., : kept.shape[-1]] = kept
    return like(fitted, waveform)


def normalize_peak(waveform, peak=0.7):
    """Scale a sound so that its largest sample has the size `peak`.

    Args:
        waveform: (..., time) float; array or tensor. Silence stays silent.
        peak: amplitude in (0, 1].

    Returns:
        float32, same shape and kind.
    """
    samples = as_array(waveform)
    largest = np.abs(samples).max(initial=0)
    return like(samples * np.float32(peak / largest) if largest > 0 else samples, waveform)


def as_waveform(waveform, least=1):
    """Check that a waveform is one row of finite samples, and convert it to a float32 array.

    Args:
        waveform: (time,) numbers; array, list or tensor.
        least: samples expected at least.

    Returns:
        float32 (time,).

    Raises:
        AudioError: if it has another shape, is too short, or holds NaN or infinite values.
    """
    samples = as_array(waveform)
    if samples.ndim != 1 or len(samples) < least:
        raise AudioError(
            f"a waveform of shape {samples.shape} was given; expected one row of at least "
            f"{least} samples (time,). Take one row of a batch, or average the channels."
        )
    if not np.isfinite(samples).all():
        raise AudioError(
            f"the waveform holds {(~np.isfinite(samples)).sum()} NaN or infinite samples; expected "
            "numbers within [-1, 1]. Look for a division by zero, such as a silent sound's peak."
        )
    return samples


def _read(path, longest, sample_rate):
    if not path.is_file():
        raise AudioError(f"there is no sound file {path}; check the name and the folder.")
    try:
        with soundfile.SoundFile(path) as file:
            rate, total = file.samplerate, file.frames
            wanted = total if longest is None else min(total, int(longest * rate))
            _check_size(path, wanted, rate, file.channels, sample_rate)
            samples = file.read(wanted, dtype="float32", always_2d=True)
    except AudioError:
        raise
    except DAMAGE as problem:
        samples, rate, total = _read_compressed(path, longest, str(problem))
    if len(samples) < SHORTEST_SECONDS * rate:
        raise AudioError(
            f"{path.name} holds {len(samples)} samples ({1000 * len(samples) / rate:.2g} ms); "
            f"expected at least {1000 * SHORTEST_SECONDS:.0f} ms. Record a longer sound."
        )
    return samples, rate, total


def _read_compressed(path, longest, reason):
    """What a phone or a browser recorded; `reason` says why libsndfile does not read the file."""
    longest = LONGEST_SOUND if longest is None else longest
    try:
        with open(path, "rb") as file:
            samples, seconds = compressed.decode(file, longest)
    except compressed.CompressedError as problem:
        with open(path, "rb") as file:
            start = file.read(512)
        why = problem
        if not compressed.kind_of(start):
            why = not_a_sound(start) or reason.rsplit(": ")[-1].rstrip(".")
        raise AudioError(
            f"{path.name} cannot be read as sound ({why}); expected WAV, FLAC, OGG, MP3, AIFF, M4A "
            "or WebM. Export it again from an audio program."
        ) from problem
    wanted, total = int(longest * compressed.RATE), len(samples)
    if total > wanted:  # what was not decoded counts as far as the file tells
        total = max(total, int(seconds * compressed.RATE))
    return samples[:wanted], compressed.RATE, total


def not_a_sound(start):
    """Name what a file is that has the name of a sound but is not one.

    Args:
        start: bytes, its first 512.

    Returns:
        str such as "a web page"; "" where that is not known.
    """
    if not start:
        return "an empty file"
    if start.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS, for which `git lfs pull` fetches the sound"
    page = start.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
    return "a web page, such as the error of a download" if page else ""


def _check_size(path, wanted, rate, channels, sample_rate):
    """Refuse, before any is read, more samples than `MOST_SAMPLES`: as stored, or resampled."""
    most = max(wanted * channels, wanted * sample_rate // rate)
    if most > MOST_SAMPLES:
        raise AudioError(
            f"{path.name} has {channels} channels of {rate:,} samples per second: {most:,} samples "
            f"in {wanted / rate:.0f} s; expected at most {MOST_SAMPLES:,}, a recording such as "
            "stereo at 44,100. Export it again, or cut it."
        )


def _repair_values(path, samples):
    broken = ~np.isfinite(samples)
    if broken.all():
        raise AudioError(
            f"{path.name} holds only NaN or infinite samples; expected numbers within [-1, 1]. "
            "Export it again from an audio program."
        )
    if broken.any():
        _warn(path, f"holds {broken.sum()} NaN or infinite samples; they become silence", 4)
        samples = np.where(broken, np.float32(0), samples)
    peak = np.abs(samples).max()
    if (clipped := cleaning.clipped_fraction(samples)) > cleaning.CLIPPED_FRACTION:
        _warn(path, f"is clipped ({clipped:.1%} of its samples lie in flat tops); use less gain", 4)
    if peak > 1:
        _warn(path, f"peaks at {peak:.2f}, beyond full scale; it is scaled down to 1", 4)
        samples = samples / peak
    if peak == 0:
        _warn(path, "is silent; check that the right file was recorded", 4)
    return samples


def _warn(path, what, depth=3):
    warnings.warn(f"{path.name} {what}.", AudioWarning, stacklevel=depth)
