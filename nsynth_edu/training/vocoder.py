"""The task of Mel2Mel's vocoder: predict a crop of a note from its past and its mel spectrogram."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig
from nsynth_edu.sound.spectral import MEL_CHANNELS, MEL_HOP, MEL_N_FFT, mel_spectrogram
from nsynth_edu.training.note_task import CropTask
from nsynth_edu.training.settings import setting

CONTEXT = -(-MEL_N_FFT // 2 // MEL_HOP) * MEL_HOP  # samples that a mel window reads to either side


@dataclass(frozen=True)
class VocoderTask(CropTask):
    """What a WaveNet conditioned on mel frames is trained on.

    The frames of a crop are those of the whole note: each window reads the note to either side of
    the crop, as it does when a whole sound is decoded.
    """

    kind: ClassVar = WaveNet
    presets: ClassVar = {"vocoder": WaveNetConfig.vocoder}
    context: ClassVar = CONTEXT

    model: str = setting("vocoder")  # WaveNetConfig preset

    def check(self, source):
        """Compare the settings with each other; ValueError where they do not fit."""
        super().check(source)
        for name, expected in (("hop_length", MEL_HOP), ("condition_channels", MEL_CHANNELS)):
            if (given := getattr(self.config, name)) != expected:
                raise ValueError(
                    f"{source}: {name} is {given}; expected {expected}, as mel_spectrogram makes."
                )

    def example(self, part, number, seed):
        """Crop `number` of a part.

        Returns:
            waveform (1, crop); noise (1, 1, crop) that is added to the companded past, and gain
            (1, crop) of it; mel (1, crop / 128, 80).
        """
        generator = np.random.default_rng((seed, number))
        piece, *_ = self.crops[part](generator)
        frames = CONTEXT // MEL_HOP
        mel = mel_spectrogram(piece)[frames:-frames]
        return (
            torch.from_numpy(piece[CONTEXT:-CONTEXT].copy())[None],
            self.noise(generator),
            self.drift(generator),
            torch.from_numpy(mel.copy())[None],
        )

    def guess(self, model, waveform, history, mel):
        """Logits (1, 256, crop) of a crop."""
        return model.guess(waveform, mel, history=history)
