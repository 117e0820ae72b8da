"""Pictures of what a sample costs, of rates, and of gaps.

Notebook: course/09.
"""

import numpy as np
from matplotlib.ticker import MaxNLocator

from nsynth_edu.sound import SAMPLE_RATE

from ..colors import ACCENT, INK, LINE, PAPER, SECOND, SOFT
from ..plotting import axes

LOOKS = {  # of the letters of `Work.grid`
    "n": {"color": ACCENT, "marker": "o", "markersize": 5},
    "k": {"color": SECOND, "marker": "s", "markersize": 4.5, "fillstyle": "none"},
    "p": {"color": SOFT, "marker": ".", "markersize": 2},
    ".": {"color": LINE, "marker": ".", "markersize": 2},
}
DASHES = {"whole window": "-", "tree": "--", "queues": ":"}
COLORS = {"whole window": INK, "tree": SECOND, "queues": ACCENT}


def plot_stack(work, step, views, shown=20):
    """A small stack at one sample, a panel per view: what is worked out, kept, forgotten.

    Args:
        work: Work of a small stack. step: the sample. views: of `WAYS`, see `Work.grid`.
        shown: moments drawn, up to one after the newest.
    """
    fig, panels = axes(len(views), sharex=True, height=0.3 + 1.35 * len(views))
    first = max(0, step + 2 - shown)
    for ax, view in zip(panels, views, strict=True):
        grid = work.grid(step, view)
        for row, stage in enumerate(work.stages, 1):
            for moment in (m for m, letter in enumerate(grid[row]) if letter == "n"):
                for before in range(moment, moment - stage.reach - 1, -stage.dilation):
                    if before >= 0 and grid[row - 1][before] in "nk":
                        ends = [before, moment], [row - 1, row]
                        ax.plot(*ends, color=SOFT, linewidth=0.5, zorder=1)
        for row, letters in enumerate(grid):
            for moment, letter in enumerate(letters[: first + shown]):
                ax.plot(moment, row, linestyle="none", zorder=2, **LOOKS[letter])
        count = work.multiplications(step, view)
        names = ["input", *(stage.name for stage in work.stages)]
        ax.set(title=f"{view}: {count} multiplications", ylim=(-0.5, len(grid) - 0.5),
               xlim=(first - 0.6, first + shown - 0.4), yticks=range(len(grid)),
               yticklabels=names)  # fmt: skip
        ax.tick_params(axis="y", labelsize=7)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].set_xlabel("Sample")
    return fig


def plot_work(works):
    """Multiplications per sample as a sound goes on, one panel per model.

    Args:
        works: {name: Work}.
    """
    fig, panels = axes(1, len(works), height=2.6)
    for ax, (name, work) in zip(panels, works.items(), strict=True):
        for view, dash in DASHES.items():
            ax.plot(1 + np.arange(work.steps), work.curve(view), dash, color=COLORS[view],
                    linewidth=1.5, label=view)  # fmt: skip
        ax.set(title=name, xscale="log", yscale="log", xlabel="Samples made")
    panels[0].set_ylabel("Multiplications\nfor the next sample")
    panels[0].legend(frameon=False, fontsize=7)
    return fig


def plot_rates(rates, mark=SAMPLE_RATE):
    """Samples per second on a logarithmic axis, real time as a line.

    Args:
        rates: {name: samples per second}, drawn from top to bottom.
    """
    fig, ax = axes(height=0.8 + 0.32 * len(rates))
    for place, rate in enumerate(rates.values()):
        ax.plot([1, rate], [place, place], color=SECOND, linewidth=7, solid_capstyle="butt")
        ax.annotate(f"{rate:,.0f}", (rate, place), xytext=(4, 0), textcoords="offset points",
                    va="center", size=8)  # fmt: skip
    ax.axvline(mark, color=ACCENT, linewidth=1, linestyle="--")
    ax.annotate("real time", (mark, -0.62), xytext=(3, 0), textcoords="offset points",
                color=ACCENT, size=8)  # fmt: skip
    highest = 8 * max(mark, *rates.values())
    ax.set(xscale="log", xlim=(1, highest), xlabel="Samples per second",
           ylim=(-1, len(rates) - 0.4), yticks=range(len(rates)),
           yticklabels=list(rates))  # fmt: skip
    ax.invert_yaxis()
    return fig


def plot_shares(parts, unit="µs"):
    """Where the time of one thing goes: its parts as pieces of one bar.

    Args:
        parts: {name: duration}, in the order in which they are drawn.
    """
    fig, ax = axes(height=1.3)
    start, hatches = 0.0, ["", "//", "..", "xx"]
    for n, (name, length) in enumerate(parts.items()):
        color = [ACCENT, SECOND, SOFT, INK][n % 4]
        ax.barh(0, length, left=start, height=0.5, color=color, hatch=hatches[n % 4],
                edgecolor="white", label=f"{name}: {length:,.0f} {unit}")  # fmt: skip
        start += length
    ax.set(yticks=[], xlabel=f"Time ({unit})", xlim=(0, 1.01 * start), ylim=(-0.35, 1.5))
    ax.legend(frameon=False, fontsize=8, loc="upper left", ncols=2)
    return fig


def plot_voices(durations):
    """How long a step for many voices takes, and what it would take one after another.

    Args:
        durations: {voices: seconds of one step}, the first for one voice.
    """
    voices, taken = np.array(list(durations)), 1e3 * np.array(list(durations.values()))
    fig, ax = axes(height=2.4)
    ax.plot(voices, taken[0] * voices / voices[0], "--", color=SOFT, linewidth=1)
    ax.plot(voices, taken, "o-", color=ACCENT, markersize=4)
    end = (voices[-1], taken[0] * voices[-1] / voices[0])
    ax.annotate("one after another", end, xytext=(-4, 2), textcoords="offset points", ha="right",
                size=8, color=SOFT)  # fmt: skip
    ax.annotate("side by side", (voices[-1], taken[-1]), xytext=(-4, -26), ha="right", size=8,
                textcoords="offset points", color=ACCENT)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="Voices", ylabel="Time of one step (ms)",
           xticks=voices, xticklabels=[str(v) for v in voices])  # fmt: skip
    ax.minorticks_off()
    return fig


def plot_pushes(durations, frame, stores):
    """How long each frame took to make, and how often each store would have run dry.

    Args:
        durations: (frames,) s. frame: s of sound in each.
        stores: {s in store: gaps}.
    """
    fig, (left, right) = axes(1, 2, width_ratios=[1.5, 1], height=2.3)
    left.plot(1e3 * np.asarray(durations), ".", color=INK, markersize=4)
    left.axhline(1e3 * frame, color=ACCENT, linewidth=1, linestyle="--")
    left.annotate(f"lasts {1e3 * frame:.0f} ms", (0, 1e3 * frame), xytext=(2, 5), color=ACCENT,
                  textcoords="offset points", size=8,
                  bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1})  # fmt: skip
    top = 1.15e3 * max(frame, np.max(durations))
    left.set(xlabel="Frame", ylabel="Time to make it (ms)", ylim=(0, top))
    names = [f"{1e3 * store:.0f}" for store in stores]
    right.bar(names, list(stores.values()), color=SECOND)
    for place, count in enumerate(stores.values()):
        right.annotate(str(count), (place, count), xytext=(0, 2), ha="center", size=8,
                       textcoords="offset points")  # fmt: skip
    right.set(xlabel="In store (ms)", ylabel="Gaps", ylim=(0, 1.15 * max(1, *stores.values())))
    return fig
