"""Pictures of lesson 06: channels of z, loudness over time, what each channel moves."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from nsynth_edu.sound import SAMPLE_RATE, envelope

from ..colors import ACCENT, INK, LINE, SECOND, SOFT
from ..plotting import STYLE, WIDTH

LOOKS = list(zip([INK, ACCENT, SECOND, SOFT], ["-", "--", "-.", ":"], "osD^", strict=True))
QUIETEST = -36  # dB


def plot_channels(encodings):
    """Mean over time of each channel of z, and how far it strays: one standard deviation.

    Args:
        encodings: {name: z (frames, 16)}, at most four.

    Returns:
        a matplotlib figure for :func:`figure`.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 2.4))
        ax = fig.subplots()
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
        a matplotlib figure for :func:`figure`.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 2.4))
        ax = fig.subplots()
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
        a matplotlib figure for :func:`figure`.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 2.9))
        axes = fig.subplots(1, len(effects), sharex=True, sharey=True, squeeze=False)[0]
        for ax, (name, effect) in zip(axes, effects.items(), strict=True):
            ax.axhline(0, color=LINE, linewidth=0.8)
            ax.axvline(0, color=LINE, linewidth=0.8)
            for channel, (octaves, decibels) in enumerate(np.asarray(effect)):
                ax.text(octaves, decibels, channel, ha="center", va="center", color=ACCENT)
            ax.set(title=name, xlabel="Brighter (octaves)")
    both = np.concatenate([np.asarray(effect) for effect in effects.values()])
    across, up = 1.2 * np.abs(both).max(axis=0)
    axes[0].set(xlim=(-across, across), ylim=(-up, up), ylabel="Louder (dB)")
    return fig
