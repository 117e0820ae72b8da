"""A problem set under test: its sheet, its solution, known mistakes, and nbgrader's commands."""

import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from nsynth_edu.classroom import questions

ROOT = Path(__file__).parents[2]
EXERCISES = ROOT / "exercises"
SETS = sorted(path.stem for path in EXERCISES.glob("source/*/*.ipynb"))
REGION = r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION$"
LABEL = {
    "cell_type", "checksum", "grade", "grade_id", "locked", "points", "schema_version",
    "solution", "task",
}  # fmt: skip


def read(path):
    return nbformat.read(path, as_version=4)


def sheet(name):
    """The source of a problem set, with its solutions."""
    return read(EXERCISES / "source" / name / f"{name}.ipynb")


def source(name, cell):
    """What stands in a cell of a sheet."""
    return next(each for each in sheet(name).cells if each.id == cell).source


def label(cell):
    return cell.metadata.get("nbgrader", {})


def graded(notebook):
    """{id: points} of the cells that earn some: by tests (code), and by a person (text)."""
    found = {cell.id: cell for cell in notebook.cells if label(cell).get("grade")}
    tests, manual = (
        {name: label(cell).points for name, cell in found.items() if cell.cell_type == kind}
        for kind in ("code", "markdown")
    )
    return tests, manual


def short_name(name):
    """Of a problem set, as questions are named: "ps1" of "ps1_mu_law"."""
    return name.partition("_")[0]


def graded_table(name):
    """The answers that the package confirms in a problem set: {question: `Graded`}."""
    return importlib.import_module(questions.lessons()[short_name(name)]).GRADED


def asked(cell):
    """The sealed answer that a test cell asks about, as in "ps1.crossing"; "" if there is none."""
    found = re.search(r'plausible\("([\w.]+)"', cell.source)
    return found[1] if found else ""


def wrong_answers(name):
    """{student: what the file says}: LOSES {cell: (points, words)}, CELLS {cell: source}."""
    files = sorted((EXERCISES / "wrong_answers" / name).glob("*.py"))
    return {path.stem: runpy.run_path(str(path)) for path in files}


def sharing_notebooks(mistakes):
    """Mistakes in different cells, and of different points, put into one notebook.

    Args:
        mistakes: {student: what the file says}, see `wrong_answers`.

    Returns:
        {names of those who share it: the same for all of them}.
    """
    shared = {}
    for student, mistake in mistakes.items():
        for names, other in shared.items():
            if not any(mistake[part].keys() & other[part].keys() for part in ("CELLS", "LOSES")):
                del shared[names]
                break
        else:
            names, other = "", {"CELLS": {}, "LOSES": {}}
        both = {part: other[part] | mistake[part] for part in other}
        shared[f"{names}-{student}".strip("-")] = both
    return shared


def answered(release, answers):
    """A release as handed in, with other sources in some cells."""
    handed_in = deepcopy(release)
    cells = {cell.id: cell for cell in handed_in.cells}
    for name, source in answers.items():
        cells[name].source = source
    return handed_in


def solution(name):
    cells = [cell for cell in sheet(name).cells if label(cell).get("solution")]
    return {cell.id: cell.source for cell in cells}


def damage(notebook):
    """What happens to notebooks: copied cells, lost labels, a test that is gone."""
    places = {cell.id: at for at, cell in enumerate(notebook.cells)}
    unlabelled, gone, copied = list(graded(notebook)[0])[:3]
    del notebook.cells[places[unlabelled]].metadata["nbgrader"]
    copy = deepcopy(notebook.cells[places[copied]])
    copy.id = "a-copy"
    notebook.cells.insert(places[copied] + 1, copy)
    del notebook.cells[places[gone]]
    return notebook


class Term:
    """A course folder of its own, in which nbgrader's commands really run."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        for part in ("nbgrader_config.py", "checks", "source"):
            copy = shutil.copytree if (EXERCISES / part).is_dir() else shutil.copy
            copy(EXERCISES / part, folder / part)
        self.call("generate_assignment")
        self.release = read(self.path("release"))

    def path(self, step, student=""):
        return self.folder / step / student / self.name / f"{self.name}.ipynb"

    def call(self, command, *options):
        program = Path(sys.executable).with_name("nbgrader")
        environment = os.environ | {"JUPYTER_CONFIG_DIR": str(self.folder / "nobody")}
        done = subprocess.run(
            [program, command, self.name, *options],
            cwd=self.folder, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def hand_in(self, student, notebook):
        path = self.path("submitted", student)
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)

    def gradebook(self):
        return Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}")

    def lost(self, student):
        """{test cell: points it did not give}."""
        with self.gradebook() as gradebook:
            handed_in = gradebook.find_submission_notebook(self.name, self.name, student)
            tests = [grade for grade in handed_in.grades if grade.cell.cell_type == "code"]
            left = {grade.name: grade.max_score - grade.auto_score for grade in tests}
        return {name: points for name, points in left.items() if points}

    def said(self, student, cell):
        """What a cell of the graded notebook says, in words."""
        cells = {each.id: each for each in read(self.path("autograded", student)).cells}
        return "\n".join(out.data["text/plain"] for out in cells[cell].outputs if "data" in out)


def hidden_lines():
    """Lines of the hidden tests, of all problem sets."""
    lines = [
        line.strip()
        for path in (EXERCISES / "checks").glob("*.py")
        for line in path.read_text().splitlines()
    ]
    same = "require(verdict(got, right, "  # in every sheet, and says nothing of an answer
    lines = [line for line in lines if not line.startswith(same)]
    return [line for line in lines if len(line) > 30 and "import" not in line]


def solved_lines(name):
    """Lines of the solutions, and sentences of the model answers."""
    source = "\n".join(solution(name).values())
    lines = "".join(re.findall(REGION, source, flags=re.DOTALL | re.MULTILINE)).splitlines()
    _, manual = graded(sheet(name))
    model = [cell.source for cell in sheet(name).cells if cell.id in manual]
    sentences = [part for text in model for part in re.split(r"(?<=[.;:]) ", text)]
    return [line.strip() for line in lines + sentences if len(line.strip()) > 8]


def failing_tests(notebook, space):
    """What the test cells of a sheet say that fail where these answers are known: {cell: words}."""
    tests, _ = graded(notebook)
    said = {}
    for cell in notebook.cells:
        if cell.id in tests:
            try:
                exec(cell.source, space)
            except AssertionError as wrong:
                said[cell.id] = str(wrong)
    return said
