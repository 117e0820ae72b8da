"""What the tasks that learn from notes share: the notes, their crops, and noise on the past."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch

from nsynth_edu.models.checkpoint import load_model
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.sound.companding import companded
from nsynth_edu.sound.notes import read_notes
from nsynth_edu.training.crops import Crops, coloured_noise, split_notes
from nsynth_edu.training.settings import make, setting


@dataclass(frozen=True)
class NoteTask:
    """Predict a crop of a note from its past; a subclass adds what the network is conditioned on.

    A subclass names its `kind` of model, the `presets` of its configuration, and defines
    `example` and `guess`.
    """

    kind: ClassVar = None  # class of the model
    presets: ClassVar = {}  # name -> function that makes a config
    context: ClassVar = 0  # samples of the note that `piece` adds to either side of a crop

    notes: str | tuple = setting()  # folder of notes in NSynth's schema, or a list of folders
    subset: bool = setting(False)  # the folders are parts of a data set, see `read_notes`
    model: str = setting("")  # one of `presets`
    shape: dict = setting({})  # fields of the config that differ from the preset
    initial: str | None = setting(None)  # start from this model's weights (shipped name or path)
    held_out_instruments: tuple = setting(())  # instrument_str never trained on
    held_out_every: int = setting(0, least=0)  # leave out every n-th instrument-pitch pair
    # samples per crop, a multiple of the hop; NSynth: 6144
    crop: int = setting(4096, least=1, most=2**22)
    onset_share: float = setting(0.35, least=0, most=1)  # of crops, with the note's start
    history_noise: float = setting(32.0, least=0)  # on the decoder's past, mu-law steps at most

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
        """The shape of the model to train."""
        if self.model not in self.presets:
            raise ValueError(f"model is {self.model!r}; expected one of {', '.join(self.presets)}.")
        preset = self.presets[self.model]()
        make(type(preset), vars(preset) | self.shape, "shape")  # names and types
        return replace(preset, **self.shape)

    def build(self):
        """A new model, or the weights of `initial`."""
        if not self.initial:
            return self.new_model()
        model = load_model(self.initial)
        if not isinstance(model, self.kind):
            raise ValueError(
                f"initial is {self.initial!r}, a {type(model).__name__}; expected a "
                f"{self.kind.__name__}."
            )
        return model.train()

    def new_model(self):
        """A model that has learnt nothing yet."""
        return self.kind(self.config)

    @cached_property
    def parts(self):
        """The notes: {"train": list, "pairs": list, "instruments": list}."""
        folders = [self.notes] if isinstance(self.notes, str) else self.notes
        notes = [note for folder in folders for note in read_notes(folder, self.subset)]
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
        length, hop = self.crop + 2 * self.context, self.config.hop_length
        return {
            name: Crops(notes, length, self.onset_share, hop)
            for name, notes in self.parts.items()
            if notes
        }

    def noise(self, generator):
        """Noise (1, 1, crop) on the companded past, between none and `history_noise` steps."""
        noise = coloured_noise(self.crop, generator)
        noise *= np.float32(generator.random() ** 2 * self.history_noise / 128)
        return torch.from_numpy(noise)[None, None]

    def loss(self, model, example):
        """Bits per sample of a crop: noise on the past, none on the target, so that the decoder
        learns to come back to the note."""
        waveform, noise, *given = example
        history = companded(waveform[:, None], model.config.quantization_channels - 1) + noise
        return bits_per_sample(self.guess(model, waveform, history, *given), waveform)

    def clean(self, example):
        """The same crop with its own past, for validation."""
        waveform, noise, *given = example
        return waveform, 0 * noise, *given
