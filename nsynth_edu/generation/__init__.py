"""One waveform sample after another."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "engines": ["ENGINES"],
        "generate": ["choose_engine", "generate"],
        "stream": ["Stream"],
    },
)
