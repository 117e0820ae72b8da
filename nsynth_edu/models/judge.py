"""The judge of Table 1: one network that hears pitch, family, source and qualities of a note.

A copy is judged by what a network that was trained on originals hears in it. The network shares
its trunk with the spectral autoencoder.

Source: Engel et al. 2017, sec. 4.2, and Magenta's published code for what the paper leaves open.

Shapes: B notes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.picture import Trunk, check_picture, log_magnitude
from nsynth_edu.sound.audio import NOTE_LENGTH, as_waveform
from nsynth_edu.sound.notes import FAMILIES, QUALITIES, SOURCES
from nsynth_edu.sound.qualities import COMPUTED

HEADS = {"pitch": 128, "family": len(FAMILIES), "source": len(SOURCES), "qualities": len(QUALITIES)}


@dataclass(frozen=True)
class JudgeConfig:
    """The shape of a judge; the values in comments are the published ones.

    A number out of bounds is a `ValueError`, see `check_picture`.
    """

    sample_rate: int = 16000  # Hz, 16000
    n_fft: int = 1024  # samples of a window, 1024
    hop_length: int = 256  # samples, 256 (16 ms)
    frames: int = 256  # 256
    dynamic_range: int = 120  # dB, 120
    channels: tuple[int, ...] = (128, 128, 128, 256, 256, 256, 512, 512, 512)
    hidden_channels: int = 1024  # 1024
    known_qualities: tuple[str, ...] = QUALITIES  # those it was trained on; all ten

    def __post_init__(self):
        check_picture(self)
        if unknown := sorted(set(self.known_qualities) - set(QUALITIES)):
            raise ValueError(f"{unknown[0]!r:.40} is no quality of NSynth: {', '.join(QUALITIES)}")

    @classmethod
    def paper(cls):
        """The published trunk, with one linear head for each question."""
        return cls()

    @classmethod
    def small(cls):
        """Ours: longer windows, as low keys lie 2 Hz apart, fewer of them, and three layers.

        What they leave, 128 bands and 2 halves of the note, goes to the dense layer: where a
        partial lies need not be squeezed through a single point. Of the qualities it knows those
        that a sound alone decides, see `sound.qualities`.
        """
        return cls(
            n_fft=2048,
            hop_length=4096,
            frames=16,
            dynamic_range=80,
            channels=(8, 16, 32),
            hidden_channels=192,
            known_qualities=COMPUTED,
        )


class PitchQualityJudge(nn.Module):
    """Picture of a note -> pitch, family, source, qualities.

    Args:
        config: JudgeConfig.
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        hidden = config.hidden_channels
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, n) for name, n in HEADS.items()})
        self.to(memory_format=torch.channels_last)  # a third faster on a CPU

    def forward(self, picture):
        """Look at the pictures of notes, see `log_magnitude`.

        Args:
            picture: (B, 1, bins, frames).

        Returns:
            dict of logits: pitch (B, 128), family (B, 11), source (B, 3): the largest counts;
            qualities (B, 10): each above 0 counts.
        """
        hidden = self.trunk(picture)
        return {name: head(hidden) for name, head in self.heads.items()}

    @torch.inference_mode()
    def judge(self, waveform):
        """Say what one note is.

        Args:
            waveform: (time,) float in [-1, 1], 16 kHz, one note; array or tensor. The first 4 s
                are heard, their level is not.

        Returns:
            dict: pitch, MIDI number; pitch_probability, 0 to 1, what the network gives it; family,
            one of FAMILIES; source, one of SOURCES; qualities, tuple of those of QUALITIES that
            it hears, out of `config.known_qualities`.

        Raises:
            AudioError: if the waveform is not one row of finite numbers.
        """
        signal = torch.from_numpy(as_waveform(waveform)[:NOTE_LENGTH])[None]
        picture = log_magnitude(signal.to(self.heads["pitch"].weight.device), self.config)
        logits = {name: values[0] for name, values in self(picture).items()}
        probability, pitch = logits["pitch"].softmax(0).max(0)
        heard = {
            name for name, value in zip(QUALITIES, logits["qualities"], strict=True) if value > 0
        }
        return {
            "pitch": int(pitch),
            "pitch_probability": float(probability),
            "family": FAMILIES[int(logits["family"].argmax())],
            "source": SOURCES[int(logits["source"].argmax())],
            "qualities": tuple(name for name in self.config.known_qualities if name in heard),
        }


def judge_loss(logits, true):
    """The four losses added, unweighted, as published.

    Args:
        logits: of `PitchQualityJudge.forward`.
        true: dict of tensors: pitch, family, source (B,) integers; qualities (B, 10) with 1, 0, and
            NaN = unknown, which does not count.

    Returns:
        scalar tensor, nats.
    """
    loss = sum(F.cross_entropy(logits[name], true[name]) for name in ("pitch", "family", "source"))
    known = true["qualities"].isfinite()
    if not known.any():
        return loss
    each = F.binary_cross_entropy_with_logits(logits["qualities"][known], true["qualities"][known])
    return loss + each
