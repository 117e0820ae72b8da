"""Graded cells: an answer is looked at, the verdict is shown, and a wrong one ends the cell.

nbgrader gives a test cell its points unless it ends in an error or writes a warning. So a
learner's function is tried quietly, and what is wrong is put into sentences, not in a traceback.
"""

import contextlib
import importlib
import io
import warnings

import numpy as np
from IPython.display import display

from .feedback import Verdict, _equal, _value, verdict


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
            return function(*args)
    except Exception as error:  # whatever a learner's lines may raise
        stopped = _stopped(function, error)
    require(stopped)


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


def plausible(got, *, between=None, options=None, unit="", known=(), look=""):
    """Look at an answer without giving away the right one: its form, and the usual mistakes.

    Args:
        got: a number or a word, or several in a list; ``...`` or None counts as not tried yet.
        between: (least, most) that a number can be.
        options: the words that can be chosen.
        unit: of numbers, such as "dB".
        known: (wrong value, sentence) pairs, as in :func:`verdict`.
        look: where to look again.

    Returns:
        :class:`Verdict`: true where the answer can be handed in.
    """
    answers = got if isinstance(got, list | tuple | np.ndarray) else [got]
    if any(answer is None or answer is ... for answer in answers):
        return verdict(..., None)
    if options is not None:
        fits, wanted = all(answer in options for answer in answers), ", ".join(options)
    else:
        fits, wanted = _within(answers, *between), f"{between[0]:g} to {between[1]:g} {unit}"
    cause = next((why for wrong, why in known if _equal(got, wrong, 1e-3)), "")
    if fits and not cause:
        noted = f"{_value(got, unit)}. It has the right form; whether it is right is graded later."
        return Verdict(True, [("Noted", noted)])
    lines = [("Got", f"{_value(got, unit)}." if fits else f"{got}; expected {wanted.strip()}.")]
    more = (("Likely cause", cause), ("Look again", look))
    lines += [(word, text) for word, text in more if text]
    return Verdict(False, lines)


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
