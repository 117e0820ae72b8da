"""What a lesson is to teach, and how much of it the learner has shown so far."""

import importlib

from nsynth_edu.page import Markup, escape

from . import feedback, questions

MARKS = {True: ("☑", "shown"), False: ("☐", "not yet")}


def objectives(lesson):
    """List the objectives of a lesson, and which of them were shown since the kernel started.

    A question counts as answered with the guess of a prediction, right or wrong, with the right
    result of a check, and with the last trial of an ABX. An objective is shown when all questions
    that measure it are answered.

    Args:
        lesson: its number, such as "04".

    Returns:
        Markup: a list, one line per objective, with the questions that are still open.

    Raises:
        ValueError: if there is no such lesson.
    """
    kept = objectives_of(lesson)
    lines, items = [], []
    for objective, names in kept.items():
        left = [f"{lesson}.{name}" for name in names if not feedback.answered(f"{lesson}.{name}")]
        mark, word = MARKS[not left]
        rest = f" Still open: {', '.join(left)}." if left else ""
        lines.append(f"{word}: {objective}.{rest}")
        sentence = f"{escape(objective)}.<small>{escape(rest)}</small>"
        items.append(f'<li><span role="img" aria-label="{word}">{mark}</span> {sentence}</li>')
    heading = "You can now"
    body = f'<p>{heading}</p><ul style="list-style: none; padding: 0">{"".join(items)}</ul>'
    return Markup(f'<div class="card">{body}</div>', "\n".join([f"{heading} ...", *lines]))


def objectives_of(lesson):
    """The table of a lesson: {objective, a verb first: names of the questions that measure it}.

    Raises:
        ValueError: if there is no such lesson, or it keeps no objectives.
    """
    known = {
        number: importlib.import_module(module)
        for number, module in questions.lessons().items()
        if number.isdigit()
    }
    if lesson not in known or not hasattr(known[lesson], "OBJECTIVES"):
        raise ValueError(
            f"there are no objectives of lesson {lesson!r}; expected one of {', '.join(known)}."
        )
    return known[lesson].OBJECTIVES
