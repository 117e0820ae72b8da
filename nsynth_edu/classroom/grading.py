"""Graded cells: an answer is looked at, the verdict is shown, and a wrong one ends the cell.

nbgrader gives a test cell its points unless it ends in an error or writes a warning. So a
learner's function is tried quietly, and what is wrong is put into sentences, not in a traceback.
"""

import contextlib
import hashlib
import importlib
import io
import warnings

import numpy as np
from IPython.display import display

from .feedback import Verdict, _value, verdict
from .questions import find

GRID = 4  # points of the grid of sealed numbers to one tolerance


class AnswerError(AssertionError):
    """Ends a graded cell; the notebook shows one line, the card above has the rest."""

    def _render_traceback_(self):
        return ["No points yet: the card above says why."]


def require(found):
    """Show a verdict; where it is false, the cell ends here and earns nothing.

    Args:
        found: from :func:`verdict` or :func:`plausible`.

    Raises:
        AnswerError: with the verdict's sentences, if it is false.
    """
    display(found)
    if not found:
        raise AnswerError(str(found))


def attempt(function, *args):
    """Call a learner's function: its warnings stay silent, its errors become a sentence.

    Returns:
        what the function returns.

    Raises:
        AnswerError: if it stops with an error.
    """
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return _without_gradient(function(*args))
    except Exception as error:  # whatever a learner's lines may raise
        stopped = _stopped(function, error)
    require(stopped)


def _without_gradient(result):
    """A tensor that still knows its gradient, or a list with some, as NumPy can read it."""
    if isinstance(result, list | tuple) and any(map(_knows_gradient, result)):
        return [_without_gradient(part) for part in result]
    return result.detach() if _knows_gradient(result) else result


def _knows_gradient(result):
    return getattr(result, "requires_grad", False)


def attempts(function, calls):
    """Call a learner's function several times, as :func:`attempt` does.

    Args:
        function: the learner's.
        calls: a tuple of arguments for each call.

    Returns:
        list of results; ``...`` instead if one of them is still blank.
    """
    results = [attempt(function, *arguments) for arguments in calls]
    return ... if any(result is None or result is ... for result in results) else results


def once_more(test, *answers):
    """Name the hidden test that tries answers on other numbers; it runs where the sheet is graded.

    Students do not receive the package ``checks``. When nbgrader grades, `exercises/checks`
    reads this call in the sheet, and runs the test in a process that the notebook does not reach.
    Here nothing happens, unless ``checks`` can be imported, as in the course's own tests.

    Args:
        test: "problem_set.question", a function of ``checks``.
        answers: what the question asked for.

    Raises:
        AnswerError: with the test's sentences, if it runs here and an answer is wrong.
    """
    module, _, question = test.partition(".")
    try:
        hidden = importlib.import_module(f"checks.{module}")
    except ModuleNotFoundError:
        return
    getattr(hidden, question)(*answers)


def seal(key, answer, tolerance=0):
    """Hash an answer, so that a sheet can confirm it without showing it.

    The question's name is the salt: one answer has different seals in two questions. Trying all
    numbers finds the right one; a seal only keeps it from being read.

    Args:
        key: of the question, such as "ps1.edge"; see `questions.py`.
        answer: a number, a word, or a list of either.
        tolerance: of a number, in its own unit; 0 for lists and words.

    Returns:
        str: 12 hexadecimal digits, for the tables `GRADED`.
    """
    return _seals(key, answer, tolerance)[0]


def plausible(key, got):
    """Say whether an answer is right, without showing the right one, and name the usual mistakes.

    Args:
        key: of the question, such as "ps1.edge"; see `questions.Graded`.
        got: a number or a word, or several in a list; ``...`` or None counts as not tried yet.

    Returns:
        :class:`Verdict`: true where the answer is right; where several are, if it is possible.
    """
    kept = find(key, "GRADED")
    answers = got if isinstance(got, list | tuple | np.ndarray) else [got]
    if any(answer is None or answer is ... for answer in answers):
        return verdict(..., None)
    near, (fits, wanted) = _seals(key, got, kept.tolerance), _possible(answers, kept)
    shown = str(got) if isinstance(got, list | tuple) else _value(got, kept.unit)
    if fits and kept.seal in near:
        return Verdict(True, [("Right", f"{shown}.")])
    cause = next((why for wrong, why in kept.known.items() if wrong in near), "")
    if fits and not cause and not kept.seal:
        return Verdict(True, [("Noted", f"{shown}.")])
    first = ("Not right yet", f"{shown}.") if fits else ("Got", f"{got}; expected {wanted}.")
    more = (("Likely cause", cause), ("Look again", kept.look))
    return Verdict(False, [first] + [(word, text) for word, text in more if text])


def _seals(key, answer, tolerance):
    """The seal of an answer, and then those of the numbers within the tolerance around it."""
    start = f"{key} {np.shape(answer)}"
    forms = [f"{start} {form}".encode() for form in _written(answer, tolerance)]
    return [hashlib.sha256(form).hexdigest()[:12] for form in forms]


def _written(answer, tolerance):
    parts = np.atleast_1d(answer).tolist()
    try:
        numbers = [float(part) + 0.0 for part in parts]
    except (TypeError, ValueError):
        return [" ".join(map(str, parts))]
    if tolerance and np.isfinite(numbers).all():
        place = round(numbers[0] * GRID / tolerance)
        return [str(place + step) for step in sorted(range(-GRID, GRID + 1), key=abs)]
    return [" ".join(f"{number:.9g}" for number in numbers)]


def _possible(answers, kept):
    """Whether answers are among those that can be given; and these in words."""
    if kept.options:
        return all(answer in kept.options for answer in answers), ", ".join(kept.options)
    least, most = kept.between
    return _within(answers, least, most), f"{least:g} to {most:g} {kept.unit}".strip()


def _within(answers, least, most):
    try:
        return all(least <= float(answer) <= most for answer in answers)
    except (TypeError, ValueError):  # no numbers
        return False


def _stopped(function, error):
    if "ellipsis" in str(error).lower():  # dots within a line that was begun
        return verdict(..., None)
    name = getattr(function, "__name__", "it")
    lines = [
        ("Got", f"`{type(error).__name__}: {error}`; expected a result."),
        ("Look again", f"Call `{name}` in a cell of its own: it shows the line."),
    ]
    return Verdict(False, lines)
