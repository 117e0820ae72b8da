"""Play: moves between encodings, and pads of several sounds."""

from nsynth_edu.play.grid import Grid, Multigrid, bilinear_weights, distance_weights
from nsynth_edu.play.latent import (
    add_noise,
    analogy,
    caricature,
    crossfade,
    interpolate,
    mean_encoding,
    oscillate,
    scale,
    stretch,
)

__all__ = [
    "Grid",
    "Multigrid",
    "add_noise",
    "analogy",
    "bilinear_weights",
    "caricature",
    "crossfade",
    "distance_weights",
    "interpolate",
    "mean_encoding",
    "oscillate",
    "scale",
    "stretch",
]
