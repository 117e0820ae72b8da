"""Listening that counts: an ABX, a preference or a rating, with its order drawn for each listener.

A single guess between two sounds is right half of the time. Here a listener answers eight times
or more, and the score is compared with what guessing gives.
"""

import base64
import hashlib
import json
from string import Template

import anywidget
import numpy as np
import traitlets

from nsynth_edu.evaluation.listening import FEWEST, MODES, MOST, RULE, verdicts
from nsynth_edu.evaluation.listening_items import levelled, listening_items
from nsynth_edu.page import Markup, bundle, escape, static_text, widget
from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.files import write_text
from nsynth_edu.sound.pcm import from_int16, to_int16

from .described import Described
from .feedback import watch
from .listening import compare
from .questions import find

LOOK = "theme.css", "explorer.css", "listening.css"
SHOWN = (
    "mode", "title", "test", "items", "systems", "trials", "task", "loudness", "rule", "found",
    "verdicts", "sample_rate", "seed", "progress", "results",
)  # fmt: skip


class ListeningTest(Described, anywidget.AnyWidget):
    """Sounds without their names, trial after trial; by mouse, keyboard or screen reader.

    All sounds get the same loudness: the root mean square of the softest, over the whole sound.
    Practice comes first, nothing plays before a key, a break is allowed, and a test that was left
    goes on where it was: the page keeps it. It needs no kernel: an exported notebook holds it
    whole, and `save_page` writes it as a page of its own. (A notebook that was exported with saved
    widget state needs a network for Jupyter's widgets.)

    Args:
        sounds: {name: waveform (time,)}, or {item: {name: waveform}} with the same names for each
            item. An ABX and a preference compare two sounds.
        mode: "abx": is X the sound A or B? "preference": A or B? "rating": 0 to 100 against a
            reference, which is also hidden among the sounds, next to its 8-bit mu-law copy.
        title: of the test; the file of results holds it.
        task: what to listen for. found: shown after the last trial.
        reference: name of the sound that ratings are measured by.
        trials: how many count, 8 to 100; by default 10, and 8 of ratings.
        sample_rate: Hz.
        seed: of the order; by default the page draws another one for each listener.

    `results` holds the answers after the last trial, as in the file that the page saves; it is
    empty before. It arrives when the cell that shows the test has ended: read it in the next cell.

    Raises:
        ValueError: if sounds, mode, reference or number of trials do not fit together.
    """

    _esm = widget("listening.js")
    _css = static_text(*LOOK)
    mode = traitlets.Enum(MODES).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    test = traitlets.Unicode().tag(sync=True)  # says which test it is, and with which sounds
    items = traitlets.List(traitlets.Unicode()).tag(sync=True)
    systems = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sounds = traitlets.Bytes().tag(sync=True)  # 16-bit samples: item, system, time
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    trials = traitlets.Int().tag(sync=True)
    task = traitlets.Unicode().tag(sync=True)
    loudness = traitlets.Unicode().tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)  # by which listeners are left out, told beforehand
    found = traitlets.Unicode().tag(sync=True)
    verdicts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # for each score
    seed = traitlets.Int(None, allow_none=True).tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)  # where the listener stands
    results = traitlets.Dict().tag(sync=True)

    def __init__(
        self, sounds, mode="abx", *, title, task="", found="", reference=None, trials=None,
        sample_rate=SAMPLE_RATE, seed=None,
    ):  # fmt: skip
        trials = (8 if mode == "rating" else 10) if trials is None else trials
        if mode not in MODES or not FEWEST <= trials <= MOST:
            raise ValueError(
                f"mode {mode!r} with {trials} trials; expected one of {', '.join(MODES)}, with "
                f"{FEWEST} to {MOST} trials."
            )
        items = listening_items(sounds, mode, reference)
        if len(items) > trials:
            raise ValueError(f"{len(items)} items for {trials} trials; expected one for each item.")
        even, loudness = levelled(items)
        systems = list(next(iter(items.values())))
        pcm = to_int16(even).tobytes()
        about = json.dumps([mode, title, list(items), systems, trials]).encode()
        super().__init__(
            mode=mode, title=title, items=list(items), systems=systems, sounds=pcm,
            test=hashlib.sha256(about + pcm).hexdigest()[:16], sample_rate=sample_rate,
            trials=trials, task=task, loudness=loudness, found=found, seed=seed,
            rule=RULE if mode == "rating" else "",
            verdicts=[] if mode == "rating" else verdicts(mode, trials, systems),
        )  # fmt: skip

    def waveforms(self):
        """The sounds as they are played: {item: {name: float32 (time,)}}."""
        sounds = from_int16(self.sounds).reshape(len(self.items), len(self.systems), -1)
        return {
            item: dict(zip(self.systems, each, strict=True))
            for item, each in zip(self.items, sounds, strict=True)
        }

    @property
    def score(self):
        """Right answers of an ABX, choices of the first sound of a preference; None before."""
        if not self.results or self.mode == "rating":
            return None
        first = self.systems[0]
        return sum(
            trial["answer"] == (trial["x"] if self.mode == "abx" else first)
            for trial in self.results["trials"]
        )

    def result(self):
        """The score and what it means, then the sounds by name; folded until the test is taken.

        Returns:
            Markup.
        """
        sounds = self.twin()
        taken = "Not taken yet: take the test above and run this again, or unfold."
        said = taken if not self.results else self._said()
        body = f"<p>{escape(self.found)}</p>{sounds.body}"
        if not self.results:
            folded = f"<details><summary>{escape(taken)}</summary>{body}</details>"
            return Markup(f'<div class="card">{folded}</div>', taken)
        card = f'<div class="card" role="status"><p>{escape(said)}</p>{body}</div>'
        return Markup(card, "\n".join(filter(None, [said, self.found, sounds.text])))

    def _said(self):
        if self.mode != "rating":
            return self.verdicts[self.score]
        means = {
            system: np.mean([trial["ratings"][system] for trial in self.results["trials"]])
            for system in self.systems
        }
        best = sorted(means, key=means.get, reverse=True)
        return f"{', '.join(f'{name}: {means[name]:.0f}' for name in best)}."

    def twin(self):
        """The sounds by name, as plain players, as loud as in the test."""
        many = len(self.items) > 1
        shown = [
            compare(sounds, self.sample_rate, caption=" ".join([f"{item}." * many, self.loudness]))
            for item, sounds in self.waveforms().items()
        ]
        return Markup("".join(one.body for one in shown), "\n".join(one.text for one in shown))

    def summary(self):
        state = "Not taken yet" if not self.results else self._said()
        return f"A listening test of {self.trials} trials in the page: {self.title}. {state}"

    def in_words(self):
        """The test itself: a page without a kernel runs it, too."""
        script = f'<script type="module">{bundle("listening_page.js")}</script>'
        style = f"<style>{static_text(*LOOK)}</style>"
        return Markup(style + self._place() + script, self.summary())

    def _place(self):
        about = {name: getattr(self, name) for name in SHOWN}
        about |= {"sounds": base64.b64encode(self.sounds).decode()}
        content = json.dumps(about).replace("<", "\\u003c")
        words = f"{self.summary()} It is a script: allow this page to run it."
        return (
            f'<div class="nse-listening-test"><p>{escape(words)}</p>'
            f'<script type="application/json">{content}</script></div>'
        )

    def save_page(self, path, credits=()):
        """Write the test as a page of its own, one file that needs no network and no Python.

        Listeners send back the files that the page saves; `nsynth-edu listening` reads them.

        Args:
            path: of the HTML file. credits: sentences on who made the sounds.

        Raises:
            OSError: if the file cannot be written.
        """
        lines = "".join(f"<li>{escape(sentence)}</li>\n" for sentence in credits)
        page = Template(static_text("listening.html")).substitute(
            title=escape(self.title),
            style=static_text(*LOOK, "page.css"),
            test=self._place(),
            credits=f"<h2>Who made these sounds</h2>\n<ul>\n{lines}</ul>" if lines else "",
            script=bundle("listening_page.js"),
        )
        write_text(path, page)


def abx(key, sounds, sample_rate=SAMPLE_RATE, *, trials=10, seed=None):
    """A lesson's ABX: are two sounds heard as different?

    Args:
        key: of what to listen for, and of what is said after it, such as "00.morph".
        sounds: {name: waveform (time,)}, two of them.
        sample_rate: Hz. trials: 8 to 100. seed: as for `ListeningTest`.
    """
    kept = find(key, "LISTENING")
    test = ListeningTest(
        sounds, title=kept.title, task=kept.task, found=kept.found, trials=trials,
        sample_rate=sample_rate, seed=seed,
    )  # fmt: skip
    watch(key, lambda: bool(test.results))
    return test
