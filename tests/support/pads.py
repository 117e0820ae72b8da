"""A pad whose points can be told apart by ear and by measure."""

import numpy as np

from nsynth_edu.sound import midi_to_hz

NOTES = [48, 60, 67]
CORNERS = {"nw": (0, 0), "ne": (1, 0), "sw": (0, 1), "se": (1, 1)}  # x, y
# strength of the first eight harmonics at each corner, nw ne sw se
SPECTRA = np.array(
    [
        [1, 0.1, 0, 0, 0, 0, 0, 0],  # dull
        [1, 0, 0.6, 0, 0.4, 0, 0.3, 0],  # odd
        [0.5, 1, 0, 0.8, 0, 0.6, 0, 0.5],  # even
        [0.3, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],  # bright
    ]
)


def pad(side=3, notes=NOTES, seconds=2.0):
    """side x side points: dict of sounds (notes, rows, columns, time), notes and corners."""
    time, rng = np.arange(round(seconds * 16_000)) / 16_000, np.random.default_rng(0)
    place = np.linspace(0, 1, side)
    x, y = np.meshgrid(place, place)
    shares = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], axis=-1)
    phases = rng.uniform(0, 2 * np.pi, (side, side, 8, 1))  # points are not aligned
    fading = np.exp(-time) * np.minimum(1, time / 0.01)
    sounds = [
        ((shares @ SPECTRA)[..., None] * np.sin(midi_to_hz(note) * harmonics(time) + phases)).sum(2)
        * fading
        for note in notes
    ]
    sounds = np.array(sounds, np.float32)
    sounds *= 0.9 / np.abs(sounds).max()
    return {"sounds": sounds, "notes": list(notes), "corners": ["dull", "odd", "even", "bright"]}


def harmonics(time):
    """2 pi k t for the first eight k."""
    return 2 * np.pi * np.arange(1, 9)[:, None] * time


def corner(plane, name, note=60):
    """The sound of a corner."""
    (x, y), index = CORNERS[name], plane["notes"].index(note)
    return plane["sounds"][index, -y, -x]
