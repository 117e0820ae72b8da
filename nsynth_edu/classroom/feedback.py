"""Asking and answering: predictions, folded answers, hints, checks in sentences."""

import anywidget
import numpy as np
import traitlets

from nsynth_edu.page import Markup, escape, static_text, widget

from .described import Described
from .questions import LETTERS, find

_guesses = {}  # key -> the widget that asks it
_misses = {}  # key -> the different wrong answers so far
_done = {}  # key -> function that says whether the question is answered by now


class Guess(Described, anywidget.AnyWidget):
    """A question and the learner's guess; `answer` holds the letter, or "" while there is none.

    Where widgets do not run, the question is shown as plain text and the guess is given in
    Python: ``predict("04.reach", "B")``.
    """

    _esm = widget("predict.js")
    _css = static_text("theme.css", "predict.css")
    key = traitlets.Unicode()
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
        return _card(
            [
                *lines,
                ("Without buttons", f"Add the letter of your guess: `predict({self.key!r}, 'A')`."),
            ]
        )


def predict(key, answer=""):
    """Ask for a guess before the run that answers it; :func:`reveal` comes back to it.

    Args:
        key: of the question, such as "04.reach"; see `questions.py`.
        answer: the letter of the guess, where there are no buttons to press.
    """
    question = find(key, "PREDICTIONS")
    guess = _guesses[key] = Guess(
        key=key, question=question.question, options=list(question.options), answer=answer
    )
    watch(key, lambda: bool(guess.answer))
    return guess


def reveal(key, letter=""):
    """Answer a prediction: first about the guess, then about what is the case.

    As long as there is no guess the answer is folded away.

    Args:
        key: of the question.
        letter: of the right option, where only the notebook knows it, as of a machine's speed.
    """
    question, asked = find(key, "PREDICTIONS"), _guesses.get(key)
    answer = letter or question.letter()
    lettered = zip(question.options, question.reasons().items(), strict=True)
    about = {each: f"{each}, {option}. {reason}" for option, (each, reason) in lettered}
    guess = asked.answer if asked else ""
    if not guess:
        return _folded("Not guessed yet: choose above, run this again, or unfold.", about[answer])
    asked.closed = True
    if guess == answer:
        return _card([("You predicted it", about[answer])], "good")
    return _card([("You predicted", about[guess]), ("Found", about[answer])])


def answered(key):
    """Whether a prediction has its guess, right or wrong, a check its right result, an ABX its
    results."""
    return key in _done and _done[key]()


def watch(key, done):
    """Remember how to find out whether a question is answered: `done()` says it."""
    _done[key] = done


def hint(key):
    """Help in steps, each opened on its own: where to look, which idea, a line with a gap.

    Args:
        key: of the hints, such as "01.yours".
    """
    steps, body = find(key, "HINTS"), ""
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


def check(key, got):
    """Compare a learner's result with the right one; what is shown depends on how often she missed.

    The first wrong answer brings its likely cause and where to look; the next ones a hint each;
    the third, or the one after the last hint, the right answer. The same answer again counts once.

    Args:
        key: of the check, such as "04.reach"; see `questions.py`.
        got: the learner's number, array or word; ``...`` or None counts as not tried yet.

    Returns:
        :class:`Verdict`; it shows sentences and is true or false.
    """
    kept = find(key, "CHECKS")
    if _blank(got):  # before what is expected is computed, which may take a model
        return verdict(got, None)
    expected, known = (each() if callable(each) else each for each in (kept.expected, kept.known))
    misses = _misses.setdefault(key, [])
    if _equal(got, expected, kept.tolerance):
        _done[key] = lambda: True
    elif _value(got) not in misses:
        misses.append(_value(got))
    return verdict(
        got, expected, tolerance=kept.tolerance, unit=kept.unit, known=known, look=kept.look,
        success=kept.success, hints=kept.hints[: max(len(misses) - 1, 0)],
        show=len(misses) >= max(3, len(kept.hints) + 2),
    )  # fmt: skip


def verdict(
    got, expected, *, tolerance=1e-6, unit="", known=(), look="", success="", hints=(), show=True
):
    """Compare a result with what was expected, and say what probably went wrong.

    Args:
        got: the learner's number, array or tensor; ``...`` or None counts as not tried yet.
        expected: what it should be.
        tolerance: largest difference that still counts as equal, in the result's own unit.
        unit: of numbers, such as "samples".
        known: (wrong value, sentence) pairs: the mistakes that happen, each with its cause.
        look: where to look again.
        success: shown when it is right.
        hints: shown when it is wrong.
        show: whether a wrong answer shows what was expected.

    Returns:
        :class:`Verdict`; it shows sentences and is true or false.
    """
    if _blank(got):
        return Verdict(False, [("Not yet", "Replace the `...` with your line, then run again.")])
    if _equal(got, expected, tolerance):
        return Verdict(True, [("Right", f"{_value(got, unit)}. {success}".strip())])
    right = f"; expected {_value(expected, unit)}" if show else ", which is not the answer"
    lines = [("Got", f"{_value(got, unit)}{right}.")]
    cause = next((why for wrong, why in known if _equal(got, wrong, tolerance)), None)
    if cause or (cause := _cause(got, expected)):
        lines.append(("Likely cause", cause))
    if look:
        lines.append(("Look again", look))
    return Verdict(False, lines + [("Hint", hint) for hint in hints])


def _blank(got):
    return got is None or got is ...


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
        return f"This is of type {kind}, not a number."
    if got.shape != expected.shape:
        if got.ndim == 2 and got.shape == expected.shape[::-1]:
            return "The axes are swapped: turn it round with `.T`."
        return "The shapes differ: something was left out, or taken twice."
    if not np.isfinite(got).all():
        return "It holds NaN or infinite values: look for a division by zero."
    if np.allclose(got, -expected):
        return "The sign is reversed."
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


def _folded(summary, sentence):
    body = f"<details><summary>{escape(summary)}</summary><p>{escape(sentence)}</p></details>"
    return Markup(f'<div class="card">{body}</div>', summary)
