"""Asking and answering: predictions, folded answers, hints, checks in sentences."""

import anywidget
import numpy as np
import traitlets

from nsynth_edu.page import Markup, escape, static_text, widget

from .described import Described

LETTERS = "ABCDEFGH"


class Prediction(Described, anywidget.AnyWidget):
    """A question and the learner's guess; `answer` holds the letter, or "" while there is none.

    Where widgets do not run, the question is shown as plain text and the guess is given in
    Python: ``guess.answer = "B"``.
    """

    _esm = widget("predict.js")
    _css = static_text("theme.css", "predict.css")
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    closed = traitlets.Bool().tag(sync=True)  # after the answer was revealed

    @traitlets.validate("answer")
    def _is_an_option(self, proposal):
        letter = proposal.value.strip().upper()
        known = LETTERS[: len(self.options)]
        if letter and (len(letter) > 1 or letter not in known):
            raise traitlets.TraitError(
                f"the answer is {proposal.value!r}; expected a letter of {', '.join(known)}."
            )
        return letter

    @property
    def lettered(self):
        """{letter: option}."""
        return dict(zip(LETTERS, self.options, strict=False))

    def in_words(self):
        """The question without a widget."""
        lines = [("Predict", self.question), *self.lettered.items()]
        return _card([*lines, ("Without buttons", "Give your guess its letter: `.answer = 'A'`.")])


def predict(question, options):
    """Ask for a guess before the run that answers it; keep the result for :func:`reveal`.

    Args:
        question: one sentence.
        options: two to eight answers; they get the letters A, B, C ...
    """
    options = list(options)
    if not 2 <= len(options) <= len(LETTERS):
        raise ValueError(f"there are {len(options)} options; expected 2 to {len(LETTERS)}.")
    return Prediction(question=question, options=options)


def reveal(prediction, answer, because):
    """Answer a prediction: first about the guess, then about what is the case.

    Args:
        prediction: from :func:`predict`.
        answer: the right letter.
        because: one sentence per option, in their order: why it is right, or what speaks
            against it. A single sentence holds for all.

    Raises:
        ValueError: if the sentences do not fit the options.
    """
    options = prediction.lettered
    because = [because] * len(options) if isinstance(because, str) else list(because)
    if len(because) != len(options) or answer not in options:
        raise ValueError(
            f"{len(because)} sentences and the answer {answer!r} do not fit the options "
            f"{', '.join(options)}; expected one sentence for each."
        )
    because = dict(zip(options, because, strict=True))
    guess = prediction.answer
    prediction.closed = bool(guess)  # who has not guessed yet still may
    about = {letter: f"{letter}, {options[letter]}. {because[letter]}" for letter in options}
    if guess == answer:
        lines = [("You predicted it", about[answer])]
    elif guess:
        lines = [("You predicted", about[guess]), ("Found", about[answer])]
    else:
        lines = [("Found", about[answer]), ("Next time", "Guess first: it makes you listen.")]
    return _card(lines, "good" if guess == answer else "")


def recall(question, answer):
    """A question about earlier things, with its answer folded away until asked for."""
    body = f"<details><summary>{escape(question)}</summary><p>{escape(answer)}</p></details>"
    return Markup(body, f"{question}\n(Answer: {answer})")


def hint(*steps):
    """Help in steps, each opened on its own: where to look, which idea, a line with a gap."""
    body = ""
    for number, step in reversed(list(enumerate(steps, 1))):
        folded = f"<p>{escape(step)}</p>{body}"
        body = f"<details><summary>Hint {number} of {len(steps)}</summary>{folded}</details>"
    return Markup(body, "\n".join(f"Hint {n}: {step}" for n, step in enumerate(steps, 1)))


class Verdict(Markup):
    """What a check found; true where it passed."""

    def __init__(self, passed, lines):
        card = _card(lines, "good" if passed else "look")
        super().__init__(card.body, card.text)
        self.passed = passed

    def __bool__(self):
        return self.passed


def check(got, expected, *, tolerance=1e-6, unit="", known=(), look="", success=""):
    """Compare a result with what was expected, and say what probably went wrong.

    Args:
        got: the learner's number, array or tensor; ``...`` or None counts as not tried yet.
        expected: what it should be.
        tolerance: largest difference that still counts as equal, in the result's own unit.
        unit: of numbers, such as "samples".
        known: (wrong value, sentence) pairs: the mistakes that happen, each with its cause.
        look: where to look again.
        success: shown when it is right.

    Returns:
        :class:`Verdict`; it shows sentences and is true or false.
    """
    if got is None or got is ...:
        return Verdict(False, [("Not yet", "Replace the `...` by your own line, then run again.")])
    if _equal(got, expected, tolerance):
        return Verdict(True, [("Right", f"{_value(got, unit)}. {success}".strip())])
    lines = [("Got", f"{_value(got, unit)}; expected {_value(expected, unit)}.")]
    cause = next((why for wrong, why in known if _equal(got, wrong, tolerance)), None)
    if cause or (cause := _cause(got, expected)):
        lines.append(("Likely cause", cause))
    if look:
        lines.append(("Look again", look))
    return Verdict(False, lines)


def _equal(a, b, tolerance):
    try:
        a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    except (TypeError, ValueError):  # words, not numbers
        return a == b
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance))


def _cause(got, expected):
    """What a difference of kind, shape or size suggests."""
    kind = "text" if isinstance(got, str) else type(got).__name__
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype.kind not in "iufb":
        return f"This is of the kind {kind}, not a number."
    if got.shape != expected.shape:
        if got.ndim == 2 and got.shape == expected.shape[::-1]:
            return "The axes are swapped: turn it round with `.T`."
        return "The shapes differ: something was left out, or taken twice."
    if not np.isfinite(got).all():
        return "It holds NaN or infinite values: look for a division by zero."
    if np.allclose(got, -expected):
        return "The sign is turned round."
    return ""


def _value(value, unit=""):
    """A number with its unit; an array by shape and range; words as they are."""
    array = np.asarray(value)
    if array.dtype.kind not in "iufb":
        return str(value)
    if array.ndim:
        shape = " x ".join(map(str, array.shape))
        return f"{shape} numbers from {array.min():.3g} to {array.max():.3g}"
    number = f"{array[()]:,}" if array.dtype.kind in "iu" else f"{array[()]:.6g}"
    return f"{number} {unit}".strip()


def _said(word, sentence):
    return f'<p><span class="word">{escape(word)}:</span> {escape(sentence)}</p>'


def _card(lines, kind=""):
    body = "".join(_said(word, sentence) for word, sentence in lines)
    text = "\n".join(f"{word}: {sentence}" for word, sentence in lines)
    return Markup(f'<div class="card {kind}" role="status">{body}</div>', text)
