"""Training: one loop, and one small task per kind of model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["Training", "read_training", "training_from"],
        "crops": ["split_notes"],
        "loop": ["train"],
        "small_networks": ["learning_curves", "overfit", "train_briefly"],
    },
)
