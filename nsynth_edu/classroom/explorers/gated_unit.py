"""A tone through one gated unit: filter, gate, and what their product adds. Notebook: course/05."""

import numpy as np
import traitlets

from nsynth_edu.page import widget
from nsynth_edu.sound import SAMPLE_RATE, decibels
from nsynth_edu.sound.pcm import to_int16

from ..described import on_paper
from ..listening import player
from ..plotting import figure
from .base import Explorer
from .layer_figures import plot_transfer

HERTZ = 250  # of the tone: whole periods in a second, 64 samples each
PEAK = 0.9
SHOWN = 128  # samples of the picture: two periods
SETTINGS = {  # what the twin shows: filter weight, gate weight, gate bias
    "half open, gentle": (0.5, 0, 0),
    "half open, driven": (6, 0, 0),
    "nearly shut": (0.5, 0, -4),
    "the gate follows": (0.5, 6, 0),
}


class GatedUnit(Explorer):
    """Three numbers of one gated unit, y = tanh(w_f x) · σ(w_g x + b), on a tone of 250 Hz."""

    _esm = widget("gated_unit.js")
    controls = "filter", "follows", "bias"
    filter = traitlets.Float(1, min=0, max=8).tag(sync=True)  # w_f
    follows = traitlets.Float(0, min=-8, max=8).tag(sync=True)  # w_g
    bias = traitlets.Float(0, min=-6, max=6).tag(sync=True)  # b
    sounds = traitlets.Bytes().tag(sync=True)  # 16-bit samples, 1 s each: input, product

    def waveforms(self, filter=None, follows=None, bias=None):
        """{"input", "gate", "product"}: (16000,) float32, at the set or the given values."""
        import torch

        from nsynth_edu.models.wavenet import gate

        weights = (self.filter, self.follows, self.bias)
        given = (filter, follows, bias)
        w_f, w_g, b = (w if g is None else g for w, g in zip(weights, given, strict=True))
        time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
        tone = torch.from_numpy(PEAK * np.sin(2 * np.pi * HERTZ * time).astype(np.float32))
        inputs = torch.stack([w_g * tone + b, w_f * tone])[None]  # the gate's comes first
        made = {"input": tone, "gate": torch.sigmoid(inputs[0, 0]), "product": gate(inputs)[0, 0]}
        return {name: one.numpy() for name, one in made.items()}

    def read(self):
        """What the instrument shows: level against the input, overtones, slope at 0."""
        return measured(self.waveforms(), self.filter, self.bias)

    def _compute(self, _=None):
        made = self.waveforms()
        curves = {name: wave[:SHOWN].round(5).tolist() for name, wave in made.items()}
        with self.hold_sync():  # picture, numbers and sound change together
            self.answer = measured(made, self.filter, self.bias) | {"curves": curves}
            self.sounds = to_int16(np.stack([made["input"], made["product"]])).tobytes()

    def about(self):
        return "A gated unit that a tone passes through"

    def twin(self):
        """The same on paper: four settings with players, and how each bends the tone."""
        rows, lines, bends = [], [], {}
        for name, (w_f, w_g, b) in SETTINGS.items():
            made = self.waveforms(w_f, w_g, b)
            found = measured(made, w_f, b)
            cells = [f"{found['level']:.1f} dB", f"{found['even']:.0%}", f"{found['odd']:.0%}"]
            sound = player(name, made["product"], SAMPLE_RATE)
            rows.append([f"{name}: filter {w_f:g}, gate {w_g:g} x {b:+g}", *cells, sound])
            lines.append(f"{name}: {found['sentence']}")
            quarter = np.argsort(made["input"][:64])
            bends[name] = made["input"][:64][quarter], made["product"][:64][quarter]
        caption = "A tone of 250 Hz through one gated unit, at four settings."
        heads = ["setting", "level against the input", "even overtones", "odd overtones", "product"]
        picture = figure(
            plot_transfer(bends),
            alt="Product against input. Half open and gentle it is a straight line through 0, "
            "driven it is an S, nearly shut it is flat, and where the gate follows only one half "
            "of the wave passes.",
        )
        return on_paper(caption, heads, rows, lines, picture)


def measured(made, filter, bias):
    """Measure what a unit did to the tone.

    Args:
        made: from `GatedUnit.waveforms`. filter, bias: of the unit.

    Returns:
        dict: "level" dB of the product against the input; "even" and "odd", shares of the
        product's energy (without its mean) at overtones; "slope" of the product at input 0;
        "sentence".
    """
    product = made["product"] - made["product"].mean()
    power = np.abs(np.fft.rfft(product)) ** 2
    overtones = power[::HERTZ][1:] / max(power[1:].sum(), 1e-20)
    even, odd = float(overtones[1::2].sum()), float(overtones[2::2].sum())
    level = max(decibels(product) - decibels(made["input"]), -99.0)
    slope = filter / (1 + np.exp(-bias))
    sentence = (
        f"{abs(level):.1f} dB {'softer' if level < 0 else 'louder'} than the tone, with "
        f"{even:.0%} of its energy in even and {odd:.0%} in odd overtones."
    )
    found = {"level": level, "even": even, "odd": odd, "slope": float(slope)}
    return {name: round(value, 4) for name, value in found.items()} | {"sentence": sentence}
