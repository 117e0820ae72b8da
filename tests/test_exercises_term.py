"""A term as exercises/README.md tells it: its ten commands, and students who fetch and hand in."""

import csv
import html
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from accounts import Accounts
from little_course import EXERCISES, RIGHT, Course
from nbgrader.api import Gradebook

pytestmark = pytest.mark.timeout(600)  # s: the whole term runs before the first test

README = (EXERCISES / "README.md").read_text()
HALF = "def double(x):\n    return 4"
CURIOUS = """\
import glob
for name in glob.glob("**", recursive=True):
    if name.endswith(".txt"):
        print(name, open(name).read())
""" + HALF  # fmt: skip
SECRET = "the key to the safe"
POINTS = {"ada": (2, "Say what linear means."), "eve": (1, "No reason.")}  # by hand, for `why`
PLANT = """\
import os, shutil, sys
mine, private, other, *forged = sys.argv[1:]
inbound = os.path.dirname(mine)
for name in [*forged, "eve+mini+never", "..+mini+2026"]:
    shutil.copytree(mine, f"{inbound}/{name}")
os.symlink(other, f"{inbound}/eve+mini+2099-01-01 00:00:00.000000 UTC+other")
os.symlink(private, f"{mine}/notes.txt")
os.symlink(os.path.dirname(private), f"{mine}/all")
os.mkfifo(f"{mine}/pipe.txt")
"""
FORGED = "ada+mini+2099-01-01 00:00:00.000000 UTC+forged"
TRIES = """\
import os, sys
inbound, folder, outbound, feedback = sys.argv[1:]
name = os.path.basename(folder)
for kind, attempt in {
    "list": lambda: os.listdir(inbound),
    "guess": lambda: os.listdir(folder.rpartition("+")[0]),
    "change": lambda: open(f"{folder}/mini.ipynb", "a"),
    "sheet": lambda: open(f"{outbound}/mini.ipynb", "a"),
    "pages": lambda: os.listdir(feedback),
}.items():
    try:
        attempt()
    except OSError as refused:
        print(kind, type(refused).__name__)
"""


def commands(block, count):
    """The README's block of that number, in this test's names: {number: command}."""
    lines = re.findall(r"^```\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)[block]
    told = [re.sub(r" +# .*", "", line) for line in lines.splitlines()]
    assert len(told) == count
    return dict(enumerate((line.replace("ps1_mu_law", "mini") for line in told), 1))


class Term:
    """A course, its exchange and its students; the README's commands, run one after another."""

    def __init__(self, folder):
        self.exchange = folder / "exchange"
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        (folder / "course").mkdir()
        self.course = Course(folder / "course", release=False)
        self.students = Accounts(folder / "machine", POINTS, self.exchange)
        self.ten = commands(0, 10)
        self.fetch, self.submit = commands(1, 2).values()
        if not self.students.apart:  # all hand-ins belong to one account
            with (self.course.folder / "nbgrader_config.py").open("a") as config:
                config.write("c.ExchangeCollect.check_owner = False\n")

    def teach(self, number):
        """Run one of the ten commands; what the first one sets holds for all."""
        lines = f"{self.ten[1]}; {self.ten[number]}".replace("/srv", str(self.exchange.parent))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            self.students.among_them("sh", "-c", lines), cwd=self.course.folder, text=True,
            capture_output=True, env=os.environ | {"PATH": path}, check=False,
        )  # fmt: skip
        self.said = done.stdout + done.stderr
        return done.returncode

    def student(self, name, command):
        """What a student types -> what is said."""
        line = command.replace("/srv", str(self.exchange.parent))
        done = self.students.run(name, *line.split())
        assert done.returncode == 0, done.stderr
        return done.stderr

    def answer(self, name, source, words):
        path = self.students.home(name) / "mini" / "mini.ipynb"
        book = nbformat.read(path, as_version=4)
        book.cells[0].source, book.cells[3].source = source, words
        path.write_text(nbformat.writes(book))

    def hand_in(self, name, source, words):
        """-> the folder in the exchange, which only its owner is told."""
        self.answer(name, source, words)
        return re.search(r"Destination: (.*)", self.student(name, self.submit))[1]

    def gradebook(self):
        return Gradebook(f"sqlite:///{self.course.folder / 'gradebook.db'}")

    def mark(self, name, points, comment):
        """As Formgrader does it."""
        with self.gradebook() as book:
            grade = book.find_grade("why", "mini", "mini", name)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.find_comment("why", "mini", "mini", name).manual_comment = comment
            book.db.commit()

    def pages(self, name):
        """The feedback that lies in a student's home."""
        found = (self.students.home(name) / "mini" / "feedback").glob("*/mini.html")
        return [html.unescape(page.read_text()) for page in found]


