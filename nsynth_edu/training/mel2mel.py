"""The task of Mel2Mel: predict the mel spectrogram of a piece from its notes and its instrument."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch

from nsynth_edu.models.mel2mel import LOSSES, Mel2Mel, Mel2MelConfig, mel_loss
from nsynth_edu.sound.pieces import read_pieces
from nsynth_edu.sound.spectral import mel_spectrogram
from nsynth_edu.training.note_task import NoteTask, shuffled
from nsynth_edu.training.settings import setting


@dataclass(frozen=True)
class Mel2MelTask(NoteTask):
    """What a Mel2Mel is trained on: pieces, see `sound.pieces`, in place of notes.

    `held_out_every` leaves out every n-th piece, on all instruments.
    """

    kind: ClassVar = Mel2Mel
    presets: ClassVar = {"mel2mel": Mel2MelConfig.small, "mel2mel-paper": Mel2MelConfig.paper}
    unit: ClassVar = "error"  # mean square, of what the loss compares
    together: ClassVar = True

    model: str = setting("mel2mel")  # Mel2MelConfig preset
    criterion: str = setting("tanh-log-abs")  # one of `LOSSES`
    crop: int = setting(512, least=8)  # frames of 8 ms, 512; a piece has 1,000

    def check(self, source):
        """Compare the settings with each other; ValueError where they do not fit."""
        if self.criterion not in LOSSES:
            raise ValueError(
                f"{source}: criterion is {self.criterion!r}; expected one of {', '.join(LOSSES)}."
            )

    @cached_property
    def parts(self):
        """The takes: {"train": list, "pieces": list}."""
        folders = [self.notes] if isinstance(self.notes, str) else self.notes
        takes = [take for folder in folders for take in read_pieces(folder)]
        known = self.config.instruments
        if strange := sorted({take.instrument_str for take in takes} - set(known)):
            raise ValueError(
                f"{self.notes} holds pieces on {strange[0]}, which is not one of the model's "
                f"instruments; expected some of {', '.join(known)}."
            )
        return split_pieces(takes, self.held_out_every)

    def example(self, part, number, seed):
        """Crop `number` of a part: roll (1, crop, 176); mel (1, crop, 80); instrument (1,)."""
        turn, place = divmod(number, len(self.parts[part]))
        index = int(shuffled(len(self.parts[part]), seed, turn)[place])
        roll, mel = self.seen(part, index)
        last = max(0, len(mel) - self.crop)
        first = int(np.random.default_rng((seed, number)).integers(last + 1))
        crop = slice(first, first + self.crop)
        name = self.parts[part][index].instrument_str
        return (
            torch.from_numpy(roll[crop].astype(np.float32))[None],
            torch.from_numpy(mel[crop].astype(np.float32))[None],
            torch.tensor([self.config.instruments.index(name)]),
        )

    def seen(self, part, index):
        """Take `index` of a part, computed once: its roll and its mel, in half precision."""
        if (part, index) not in self.memory:
            take = self.parts[part][index]
            mel = mel_spectrogram(take.load()).astype(np.float16)
            self.memory[part, index] = take.roll[: len(mel)].astype(np.float16), mel
        return self.memory[part, index]

    @cached_property
    def memory(self):
        """(part, index) -> roll and mel of a take."""
        return {}

    def loss(self, model, example):
        """How far the predicted mel is from the true one; see `mel_loss`."""
        roll, mel, instrument = example
        return mel_loss(model(roll, model.timbres(instrument)).float(), mel, self.criterion)

    def clean(self, example):
        """The same: nothing disturbs a piece."""
        return example


def split_pieces(takes, held_out_every=0):
    """Divide takes into those to train on, and the pieces that no instrument is trained on.

    Args:
        takes: list of Take. held_out_every: leave out every n-th piece; 0 = none.

    Returns:
        dict of lists: "train", "pieces".
    """
    names = sorted({take.name for take in takes})
    held_out = set(names[held_out_every - 1 :: held_out_every]) if held_out_every else set()
    return {
        "train": [take for take in takes if take.name not in held_out],
        "pieces": [take for take in takes if take.name in held_out],
    }
