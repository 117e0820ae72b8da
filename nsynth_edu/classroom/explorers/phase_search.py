"""Griffin-Lim, one iteration at a time: how near magnitudes come, and what is heard.

Notebook: course/07.
"""

import itertools

import numpy as np
import traitlets

from nsynth_edu.page import widget
from nsynth_edu.sound import (
    SAMPLE_RATE,
    as_waveform,
    griffin_lim_steps,
    signal_to_noise,
    spectral_convergence,
    stft,
)
from nsynth_edu.sound.pcm import to_int16

from ..described import on_paper
from ..listening import player
from ..plotting import figure
from .base import Explorer
from .spectral_figures import plot_convergence

MOMENTA = {"classic": 0, "momentum": 0.99}
ITERATIONS = 60
PLAYED = 24_000  # samples at most: 1.5 s
SHOWN = slice(8_000, 8_160)  # samples of the picture: 10 ms


class PhaseSearch(Explorer):
    """A method and a number of iterations; the sound so far, and its distance from the picture.

    Args:
        waveform: (time,) float, of which at most 1.5 s are used; at least 0.51 s.
        name: of the sound.

    Raises:
        ValueError: if the sound is too short for the picture.
    """

    _esm = widget("phase_search.js")
    controls = "method", "iterations"
    name = traitlets.Unicode().tag(sync=True)
    method = traitlets.Enum(tuple(MOMENTA), "classic").tag(sync=True)
    iterations = traitlets.Int(1, min=1, max=ITERATIONS).tag(sync=True)
    curve = traitlets.List(traitlets.Float()).tag(sync=True)  # convergence, of all iterations
    sounds = traitlets.Bytes().tag(sync=True)  # 16-bit samples: original, found

    def __init__(self, waveform, name="note", **traits):
        self._original = as_waveform(waveform)[:PLAYED]
        if len(self._original) < SHOWN.stop:
            raise ValueError(
                f"the sound has {len(self._original):,} samples; expected {SHOWN.stop:,} or more."
            )
        magnitude = np.abs(stft(self._original))
        self._found, self._distances = {}, {}
        for method, momentum in MOMENTA.items():  # beforehand: a hand does not wait for 60 of them
            steps = griffin_lim_steps(magnitude, momentum=momentum, length=len(self._original))
            self._found[method] = list(itertools.islice(steps, ITERATIONS))
            self._distances[method] = [
                spectral_convergence(sound, magnitude) for sound in self._found[method]
            ]
        super().__init__(name=name, **traits)

    def waveform(self, method=None, iterations=None):
        """The sound so far, float32 (time,), at the set or the given values."""
        return self._found[method or self.method][(iterations or self.iterations) - 1]

    def read(self):
        """What the instrument shows: "missed", share of the magnitudes; "ratio", dB; "sentence"."""
        return self._measured(self.method, self.iterations)

    def _measured(self, method, iterations):
        missed = self._distances[method][iterations - 1]
        ratio = signal_to_noise(self._original, self.waveform(method, iterations))
        many = "iteration" if iterations == 1 else "iterations"
        return {
            "missed": round(missed, 4),
            "ratio": round(ratio, 1),
            "sentence": f"{method}, {iterations} {many}: magnitudes {missed:.1%} off; sample by "
            f"sample the {self.name} lies {abs(ratio):.1f} dB {'above' if ratio > 0 else 'below'} "
            "the error.",
        }

    def _compute(self, _=None):
        found = self.waveform()
        rows = {"original": self._original, "found": found}
        curves = {name: wave[SHOWN].round(5).tolist() for name, wave in rows.items()}
        with self.hold_sync():  # picture, numbers and sound change together
            self.answer = self.read() | {"curves": curves}
            self.curve = [round(value, 5) for value in self._distances[self.method]]
            self.sounds = to_int16(np.stack(list(rows.values()))).tobytes()

    def about(self):
        return f"An instrument that looks for the phases of a {self.name}"

    def twin(self, alt, iterations=(1, 10, ITERATIONS)):
        """The same on paper: a table with players, and the curves of both methods.

        Args:
            alt: what the curves show, as a finding.
            iterations: of the rows.
        """
        rows, lines = [], []
        for method in MOMENTA:
            for done in iterations:
                found = self._measured(method, done)
                sound = player(f"{method}, {done}", self.waveform(method, done), SAMPLE_RATE)
                cells = [f"{found['missed']:.1%}", f"{found['ratio']:.1f} dB", sound]
                rows.append([f"{method}, {done}", *cells])
                lines.append(found["sentence"])
        caption = f"The {self.name} from its magnitudes and random phases."
        heads = ["method, iterations", "magnitudes off", "note over error", "sound"]
        picture = figure(plot_convergence(self._distances), alt=alt)
        return on_paper(caption, heads, rows, lines, picture)
