"""A problem set under test: its sheet, its release, and a class that nbgrader really grades.

`test_exercises_ps1.py` and its sisters say which; one file each, so that they run side by side.
"""

import html
import os
import re
import runpy
import shutil
import statistics
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[2]
EXERCISES = ROOT / "exercises"
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


def wrong_answers(name):
    """{student: what the file says}: LOSES {cell: (points, words)}, CELLS {cell: source}."""
    files = sorted((EXERCISES / "wrong_answers" / name).glob("*.py"))
    return {path.stem: runpy.run_path(str(path)) for path in files}


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
    """The test cells of a sheet that fail where these answers are known."""
    tests, _ = graded(notebook)
    failed = set()
    for cell in notebook.cells:
        if cell.id in tests:
            try:
                exec(cell.source, space)
            except AssertionError:
                failed.add(cell.id)
    return failed


@pytest.mark.timeout(900)  # s: a class of five is graded before the first answer
class ProblemSet:
    """What holds for every problem set; `name` says which one."""

    name = ""

    @pytest.fixture(scope="class")
    @classmethod
    def term(cls, tmp_path_factory):
        """One class: who left all blank, who made known mistakes, who solved all (and whose
        notebook has suffered)."""
        term = Term(tmp_path_factory.mktemp("course"), cls.name)
        right = solution(cls.name)
        students = {"blank": {}}
        students |= {who: right | said["CELLS"] for who, said in wrong_answers(cls.name).items()}
        for student, answers in students.items():
            term.hand_in(student, answered(term.release, answers))
        term.hand_in("solver", damage(answered(term.release, right)))
        cls.more_students(term)
        term.call("autograde")
        return term

    @classmethod
    def more_students(cls, term):
        """Hand in what is particular to this problem set."""

    @pytest.fixture
    def checks(self, monkeypatch):
        monkeypatch.syspath_prepend(EXERCISES)
        import checks

        return checks

    # --- the sheet ----------------------------------------------------------------------------

    def test_a_sheet_opens_with_its_promise_time_needs_and_points(self):
        notebook = sheet(self.name)
        opening = notebook.cells[0].source
        assert opening.startswith("# ") and "**You need:**" in opening
        assert re.search(r"\*\*Time:\*\* \d+ to \d+ minutes", opening)
        tests, manual = graded(notebook)
        told = re.search(r"\*\*Points:\*\* (\d+), of which (\d+) .* (\d+) by a person", opening)
        by_tests, by_hand = sum(tests.values()), sum(manual.values())
        assert [int(points) for points in told.groups()] == [by_tests + by_hand, by_tests, by_hand]
        assert sum(cell.source.count("<details>") for cell in notebook.cells[:4]) == 3

    def test_a_sheet_goes_in_small_steps(self):
        notebook = sheet(self.name)
        code = [
            re.sub(REGION, "", cell.source, flags=re.DOTALL | re.MULTILINE).splitlines()
            for cell in notebook.cells
            if cell.cell_type == "code"
        ]
        lines = [sum(map(bool, source)) for source in code]
        text = [
            re.sub(r"<[^>]+>|\]\([^)]*\)|\$[^$]+\$", " ", cell.source)
            for cell in notebook.cells
            if cell.cell_type == "markdown" and not label(cell)
        ]
        words = [len(re.findall(r"\w[\w'’-]*", source)) for source in text]
        assert max(lines) <= 15 and statistics.median(lines) <= 8
        assert 30 <= statistics.median(words) <= 70
        levels = [
            len(marks) for marks in re.findall(r"^(#+) ", "\n".join(text), flags=re.MULTILINE)
        ]
        assert levels.count(1) == 1 and all(
            b - a <= 1 for a, b in zip(levels, levels[1:], strict=False)
        )
        tests, _ = graded(notebook)
        assert len(tests) >= 10 and set(tests.values()) <= {1, 2}

    def test_every_test_tries_other_numbers_once_more_and_says_where_to_look(self):
        for cell in sheet(self.name).cells:
            if label(cell).get("grade") and cell.cell_type == "code":
                assert f'once_more("{self.name}.' in cell.source, cell.id
                assert "known=" in cell.source and "look=" in cell.source, cell.id

    def test_links_of_a_sheet_lead_somewhere(self):
        text = "\n".join(
            cell.source for cell in sheet(self.name).cells if cell.cell_type == "markdown"
        )
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (EXERCISES / "source" / self.name / target).exists(), target

    def test_the_rubric_shares_out_the_points_of_every_answer_in_words(self):
        _, manual = graded(sheet(self.name))
        rubric = (EXERCISES / "rubrics" / f"{self.name}.md").read_text()
        parts = re.split(r"^## ([\w-]+) \((\d+) points\)$", rubric, flags=re.MULTILINE)[1:]
        told = dict(zip(parts[::3], map(int, parts[1::3]), strict=True))
        assert told == manual
        for points, rows in zip(told.values(), parts[2::3], strict=True):
            assert sum(map(int, re.findall(r"^\| (\d+) \|", rows, flags=re.MULTILINE))) == points

    # --- the release --------------------------------------------------------------------------

    def test_a_release_is_one_notebook_without_solutions_hidden_tests_or_outputs(self, term):
        files = [path for path in (term.folder / "release").rglob("*") if path.is_file()]
        assert files == [term.path("release")]
        source = "\n".join(cell.source for cell in sheet(term.name).cells)
        kept = files[0].read_text() + "\n".join(cell.source for cell in term.release.cells)
        solved = solved_lines(term.name)
        assert len(solved) > 20 and all(line in source for line in solved)
        assert [line for line in solved + hidden_lines() if line in kept] == []
        for mark in ("SOLUTION", "HIDDEN", "checks import"):
            assert mark not in kept
        for cell in term.release.cells:
            assert set(cell.metadata) <= {"nbgrader", "deletable", "editable"}
            assert set(label(cell)) <= LABEL
            assert not cell.get("outputs") and not cell.get("execution_count")
        assert set(term.release.metadata) == {"kernelspec", "language_info"}

    # --- the marks ----------------------------------------------------------------------------

    def test_the_solution_gets_every_point_of_the_tests_even_from_a_damaged_notebook(self, term):
        places = {cell.id for cell in read(term.path("submitted", "solver")).cells}
        assert "a-copy" in places and set(graded(term.release)[0]) - places
        assert term.lost("solver") == {}

    def test_a_blank_notebook_gets_nothing_and_every_test_says_not_yet(self, term):
        tests, _ = graded(term.release)
        assert term.lost("blank") == tests
        assert [cell for cell in tests if "Not yet: " not in term.said("blank", cell)] == []

    def test_every_known_mistake_loses_its_points_and_is_named(self, term):
        known = wrong_answers(term.name)
        assert len(known) >= 3
        for student, mistake in known.items():
            assert term.lost(student) == {
                cell: points for cell, (points, _) in mistake["LOSES"].items()
            }, student
            for cell, (_, words) in mistake["LOSES"].items():
                assert words in term.said(student, cell), (student, cell)

    def test_written_answers_wait_for_a_person(self, term):
        _, manual = graded(term.release)
        with term.gradebook() as gradebook:
            handed_in = gradebook.find_submission_notebook(term.name, term.name, "solver")
            waiting = {grade.name for grade in handed_in.grades if grade.needs_manual_grade}
        assert waiting == set(manual)

    def test_figures_and_sounds_of_a_graded_notebook_have_words(self, term):
        cells = read(term.path("autograded", "solver")).cells
        outputs = [out for cell in cells for out in cell.get("outputs", [])]
        shown = "".join(out.get("data", {}).get("text/html", "") for out in outputs)
        images, players = re.findall(r"<img[^>]*>", shown), re.findall(r"<audio[^>]*>", shown)
        assert images and players
        assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
        assert all('aria-label="' in player and "autoplay" not in player for player in players)

    def test_feedback_names_the_mistake_and_holds_no_hidden_test(self, term):
        student, mistake = next(iter(wrong_answers(term.name).items()))
        term.call("generate_feedback", "--student", student)
        page = html.unescape(term.path("feedback", student).with_suffix(".html").read_text())
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
        for _, words in mistake["LOSES"].values():
            assert words.replace("`", "") in text.replace("`", "")
        own = "\n".join(cell.source for cell in read(term.path("submitted", student)).cells)
        foreign = [line for line in hidden_lines() if line not in own]
        assert len(foreign) > 50
        assert [line for line in foreign if line in page or line in text] == []

    def test_marks_do_not_depend_on_the_seed(self, checks, monkeypatch):
        monkeypatch.chdir(EXERCISES / "source" / self.name)
        notebook, solved = sheet(self.name), {"display": lambda *shown: None}
        tests, _ = graded(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.id not in tests:
                exec(cell.source, solved)
        students = {"solver": {"CELLS": {}, "LOSES": {}}} | wrong_answers(self.name)
        for student, mistake in students.items():
            space = dict(solved)
            for source in mistake["CELLS"].values():
                exec(source, space)
            for seed in ("3", "41"):
                monkeypatch.setenv(checks.SEED, seed)
                assert failing_tests(notebook, space) == set(mistake["LOSES"]), (student, seed)
