"""Play: moves between encodings, pads of several sounds, names of pitches."""

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
from nsynth_edu.play.pitches import agreed_pitch, pitch_name, read_pitch
from nsynth_edu.play.planes import read_plane, save_plane

__all__ = [
    "Grid",
    "Multigrid",
    "add_noise",
    "agreed_pitch",
    "analogy",
    "bilinear_weights",
    "caricature",
    "crossfade",
    "distance_weights",
    "interpolate",
    "mean_encoding",
    "oscillate",
    "pitch_name",
    "read_pitch",
    "read_plane",
    "save_plane",
    "scale",
    "stretch",
]
