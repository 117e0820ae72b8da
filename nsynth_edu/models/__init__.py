"""The networks and their files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checkpoint": ["CheckpointError", "load_model", "model_metadata", "save_model"],
        "convolution": ["receptive_field"],
        "magenta": ["import_magenta"],
        "nsynth": ["NSynthConfig", "WaveNetAutoencoder"],
        "wavenet": ["WaveNet", "WaveNetConfig"],
    },
)
