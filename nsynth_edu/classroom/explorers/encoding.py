"""What an autoencoder is asked in lesson 06: guesses under another z, wobble, hard sounds.

Notebook: course/06.
"""

import numpy as np
import torch
from scipy.signal import butter, hilbert, lfilter, sosfiltfilt

from nsynth_edu.generation import generate
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.sound import SAMPLE_RATE, as_waveform, midi_to_hz

from .quantiser import decibels
from .timbre_pad import brightness

ONSET = 1_024  # samples of a held tone that are not measured: it has to settle
EDGE = 4_000  # samples left out at both ends of a wobble: filters have to settle
VOWELS = ((300, 2200, 2900), (750, 1200, 2500))  # Hz, formants from "ee" to "ah"
WIDTHS = (80, 120, 160)  # Hz, of the formants


def forced_logits(model, waveform, z, pitch=None):
    """What the decoder says about every sample when it has the true past and a z of your choice.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float in [-1, 1], the past it is given; at most frames * 512 samples.
        z: (frames, 16).
        pitch: MIDI number for pitch-conditioned models.

    Returns:
        (256, time) float32 array: column t holds the logits of sample t's class.
    """
    samples = torch.from_numpy(as_waveform(waveform))[None]
    encoding = torch.from_numpy(np.array(z, np.float32))[None]
    with torch.inference_mode():
        return model.guess(samples, encoding, pitch)[0].float().numpy()


def forced_bits(model, waveform, z, pitch=None):
    """What a z costs: the mean surprise per sample with the true past, in bits.

    Args:
        model, waveform, z, pitch: see `forced_logits`.
    """
    logits = torch.from_numpy(forced_logits(model, waveform, z, pitch))[None]
    return float(bits_per_sample(logits, torch.from_numpy(as_waveform(waveform))[None]))


def turn_channels(model, z, step, pitch, seeds=8):
    """Turn each channel of z alone, up and down, and measure what the decoder then sings.

    Args:
        model: WaveNetAutoencoder.
        z: (frames, channels), some frames of a held tone, more than two.
        step: (channels,) how far each channel is turned.
        pitch: MIDI number.
        seeds: takes of the unchanged z, the yardstick.

    Returns:
        effects: (channels, 2), octaves of brightness and dB of level, up against down.
        by_seed: (2,), the span of both over takes that differ by their seed alone.
    """
    turns = np.diag(np.asarray(step))
    voices = [*(z - turn for turn in turns), *(z + turn for turn in turns), *([z] * seeds)]
    sounds = generate(
        model, np.stack(voices), pitch=pitch, seed=range(len(voices)), engine="stream-int8",
    )  # fmt: skip
    found = [(np.log2(brightness(sound)), decibels(sound)) for sound in sounds[:, ONSET:]]
    down, up, takes = np.split(np.array(found), [len(turns), 2 * len(turns)])
    return up - down, np.ptp(takes, axis=0)


def wobble(waveform, pitch):
    """How far a note strays from its own mean pitch, by the phase of its fundamental.

    Args:
        waveform: (time,) float at 16 kHz, more than half a second of a held tone.
        pitch: MIDI.

    Returns:
        float, cents: the standard deviation of its frequency, averaged over 25 ms.

    Raises:
        ValueError: if the sound is too short.
    """
    samples, hertz = as_waveform(waveform), float(midi_to_hz(pitch))
    if len(samples) <= 2 * EDGE:
        raise ValueError(f"{len(samples)} samples; expected more than {2 * EDGE} of a held tone.")
    band = butter(4, [0.84 * hertz, 1.19 * hertz], "band", fs=SAMPLE_RATE, output="sos")
    turn = np.diff(np.unwrap(np.angle(hilbert(sosfiltfilt(band, samples)))))
    hertz = np.convolve(turn, np.ones(400) / 400, "same")[EDGE:-EDGE] * SAMPLE_RATE / (2 * np.pi)
    return float(np.std(1200 * np.log2(hertz / hertz.mean())))


def voice(low=48, high=55, seconds=1.024):
    """A voice made by formula: a buzz that glides upwards through formants from "ee" to "ah".

    Args:
        low, high: MIDI, where the glide begins and ends.
        seconds: its length.

    Returns:
        float32 (time,) at 16 kHz, peak 0.6.
    """
    length = round(seconds * SAMPLE_RATE)
    hertz = midi_to_hz(np.linspace(low, high, length))
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    partials = range(1, int(SAMPLE_RATE / 2 / hertz.max()))
    buzz = sum(np.sin(k * phase) for k in partials)
    vowels = [sum(_formant(buzz, *pair) for pair in zip(v, WIDTHS, strict=True)) for v in VOWELS]
    fade = np.linspace(0, 1, length)
    sung = (1 - fade) * vowels[0] + fade * vowels[1]
    return (0.6 * sung / np.abs(sung).max()).astype(np.float32)


def _formant(signal, hertz, width):
    radius = np.exp(-np.pi * width / SAMPLE_RATE)
    turn = 2 * np.pi * hertz / SAMPLE_RATE
    return lfilter([1 - radius], [1, -2 * radius * np.cos(turn), radius**2], signal)
