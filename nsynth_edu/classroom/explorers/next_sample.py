"""What a network believes about the next sample: 256 probabilities at any moment of a note.

Notebook: course/03.
"""

import numpy as np
import torch
import traitlets

from nsynth_edu.models import distribution, entropy, surprise, teacher_forced_logits
from nsynth_edu.page import static_text, widget
from nsynth_edu.sound import SAMPLE_RATE, as_waveform

from ..described import on_paper
from ..plotting import figure
from .base import Explorer
from .network_figures import plot_guesses

SHOWN = 64  # samples of the past in the picture: 4 ms
STEPS = 160  # samples in one step of the moment: 10 ms
LONGEST = 64_000  # samples of the note: 4 s
WARMEST = 2.0


class NextSample(Explorer):
    """256 probabilities for the next sample of a real note, and the sample that came.

    Args:
        model: WaveNetAutoencoder; it reads the note once, which takes some seconds.
        waveform: (time,) float, of which at most 4 s are used.
        pitch: MIDI number.
        name: of the sound.
    """

    _esm = widget("next_sample.js")
    controls = "moment", "sample", "temperature"
    _css = static_text("theme.css", "explorer.css", "network.css")
    name = traitlets.Unicode().tag(sync=True)
    last = traitlets.Int().tag(sync=True)  # the last step of the moment
    moment = traitlets.Int(50, min=0).tag(sync=True)  # steps of 10 ms
    sample = traitlets.Int(0, min=0, max=STEPS - 1).tag(sync=True)  # samples beyond the moment
    temperature = traitlets.Float(1.0, min=0, max=WARMEST).tag(sync=True)

    def __init__(self, model, waveform, pitch=None, name="note", **traits):
        waveform = as_waveform(waveform)[:LONGEST]
        self.logits = teacher_forced_logits(model, waveform, pitch=pitch)  # (256, time)
        whole = torch.from_numpy(waveform[: self.logits.shape[1]])
        self.classes = model.classes(whole[None])[0].numpy()
        last = len(self.classes) // STEPS - 1
        super().__init__(name=name, last=last, **{"moment": min(50, last)} | traits)

    @property
    def position(self):
        """The sample that is guessed, counted from the start of the note."""
        return min(self.moment, self.last) * STEPS + self.sample

    def read(self, position=None, temperature=None):
        """What the instrument shows at one sample.

        Returns:
            dict: position (sample), time (s), true and likeliest class, the probabilities of both,
            surprise and entropy (bits; None = infinite), and all of it in a sentence.
        """
        position = self.position if position is None else position
        temperature = self.temperature if temperature is None else temperature
        probabilities = distribution(self.logits[:, position], temperature)
        true, likeliest = int(self.classes[position]), int(probabilities.argmax())
        bits = float(surprise(probabilities[true]))
        found = {
            "position": position,
            "time": position / SAMPLE_RATE,
            "true": true,
            "probability": float(probabilities[true]),
            "likeliest": likeliest,
            "highest": float(probabilities[likeliest]),
            "surprise": bits if np.isfinite(bits) else None,
            "entropy": float(entropy(probabilities)),
        }
        return found | {"sentence": self._sentence(found, temperature)}

    def _sentence(self, found, temperature):
        start = f"Sample {found['position']:,} at temperature {temperature:.1f}:"
        if found["surprise"] is None:
            return f"{start} class {found['true']} came and had probability zero."
        return (
            f"{start} class {found['true']} came; its probability was "
            f"{found['probability']:.1%}, a surprise of {found['surprise']:.1f} bits."
        )

    def _compute(self, _=None):
        position = self.position
        probabilities = distribution(self.logits[:, position], self.temperature)
        past = self.classes[max(0, position - SHOWN) : position]
        before = [128] * (SHOWN - len(past))  # silence before the note
        self.answer = self.read() | {
            "past": before + past.tolist(),
            "probabilities": probabilities.round(6).tolist(),
        }

    def about(self):
        what = "what the network expects of the next sample"
        return f"An instrument that shows {what} of a {self.name}"

    def twin(self, seconds=(0.02, 0.5, 1.5), temperatures=(0.5, 1.0, 2.0)):
        """The same on paper: a table of moments and temperatures, and a picture of the moments.

        Args:
            seconds: the moments. temperatures: one row of the table for each, at each moment.
        """
        places = [min(round(at * SAMPLE_RATE), len(self.classes) - 1) for at in seconds]
        rows, lines = [], []
        for place in places:
            for temperature in temperatures:
                found = self.read(place, temperature)
                rows.append(_row(found, temperature))
                lines.append(found["sentence"])
        caption = f"What the network expected of some samples of the {self.name}, and what came."
        heads = [
            "sample, time", "temperature", "class that came", "its probability", "surprise",
            "likeliest class", "width of the guess",
        ]  # fmt: skip
        guesses = {
            f"{place / SAMPLE_RATE:.2f} s": (distribution(self.logits[:, place]), found["true"])
            for place in places
            if (found := self.read(place, 1.0))
        }
        picture = figure(plot_guesses(guesses), alt=self._alt(places))
        return on_paper(caption, heads, rows, lines, picture)

    def _alt(self, places):
        found = (self.read(place, 1.0) for place in places)
        return "; ".join(
            f"at {one['time']:.2f} s the guess is {one['entropy']:.1f} bits wide and gives "
            f"the class that came {one['probability']:.1%}"
            for one in found
        ).capitalize()


def _row(found, temperature):
    bits = "infinite" if found["surprise"] is None else f"{found['surprise']:.1f} bits"
    return [
        f"{found['position']:,}, {found['time']:.3f} s",
        f"{temperature:.1f}", f"{found['true']}", f"{found['probability']:.1%}", bits,
        f"{found['likeliest']}, {found['highest']:.1%}", f"{found['entropy']:.1f} bits",
    ]  # fmt: skip
