"""Rounding, by eye and ear: how many bits, how loud, even or mu-law steps. Notebook: course/01."""

import numpy as np
import traitlets

from nsynth_edu.page import widget
from nsynth_edu.sound import SAMPLE_RATE, as_waveform, decibels, quantize, signal_to_noise
from nsynth_edu.sound.companding import QUANTIZERS as LAWS
from nsynth_edu.sound.pcm import to_int16

from ..described import on_paper
from ..listening import player
from ..plotting import figure
from .base import Explorer
from .figures import plot_error_levels

BITS = (2, 16)
LEVELS = (-60, 0)  # dBFS
SHOWN = 160  # samples of the picture: 10 ms
PLAYED = 32_000  # samples at most: 2 s


class Quantiser(Explorer):
    """Bits, level and law of one sound; the rounded sound and its error, to see and to hear.

    Args:
        waveform: (time,) float; brought to a peak of 1, of which at most 2 s are used.
        name: of the sound.
    """

    _esm = widget("quantiser.js")
    controls = "bits", "level", "law"
    name = traitlets.Unicode().tag(sync=True)
    bits = traitlets.Int(8, min=BITS[0], max=BITS[1]).tag(sync=True)
    level = traitlets.Int(0, min=LEVELS[0], max=LEVELS[1]).tag(sync=True)  # dBFS, of the peak
    law = traitlets.Enum(LAWS, "linear").tag(sync=True)
    sounds = traitlets.Bytes().tag(sync=True)  # 16-bit samples: original, rounded, error

    def __init__(self, waveform, name="tone", **traits):
        samples = as_waveform(waveform)[:PLAYED]
        if not (peak := np.abs(samples).max()):
            raise ValueError("the sound is silent; expected one to round.")
        self._full = samples / peak
        super().__init__(name=name, **traits)

    def waveforms(self, bits=None, level=None, law=None):
        """{"original", "rounded", "error"}: (time,) float32, at the set or the given values."""
        bits = self.bits if bits is None else bits
        level = self.level if level is None else level
        original = self._full * np.float32(10 ** (level / 20))
        rounded = quantize(original, bits, law or self.law)
        return {"original": original, "rounded": rounded, "error": rounded - original}

    def read(self):
        """What the instrument shows: steps used, signal-to-noise ratio and error level in dB."""
        return self._measured(self.waveforms())

    def _measured(self, made):
        rounded = made["rounded"]
        ratio = signal_to_noise(made["original"], rounded)
        return {
            "steps": 2**self.bits,
            "used": len(np.unique(rounded)),
            "ratio": round(ratio, 1) if np.isfinite(ratio) else None,
            "error": round(decibels(made["error"]), 1) if np.isfinite(ratio) else None,
            "sentence": self._sentence(ratio, bool(rounded.any())),
        }

    def _sentence(self, ratio, audible):
        start = f"{self.bits} bits, {self.law}, {self.level} dBFS:"
        if not audible:
            return f"{start} every sample was rounded to 0, the {self.name} is gone."
        if not np.isfinite(ratio):
            return f"{start} nothing was lost."
        return f"{start} the error lies {ratio:.1f} dB below the {self.name}."

    def _compute(self, _=None):
        made = self.waveforms()
        curves = {name: samples[:SHOWN].round(6).tolist() for name, samples in made.items()}
        pcm = to_int16(np.stack(list(made.values())))
        with self.hold_sync():  # picture, numbers and sound change together
            self.answer = self._measured(made) | {"curves": curves}
            self.sounds = pcm.tobytes()

    def about(self):
        return f"An instrument that rounds a {self.name}"

    def twin(self, bits=8, levels=(0, -20, -40)):
        """The same on paper: a table with players, and the curves of both laws.

        Args:
            bits: of all rows.
            levels: dBFS of the sound's peak.
        """
        rows, lines = [], []
        for level in levels:
            for law in LAWS:
                made = self.waveforms(bits, level, law)
                ratio = signal_to_noise(made["original"], made["rounded"])
                players = [
                    player(f"{kind}, {law}, {level} dBFS", made[kind], SAMPLE_RATE)
                    for kind in ("rounded", "error")
                ]
                rows.append([f"{level} dBFS, {law}", f"{ratio:.1f} dB", *players])
                lines.append(f"{level} dBFS, {law}: {ratio:.1f} dB")
        caption = f"The {self.name} rounded to {bits} bits: how far the error lies below it."
        heads = ["level of the peak, law", "signal to noise", "rounded", "error alone"]
        grid = np.arange(LEVELS[0], LEVELS[1] + 1, 2)
        curves = {law: [self._ratio(bits, level, law) for level in grid] for law in LAWS}
        picture = figure(plot_error_levels(grid, curves), alt=self._alt(bits))
        return on_paper(caption, heads, rows, lines, picture)

    def _ratio(self, bits, level, law):
        made = self.waveforms(bits, int(level), law)
        return signal_to_noise(made["original"], made["rounded"])

    def _alt(self, bits):
        ends = {law: [self._ratio(bits, level, law) for level in (0, -20, -40)] for law in LAWS}
        found = "; ".join(
            f"{law} {', '.join(f'{ratio:.0f}' for ratio in ratios)} dB"
            for law, ratios in ends.items()
        )
        return f"Signal to noise at {bits} bits, at 0, -20 and -40 dBFS: {found}."
