"""The networks, and the files they are kept in."""

from nsynth_edu.models.checkpoint import CheckpointError, load_model, model_metadata, save_model
from nsynth_edu.models.convolution import receptive_field
from nsynth_edu.models.magenta import import_magenta
from nsynth_edu.models.nsynth import NSynthConfig, WaveNetAutoencoder
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig

__all__ = [
    "CheckpointError",
    "NSynthConfig",
    "WaveNet",
    "WaveNetAutoencoder",
    "WaveNetConfig",
    "import_magenta",
    "load_model",
    "model_metadata",
    "receptive_field",
    "save_model",
]
