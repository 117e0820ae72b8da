"""The task of NSynth: encode a crop of a note, and predict it from its past and its encoding."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from nsynth_edu.models.likelihood import expected_signal
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.training.note_task import CropTask
from nsynth_edu.training.settings import setting


@dataclass(frozen=True)
class AutoencoderTask(CropTask):
    """What a WaveNetAutoencoder is trained on, and how it is made robust."""

    kind: ClassVar = WaveNetAutoencoder
    presets: ClassVar = {"pocket": NSynthConfig.pocket, "nsynth": NSynthConfig.nsynth}

    model: str = setting("pocket")  # NSynthConfig preset
    own_past: float = setting(0.0, least=0, most=1)  # share of crops with a past of the model's own
    clock_noise: float = setting(0.004, least=0)  # deviation of the phase clock, periods
    unknown_pitch: float = setting(0.05, least=0, most=1)  # share of crops with the pitch hidden

    def build(self):
        """A new model, or the weights of `initial`, without the map fitted to its encoder."""
        model = super().build()
        model.level_map = None
        return model

    def new_model(self, config):
        """A model of this config that has learnt nothing yet."""
        model = super().new_model(config)
        model.recommended_temperature, model.recommended_sampling = 0.5, "auto"  # least hiss
        return model

    def example(self, part, number, seed):
        """Crop `number` of a part.

        Returns:
            waveform (1, crop); noise (1, 1, crop) that is added to the companded past, and gain
            (1, crop) of it;
            pitch (1, frames), NaN = hidden or not pitched; clock error (1,) periods; own (1,), how
            much of the past is what the model itself expects, 0 to 1.
        """
        generator = np.random.default_rng((seed, number))
        piece, pitch = self.crops[part](generator)
        hidden = generator.random() < self.unknown_pitch
        noise, gain = self.noise(generator), self.drift(generator)
        clock_error = self.clock_noise * generator.standard_normal()
        own = generator.random() if generator.random() < self.own_past else 0.0
        return (
            torch.from_numpy(piece)[None],
            noise,
            gain,
            torch.from_numpy(pitch * np.float32(math.nan if hidden else 1))[None],
            torch.tensor([clock_error]),
            torch.tensor([own]),
        )

    def guess(self, model, waveform, history, pitch, clock_error, own):
        """Logits (1, 256, crop) of a crop, its encoding its own.

        A past of what the model itself expects has no surprises, as when it plays the mean of what
        it predicts (scheduled sampling, Bengio et al. 2015, in one pass).
        """
        z, given = model.encode(waveform), {"pitch": pitch, "clock_error": clock_error}
        if own.item() and pitch.isfinite().any():  # sounds without pitch are drawn, not expected
            with torch.no_grad():
                expected = expected_signal(model.guess(waveform, z, **given, history=history))
            history = history + own * (expected - history)
        return model.guess(waveform, z, **given, history=history)

    def clean(self, example):
        """The same crop with its own past and the clock as measured, for validation."""
        waveform, noise, gain, pitch, clock_error, own = super().clean(example)
        return waveform, noise, gain, pitch, 0 * clock_error, 0 * own
