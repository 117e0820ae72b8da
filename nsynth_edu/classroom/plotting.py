"""Pictures of sounds: waveform, rainbowgram, encoding; each comes with words that replace it."""

import io

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

from nsynth_edu.page import Markup, attribute, data_uri, escape
from nsynth_edu.sound import SAMPLE_RATE, as_waveform, rainbowgram

from .colors import ACCENT, INK, LINE, PAPER, SECOND, SILENCE, SOFT, dark, phase_colors
from .questions import in_words

WIDTH = 6.0  # inches, of every figure
COLUMNS = 1200  # of a drawn waveform: more than a screen shows
SHORTEST_ALT = 20  # characters; less cannot state a finding
STYLE = {
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=[INK, ACCENT, SECOND]),
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "svg.hashsalt": "nsynth-edu",  # and the same bytes
}
# light to dark, even steps, ending in a blue that is no other colour of the course
VALUES = LinearSegmentedColormap.from_list("values", ["#f4f1e8", "#8db8c4", "#33658f", "#171d4a"])


def figure(fig, *, alt, caption=""):
    """Show a figure in the colours of the theme, with words that replace it.

    Args:
        fig: a matplotlib figure; drawn in this module's ink, it turns light on dark.
        alt: what the picture shows, as a finding: read aloud, shown where there is no picture. Or
            the name of such a sentence, as in "02.window": see `questions.py`.
        caption: printed below.

    Raises:
        ValueError: if `alt` is missing or too short to say anything.
    """
    alt = in_words(alt, "FIGURES")
    if len(alt.strip()) < SHORTEST_ALT:
        raise ValueError(
            f"alt is {alt!r}; expected a sentence that states what the figure shows, such as "
            "'The morph keeps one row of partials, the mix has two.'"
        )
    for words in fig.findobj(Text):
        if words.get_color() == "black":  # a legend, made when `axes` had returned
            words.set_color(INK)
    file = io.StringIO()
    with matplotlib.rc_context(STYLE):
        fig.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    day = file.getvalue()
    images = "".join(
        f'<img class="{theme}"{hidden} alt="{attribute(alt)}" '
        f'src="{data_uri("image/svg+xml", svg.encode())}">'
        for theme, hidden, svg in [("day", "", day), ("night", " hidden", dark(day))]
    )
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    text = "\n".join(filter(None, [f"Figure: {alt}", caption]))
    return Markup(f"<figure>{images}{below}</figure>", text)


