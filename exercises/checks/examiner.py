"""The examiner: a process of its own, in which the hidden tests run and no line of a hand-in does.

It asks a student's kernel, by way of `conversation.py`: what is the answer of this name, what does
that function return for these arguments? An answer is data, and nothing of it is unpickled. So
code that is graded reads no hidden test, and changes none.
"""

import base64
import functools
import json
import os
import sys
import tempfile
import warnings
from importlib import import_module

import cloudpickle

from nsynth_edu.classroom import grading

from . import answering
from .receive import LONGEST, read, restored

MEMORY = 4 << 30  # bytes that it may write to


class Function:
    """A function of the student's, known by an expression; it runs in the student's kernel."""

    def __init__(self, expression, name):
        self.expression, self.__name__ = expression, name

    def __call__(self, *arguments):
        return ask(self.expression, base64.b64encode(cloudpickle.dumps(arguments)).decode())


def ask(expression, arguments=None):
    """Ask the student's kernel for a value.

    Args:
        expression: of Python, evaluated there.
        arguments: pickled, in base64, if it is a function to be called.

    Returns:
        the value, as far as it is data; a `Function`.

    Raises:
        Exception: of a kind named like the one that was raised there.
        TimeoutError, ValueError, TypeError: if there is no answer, or none that can be read.
    """
    print(json.dumps({"ask": expression, "arguments": arguments}), file=LINE, flush=True)
    found = read(json.loads(sys.stdin.readline()))
    if "error" in found:
        kind, sentence = (str(part)[:LONGEST] for part in found["error"])
        raise type(kind, (Exception,), {})(sentence)
    return restored(found["value"], functools.partial(Function, expression))


def examined(test, answers):
    """Run a hidden test.

    Args:
        test: "problem_set.question".
        answers: expressions that the student's kernel evaluates.

    Returns:
        {"cards": [(HTML, text)] that were shown, "problem": why it failed, or ""}.
    """
    cards, problem = [], ""
    grading.display = cards.append  # what `require` shows
    place, _, question = test.partition(".")
    with tempfile.TemporaryDirectory(prefix="examiner-") as tempfile.tempdir:
        try:
            module = import_module(f"checks.{place}")
            cloudpickle.register_pickle_by_value(module)  # a kernel cannot import it
            getattr(module, question)(*map(ask, answers))
        except Exception as wrong:
            problem = str(wrong) or type(wrong).__name__
    tempfile.tempdir = None
    return {"cards": [(card._repr_html_(), str(card)) for card in cards], "problem": problem}


def changed(answer):
    """Compare a kernel's fingerprint with one of this process.

    Args:
        answer: str, as for `read`, of `answering.look`.

    Returns:
        {"changed": names of functions that are other ones there}.
    """
    for place in answering.WATCHED:
        import_module(place)
    ours = answering.fingerprint()
    try:
        theirs = {place: dict(parts) for place, parts in read(answer).items() if place in ours}
    except (ValueError, TypeError):
        theirs = {}
    if "builtins" not in theirs:
        return {"changed": ["unknown"]}
    return {
        "changed": [
            f"{place.rpartition('.')[2]}.{name}"
            for place, parts in theirs.items()
            for name in (ours[place] if place == "builtins" else ours[place] | parts)
            if parts.get(name, "") != ours[place].get(name, "")
        ]
    }


def serve():
    """Answer questions, one a line, until there are no more."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    except (ImportError, ValueError):  # Windows; a lower limit holds already
        pass
    warnings.simplefilter("ignore")
    print("ready", file=LINE, flush=True)
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        done = changed(asked["look"]) if "look" in asked else examined(**asked)
        print(json.dumps(done), file=LINE, flush=True)


if __name__ == "__main__":
    LINE, sys.stdout = sys.stdout, open(os.devnull, "w")
    serve()
