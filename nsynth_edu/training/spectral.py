"""The task of the spectral autoencoder: copy the picture of a whole note through one vector."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from nsynth_edu.models.spectral import SpectralAutoencoder, SpectralConfig, picture_loss
from nsynth_edu.training.note_task import PictureTask
from nsynth_edu.training.settings import setting


@dataclass(frozen=True)
class SpectralTask(PictureTask):
    """What a SpectralAutoencoder is trained on."""

    kind: ClassVar = SpectralAutoencoder
    presets: ClassVar = {
        "spectral": SpectralConfig.small,
        "spectral-paper": SpectralConfig.paper,
    }
    unit: ClassVar = "error"  # weighted mean square of pictures in [0, 1]

    model: str = setting("spectral")  # SpectralConfig preset

    def example(self, part, number, seed):
        """Note `number` of a part: picture (1, 1, bins, frames); pitch (1,), MIDI."""
        index, _ = self.draw(part, number, seed)
        picture, note = self.seen(part, index)
        return picture, torch.tensor([note.pitch])

    def loss(self, model, example):
        """How far the copies of pictures are from the pictures; see `picture_loss`."""
        picture, pitch = example
        return picture_loss(model(picture, pitch), picture, model.config)

    def clean(self, example):
        """The same: nothing disturbs a note."""
        return example
