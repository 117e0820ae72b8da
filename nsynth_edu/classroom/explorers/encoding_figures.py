"""Pictures of encodings: channels of z, what each moves, what a pad mixes.

Notebooks: course/06 and course/10.
"""

import numpy as np

from nsynth_edu.play import mixture_weights
from nsynth_edu.play.song import STEP
from nsynth_edu.sound import SAMPLE_RATE, envelope

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import WIDTH, axes

LOOKS = list(zip([INK, ACCENT, SECOND, SOFT], ["-", "--", "-.", ":"], "osD^", strict=True))
QUIETEST = -36  # dB


def plot_channels(encodings):
    """Mean over time of each channel of z, and how far it strays: one standard deviation.

    Args:
        encodings: {name: z (frames, 16)}, at most four.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, ax = axes(height=2.4)
    ax.axhline(0, color=LINE, linewidth=0.8)
    apart = 0.22
    for i, (name, z) in enumerate(encodings.items()):
        color, _, marker = LOOKS[i]
        at = np.arange(np.shape(z)[1]) + apart * (i - (len(encodings) - 1) / 2)
        ax.errorbar(at, np.mean(z, 0), np.std(z, 0), fmt=marker, color=color, markersize=4,
                    linewidth=1, label=name)  # fmt: skip
    ax.set(xlabel="Channel of z", ylabel="Mean ± deviation", xticks=range(0, 16))
    ax.legend(frameon=False, ncols=len(encodings), loc="lower left", bbox_to_anchor=(0, 1))
    return fig


def plot_envelopes(sounds):
    """Loudness over time in dB, each sound against its own loudest frame.

    Args:
        sounds: {name: waveform (time,)}, at most four.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, ax = axes(height=2.4)
    for (name, waveform), (color, dash, _) in zip(sounds.items(), LOOKS, strict=False):
        loudness = envelope(waveform)
        decibels = 20 * np.log10(np.maximum(loudness / loudness.max(), 1e-6))
        time = (np.arange(len(decibels)) + 0.5) * 512 / SAMPLE_RATE
        ax.plot(time, decibels, dash, color=color, linewidth=1.5, label=name)
    ax.set(xlabel="Time (s)", ylabel="Level (dB)", ylim=(QUIETEST, 2))
    ax.grid(True, axis="y", color=LINE, linewidth=0.5)
    ax.legend(frameon=False, ncols=len(sounds), loc="lower left", bbox_to_anchor=(0, 1))
    return fig


def plot_knobs(effects):
    """What turning each channel of z up does to brightness and to level, one panel per note.

    Args:
        effects: {name: (16, 2)}: octaves of brightness and dB of level, up against down.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, panels = axes(1, len(effects), sharex=True, sharey=True, height=2.9)
    for ax, (name, effect) in zip(panels, effects.items(), strict=True):
        ax.axhline(0, color=LINE, linewidth=0.8)
        ax.axvline(0, color=LINE, linewidth=0.8)
        for channel, (octaves, decibels) in enumerate(np.asarray(effect)):
            ax.text(octaves, decibels, channel, ha="center", va="center", color=ACCENT, size=9)
        ax.set_title(name, loc="left", size=10)
        ax.set_xlabel("Brighter (octaves)")
    both = np.concatenate([np.asarray(effect) for effect in effects.values()])
    across, up = 1.2 * np.abs(both).max(axis=0)
    panels[0].set(xlim=(-across, across), ylim=(-up, up), ylabel="Louder (dB)")
    return fig


def plot_mixtures(rules, resolution=9):
    """Each point where its mixture lies: the further right, the more of the two eastern corners.

    Args:
        rules: {title: function of x, y as `play.bilinear_weights`}.
        resolution: points per side.

    Returns:
        matplotlib figure, one panel per rule; points that fall on one another are ringed.
    """
    fig, panels = axes(1, len(rules), sharex=True, sharey=True, height=0.55 * WIDTH)
    for ax, (title, rule) in zip(panels, rules.items(), strict=True):
        mixed = mixture_weights(rule, resolution)
        east, south = mixed[..., [1, 3]].sum(-1), mixed[..., [2, 3]].sum(-1)
        ax.plot(east, south, color=LINE, linewidth=0.8, zorder=1)
        ax.plot(east.T, south.T, color=LINE, linewidth=0.8, zorder=1)
        ax.plot(east.ravel(), south.ravel(), "o", color=SECOND, markersize=3.5, zorder=2)
        kinds, counts = np.unique(mixed.reshape(-1, 4).round(6), axis=0, return_counts=True)
        for kind in kinds[counts > 1]:
            place = kind[1] + kind[3], kind[2] + kind[3]
            ax.plot(*place, "o", color=ACCENT, markersize=9, fillstyle="none", zorder=3)
        ax.set(title=f"{title}: {len(kinds)} different", aspect="equal", xlabel="Share of the east")
    panels[0].set_ylabel("Share of the south")
    panels[0].invert_yaxis()
    return fig


def plot_paths(paths, song, corners):
    """Ways over a pad during a song, with the places at which its notes begin.

    Args:
        paths: {name: places (steps, 2), see `play.song_path`}, at most four.
        song: `sound.midi.Song`.
        corners: names NW NE SW SE.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, panels = axes(1, len(paths), height=0.55 * WIDTH, sharex=True, sharey=True)
    begins = [round(key.start * SAMPLE_RATE / STEP) for key in song.keys]
    for ax, (name, path) in zip(panels, paths.items(), strict=True):
        ax.plot(*path.T, color=SECOND, linewidth=1.5)
        ax.plot(*path[begins].T, "o", color=ACCENT, markersize=5)
        for number, place in enumerate(path[begins], 1):
            ax.annotate(number, place, (5, 5), textcoords="offset points", size=9, color=INK)
        for corner, x, y in zip(corners, (0, 1, 0, 1), (0, 0, 1, 1), strict=True):
            ax.text(x, 1.3 * y - 0.15, corner, ha="center", va="center", size=9)
        ax.set(title=name, xlabel="x", aspect="equal", xlim=(-0.3, 1.3), ylim=(1.25, -0.25))
        ax.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    panels[0].set_ylabel("y")
    return fig
