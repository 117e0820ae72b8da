"""A course with one little sheet, quick to grade, and all the machinery of the real one."""

import contextlib
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

EXERCISES = Path(__file__).parents[2] / "exercises"
SOLUTION = """\
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
RIGHT = "def double(x):\n    return 2 * x"
TWO = """\
once_more = lambda *asked: None  # that of nsynth_edu takes a second to import
assert double(2) == 4
once_more("mini.two", double)"""
ANY = """\
import random
x = random.random()
assert abs(double(x) - 2 * x) < 1e-9
once_more("mini.double", double)"""
LABEL = {"schema_version": 3, "task": False}


HIDDEN = """\
from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import attempt, require

from . import fresh, hidden


@hidden
def double(function):
    x = fresh("double").uniform(1, 2)
    require(verdict(attempt(function, x), 2 * x, look="Two times x."))


@hidden
def two(function):
    require(verdict(attempt(function, 2), 4, look="Two times two."))
"""


def marked(cell, name, **label):
    cell.id = name
    cell.metadata["nbgrader"] = LABEL | {"grade_id": name} | label
    return cell


def sheet():
    own = {"grade": False, "solution": True, "locked": False}
    test = {"grade": True, "solution": False, "locked": True}
    words = {"grade": True, "solution": True, "locked": False}
    book = new_notebook(
        cells=[
            marked(new_code_cell(SOLUTION), "double", **own),
            marked(new_code_cell(TWO), "test-two", points=3, **test),
            marked(new_code_cell(ANY), "test-any", points=4, **test),
            marked(new_markdown_cell("Because."), "why", points=3, **words),
        ]
    )
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return book


class Course:
    """A copy of the course's machinery with the little sheet, and its class."""

    def __init__(self, folder, release=True):
        self.folder = folder
        shutil.copytree(EXERCISES / "checks", folder / "checks")
        (folder / "checks" / "mini.py").write_text(HIDDEN)
        shutil.copy(EXERCISES / "grade.py", folder)
        config = (EXERCISES / "nbgrader_config.py").read_text()
        config += "\nc.Execute.timeout = 5\n"  # loops end sooner here
        (folder / "nbgrader_config.py").write_text(config)
        source = folder / "source" / "mini"
        source.mkdir(parents=True)
        nbformat.write(sheet(), source / "mini.ipynb")
        if release:
            self.run("-m", "nbgrader", "generate_assignment", "mini")

    def run_on_a_terminal(self, *words):
        """Run it as on a terminal, which is its own -> the bytes that stand there."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execv(sys.executable, [sys.executable, *words])
        said = bytearray()
        with contextlib.suppress(OSError):  # the end
            while part := os.read(terminal, 4096):
                said += part
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), bytes(said)

    def configure(self, lines):
        with (self.folder / "nbgrader_config.py").open("a") as config:
            config.write(lines)

    def run(self, *words, **environment):
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, text=True, capture_output=True,
            env=os.environ | environment, timeout=900, check=False,
        )  # fmt: skip
        self.said = done.stdout + done.stderr
        return done.returncode

    def hand_in(self, student, change=None, name="mini", text=None, files=()):
        folder = self.folder / "submitted" / student / "mini"
        folder.mkdir(parents=True)
        for path, content in dict(files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        if text is None:
            path = self.folder / "release" / "mini" / "mini.ipynb"
            book = nbformat.read(path, as_version=4)
            change(book)
            text = nbformat.writes(book)
            for word, place in [
                ("{course!r}", self.folder), ("{gradebook!r}", self.folder / "gradebook.db"),
                ("{source!r}", self.folder / "source" / "mini" / "mini.ipynb"),
            ]:  # fmt: skip
                text = text.replace(word, json.dumps(repr(str(place)))[1:-1])
        (folder / f"{name}.ipynb").write_text(text)
