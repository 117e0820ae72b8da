"""What the questions of lessons and problem sets look like, and where they are kept.

A notebook only names a question, as in ``predict("04.reach")``: its answer, the mistakes that
happen and the hints are kept in `lessons/lesson_04.py`, out of the reader's sight until she has
tried. Problem sets name theirs alike, as in ``predict("ps1.edge")``, kept in `lessons/ps1.py`.
Such a module has up to seven tables: `PREDICTIONS`, `CHECKS`, `HINTS`, `FIGURES` and `DESCRIPTIONS`
(pictures and sounds in words), `LISTENING`, and in problem sets `GRADED`, the answers that earn
points; of these it holds seals instead of values.
"""

import importlib
import pkgutil
import re
from dataclasses import dataclass, field

LETTERS = "ABCDEFGH"
KEY = re.compile(r"(\d\d[ab]?|ps\d)\.\w+")  # how a notebook names a question


@dataclass(frozen=True)
class Prediction:
    """A question to guess at before the run that answers it.

    Attributes:
        question: one sentence.
        options: two to eight of them, {option: why it is right, or what speaks against it}.
        right: one of the options.
    """

    question: str
    options: dict
    right: str

    def __post_init__(self):
        if not 2 <= len(self.options) <= len(LETTERS) or self.right not in self.options:
            raise ValueError(
                f"{self.question!r} has {len(self.options)} options and the answer {self.right!r}; "
                f"expected 2 to {len(LETTERS)} options, the answer among them."
            )

    def letter(self):
        """The letter of the right option."""
        return LETTERS[list(self.options).index(self.right)]

    def reasons(self):
        """{letter: what there is to say about it}."""
        return dict(zip(LETTERS, self.options.values(), strict=False))


@dataclass(frozen=True)
class Listening:
    """Two sounds that are told apart by ear, or not; see `listening_test.abx`.

    Attributes:
        title: a few words. task: what to listen for.
        found: said about the sounds after the last trial.
    """

    title: str
    task: str
    found: str


@dataclass(frozen=True)
class Check:
    """A result that a learner works out.

    Attributes:
        expected: a number, a list of numbers or a word; or a function without arguments that
            computes it.
        tolerance: largest difference that still counts as equal, in the result's own unit.
        unit: of numbers, such as "samples".
        known: (wrong value, cause) pairs, the mistakes that happen; or a function that gives them.
        look: where to look again.
        hints: shown one by one, the first after a second wrong answer.
        success: shown when it is right.
    """

    expected: object
    tolerance: float = 1e-6
    unit: str = ""
    known: object = ()
    look: str = ""
    hints: tuple = ()
    success: str = ""


@dataclass(frozen=True)
class Graded:
    """An answer that earns points: a number or words, confirmed without being kept in the open.

    Attributes:
        seal: of the right answer, made by `grading.seal`; "" where there are several right ones.
        tolerance: largest difference that still counts as equal, in the answer's own unit.
        between: (least, most) that a number can be.
        options: the words that can be chosen.
        unit: of numbers, such as "dB".
        known: {seal of a wrong answer: its cause}, the mistakes that happen.
        look: where to look again.
    """

    seal: str = ""
    tolerance: float = 0
    between: tuple = ()
    options: tuple = ()
    unit: str = ""
    known: dict = field(default_factory=dict)
    look: str = ""


def find(key, table):
    """Look up what a notebook names.

    Args:
        key: "lesson.name", such as "04.reach" or "ps1.edge".
        table: "PREDICTIONS", "CHECKS", "HINTS", "FIGURES", "DESCRIPTIONS", "LISTENING" or "GRADED".

    Raises:
        ValueError: if there is no such name.
    """
    lesson, _, name = str(key).partition(".")
    kept = lessons().get(lesson)
    names = getattr(importlib.import_module(kept), table, {}) if kept else {}
    if name not in names:
        known = ", ".join(names) if names else "none"
        raise ValueError(
            f"there is no {key!r} among the {table.lower()} of lesson {lesson!r}; "
            f"expected the lesson and one of these names: {known}."
        )
    return names[name]


def in_words(words, table):
    """Words as they are, or those that a notebook names, as in ``figure(alt="04.tree")``.

    Args:
        words: the words themselves, or the key under which a lesson keeps them.
        table: "FIGURES" or "DESCRIPTIONS".

    Raises:
        ValueError: if there is no such name.
    """
    named = isinstance(words, str) and KEY.fullmatch(words)
    return find(words, table) if named else words


def lessons():
    """Name the modules that keep questions, as in {"04": "....lesson_04"}, of all lessons."""
    package = f"{__package__}.lessons"
    path = importlib.import_module(package).__path__
    return {
        each.name.removeprefix("lesson_"): f"{package}.{each.name}"
        for each in pkgutil.iter_modules(path)
    }
