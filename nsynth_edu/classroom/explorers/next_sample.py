"""What a network believes about the next sample: 256 chances at any moment of a note.

Notebook: course/03.
"""

import numpy as np
import torch
import traitlets

from nsynth_edu.sound import SAMPLE_RATE, as_waveform, mu_law_encode

from ..markup import Markup, escape, static_text
from ..plotting import figure
from .base import Explorer
from .network_figures import plot_guesses

SHOWN = 64  # samples of the past in the picture: 4 ms
STEPS = 160  # samples in one step of the moment: 10 ms
LONGEST = 64_000  # samples of the note: 4 s
WARMEST = 2.0


def true_past_logits(model, waveform, pitch=None):
    """What the decoder says about every sample of a note, each time with the true past.

    Args:
        model: WaveNetAutoencoder.
        waveform: (time,) float in [-1, 1]; a rest of less than 512 samples is left out.
        pitch: MIDI number for pitch-conditioned models.

    Returns:
        (256, time) float32 array: column t holds the logits of sample t's class.
    """
    with torch.inference_mode():
        logits = model.guess(torch.from_numpy(as_waveform(waveform))[None], pitch=pitch)
    return logits[0].float().numpy()


def distribution(logits, temperature=1.0):
    """Logits to probabilities (softmax), sharpened or flattened.

    Args:
        logits: (classes, ...) float.
        temperature: 1 believes the network; below 1 prefers the likely, above 1 flattens; 0 is
            sure of the likeliest.

    Returns:
        float64, same shape; sums to 1 over the classes.

    Raises:
        ValueError: for a temperature below 0.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if not temperature >= 0:  # NaN, too
        raise ValueError(f"temperature is {temperature}; expected 0 or more (1 = as trained).")
    if temperature == 0:
        return (np.arange(len(logits)) == logits.argmax(0)[..., None]).astype(float).T
    shifted = np.exp((logits - logits.max(0)) / temperature)  # the largest is 1: no overflow
    return shifted / shifted.sum(0)


def surprise(probability):
    """How unexpected something is that had this chance: its negative logarithm to base 2.

    Args:
        probability: float in [0, 1], any shape.

    Returns:
        bits, same shape: 1 for a chance of a half, infinite for what could not happen.
    """
    with np.errstate(divide="ignore"):
        return 0.0 - np.log2(np.asarray(probability, dtype=np.float64))  # 0, not -0


def entropy(probabilities):
    """The surprise to be expected by one who guesses so and is right to: how wide a guess is.

    Args:
        probabilities: (classes, ...) float, sums to 1.

    Returns:
        bits: 0 where all is certain, 8 where 256 classes are equally likely.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return np.sum(np.where(p > 0, p * surprise(np.where(p > 0, p, 1)), 0), axis=0)


