"""Ask a lesson: what it says, what it has found, and what its checks answer."""

import json
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

COURSE = Path(__file__).parents[2] / "course"


def read_notebook(path):
    """A notebook as nbformat has it."""
    return nbformat.read(path, as_version=4)


def run_notebook(lesson):
    """Run all cells of a lesson in the course's folder, each within 120 s."""
    where = {"metadata": {"path": str(COURSE)}}
    NotebookClient(lesson, timeout=120, kernel_name="python3", resources=where).execute()


def read(name):
    """Prose and code of a lesson, without line breaks."""
    lesson = read_notebook(COURSE / name)
    return " ".join(re.sub(r"\s+", " ", cell.source) for cell in lesson.cells)


def ask(name, question, answers):
    """Run a lesson, then a question, then its checks with other answers in place of `...`.

    Args:
        question: code that prints JSON.
        answers: {cell id: expressions}.

    Returns:
        what the question printed, and {(cell id, expression): the check's sentences}.
    """
    lesson = read_notebook(COURSE / name)
    sources = {cell.id: cell.source for cell in lesson.cells}
    tries = [(place, answer) for place, given in answers.items() for answer in given]
    filled = [sources[place].replace("= ...", f"= {answer}", 1) for place, answer in tries]
    lesson.cells += [nbformat.v4.new_code_cell(source) for source in [question, *filled]]
    run_notebook(lesson)
    asked, *checks = lesson.cells[-1 - len(tries) :]
    said = [cell.outputs[-1].data["text/plain"] for cell in checks]
    return json.loads(asked.outputs[0].text), dict(zip(tries, said, strict=True))
