"""Instruments to find things out with: few controls, an answer at once, the same on paper below.

What they compute stands in plain functions beside them, for lessons and for tests.
"""

from .figures import (
    plot_error_levels,
    plot_layers,
    plot_rounding,
    plot_samples,
    plot_spectrograms,
    plot_turns,
)
from .quantiser import Quantiser, decibels, quantize, signal_to_noise
from .rainbow_layers import RainbowLayers, instantaneous_frequency, layer_image, loudest_partial

__all__ = [
    "Quantiser",
    "RainbowLayers",
    "decibels",
    "instantaneous_frequency",
    "layer_image",
    "loudest_partial",
    "plot_error_levels",
    "plot_layers",
    "plot_rounding",
    "plot_samples",
    "plot_spectrograms",
    "plot_turns",
    "quantize",
    "signal_to_noise",
]
