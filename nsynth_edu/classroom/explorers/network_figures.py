"""Pictures of guesses, of losses, and of the samples that a stack of convolutions reaches.

Notebooks: course/03, course/04 and exercises/source/ps6_next_sample.
"""

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection

from nsynth_edu.sound import SAMPLE_RATE

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import STYLE, VALUES, WIDTH, axes

NEAR = 40  # classes shown on either side of the one that came
LOOKS = {  # kind of connection: colour, width, dash; later ones lie on top
    "plain": (SOFT, 0.5, "-"),
    "unknown": (SOFT, 1.0, ":"),
    "queued": (SECOND, 1.2, "-"),
    "now": (ACCENT, 1.8, "-"),
}


def plot_guesses(guesses):
    """Probabilities of the 256 classes, one panel per guess, the class that came marked.

    Args:
        guesses: {title: (probabilities (256,), class that came or None)}.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, panels = axes(1, len(guesses), height=2.2)
    for ax, (title, (probabilities, came)) in zip(panels, guesses.items(), strict=True):
        percent = 100 * np.asarray(probabilities)
        ax.fill_between(np.arange(len(percent)), percent, step="mid", color=SECOND, linewidth=0)
        ax.set(title=title, xlabel="Class", ylim=(0, 1.15 * percent.max()))
        if came is None:
            ax.set(xlim=(0, 255), xticks=[0, 128, 255])
        else:
            ax.set_xlim(came - NEAR, came + NEAR)
            ax.axvline(came, color=ACCENT, linewidth=1, linestyle="--")
            ax.annotate("came", (came, 1.05 * percent.max()), xytext=(3, 0), color=ACCENT,
                        textcoords="offset points")  # fmt: skip
    panels[0].set_ylabel("Probability (%)")
    return fig


def plot_riddle(past):
    """The classes of some samples as dots, and a question mark where the next one belongs.

    Args:
        past: (time,) integers 0..255.
    """
    fig, ax = axes(height=2.2)
    ax.plot(np.arange(-len(past), 0), past, "o-", color=INK, markersize=3, linewidth=0.6)
    ax.axvline(0, color=ACCENT, linewidth=1, linestyle="--")
    ax.text(0.6, float(past[-1]), "?", color=ACCENT, size=14, va="center")
    ax.set(xlabel="Samples from now", ylabel="Class", xlim=(-len(past) - 0.5, 3))
    return fig


def plot_pairs(probabilities):
    """The previous sample's table: each column a class, what follows it upwards.

    Args:
        probabilities: (256, 256), rows = class before, columns = class after; rows sum to 1.
    """
    fig, ax = axes(height=3.2, width=0.62 * WIDTH)
    image = ax.imshow(np.asarray(probabilities).T, origin="lower", cmap=VALUES, vmin=0, vmax=0.1)
    with matplotlib.rc_context(STYLE):
        fig.colorbar(image, ax=ax, label="Probability (0.1 and more: dark)").outline.set_visible(
            False
        )
    ax.set(xlabel="Class before", ylabel="Class after", xticks=[0, 128, 255], yticks=[0, 128, 255])
    return fig


def plot_losses(losses, every=25, floor=None):
    """Bits per sample while a network learns, smoothed.

    Args:
        losses: {name: (steps,) bits}.
        every: steps averaged into one point.
        floor: {name: bits} of levels to compare with, or None.
    """
    fig, ax = axes(height=2.4)
    styles = zip([ACCENT, SECOND, INK], ["-", "--", ":"], strict=True)
    for (name, bits), (color, dash) in zip(losses.items(), styles, strict=False):
        points = np.asarray(bits)[: len(bits) // every * every].reshape(-1, every).mean(1)
        at = every * (np.arange(len(points)) + 0.5)
        ax.plot(at, points, dash, color=color, linewidth=1.5, label=name)
    for name, bits in (floor or {}).items():
        ax.axhline(bits, color=SOFT, linewidth=0.8)
        ax.text(0.99, bits, name, color=SOFT, ha="right", va="bottom", size=8,
                transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set(xlabel="Training step", ylabel="Bits per sample", ylim=(0, 8.4))
    if len(losses) > 1:
        ax.legend(frameon=False)
    return fig


def plot_learning(curves, every=25, highest=11):
    """Bits per sample while networks learn, what is learned beside what is not, a panel for each.

    Args:
        curves: {title: {name: (points,) bits}}, one to three names, the same in all panels.
        every: training steps from one point to the next.
        highest: bits at the upper edge.
    """
    fig, panels = axes(1, len(curves), height=2.4, sharey=True)
    for ax, (title, lines) in zip(panels, curves.items(), strict=True):
        styles = zip([ACCENT, SECOND, INK], ["-", "--", ":"], strict=True)
        for (name, bits), (color, dash) in zip(lines.items(), styles, strict=False):
            at = every * np.arange(1, len(bits) + 1)
            ax.plot(at, bits, dash, color=color, linewidth=1.5, label=name)
        ax.axhline(8, color=SOFT, linewidth=0.8)
        ax.set(title=title, xlabel="Training step", ylim=(4, highest))
    panels[0].set_ylabel("Bits per sample")
    panels[0].legend(frameon=False, loc="lower left")
    return fig


def plot_surprise(waveform, bits, window=160):
    """A sound above, below it how surprising each of its samples was (mean over 10 ms).

    Args:
        waveform: (time,) float. bits: (time,) surprise of each sample.
        window: samples averaged.
    """
    fig, (above, below) = axes(2, sharex=True, height=3.0)
    length = len(bits) // window * window
    rows = np.asarray(waveform)[:length].reshape(-1, window)
    at = (np.arange(len(rows)) + 0.5) * window / SAMPLE_RATE
    above.fill_between(at, rows.min(1), rows.max(1), color=INK, linewidth=0.4)
    above.set_ylabel("Amplitude")
    below.plot(at, np.asarray(bits)[:length].reshape(-1, window).mean(1), color=ACCENT)
    below.set(xlabel="Time (s)", ylabel="Surprise (bits)", ylim=(0, 8.4))
    below.grid(True, axis="y", color=LINE, linewidth=0.5)
    return fig


def plot_connections(panels, names, low, high):
    """A stack as dots and lines, the sound at the bottom, one panel above the other.

    Args:
        panels: {title: connections}, from `models.connections`.
        names: of the rows, the sound first. low, high: first and last place shown.

    Returns:
        a matplotlib figure for `figure`.
    """
    height = len(panels) * (0.42 * len(names) + 0.45)
    fig, rows = axes(len(panels), sharex=True, height=height)
    columns = np.arange(low, high + 1)
    for ax, (title, lines) in zip(rows, panels.items(), strict=True):
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
    rows[-1].set_xlabel("Samples from the newest")
    return fig


def plot_sensitivity(curves, marks=None):
    """How strongly a guess depends on each sample of the past: its gradient, smoothed.

    Args:
        curves: {name: (lags,) sizes of the gradient; the first is the sample just before}.
        marks: {name: lag in samples} of vertical lines, or None.

    Returns:
        a matplotlib figure for `figure`, both axes logarithmic.
    """
    fig, ax = axes(height=2.6)
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
