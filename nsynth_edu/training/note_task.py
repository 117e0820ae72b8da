"""What the tasks that learn from notes share: the notes, whole ones, or crops with a noisy past."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
import torch

from nsynth_edu.models.checkpoint import load_model
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.models.picture import log_magnitude
from nsynth_edu.sound.audio import fit_length
from nsynth_edu.sound.notes import read_notes
from nsynth_edu.training.crops import Crops, coloured_noise, split_notes
from nsynth_edu.training.settings import make, setting

DRIFT = 1024  # samples between two levels of the past, 64 ms


@dataclass(frozen=True)
class NoteTask:
    """Which notes a model learns from, and its shape.

    A subclass names its `kind` of model, the `presets` of its configuration, and defines
    `example`, `loss` and `clean`.
    """

    kind: ClassVar = None  # class of the model
    presets: ClassVar = {}  # name -> function that makes a config
    unit: ClassVar = "bits"  # of the loss
    together: ClassVar = False  # whether the examples of a step go through the network at once

    notes: str | tuple = setting()  # folder of notes in NSynth's schema, or a list of folders
    subset: bool = setting(False)  # the folders are parts of a data set, see `read_notes`
    model: str = setting("")  # one of `presets`
    shape: dict = setting({})  # fields of the config that differ from the preset
    initial: str | None = setting(None)  # start from this model's weights (shipped name or path);
    # its own shape, but for the fields that `shape` names
    held_out_instruments: tuple = setting(())  # instrument_str never trained on
    held_out_every: int = setting(0, least=0)  # leave out every n-th instrument-pitch pair

    def check(self, source):
        """Compare the settings with each other; ValueError where they do not fit."""

    @property
    def config(self):
        """The shape of the model to train."""
        if self.model not in self.presets:
            raise ValueError(f"model is {self.model!r}; expected one of {', '.join(self.presets)}.")
        preset = self.presets[self.model]()
        return make(type(preset), vars(preset) | self.shape, "shape")

    def build(self):
        """A new model, or the weights of `initial`."""
        if not self.initial:
            return self.new_model(self.config)
        model = load_model(self.initial)
        if not isinstance(model, self.kind):
            raise ValueError(
                f"initial is {self.initial!r}, a {type(model).__name__}; expected a "
                f"{self.kind.__name__}."
            )
        return self.reshaped(model).train()

    def reshaped(self, model):
        """The weights of `initial` in the shape that `shape` asks for."""
        if not self.shape:
            return model
        config = make(type(model.config), vars(model.config) | self.shape, "shape")
        changed = self.new_model(config)
        weights, wanted = model.state_dict(), changed.state_dict()
        if misfit := [k for k in wanted if k not in weights or weights[k].shape != wanted[k].shape]:
            raise ValueError(
                f"the weights of initial, {self.initial!r}, do not fit shape: {misfit[0]} differs; "
                "leave out of shape what changes the size of a layer, or leave initial out."
            )
        changed.load_state_dict({name: weights[name] for name in wanted})
        return changed

    def new_model(self, config):
        """A model of this config that has learnt nothing yet."""
        return self.kind(config)

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


@dataclass(frozen=True)
class CropTask(NoteTask):
    """Predict a crop of a note from its past; a subclass adds what the network is conditioned on,
    in `example` and `guess`."""

    context: ClassVar = 0  # samples of the note that `crops` adds to either side of a crop

    # samples per crop, a multiple of the hop; NSynth: 6144
    crop: int = setting(4096, least=1, most=2**22)
    onset_share: float = setting(0.35, least=0, most=1)  # of crops, with the note's start
    history_noise: float = setting(32.0, least=0)  # on the decoder's past, mu-law steps at most
    past_level: float = setting(0.0, least=0)  # deviation of the past's slowly drifting gain, dB

    def check(self, source):
        """Compare the settings with each other; ValueError where they do not fit."""
        super().check(source)
        hop = self.config.hop_length
        if self.crop % hop:
            raise ValueError(
                f"{source}: crop is {self.crop}; expected a multiple of the hop, {hop} samples, "
                f"such as {max(1, self.crop // hop) * hop}."
            )

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

    def drift(self, generator):
        """Gain (1, crop) of the past: straight lines between random levels, 64 ms apart."""
        if not self.past_level:
            return torch.ones(1, self.crop)
        levels = self.past_level * generator.standard_normal(self.crop // DRIFT + 2)
        decibels = np.interp(np.arange(self.crop) / DRIFT, np.arange(len(levels)), levels)
        return torch.from_numpy(10 ** (decibels / 20)).float()[None]

    def loss(self, model, example):
        """Bits per sample of a crop: noise and drift in the past, none in the target, so that the
        decoder learns to come back to the note, and to the level that z asks for."""
        waveform, noise, gain, *given = example
        history = model.signal(gain * waveform) + noise
        guess = self.guess(model, waveform, history, *given)
        return bits_per_sample(guess, model.classes(waveform))

    def clean(self, example):
        """The same crop with its own past, for validation."""
        waveform, noise, gain, *given = example
        return waveform, 0 * noise, torch.ones_like(gain), *given


@dataclass(frozen=True)
class PictureTask(NoteTask):
    """See the picture of a whole note; a subclass says what of it is learnt."""

    together: ClassVar = True

    keep: int = setting(12_000, least=0)  # pictures that stay in memory, 65 or 260 kB each

    def draw(self, part, number, seed):
        """Note `number` of a part; each round goes through all of them, in another order.

        Returns:
            its index in the part; NumPy generator for what else is drawn.
        """
        turn, place = divmod(number, len(self.parts[part]))
        order = shuffled(len(self.parts[part]), seed, turn)
        return int(order[place]), np.random.default_rng((seed, number))

    def seen(self, part, index):
        """Note `index` of a part as it is learnt from, computed once.

        Returns:
            picture (1, 1, bins, frames) float32 tensor; whatever else `look` says of it.
        """
        if (part, index) not in self.memory:
            note = self.parts[part][index]
            waveform = fit_length(note.load())
            heard, known = self.look(note, waveform, np.random.default_rng((7, index)))
            picture = log_magnitude(torch.from_numpy(heard)[None], self.config).half()
            if len(self.memory) >= self.keep:
                return picture.float(), known
            self.memory[part, index] = picture, known
        picture, known = self.memory[part, index]
        return picture.float(), known

    def look(self, note, waveform, generator):
        """What the picture is of, and what else is to be known of a note.

        Args:
            note: Note. waveform: (64000,) float32. generator: NumPy generator, its own.
        """
        return waveform, note

    @cached_property
    def memory(self):
        """(part, index) -> picture in half precision, and what is known of the note."""
        return {}


@lru_cache(maxsize=4)
def shuffled(count, seed, turn):
    """The numbers below `count` in an order of their own for each seed and turn."""
    return np.random.default_rng((seed, turn)).permutation(count)