class NextSample(Explorer):
    """256 chances for the next sample of a real note, beside the sample that came.

    Args:
        model: WaveNetAutoencoder; it reads the note once, which takes some seconds.
        waveform: (time,) float, of which at most 4 s are used.
        pitch: MIDI number.
        name: of the sound.
    """

    _esm = static_text("explorer.js") + static_text("next_sample.js")
    _css = static_text("explorer.css") + static_text("network.css")
    name = traitlets.Unicode().tag(sync=True)
    last = traitlets.Int().tag(sync=True)  # the last step of the moment
    moment = traitlets.Int(50, min=0).tag(sync=True)  # steps of 10 ms
    sample = traitlets.Int(0, min=0, max=STEPS - 1).tag(sync=True)  # samples beyond the moment
    temperature = traitlets.Float(1.0, min=0, max=WARMEST).tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # see `read`

    def __init__(self, model, waveform, pitch=None, name="note", **traits):
        waveform = as_waveform(waveform)[:LONGEST]
        self.logits = true_past_logits(model, waveform, pitch)  # (256, time)
        self.classes = mu_law_encode(waveform)[: self.logits.shape[1]]
        last = len(self.classes) // STEPS - 1
        super().__init__(name=name, last=last, **{"moment": min(50, last)} | traits)
        self.observe(self._compute, ["moment", "sample", "temperature"])
        self._compute()

    @property
    def position(self):
        """The sample that is guessed, counted from the start of the note."""
        return min(self.moment, self.last) * STEPS + self.sample

    def read(self, position=None, temperature=None):
        """What the instrument shows at one sample.

        Returns:
            dict: position (sample), time (s), true and likeliest class, the chances of both,
            surprise and entropy (bits; None = infinite), and all of it in a sentence.
        """
        position = self.position if position is None else position
        temperature = self.temperature if temperature is None else temperature
        chances = distribution(self.logits[:, position], temperature)
        true, likeliest = int(self.classes[position]), int(chances.argmax())
        bits = float(surprise(chances[true]))
        found = {
            "position": position,
            "time": position / SAMPLE_RATE,
            "true": true,
            "chance": float(chances[true]),
            "likeliest": likeliest,
            "highest": float(chances[likeliest]),
            "surprise": bits if np.isfinite(bits) else None,
            "entropy": float(entropy(chances)),
        }
        return found | {"said": self._said(found, temperature)}

    def _said(self, found, temperature):
        start = f"Sample {found['position']:,} at temperature {temperature:.1f}:"
        if found["surprise"] is None:
            return f"{start} class {found['true']} came and had no chance at all."
        return (
            f"{start} class {found['true']} came; its chance was {found['chance']:.1%}, a "
            f"surprise of {found['surprise']:.1f} bits."
        )

    def _compute(self, _=None):
        position = self.position
        chances = distribution(self.logits[:, position], self.temperature)
        past = self.classes[max(0, position - SHOWN) : position]
        before = [128] * (SHOWN - len(past))  # silence before the note
        self.answer = self.read() | {
            "past": before + past.tolist(),
            "chances": chances.round(6).tolist(),
        }

    def summary(self):
        return f"An instrument that shows what the network expects of the next sample of a \
{self.name}; it needs a browser with widgets and a running kernel. {self.read()['said']} The \
table below has more."

    def twin(self, seconds=(0.02, 0.5, 1.5), temperatures=(0.5, 1.0, 2.0)):
        """The same on paper: a table of moments and temperatures, and a picture of the moments.

        Args:
            seconds: the moments. temperatures: one row of the table for each, at each moment.
        """
        places = [min(round(at * SAMPLE_RATE), len(self.classes) - 1) for at in seconds]
        rows, lines = "", []
        for place in places:
            for temperature in temperatures:
                found = self.read(place, temperature)
                rows += _row(found, temperature)
                lines.append(found["said"])
        caption = f"What the network expected of some samples of the {self.name}, and what came."
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>'
            for head in ("sample, time", "temperature", "class that came", "its chance",
                         "surprise", "likeliest class", "width of the guess")
        )  # fmt: skip
        table = (
            f'<table class="twin"><caption>{escape(caption)}</caption><thead><tr>{heads}</tr>'
            f"</thead><tbody>{rows}</tbody></table>"
        )
        guesses = {
            f"{place / SAMPLE_RATE:.2f} s": (distribution(self.logits[:, place]), found["true"])
            for place in places
            if (found := self.read(place, 1.0))
        }
        picture = figure(plot_guesses(guesses), alt=self._alt(places))
        return Markup(table + picture.body, "\n".join([caption, *lines, picture.text]))

    def _alt(self, places):
        told = (self.read(place, 1.0) for place in places)
        return "; ".join(
            f"at {found['time']:.2f} s the guess is {found['entropy']:.1f} bits wide and gives "
            f"the class that came {found['chance']:.1%}"
            for found in told
        ).capitalize()


def _row(found, temperature):
    bits = "infinite" if found["surprise"] is None else f"{found['surprise']:.1f} bits"
    cells = (
        f"{temperature:.1f}", f"{found['true']}", f"{found['chance']:.1%}", bits,
        f"{found['likeliest']}, {found['highest']:.1%}", f"{found['entropy']:.1f} bits",
    )  # fmt: skip
    place = f"{found['position']:,}, {found['time']:.3f} s"
    return f'<tr><th scope="row">{place}</th>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"
