"""Pictures of who hears whom in a stack of convolutions, and of how strongly.

Notebook: course/04.
"""

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import STYLE, WIDTH

LOOKS = {  # kind of connection: colour, width, dash; later ones lie on top
    "plain": (SOFT, 0.5, "-"),
    "unknown": (SOFT, 1.0, ":"),
    "queued": (SECOND, 1.2, "-"),
    "now": (ACCENT, 1.8, "-"),
}


def plot_connections(panels, names, low, high):
    """A stack as dots and lines, the sound at the bottom, one panel above the other.

    Args:
        panels: {title: connections}, from `reach.connections`.
        names: of the rows, the sound first. low, high: first and last place shown.

    Returns:
        a matplotlib figure for :func:`figure`.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, len(panels) * (0.42 * len(names) + 0.45)))
        axes = fig.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    columns = np.arange(low, high + 1)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for row in range(len(names)):
            ax.plot(columns, np.full(len(columns), row), "o", color=SOFT, markersize=2)
        for kind, (color, width, dash) in LOOKS.items():
            ends = [[(place, row), (below, row - 1)] for row, place, below in lines[kind]]
            ax.add_collection(LineCollection(ends, colors=color, linewidths=width, linestyles=dash))
        ax.plot(0, len(names) - 1, "o", color=ACCENT, markersize=6)
        ax.set_yticks(range(len(names)), names)
        ax.set_title(f"{title}, thin" if lines["queued"] else title, loc="left", size=10)
        ax.set_xlim(low - 0.6, high + 0.6)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    axes[-1].set_xlabel("Samples from the newest")
    return fig


def plot_hearing(curves, marks=None):
    """How strongly a guess depends on each sample of the past: its gradient, smoothed.

    Args:
        curves: {name: (lags,) sizes of the gradient; the first is the sample just before}.
        marks: {name: lag in samples} of vertical lines, or None.

    Returns:
        a matplotlib figure for :func:`figure`, both axes logarithmic.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 2.6))
        ax = fig.subplots()
    for (name, sizes), color, dash in zip(
        curves.items(), [ACCENT, SECOND, INK], ["-", "--", ":"], strict=False
    ):
        lags, means = _in_steps(np.asarray(sizes, dtype=np.float64))
        ax.plot(lags, means, dash, color=color, linewidth=1.5, label=name)
    for name, lag in (marks or {}).items():
        ax.axvline(lag, color=SOFT, linewidth=0.8)
        ax.annotate(name, (lag, 1), xycoords=("data", "axes fraction"), xytext=(-3, -2), size=8,
                    textcoords="offset points", ha="right", va="top", color=SOFT)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="Samples back", ylabel="Size of the gradient")
    ax.grid(True, axis="y", color=LINE, linewidth=0.5)
    if len(curves) > 1:
        ax.legend(frameon=False, loc="lower left")
    return fig


def _in_steps(sizes, per_octave=6):
    """Means over stretches of lags that are even on a logarithmic axis; 0 is left out."""
    lags = np.arange(1, len(sizes) + 1)
    step = np.floor(per_octave * np.log2(lags)).astype(int)
    count = np.bincount(step)
    there = count > 0
    means = np.bincount(step, sizes)[there] / count[there]
    middles = np.bincount(step, lags)[there] / count[there]
    return middles[means > 0], means[means > 0]
