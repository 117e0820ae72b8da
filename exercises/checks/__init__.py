"""What students do not receive: the hidden tests, one module per problem set.

A notebook calls them by name with `nsynth_edu.classroom.grading.once_more`, which finds them only
where `nbgrader_config.py` has put this package on the path: while it is graded. So no line of
them is in a release, and only their sentences are in the feedback. They are no secret from code
that is graded: nbgrader runs it with the rights of the person who grades.
"""

import functools
import os
import zlib

import numpy as np

from nsynth_edu.classroom.feedback import Verdict
from nsynth_edu.classroom.grading import AnswerError, require

SEED = "NSYNTH_EDU_GRADING_SEED"


def fresh(name):
    """Random numbers for one question: others with every grading seed.

    Args:
        name: of the question.
    """
    seed = os.environ.get(SEED, "2026")
    return np.random.default_rng(zlib.crc32(f"{seed} {name}".encode()))


def hidden(test):
    """Let nothing out of a hidden test but its sentences: no traceback, no line of its code."""

    @functools.wraps(test)
    def sealed(*answers):
        try:
            test(*answers)
        except AnswerError as wrong:
            raise AnswerError(str(wrong)) from None
        except Exception as error:  # an answer of a kind that no test foresaw
            kinds = ", ".join(type(answer).__name__ for answer in answers)
            said = [
                ("Got", f"{kinds}, with which the test stopped: {type(error).__name__}."),
                ("Look again", "The kind of the result: the text above the question names it."),
            ]
            problem = Verdict(False, said)
        else:
            return
        require(problem)

    return sealed
