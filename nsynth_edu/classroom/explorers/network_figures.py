"""Pictures of guesses, of what training does to the loss, and of who hears whom.

Notebooks: course/03 and course/04.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from nsynth_edu.sound import SAMPLE_RATE

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import STYLE, VALUES, WIDTH

NEAR = 40  # classes shown on either side of the one that came


def plot_guesses(guesses):
    """Chances of the 256 classes, one panel per guess, the class that came marked.

    Args:
        guesses: {title: (probabilities (256,), class that came or None)}.

    Returns:
        a matplotlib figure for :func:`figure`.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 2.2))
        axes = fig.subplots(1, len(guesses), squeeze=False)[0]
    for ax, (title, (chances, came)) in zip(axes, guesses.items(), strict=True):
        percent = 100 * np.asarray(chances)
        ax.fill_between(np.arange(len(percent)), percent, step="mid", color=SECOND, linewidth=0)
        ax.set(title=title, xlabel="Class", ylim=(0, 1.15 * percent.max()))
        if came is None:
            ax.set(xlim=(0, 255), xticks=[0, 128, 255])
        else:
            ax.set_xlim(came - NEAR, came + NEAR)
            ax.axvline(came, color=ACCENT, linewidth=1, linestyle="--")
            ax.annotate("came", (came, 1.05 * percent.max()), xytext=(3, 0), color=ACCENT,
                        textcoords="offset points")  # fmt: skip
    axes[0].set_ylabel("Chance (%)")
    return fig


def plot_riddle(past):
    """The classes of some samples as dots, and a question mark where the next one belongs.

    Args:
        past: (time,) integers 0..255.
    """
    fig, ax = _single(2.2)
    ax.plot(np.arange(-len(past), 0), past, "o-", color=INK, markersize=3, linewidth=0.6)
    ax.axvline(0, color=ACCENT, linewidth=1, linestyle="--")
    ax.text(0.6, float(past[-1]), "?", color=ACCENT, size=14, va="center")
    ax.set(xlabel="Samples from now", ylabel="Class", xlim=(-len(past) - 0.5, 3))
    return fig


def plot_pairs(chances):
    """The previous sample's table: each column a class, what follows it upwards.

    Args:
        chances: (256, 256), rows = class before, columns = class after; rows sum to 1.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH * 0.62, 3.2))
        ax = fig.subplots()
        image = ax.imshow(np.asarray(chances).T, origin="lower", cmap=VALUES, vmin=0, vmax=0.1)
        fig.colorbar(image, ax=ax, label="Chance (0.1 and more: dark)").outline.set_visible(False)
    ax.set(xlabel="Class before", ylabel="Class after", xticks=[0, 128, 255], yticks=[0, 128, 255])
    return fig


def plot_losses(losses, every=25, floor=None):
    """Bits per sample while a network learns, smoothed.

    Args:
        losses: {name: (steps,) bits}.
        every: steps averaged into one point.
        floor: {name: bits} of levels to compare with, or None.
    """
    fig, ax = _single(2.4)
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


def plot_surprise(waveform, bits, window=160):
    """A sound above, below it how surprising each of its samples was (mean over 10 ms).

    Args:
        waveform: (time,) float. bits: (time,) surprise of each sample.
        window: samples averaged.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 3.0))
        above, below = fig.subplots(2, 1, sharex=True)
    length = len(bits) // window * window
    rows = np.asarray(waveform)[:length].reshape(-1, window)
    at = (np.arange(len(rows)) + 0.5) * window / SAMPLE_RATE
    above.fill_between(at, rows.min(1), rows.max(1), color=INK, linewidth=0.4)
    above.set_ylabel("Amplitude")
    below.plot(at, np.asarray(bits)[:length].reshape(-1, window).mean(1), color=ACCENT)
    below.set(xlabel="Time (s)", ylabel="Surprise (bits)", ylim=(0, 8.4))
    below.grid(True, axis="y", color=LINE, linewidth=0.5)
    return fig


def _single(height):
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, height))
        return fig, fig.subplots()
