"""The task of NSynth: encode a crop of a note, and predict it from its past and its encoding."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from nsynth_edu.models.checkpoint import load_model
from nsynth_edu.models.likelihood import bits_per_sample, expected_signal
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.sound.companding import companded
from nsynth_edu.sound.notes import read_notes
from nsynth_edu.training.crops import Crops, coloured_noise, split_notes
from nsynth_edu.training.settings import make, setting

PRESETS = {"pocket": NSynthConfig.pocket, "nsynth": NSynthConfig.nsynth}


@dataclass(frozen=True)
class AutoencoderTask:
    """What a WaveNetAutoencoder is trained on, and how it is made robust."""

    notes: str | tuple = setting()  # folder of notes in NSynth's schema, or a list of folders
    model: str = setting("pocket")  # NSynthConfig preset
    shape: dict = setting({})  # fields of NSynthConfig that differ from it
    initial: str | None = setting(None)  # start from this model's weights (shipped name or path)
    held_out_instruments: tuple = setting(())  # instrument_str never trained on
    held_out_every: int = setting(0, least=0)  # leave out every n-th instrument-pitch pair
    crop: int = setting(4096, least=1)  # samples per crop, a multiple of the hop; NSynth: 6144
    onset_share: float = setting(0.35, least=0, most=1)  # of crops, with the note's start
    history_noise: float = setting(32.0, least=0)  # on the decoder's past, mu-law steps at most
    own_past: float = setting(0.0, least=0, most=1)  # share of crops with a past of the model's own
    clock_noise: float = setting(0.004, least=0)  # deviation of the phase clock, periods
    unknown_pitch: float = setting(0.05, least=0, most=1)  # share of crops with the pitch hidden

    def check(self, source):
        """Compare the settings with each other; ValueError where they do not fit."""
        hop = self.config.hop_length
        if self.crop % hop:
            raise ValueError(
                f"{source}: crop is {self.crop}; expected a multiple of the hop, {hop} samples, "
                f"such as {max(1, self.crop // hop) * hop}."
            )

    @property
    def config(self):
        """NSynthConfig of the model to train."""
        if self.model not in PRESETS:
            raise ValueError(f"model is {self.model!r}; expected one of {', '.join(PRESETS)}.")
        make(NSynthConfig, self.shape, "shape")  # names and types
        return replace(PRESETS[self.model](), **self.shape)

    def build(self):
        """A new model, or the weights of `initial`."""
        if not self.initial:
            model = WaveNetAutoencoder(self.config)
            model.recommended_temperature = 0.2  # cleaner than as trained, and not yet dull
            return model
        model = load_model(self.initial)
        if not isinstance(model, WaveNetAutoencoder):
            raise ValueError(
                f"initial is {self.initial!r}, a {type(model).__name__}; expected a "
                "WaveNetAutoencoder such as pocket."
            )
        return model.train()

    @cached_property
    def parts(self):
        """The notes: {"train": list, "pairs": list, "instruments": list}."""
        folders = [self.notes] if isinstance(self.notes, str) else self.notes
        notes = [note for folder in folders for note in read_notes(folder)]
        parts = split_notes(notes, self.held_out_instruments, self.held_out_every)
        if not parts["train"]:
            raise ValueError(
                f"no notes are left to train on in {self.notes}; reduce held_out_every or "
                "held_out_instruments."
            )
        return parts

    @cached_property
    def crops(self):
        """One `Crops` per part that has notes."""
        return {
            name: Crops(notes, self.crop, self.onset_share, self.config.hop_length)
            for name, notes in self.parts.items()
            if notes
        }

    def example(self, part, number, seed):
        """Crop `number` of a part.

        Returns:
            waveform (1, crop); pitch (1, frames), NaN = hidden or not pitched; noise (1, 1, crop)
            that is added to the companded past; clock error (1,) periods; own (1,), how much of
            the past is what the model itself expects, 0 to 1.
        """
        generator = np.random.default_rng((seed, number))
        piece, pitch = self.crops[part](generator)
        hidden = generator.random() < self.unknown_pitch
        noise = coloured_noise(self.crop, generator)
        noise *= np.float32(generator.random() ** 2 * self.history_noise / 128)
        clock_error = self.clock_noise * generator.standard_normal()
        own = generator.random() if generator.random() < self.own_past else 0.0
        return (
            torch.from_numpy(piece)[None],
            torch.from_numpy(pitch * np.float32(math.nan if hidden else 1))[None],
            torch.from_numpy(noise)[None, None],
            torch.tensor([clock_error]),
            torch.tensor([own]),
        )

    def loss(self, model, example):
        """Bits per sample of a crop: noise on the past, none on the target, so that the decoder
        learns to come back to the note. A past of the model's own has no surprises, as when it
        plays the mean of what it predicts (scheduled sampling, Bengio et al. 2015, in one pass)."""
        waveform, pitch, noise, clock_error, own = example
        history = companded(waveform[:, None], model.config.quantization_channels - 1) + noise
        z = model.encode(waveform)
        given = {"pitch": pitch, "clock_error": clock_error}
        if own.item() and pitch.isfinite().any():  # what has no pitch is drawn, not expected
            with torch.no_grad():
                expected = expected_signal(model.guess(waveform, z, **given, history=history))
            history = history + own * (expected - history)
        return bits_per_sample(model.guess(waveform, z, **given, history=history), waveform)

    def clean(self, example):
        """The same crop with its own past and the clock as measured, for validation."""
        waveform, pitch, *disturbances = example
        return waveform, pitch, *(0 * each for each in disturbances)
