"""The task of the judge: hear pitch, family, source and qualities of a whole note."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import soxr
import torch

from nsynth_edu.models.judge import JudgeConfig, PitchQualityJudge, judge_loss
from nsynth_edu.sound.audio import NOTE_LENGTH, SAMPLE_RATE, fit_length
from nsynth_edu.sound.notes import FAMILIES, QUALITIES, SOURCES
from nsynth_edu.sound.qualities import computed_qualities
from nsynth_edu.training.note_task import PictureTask
from nsynth_edu.training.settings import setting

TINY = 1e-6


@dataclass(frozen=True)
class JudgeTask(PictureTask):
    """What a PitchQualityJudge is trained on, and how it is made robust.

    Notes that come with qualities, as NSynth's do, are learnt with all ten. In a folder where no
    note has one they are unknown: there the four of `sound.qualities` are computed, and the others
    do not count.
    """

    kind: ClassVar = PitchQualityJudge
    presets: ClassVar = {"judge": JudgeConfig.small, "judge-paper": JudgeConfig.paper}

    model: str = setting("judge")  # JudgeConfig preset
    detune: float = setting(25.0, least=0, most=40)  # cents at most, up or down, of each note
    delay: float = setting(0.05, least=0, most=0.5)  # s of silence at most before it
    noise: float = setting(20.0, least=0)  # dB that the loudest noise lies below the loudest point
    noisy: float = setting(0.5, least=0, most=1)  # share of notes in noise

    def example(self, part, number, seed):
        """Note `number` of a part.

        Returns:
            picture and picture of noise, (1, 1, bins, frames) each; pitch, family, source (1,);
            qualities (1, 10), NaN = unknown.
        """
        index, generator = self.draw(part, number, seed)
        picture, (note, qualities) = self.seen(part, index)
        return (
            picture,
            self.draw_noise(picture, generator),
            torch.tensor([note.pitch]),
            torch.tensor([FAMILIES.index(note.instrument_family_str)]),
            torch.tensor([SOURCES.index(note.instrument_source_str)]),
            qualities[None],
        )

    def draw_noise(self, picture, generator):
        """The picture of white noise at some level; 0, below everything, where there is none."""
        if generator.random() >= self.noisy:
            return torch.zeros_like(picture)
        lowest = self.config.dynamic_range
        level = -generator.uniform(min(self.noise, lowest), lowest)  # dB
        power = generator.standard_exponential(tuple(picture.shape), np.float32)
        return torch.from_numpy(1 + (level + 10 * np.log10(power + TINY)) / lowest)

    def look(self, note, waveform, generator):
        """A note a little detuned and late, always in the same way; the note and its qualities."""
        cents = self.detune * generator.uniform(-1, 1)
        heard = soxr.resample(waveform, SAMPLE_RATE, SAMPLE_RATE * 2 ** (-cents / 1200), "MQ")
        late = int(generator.uniform(0, self.delay) * SAMPLE_RATE)
        heard = fit_length(np.pad(heard, (late, 0)), NOTE_LENGTH)
        return heard, (note, self.qualities_of(note, waveform))

    def qualities_of(self, note, waveform):
        """(10,) tensor: 1 has it, 0 has it not, NaN unknown."""
        if note.path.parent in self.annotated:
            return torch.tensor([float(name in note.qualities_str) for name in QUALITIES])
        computed = computed_qualities(waveform)
        return torch.tensor([float(computed.get(name, math.nan)) for name in QUALITIES])

    @cached_property
    def annotated(self):
        """Folders in which some note has a quality."""
        notes = [note for part in self.parts.values() for note in part]
        return {note.path.parent for note in notes if note.qualities_str}

    def loss(self, model, example):
        """Bits of the four answers together; see `judge_loss`."""
        picture, noise, pitch, family, source, qualities = example
        true = {"pitch": pitch, "family": family, "source": source, "qualities": qualities}
        logits = model(torch.maximum(picture, noise))  # each point as the louder of the two
        return judge_loss({k: v.float() for k, v in logits.items()}, true) / math.log(2)

    def clean(self, example):
        """The same note without noise, for validation."""
        picture, noise, *true = example
        return picture, 0 * noise, *true
