"""Training: one loop, and one small task per kind of model."""

from nsynth_edu.training.config import Training, read_training, training_from
from nsynth_edu.training.crops import split_notes
from nsynth_edu.training.loop import train

__all__ = ["Training", "read_training", "split_notes", "train", "training_from"]
