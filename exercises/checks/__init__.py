"""The hidden tests, which students do not receive: one module per problem set.

A notebook names them with `nsynth_edu.classroom.grading.once_more`. While it is graded, they run in
a process of their own (`examiner.py`), on answers that the notebook's kernel gives. So no line of
them is in a release, and the code that is graded reaches none: only their sentences are in the
feedback.
"""

import functools
import os
import zlib

import numpy as np

from nsynth_edu.classroom.feedback import Verdict, verdict
from nsynth_edu.classroom.grading import GRID, AnswerError, require

SEED = "NSYNTH_EDU_GRADING_SEED"


def fresh(name):
    """Make the random generator of one question; it depends on the grading seed.

    Args:
        name: of the question.

    Returns:
        numpy.random.Generator.
    """
    seed = os.environ.get(SEED, "2026")
    return np.random.default_rng(zlib.crc32(f"{seed} {name}".encode()))


def hidden(test):
    """Decorate a hidden test so that only its sentences get out: no traceback, none of its code."""

    @functools.wraps(test)
    def sealed(*answers):
        try:
            test(*answers)
        except AnswerError as wrong:
            raise AnswerError(str(wrong)) from None
        except Exception as error:  # an answer of an unexpected type
            kinds = ", ".join(type(answer).__name__ for answer in answers)
            rows = [
                ("Got", f"{kinds}, with which the test stopped: {type(error).__name__}."),
                ("Look again", "The kind of the result: the text above the question names it."),
            ]
            problem = Verdict(False, rows)
        else:
            return
        require(problem)

    return sealed


def answer(right, mistakes, tolerance=0, unit=""):
    """Make the hidden test of a number, a word or a list; the sheet asks `plausible` about it.

    Args:
        right: the right answer, or a function that computes it.
        mistakes: wrong answers whose seals the sheet knows.
        tolerance: largest difference that still counts as equal. unit: of numbers.

    Returns:
        function that tests an answer; its attributes `right`, `mistakes` and `tolerance` are what
        the seals in the package are made of.
    """

    @hidden
    def test(got):
        expected = right() if callable(right) else right
        got = list(got) if np.ndim(got) else got
        widest = tolerance * (1 + 1 / GRID)  # all that the sheet calls right
        require(verdict(got, expected, tolerance=widest, unit=unit, look="The question."))

    test.right, test.mistakes, test.tolerance = right, mistakes, tolerance
    return test