def axes(rows=None, columns=1, *, height, width=WIDTH, **layout):
    """An empty figure in the style of the course.

    Args:
        rows, columns: of axes; a single one if `rows` is left out. height, width: inches.
        layout: as for `matplotlib.figure.Figure.subplots`.

    Returns:
        the figure, and its axes: the single one, or an array of all, row by row.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(width, height))
        found = fig.subplots(rows or 1, columns, squeeze=False, **layout)
    return fig, found.ravel() if rows else found.item()


def plot_waveform(sounds, sample_rate=SAMPLE_RATE, *, start=0.0):
    """Pressure over time, one row per sound, all rows at one scale.

    Args:
        sounds: a waveform (time,) or {name: waveform}.
        sample_rate: Hz.
        start: s, the time of the first sample.

    Returns:
        a matplotlib figure for :func:`figure`.

    Examples:
        >>> from nsynth_edu import load_note, plot_waveform
        >>> picture = plot_waveform({"flute": load_note("notes/flute_60")})
        >>> picture.axes[0].get_xlabel(), picture.axes[0].get_ylabel()
        ('Time (s)', 'Amplitude')
    """
    sounds = _named(sounds)
    peak = max(np.abs(waveform).max() for waveform in sounds.values()) or 1
    height = 2.2 if len(sounds) == 1 else 1.15 * len(sounds) + 0.4
    fig, panels = axes(len(sounds), sharex=True, height=height)
    for ax, (name, waveform) in zip(panels, sounds.items(), strict=True):
        _draw_waveform(ax, waveform, sample_rate, start)
        ax.set(title=name, ylim=(-1.05 * peak, 1.05 * peak), ylabel="Amplitude")
    panels[-1].set_xlabel("Time (s)")
    return fig


def plot_rainbowgram(sounds, sample_rate=SAMPLE_RATE):
    """Partials over time: brightness is loudness, hue is how the phase turns from frame to frame.

    A steady partial keeps one hue; a wavering one changes it. Silence is dark.

    Args:
        sounds: a waveform (time,) or {name: waveform}, side by side.
        sample_rate: Hz.

    Returns:
        a matplotlib figure for :func:`figure`.

    Source: Engel et al. 2017, sec. 4 (rainbowgrams); the colours are ours.

    Examples:
        >>> from nsynth_edu import load_note, plot_rainbowgram
        >>> picture = plot_rainbowgram({"flute": load_note("notes/flute_60")})
        >>> picture.axes[0].get_xlabel(), picture.axes[0].get_ylabel()
        ('Time (s)', 'Frequency (Hz)')
    """
    sounds = _named(sounds)
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH + 0.8, 2.6))
        axes = fig.subplots(
            1, len(sounds) + 1, width_ratios=[*[1] * len(sounds), 0.36], squeeze=False
        )[0]
        for ax, (name, waveform) in zip(axes, sounds.items(), strict=False):
            shown = rainbowgram(waveform, sample_rate)
            _draw_rainbowgram(ax, shown)
            _mark_frequencies(ax, shown, labels=ax is axes[0])
            ax.set(title=name, xlabel="Time (s)")
        axes[0].set_ylabel("Frequency (Hz)")
        _draw_wheel(axes[-1])
    return fig


def plot_rainbowgram_grid(sounds, names, sample_rate=SAMPLE_RATE):
    """Thumbnails of all points of a pad or a line, laid out as on the pad.

    Args:
        sounds: (rows, columns, time), rows from top to bottom.
        names: of the corners, NW NE SW SE; or of the two ends.
        sample_rate: Hz.

    Returns:
        a matplotlib figure for :func:`figure`.
    """
    rows, columns = sounds.shape[:2]
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, WIDTH * rows / columns * (0.62 if rows > 1 else 0.9) + 0.35))
        axes = fig.subplots(rows, columns, squeeze=False)
        fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.02)
        for ax, waveform in zip(axes.flat, sounds.reshape(rows * columns, -1), strict=True):
            _draw_rainbowgram(ax, rainbowgram(waveform, sample_rate))
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        axes[0, 0].set_title(names[0])
        axes[0, -1].set_title(names[1], loc="right")
        if rows > 1:
            axes[-1, 0].set_xlabel(names[2], loc="left", size=10)
            axes[-1, -1].set_xlabel(names[3], loc="right", size=10)
    return fig


def plot_encoding(z, waveform=None, *, hop_length=512, sample_rate=SAMPLE_RATE):
    """The numbers a network keeps of a sound, below the sound itself on the same time axis.

    Args:
        z: (frames, channels).
        waveform: (time,), or None.
        hop_length: samples per frame.
        sample_rate: Hz.

    Returns:
        a matplotlib figure for :func:`figure`.
    """
    z = np.asarray(z)
    if z.ndim != 2:
        raise ValueError(f"z has shape {z.shape}; expected (frames, channels), one sound's.")
    seconds = len(z) * hop_length / sample_rate
    if waveform is None:
        fig, ax = axes(height=2.4)
    else:
        fig, (above, ax) = axes(2, sharex=True, height=3.2, height_ratios=[1, 2.4])
        _draw_waveform(above, as_waveform(waveform), sample_rate)
        above.set(ylabel="Amplitude")
    image = ax.imshow(
        z.T, cmap=VALUES, aspect="auto", interpolation="nearest", origin="lower",
        extent=(0, seconds, -0.5, z.shape[1] - 0.5),
    )  # fmt: skip
    ax.set(xlabel="Time (s)", ylabel="Channel of z", yticks=range(0, z.shape[1], 5))
    ax.set_xlim(0, seconds)
    with matplotlib.rc_context(STYLE):
        fig.colorbar(image, ax=ax, label="Value", pad=0.02).outline.set_visible(False)
    return fig


def plot_bench(result):
    """The engines under the roof of the machine: what reading and multiplying allow at most.

    Args:
        result: dict as `generation.bench.run` returns it.

    Returns:
        matplotlib figure, logarithmic axes: operations per byte of weights read, operations/s.
    """
    limits = result["limits"]
    fig, ax = axes(height=4.2)
    intensity = np.geomspace(0.03, 2000, 200)
    best, reading = max(limits["gemm"].values()), sorted(limits["read"].values())
    for name, rate in [("memory", reading[0]), ("cache", reading[-1])]:
        ax.plot(intensity, np.minimum(intensity * rate, best) / 1e9, color=SOFT, linewidth=1)
        ax.annotate(
            f"{name}, {rate / 1e9:.0f} GB/s", (0.035, 0.035 * rate / 1e9), rotation=45, size=7,
            xytext=(-2, 4), textcoords="offset points", rotation_mode="anchor", color=SOFT,
            transform_rotates_text=True,
        )  # fmt: skip
    ax.text(1900, best / 1e9 * 1.08, "matrix product", size=7, ha="right", color=SOFT)
    for preset, color, marker, side in [("pocket", ACCENT, "o", -1), ("nsynth", SECOND, "s", 1)]:
        for row in result["rows"]:
            if row["preset"] != preset:
                continue
            place = row["operations_per_byte"], row["operations_per_second"] / 1e9
            ax.plot(*place, marker, color=color, markersize=5)
            voices = f", {row['voices']} voices" if row["voices"] > 1 else ""
            ax.annotate(
                f"{row['engine']} {row['dtype']}{voices}", place, xytext=(6 * side, -2), size=7,
                textcoords="offset points", ha="left" if side > 0 else "right",
            )  # fmt: skip
        ax.plot([], [], marker, color=color, markersize=5, label=preset)
    ax.set(
        xscale="log", yscale="log", xlim=(0.03, 2000), ylim=(0.1, best / 5e8),
        xlabel="Operations per byte of weights read", ylabel="Billion operations per second",
    )  # fmt: skip
    ax.legend(frameon=False, loc="lower right", title="model")
    return fig


def plot_listening(found):
    """A class's listening test: each listener a dot, the mean with its interval below them.

    Args:
        found: dict as `evaluation.analyse` returns it.

    Returns:
        matplotlib figure, a row for each sound; a line at what guessing gives, where there is one.
    """
    rows, rating = found["rows"], found["mode"] == "rating"
    scale = 1 if rating else 100
    fig, ax = axes(height=0.9 + 0.55 * len(rows))
    for place, row in enumerate(rows):
        values, counts = np.unique(np.round(scale * np.array(row["values"])), return_counts=True)
        ax.scatter(values, np.full(len(values), place - 0.22), s=14 * counts, color=SOFT, alpha=0.6)
        mean = scale * row["mean"]
        if row["low"] is not None:
            ends = [scale * row["low"], scale * row["high"]]
            ax.plot(ends, [place + 0.12] * 2, color=ACCENT, linewidth=2)
        ax.plot(mean, place + 0.12, "o", color=ACCENT, markersize=6)
        ax.annotate(
            f"{mean:.0f}", (mean, place + 0.12), xytext=(0, -13), textcoords="offset points",
            ha="center", size=8,
        )  # fmt: skip
    if not rating:
        ax.axvline(50, color=SECOND, linewidth=1, linestyle="--")
        luck = "guessing" if found["mode"] == "abx" else "no preference"
        ax.annotate(luck, (50, -0.62), xytext=(3, 0), textcoords="offset points", size=8)
    unit = {"abx": "Right answers (%)", "preference": "Chosen (%)", "rating": "Rating (0 to 100)"}
    ax.set(
        xlabel=unit[found["mode"]], xlim=(-3, 103), ylim=(len(rows) - 0.4, -0.75),
        yticks=range(len(rows)), title=f"{found['title']}: {found['listeners']} listeners",
    )  # fmt: skip
    ax.set_yticklabels([row["name"] for row in rows])
    return fig


def _draw_waveform(ax, waveform, sample_rate, start=0.0):
    time = start + np.arange(len(waveform)) / sample_rate
    if len(waveform) <= 2 * COLUMNS:
        ax.plot(time, waveform, color=INK, linewidth=1)
    else:  # the outline of what a screen can show, instead of one line per sample
        step = len(waveform) // COLUMNS
        columns = waveform[: len(waveform) // step * step].reshape(-1, step)
        ax.fill_between(
            time[: columns.size : step], columns.min(1), columns.max(1), color=INK, linewidth=0.4
        )
    ax.set_xlim(time[0], time[-1] + 1 / sample_rate)


def _draw_rainbowgram(ax, shown):
    loudness = np.clip(np.asarray(shown.magnitude), 0, 1)[..., None]
    image = SILENCE + loudness * (phase_colors(shown.hue) - SILENCE)
    octaves = np.log2(shown.frequencies)  # the bins are even in octaves: a plain image fits
    bin_height = octaves[1] - octaves[0]
    frame = shown.times[1] - shown.times[0] if len(shown.times) > 1 else 1
    ax.imshow(
        image, aspect="auto", origin="lower", interpolation="nearest",
        extent=(
            shown.times[0], shown.times[-1] + frame,
            octaves[0] - bin_height / 2, octaves[-1] + bin_height / 2,
        ),
    )  # fmt: skip


def _mark_frequencies(ax, shown, labels):
    lowest, highest = shown.frequencies[0], shown.frequencies[-1]
    ticks = [hertz for hertz in (65, 125, 250, 500, 1000, 2000, 4000) if lowest <= hertz <= highest]
    ax.set_yticks(np.log2(ticks), [f"{hertz:,}" for hertz in ticks] if labels else [])


def _draw_wheel(ax):
    """The legend of the hues: a ring of all of them, no turn on the right as in mathematics."""
    x, y = np.meshgrid(np.linspace(-1, 1, 160), np.linspace(-1, 1, 160))
    radius = np.hypot(x, y)
    ring = np.clip((1 - radius) * 40, 0, 1) * np.clip((radius - 0.55) * 40, 0, 1)
    image = np.dstack([phase_colors(np.arctan2(y, x) / np.pi), ring])
    ax.imshow(image, extent=(-1, 1, -1, 1), origin="lower")
    for place, label in [((1.12, 0), "0"), ((0, 1.3), "¼"), ((-1.12, 0), "½"), ((0, -1.3), "−¼")]:
        side = {1.12: "left", 0: "center", -1.12: "right"}[place[0]]
        ax.text(*place, label, ha=side, va="center", size=8)
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.9), aspect="equal")
    ax.set_title("phase turn\nper frame", loc="center", size=8)
    ax.axis("off")


def _named(sounds):
    named = sounds if isinstance(sounds, dict) else {"": sounds}
    return {name: as_waveform(waveform) for name, waveform in named.items()}
