"""Pictures of what goes on inside a layer, and of what is lost without it.

Notebook: course/05.
"""

import numpy as np

from nsynth_edu.sound import SAMPLE_RATE

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import axes

STEP = 160  # samples averaged into one point of a gate's story: 10 ms


def plot_unit(inside, channel, start, count=160):
    """One channel at work: what could pass, how far its gate is open, what passes.

    Args:
        inside: Inside. channel: its number. start, count: samples shown.
    """
    fig, panels = axes(3, sharex=True, height=3.4)
    time = 1000 * np.arange(start, start + count) / SAMPLE_RATE
    rows = {"filter, tanh": inside.filter, "gate, σ": inside.gate, "filter × gate": inside.product}
    for ax, (name, values) in zip(panels, rows.items(), strict=True):
        shown = values[channel, start : start + count]
        if name.startswith("gate"):
            ax.fill_between(time, shown, color=ACCENT, alpha=0.35, linewidth=0)
            ax.set(ylim=(0, 1.05), yticks=[0, 1])
        else:
            ax.axhline(0, color=LINE, linewidth=0.8)
            ax.set(ylim=(-1.05, 1.05), yticks=[-1, 0, 1])
        ax.plot(time, shown, color=ACCENT if name.startswith("gate") else INK, linewidth=1.2)
        ax.set_title(name, loc="left", size=10)
    panels[-1].set(xlabel="Time (ms)", xlim=(time[0], time[-1]))
    return fig


def plot_transfer(bends):
    """What comes out of a unit against what goes in.

    Args:
        bends: {name: (inputs, outputs)}, inputs rising, at most four.
    """
    fig, [ax] = axes(1, height=2.6)
    styles = [(INK, "-"), (ACCENT, "-"), (SECOND, "--"), (SOFT, ":")]
    for (name, (given, made)), (color, style) in zip(bends.items(), styles, strict=False):
        ax.plot(given, made, color=color, linestyle=style, label=name)
    ax.axhline(0, color=LINE, linewidth=0.8)
    ax.set(xlabel="Input", ylabel="Product", xlim=(-1, 1), ylim=(-1, 1))
    ax.legend(frameon=False, loc="upper left")
    return fig


def plot_gates(waveform, gates):
    """A note above, below it how far some gates are open, averaged over 10 ms.

    Args:
        waveform: (time,) float.
        gates: {name: (time,) in [0, 1]}, at most three.
    """
    count = 1 + len(gates)
    fig, panels = axes(count, sharex=True, height=1.1 * count)
    pieces = _pieces(waveform)
    time = np.arange(len(pieces)) * STEP / SAMPLE_RATE
    panels[0].fill_between(time, pieces.min(1), pieces.max(1), color=INK, linewidth=0.4)
    panels[0].set(ylabel="Amplitude", xlim=(0, time[-1]))
    panels[0].set_title("waveform", loc="left", size=10)
    for ax, (name, gate) in zip(panels[1:], gates.items(), strict=True):
        level = _pieces(gate).mean(1)
        ax.fill_between(time[: len(level)], level, color=ACCENT, alpha=0.35, linewidth=0)
        ax.plot(time[: len(level)], level, color=ACCENT, linewidth=1)
        ax.set(ylim=(0, 1.05), yticks=[0, 1], ylabel="Gate")
        ax.set_title(name, loc="left", size=10)
    panels[-1].set_xlabel("Time (s)")
    return fig


def plot_gradients(sizes):
    """How strongly training can move each layer, from the first to the last.

    Args:
        sizes: {name: (layers,) sizes of gradients, above 0}, at most three.
    """
    fig, ax = axes(height=2.8)
    for (name, values), color, dash in zip(
        sizes.items(), [INK, SECOND, ACCENT], ["-", "--", ":"], strict=False
    ):
        ax.plot(np.arange(len(values)), values, dash, color=color, linewidth=1.8, label=name)
    ax.set(yscale="log", xlabel="Layer", ylabel="Size of the gradient")
    ax.legend(frameon=False, loc="lower right")
    return fig


def plot_costs(rows):
    """One bar per layer, a panel per row.

    Args:
        rows: {axis label: (layers,) numbers}.
    """
    fig, panels = axes(len(rows), sharex=True, height=1.6 * len(rows) + 0.5)
    for ax, (label, values) in zip(panels, rows.items(), strict=True):
        ax.bar(np.arange(len(values)), values, color=SECOND, width=0.75)
        ax.axhline(0, color=SOFT, linewidth=0.8)
        ax.set(ylabel=label, xlim=(-0.6, len(values) - 0.4))
    panels[-1].set(xlabel="Layer", xticks=range(len(values)))
    return fig


def _pieces(values):
    return np.asarray(values)[: len(values) // STEP * STEP].reshape(-1, STEP)
