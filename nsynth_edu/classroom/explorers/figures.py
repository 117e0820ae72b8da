"""Pictures of samples, rounding, spectra and phase; notebooks: course/01 and course/02."""

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from nsynth_edu.sound import SAMPLE_RATE, as_waveform, stft

from ..colors import ACCENT, INK, SECOND, SILENCE, SOFT
from ..plotting import STYLE, WIDTH, _draw_wheel, axes

LOUDNESS = LinearSegmentedColormap.from_list("loudness", [SILENCE, (1, 1, 1)])
FLOOR = 70  # dB from white to dark


def plot_samples(samples, sample_rate, curves=None):
    """Samples as dots over time, with the waves that may have gone through them.

    Args:
        samples: (time,) float.
        sample_rate: Hz.
        curves: {name: frequency in Hz} of sines drawn through them; phase 0 at time 0.
            A negative frequency is a sine turned upside down.

    Returns:
        a matplotlib figure for `figure`.
    """
    samples = as_waveform(samples)
    fig, ax = axes(height=2.2)
    fine = np.linspace(0, (len(samples) - 1) / sample_rate, 2000)
    styles = zip([SECOND, ACCENT], ["-", "--"], strict=True)
    for (name, hertz), (color, dash) in zip((curves or {}).items(), styles, strict=False):
        wave = np.sin(2 * np.pi * hertz * fine)
        ax.plot(1000 * fine, wave, dash, color=color, label=name, linewidth=1.2)
    milliseconds = 1000 * np.arange(len(samples)) / sample_rate
    ax.vlines(milliseconds, 0, samples, color=SOFT, linewidth=0.8)
    ax.plot(milliseconds, samples, "o", color=INK, markersize=4, label="samples")
    ax.set(xlabel="Time (ms)", ylabel="Amplitude")
    if curves:
        fig.legend(*ax.get_legend_handles_labels(), loc="outside upper right", ncols=3,
                   frameon=False)  # fmt: skip
    return fig


def plot_rounding(original, rounded, sample_rate=SAMPLE_RATE):
    """A sound and its rounded copy above, the error alone below, all at one scale.

    Args:
        original, rounded: (time,) float, some hundred samples.
        sample_rate: Hz.
    """
    fig, (above, below) = axes(2, sharex=True, sharey=True, height=3.2)
    milliseconds = 1000 * np.arange(len(original)) / sample_rate
    above.plot(milliseconds, original, color=SOFT, linewidth=1)
    above.step(milliseconds, rounded, where="mid", color=ACCENT, linewidth=1.2)
    above.set_title("the sound (grey), rounded (steps)", size=9, loc="left")
    above.set_ylabel("Amplitude")
    error = np.asarray(rounded) - original
    below.step(milliseconds, error, where="mid", color=SECOND, linewidth=1.2)
    below.set_title("the error alone", size=9, loc="left")
    below.set(xlabel="Time (ms)", ylabel="Amplitude")
    return fig


def plot_error_levels(levels, ratios):
    """How far the error lies below the sound, for sounds from loud to quiet.

    Args:
        levels: dBFS of the sound's peak.
        ratios: {law: signal-to-noise ratio in dB at each level}.
    """
    fig, ax = axes(height=2.4)
    styles = zip([ACCENT, SECOND], ["o-", "s--"], strict=True)
    for (law, values), (color, style) in zip(ratios.items(), styles, strict=False):
        ax.plot(levels, values, style, color=color, linewidth=1.5, markersize=3, markevery=5)
        near = int(np.argmin(np.abs(np.asarray(levels) + 8)))
        ax.annotate(law, (levels[near], values[near]), xytext=(0, 9 if law == "linear" else -16),
                    textcoords="offset points", color=color, ha="right")  # fmt: skip
    ax.set(xlabel="Level of the sound (dBFS)", ylabel="Signal to noise (dB)")
    ax.grid(True, linewidth=0.5)
    return fig


def plot_spectrograms(sounds, n_fft=1024, hop_length=256, sample_rate=SAMPLE_RATE, highest=None):
    """Short-time Fourier transforms side by side: brightness is loudness, 70 dB deep.

    Args:
        sounds: {name: waveform (time,)}.
        n_fft: samples of the window, or {name: samples}.
        hop_length: samples from window to window.
        sample_rate: Hz.
        highest: Hz, the top of the picture; None shows all.
    """
    fig, panels = axes(1, len(sounds), sharey=True, height=2.4)
    for ax, (name, waveform) in zip(panels, sounds.items(), strict=True):
        size = n_fft[name] if isinstance(n_fft, dict) else n_fft
        level = 20 * np.log10(np.maximum(np.abs(stft(waveform, size, hop_length)), 1e-6))
        ax.imshow(
            level, cmap=LOUDNESS, vmin=level.max() - FLOOR, vmax=level.max(), aspect="auto",
            origin="lower", extent=(0, len(waveform) / sample_rate, 0, sample_rate / 2),
        )  # fmt: skip
        ax.set_title(name, size=9, loc="left")
        ax.set(xlabel="Time (s)", ylim=(0, highest or sample_rate / 2))
    panels[0].set_ylabel("Frequency (Hz)")
    return fig


def plot_turns(phases, hop_length=256, sample_rate=SAMPLE_RATE):
    """The phase of some bins over time, in turns: a straight line is a steady partial.

    Args:
        phases: {name: (frames,) angle in radians}.
        hop_length: samples per frame.
        sample_rate: Hz.
    """
    fig, ax = axes(height=2.2)
    styles = zip([INK, ACCENT, SECOND], ["o-", "s--", "^:"], strict=True)
    for (name, phase), (color, style) in zip(phases.items(), styles, strict=False):
        seconds = np.arange(len(phase)) * hop_length / sample_rate
        turns = np.unwrap(phase - phase[0]) / (2 * np.pi)
        ax.plot(seconds, turns, style, color=color, linewidth=1.2, markersize=3, markevery=4,
                label=name)  # fmt: skip
    ax.set(xlabel="Time (s)", ylabel="Phase (turns)")
    ax.legend(frameon=False)
    return fig


def plot_layers(pictures, shown):
    """One row per sound, one column per layer.

    Args:
        pictures: {sound: {layer: (bins, frames, 3) sRGB in [0, 1]}}.
        shown: a :class:`Rainbowgram` of one of them, for the axes.
    """
    layers = list(next(iter(pictures.values())))
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH + 0.8, 1.5 * len(pictures) + 0.5))
        hues = len(layers) > 1  # then the wheel says which hue is which turn
        grid = fig.add_gridspec(
            len(pictures), len(layers) + hues, width_ratios=[*[1] * len(layers), *[0.7] * hues]
        )
        panels = (
            grid[:, : len(layers)]
            .subgridspec(len(pictures), len(layers))
            .subplots(sharex=True, sharey=True, squeeze=False)
        )
        if hues:
            _draw_wheel(fig.add_subplot(grid[0, -1]))
    octaves = np.log2(shown.frequencies)
    extent = (0, shown.times[-1], octaves[0], octaves[-1])
    ticks = [125, 500, 2000]
    for row, (name, images) in zip(panels, pictures.items(), strict=True):
        for ax, image in zip(row, images.values(), strict=True):
            ax.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="nearest")
        row[0].set_yticks(np.log2(ticks), [f"{hertz:,}" for hertz in ticks])
        row[0].set_ylabel(f"{name}\n(Hz)")
    for ax, layer in zip(panels[0], layers, strict=True):
        ax.set_title(layer, size=9)
    for ax in panels[-1]:
        ax.set_xlabel("Time (s)")
    return fig
