"""Instruments to find things out with: few controls, an answer at once, the same on paper below.

What they compute stands in plain functions beside them, for lessons and for tests.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figures": [
            "plot_error_levels",
            "plot_layers",
            "plot_rounding",
            "plot_samples",
            "plot_spectrograms",
            "plot_turns",
        ],
        "quantiser": ["Quantiser", "decibels", "quantize", "signal_to_noise"],
        "rainbow_layers": [
            "RainbowLayers",
            "instantaneous_frequency",
            "layer_image",
            "loudest_partial",
        ],
    },
)
