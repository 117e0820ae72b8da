"""Pictures of the way from magnitudes to sound: how near it comes, and what is painted.

Notebook: course/07.
"""

import numpy as np

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.spectral import HOP_LENGTH

from ..colors import LINE
from ..plotting import VALUES, axes
from .encoding_figures import LOOKS


def plot_convergence(curves):
    """How far magnitudes are from the wanted ones after each iteration, on a logarithmic axis.

    Args:
        curves: {name: (iterations,) spectral convergence, see `sound.spectral_convergence`}, at
            most four.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, ax = axes(height=2.4)
    for (name, values), (color, dash, _) in zip(curves.items(), LOOKS, strict=False):
        ax.plot(np.arange(len(values)) + 1, values, dash, color=color, linewidth=1.5, label=name)
    ticks = [0.02, 0.05, 0.1, 0.2, 0.4]
    ax.set(xlabel="Iteration", ylabel="Distance (share)", yscale="log", ylim=(0.018, 0.5))
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(True, axis="y", color=LINE, linewidth=0.5)
    ax.legend(frameon=False, ncols=len(curves), loc="lower left", bbox_to_anchor=(0, 1))
    return fig


def plot_pictures(pictures, highest=4000, hop_length=HOP_LENGTH, sample_rate=SAMPLE_RATE):
    """What the spectral networks see, or paint, side by side: dark is loud.

    Args:
        pictures: {name: (bins, frames) in [0, 1]}, see `models.picture.log_magnitude`.
        highest: Hz, the top of what is drawn.
        hop_length: samples from column to column. sample_rate: Hz.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, panels = axes(1, len(pictures), sharey=True, height=2.4)
    for ax, (name, picture) in zip(panels, pictures.items(), strict=True):
        seconds = np.shape(picture)[1] * hop_length / sample_rate
        ax.imshow(
            picture, cmap=VALUES, vmin=0, vmax=1, aspect="auto", origin="lower",
            extent=(0, seconds, 0, sample_rate / 2),
        )  # fmt: skip
        ax.set(xlabel="Time (s)", ylim=(0, highest))
        ax.set_title(name, loc="left", size=9)
    panels[0].set_ylabel("Frequency (Hz)")
    return fig
