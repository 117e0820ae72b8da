"""Perceptual measures: is a sound in tune, does it follow an envelope, does it click?"""

import librosa
import numpy as np
import scipy  # its parts are imported with their first use

from nsynth_edu.sound.audio import SAMPLE_RATE, as_waveform
from nsynth_edu.sound.pitch import estimate_pitch, midi_to_hz
from nsynth_edu.sound.spectral import stft

SETTLING = 4_000  # samples at both ends of a band-passed note that are not measured


def harmonic_energy(waveform, pitch, n_fft=8192):
    """Compute the fraction of a sound's energy that lies at the harmonics of a pitch.

    A band around each multiple of the fundamental counts: 3 % to either side, at least 1.5 bins
    (2.9 Hz), at most a tenth of the fundamental. So white noise scores at most 0.2 and a note
    measured at a wrong pitch about 0.1, but one an octave *below* its own shares all harmonics.

    Args:
        waveform: (time,) at 16 kHz; array or tensor. Parts 40 dB under the loudest do not count.
        pitch: MIDI.
        n_fft: samples of the Hann window.

    Returns:
        float, 0 to 1. Recorded instruments: 0.9 to 1; a choir or pizzicato 0.7 to 0.8; bells, whose
        partials are not multiples of one pitch, far less. Silence: 0.
    """
    power = np.square(np.abs(stft(waveform, n_fft, n_fft // 4)))
    energy = power.sum(axis=0)
    if energy.max() < 1e-9:
        return 0.0
    power = power[:, energy > 1e-4 * energy.max()].sum(axis=1)
    bins = np.arange(len(power)) * SAMPLE_RATE / n_fft  # Hz
    fundamental = midi_to_hz(pitch)
    nearest = np.maximum(np.rint(bins / fundamental), 1) * fundamental
    reach = np.clip(0.03 * nearest, 1.5 * SAMPLE_RATE / n_fft, None)
    reach = np.minimum(reach, max(0.1 * fundamental, 1.5 * SAMPLE_RATE / n_fft))
    return float(power[np.abs(bins - nearest) <= reach].sum() / power.sum())


def cents_off(waveform, pitch):
    """Measure the deviation of a note from the pitch it should have.

    Args:
        waveform: (time,) at 16 kHz, one note; array or tensor.
        pitch: MIDI.

    Returns:
        float, cents: 100 is a semitone too high, -1200 an octave too low. None if the sound has
        no pitch, see `estimate_pitch`.
    """
    found = estimate_pitch(waveform)
    return None if found is None else 100 * (found - float(pitch))


def envelope(waveform, hop_length=512):
    """Compute the envelope: the root mean square of each `hop_length` samples.

    Args:
        waveform: (time,) float; array or tensor.
        hop_length: samples; 512 (32 ms) gives one value for each frame of an encoding.

    Returns:
        float32 (ceil(time / hop_length),).
    """
    samples = as_waveform(waveform)
    pieces = np.pad(samples, (0, -len(samples) % hop_length)).reshape(-1, hop_length)
    return np.sqrt(np.square(pieces).mean(axis=1))


def envelope_correlation(a, b):
    """Correlate the envelopes of two sounds: 1 for the same shape, 0 unrelated, -1 opposite.

    Args:
        a, b: (time,) float; the shorter one is followed by silence.

    Returns:
        float, Pearson's correlation of their envelopes; 0 if one of them never changes.
    """
    first, second = _same_length(envelope(a), envelope(b))
    first, second = first - first.mean(), second - second.mean()
    size = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / size) if size > 1e-9 else 0.0


def multi_scale_spectral_distance(a, b, sizes=(2048, 1024, 512, 256, 128, 64)):
    """Compare two sounds by spectrograms from fine in frequency to fine in time.

    Phase does not count, so two sounds that differ in every sample may still be close.

    Args:
        a, b: (time,) float at the same rate; the shorter one is followed by silence.
        sizes: samples of the Hann windows, 75 % overlap.

    Returns:
        float >= 0, the sum over sizes of the mean absolute difference of magnitudes plus that of
        their natural logarithms. Equal sounds: 0; a note and its mu-law copy 0.4; notes three
        semitones apart 4; unrelated notes 6.

    Source: the loss of Engel et al. 2020 (DDSP), sec. 4.2.1, but with a floor under the logarithm
    60 dB below full scale: without it, inaudible hiss outweighs the notes.
    """
    first, second = _same_length(as_waveform(a), as_waveform(b))
    distance = 0.0
    for size in sizes:
        x, y = _magnitudes(first, size), _magnitudes(second, size)
        floor = 1e-3 * size / 4  # a full-scale sine has magnitude size / 4 under a Hann window
        logs = (x + floor).log() - (y + floor).log()
        distance += float((x - y).abs().mean() + logs.abs().mean())
    return distance


def log_spectral_difference(a, b, sizes=(2048, 512, 128)):
    """Compare two sounds by the decibels between their spectrograms, where the second one sounds.

    Args:
        a: (time,) float, the sound in question. b: (time,), the original; the shorter one is
            followed by silence.
        sizes: samples of the Hann windows, 75 % overlap.

    Returns:
        float, dB, mean over sizes, bins and the frames of `b` with a bin within 60 dB of its
        loudest; what is weaker than that counts as that. Equal sounds: 0; a note and its mu-law
        copy 2 to 3; unrelated notes 7 to 10. 0 where `b` is silent.
    """
    first, second = _same_length(as_waveform(a), as_waveform(b))
    means = []
    for size in sizes:
        x, y = _magnitudes(first, size), _magnitudes(second, size)
        if (floor := 1e-3 * float(y.max())) < 1e-9:
            return 0.0
        decibels = 20 * ((x + floor).log10() - (y + floor).log10()).abs()
        means.append(float(decibels[:, y.amax(0) > floor].mean()))
    return float(np.mean(means))


def attack_time(waveform):
    """Measure how long a note takes to get loud.

    Args:
        waveform: (time,) at 16 kHz; array or tensor.

    Returns:
        float, s: from the first moment above 10 % of its largest level to the first above 90 %.
        Levels are means over 20 ms, every 4 ms. 0 for silence.

    Source: the attack time of Peeters et al. 2011 (The Timbre Toolbox), with fixed thresholds.
    """
    power = np.square(np.pad(as_waveform(waveform), 160))
    level = np.sqrt(np.convolve(power, np.ones(320) / 320, "valid")[::64])
    if level.max() < 1e-9:
        return 0.0
    low, high = (np.argmax(level >= share * level.max()) for share in (0.1, 0.9))
    return float((high - low) * 64 / SAMPLE_RATE)


def clicks_per_second(waveform, sample_rate=SAMPLE_RATE):
    """Count the clicks of a sound: single samples that jump out and back.

    A click is a second difference three times as large as any other within 64 ms on both sides
    (the three largest of them left out, for one neighbouring click), and at least 5 % of the
    sound's peak. The steep edge of a sawtooth repeats every period and does not count.
    In bright sounds small clicks are masked, for this count as for the ear.

    Args:
        waveform: (time,) float; array or tensor.
        sample_rate: Hz.

    Returns:
        float, clicks per second; 0 for clean notes.
    """
    samples = as_waveform(waveform)
    if len(samples) < 3:
        return 0.0
    jump = np.abs(np.diff(samples, 2))
    own, reach = 4, round(0.064 * sample_rate)  # samples a click fills and is compared with
    highest = scipy.ndimage.maximum_filter1d(jump, 2 * own + 1)
    peaks = (jump == highest) & (jump > 0.05 * np.abs(samples).max())
    places = np.flatnonzero(peaks)
    offsets = np.r_[-reach:-own, own + 1 : reach + 1]
    padded = np.pad(jump, reach, mode="symmetric")
    around = padded[places[:, None] + reach + offsets]
    rivals = np.partition(around, -4, axis=1)[:, -4] if len(places) else np.zeros(0)
    return float(np.sum(jump[places] > 3 * rivals) * sample_rate / len(samples))


def decibels(waveform):
    """How loud a sound is: its root mean square against that of a full-scale sine.

    Args:
        waveform: (time,) float.

    Returns:
        float, dBFS: 0 for a sine that peaks at 1; minus infinity for silence.

    Notebook: course/01.
    """
    power = np.mean(np.square(np.asarray(waveform, dtype=np.float64)))
    return float(10 * np.log10(2 * power)) if power > 0 else -np.inf


def signal_to_noise(reference, rounded):
    """How far the error lies below the sound: their ratio of energies.

    Args:
        reference, rounded: (time,) float.

    Returns:
        float, dB; infinite where nothing differs.

    Notebook: course/01.
    """
    error = np.asarray(rounded, dtype=np.float64) - reference
    return decibels(reference) - decibels(error)


def spectral_centroid(waveform):
    """Where the energy of a sound lies on average: the usual measure of its brightness.

    Args:
        waveform: (time,) float at 16 kHz.

    Returns:
        float, Hz; the frequency itself for a sine, 0 for silence.

    Notebook: course/06.
    """
    power = np.square(np.abs(stft(waveform)), dtype=np.float64).sum(axis=1, keepdims=True)
    if power.sum() <= 1e-9:
        return 0.0
    return float(librosa.feature.spectral_centroid(S=power, sr=SAMPLE_RATE).item())


def pitch_deviation(waveform, pitch):
    """How far a note strays from its own mean pitch, by the phase of its fundamental.

    Args:
        waveform: (time,) float at 16 kHz, more than half a second of a held tone.
        pitch: MIDI.

    Returns:
        float, cents: the standard deviation of its frequency, averaged over 25 ms.

    Raises:
        ValueError: if the sound is too short.

    Notebook: course/06.
    """
    samples, hertz = as_waveform(waveform), float(midi_to_hz(pitch))
    if len(samples) <= 2 * SETTLING:
        raise ValueError(
            f"{len(samples)} samples; expected more than {2 * SETTLING} of a held tone."
        )
    band = [0.84 * hertz, 1.19 * hertz]
    filtered = scipy.signal.sosfiltfilt(
        scipy.signal.butter(4, band, "band", fs=SAMPLE_RATE, output="sos"), samples
    )
    turn = np.diff(np.unwrap(np.angle(scipy.signal.hilbert(filtered))))
    hertz = (
        np.convolve(turn, np.ones(400) / 400, "same")[SETTLING:-SETTLING]
        * SAMPLE_RATE
        / (2 * np.pi)
    )
    return float(np.std(1200 * np.log2(hertz / hertz.mean())))


def _same_length(a, b):
    length = max(len(a), len(b))
    return tuple(np.pad(x, (0, length - len(x))) for x in (a, b))


def _magnitudes(waveform, size):
    """(size // 2 + 1, frames) tensor."""
    import torch

    return torch.stft(
        torch.from_numpy(waveform), size, size // 4, window=torch.hann_window(size),
        pad_mode="constant", return_complex=True,
    ).abs()  # fmt: skip
