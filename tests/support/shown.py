"""A tone, and what a notebook shows of it."""

import numpy as np

RATE = 16_000


def tone(hertz=440.0, seconds=0.5, level=0.5):
    time = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def html(shown):
    return shown._repr_html_()