@pytest.fixture(scope="module")
def term(require, tmp_path_factory):
    """The whole term, up to the pages that students fetch."""
    require("bwrap")
    if "NSYNTH_EDU_GRADE_WITHOUT_SANDBOX" in os.environ:
        pytest.skip("This machine does not let bubblewrap make a sandbox.")
    term = Term(tmp_path_factory.mktemp("term"))
    for number in (2, 3, 4):
        assert term.teach(number) == 0, term.said
    for name in POINTS:
        term.student(name, term.fetch)
    term.adas = term.hand_in("ada", HALF, "Ada's reason.")
    eves = term.hand_in("eve", CURIOUS, "Eve's reason.")
    private = term.course.folder / "private.txt"
    private.write_text(SECRET)
    other = term.course.folder / "submitted" / "ada" / "mini"
    forged = [FORGED] if term.students.apart else []
    planted = term.students.run("eve", "python", "-c", PLANT, eves, private, other, *forged)
    assert planted.returncode == 0, planted.stderr
    assert term.teach(5) == 0, term.said
    term.left_out = term.said
    assert term.teach(6) == 0, term.said
    term.first_marks = term.said
    term.hand_in("ada", RIGHT, "Ada's better reason.")
    for number in (5, 6):
        assert term.teach(number) == 0, term.said
    term.second_marks = term.said
    for name, (points, comment) in POINTS.items():
        term.mark(name, points, comment)
    for number in (8, 9, 10):
        assert term.teach(number) == 0, term.said
    for name in POINTS:
        term.student(name, term.fetch.replace("fetch_assignment", "fetch_feedback"))
    return term


def test_the_term_has_ten_commands_and_one_of_them_is_formgrader(term):
    assert term.ten[7] == "jupyter lab"
    assert set(term.ten) == set(range(1, 11))


def test_marks_are_given_and_a_later_hand_in_is_graded_anew(term):
    assert "ada: 3 of 7 points by tests, 1 answers to read" in term.first_marks
    assert "ada: 7 of 7 points by tests, 1 answers to read" in term.second_marks
    for marks in (term.first_marks, term.second_marks):
        assert "eve: 3 of 7" in marks and "2 of 2 graded." in marks
        assert len(marks.splitlines()) == 3, "a line for each, and nothing of the kernel's"


def test_the_table_holds_the_points_of_tests_and_of_the_person(term):
    with (term.course.folder / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    got = {name: (float(row["score"]), float(row["max_score"])) for name, row in rows.items()}
    assert got == {"ada": (9, 10), "eve": (4, 10)}


@pytest.mark.parametrize("name", POINTS)
def test_a_student_fetches_the_feedback_to_the_last_hand_in_and_no_other(term, name):
    pages = term.pages(name)
    assert len(pages) == 1
    points, comment = POINTS[name]
    assert comment in pages[0]
    answer = re.search(r"Written response</a> \(Score: ([\d.]+) / 3", pages[0])
    assert float(answer[1]) == points
    assert f"{name.title()}'s" in pages[0]
    for other in POINTS.keys() - {name}:
        assert POINTS[other][1] not in pages[0] and f"{other.title()}'s" not in pages[0]


def test_what_a_student_planted_is_left_out_named_and_published_nowhere(term):
    folder = term.course.folder / "submitted" / "eve" / "mini"
    kept = sorted(path.name for path in folder.rglob("*"))
    assert kept == ["mini.ipynb", "submission_secret.txt", "timestamp.txt"]
    for words in ("'notes.txt' of", "'all' of", "'pipe.txt' of", "'eve+mini+never' is left out"):
        assert words in term.left_out
    assert "it is a link" in term.left_out and "it is not a regular file" in term.left_out
    assert "UTC+other' is left out: it is not a folder" in term.left_out
    assert not (term.course.folder / "mini").exists()
    everything = "".join(
        path.read_text(errors="replace")
        for step in ("submitted", "autograded", "feedback")
        for path in (term.course.folder / step).rglob("*") if path.is_file()
    )  # fmt: skip
    assert "timestamp.txt" in term.pages("eve")[0], "her code did look around"
    assert SECRET not in everything + "".join(term.pages("eve"))


def test_no_student_reads_or_changes_the_hand_in_of_another(term):
    if not term.students.apart:
        pytest.skip("Only root can be several users.")
    assert "UTC+forged' is left out: it belongs to eve" in term.left_out
    inbound, outbound = Path(term.adas).parent, term.exchange / "nsynth-edu" / "outbound" / "mini"
    feedback = term.exchange / "nsynth-edu" / "feedback"
    tried = term.students.run("eve", "python", "-c", TRIES, inbound, term.adas, outbound, feedback)
    assert tried.stdout.split("\n") == [
        "list PermissionError", "guess FileNotFoundError", "change PermissionError",
        "sheet PermissionError", "pages PermissionError", "",
    ]  # fmt: skip
