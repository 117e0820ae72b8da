"""Evaluation: how good is a model? Its sound is measured like any recording."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "reconstruction": ["Guessers", "compare_weights", "evaluate"],
        "table": ["report", "worse"],
    },
)
