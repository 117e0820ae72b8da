"""A class hands in, many of them oddly: all are graded or named, nothing is lost.

A sheet of its own, quick to run, with the course's configuration, mending, sandbox and grade.py.
"""

import base64
import csv
import html
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from greedy import CHANGED, GREEDY, HASTE, LOOKS_AROUND, NEVER_ENDS, ODD, SHOWS_TOO_MUCH
from hand_ins import (
    SAVED_AS,
    argued,
    code,
    doubled,
    other_kernel,
    other_types,
    remarked,
    stripped,
    tagged,
    tampered,
    two_changes,
    without,
    wrote_below,
)
from little_course import EXERCISES, RIGHT, Course
from nbgrader.api import Gradebook
from problem_set import hidden_lines

pytestmark = pytest.mark.timeout(900)  # the class is graded within the first test

# --- what students do -------------------------------------------------------------------------

BLANK = "def double(x):\n    return 0"
SHOWS_MUCH = """
from IPython.display import Audio, display
import ipywidgets
print("x" * 5_000_000)
display(Audio(b"0" * 2_000_000, rate=16000), ipywidgets.IntSlider())"""
WRITES_AND_DELETES = """
import shutil
open("mine.txt", "w").write("x")
shutil.rmtree({course!r}, ignore_errors=True)"""
FORBIDDEN = f"""\
import json, socket, sqlite3

def solution():
    sheet = json.load(open({{source!r}}))
    exec("".join(sheet["cells"][0]["source"]), globals())

for attempt in [
    lambda: socket.create_connection(("127.0.0.1", 80), 2),
    lambda: bytearray(60 << 30),
    lambda: sqlite3.connect({{gradebook!r}}).execute("update grade set auto_score=99"),
    solution,
]:
    try:
        attempt()
    except (OSError, MemoryError, sqlite3.Error):
        continue
    {RIGHT.replace(chr(10), chr(10) + "    ")}"""
TRANSFORMER = """
from IPython import get_ipython
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])"""
REPLACER = """
import builtins
from IPython import get_ipython
import nsynth_edu.classroom.grading as grading
kind = type(get_ipython())
run, builtins.abs = kind.run_cell_async, lambda x: 0
async def run_another(self, source, *words, **more):
    return await run(self, "7", *words, **more)
kind.run_cell_async = run_another
grading.once_more = grading.require = lambda *answers: None"""
EQUAL = """\
class Equal:
    def __eq__(self, other):
        return True
    def __sub__(self, other):
        return 0
def double(x):
    return Equal()"""
LIAR = """
import json, sys, types
lies = types.ModuleType("json")
lies.dumps = lambda found: json.dumps({"value": {"array": ["|O", [10**12], ""]}})
sys.modules["json"] = lies"""
DIES_WHEN_ASKED = """\
import os, sys
def double(x):
    if sys._getframe(1).f_code.co_name == "reply":
        os._exit(0)
    return 2 * x"""
WRITES_EVERYWHERE = """
import os
line = b"\\x1b]0;owned\\x07\\nada: 7 of 7 points by tests, 0 answers to read\\n"
places = [f"/proc/{n}/fd/{fd}" for n in (1, "self") for fd in (1, 2)]
for place in ["/dev/tty", "/dev/console", "/dev/pts/0", *places, *range(256)]:
    try:
        os.write(place if isinstance(place, int) else os.open(place, os.O_WRONLY), line)
    except OSError:
        pass"""
TESTS = base64.b64encode((EXERCISES / "checks" / "ps1_mu_law.py").read_bytes()).decode()
PRINTS_THE_TESTS = f"""
import base64, html, pathlib
from IPython.display import HTML, Markdown, display
from pygments import formatters, highlight, lexers
found = list(pathlib.Path({{course!r}}).rglob("*.py"))
try:
    import checks
except ModuleNotFoundError:
    display({{"text/plain": f"nothing there: {{found}}"}}, raw=True)
tests = base64.b64decode("{TESTS}").decode()"""
PRINTS_THE_TESTS += """
print(tests)
print([tests])
for line in tests.splitlines():
    print(" ".join(line))
display(HTML(f"<pre>{html.escape(tests)}</pre>"), Markdown(f"```\\n{tests}\\n```"))
display(HTML(highlight(tests, lexers.PythonLexer(), formatters.HtmlFormatter())))
display({"text/latex": tests}, raw=True)
raise ValueError(tests)"""
MODULE = "stolen = True\n"
MODULES = [
    "numpy.py", "nsynth_edu.py", "random.py", "checks/__init__.py", "ipykernel_launcher.py",
    "sitecustomize.py", "usercustomize.py", "ipython_config.py", "a.pth", "pathlib.py",
]  # fmt: skip
ROBBED = """\
import sys, numpy, random
stolen = any(hasattr(module, "stolen") for module in list(sys.modules.values()))
def double(x):
    return 0 if stolen else 2 * x"""
FILES = {
    "lays_modules_around": dict.fromkeys(MODULES, MODULE)
    | {
        ".ipython/profile_default/startup/a.py": MODULE,
        "sounds.ipynb/note.wav": "",
        "helpers.py": "",
    },
    "brings_a_module": {"helpers.py": RIGHT},
    "works_beside": {
        "mini-Copy1.ipynb": "{}",
        "my old/mini.ipynb": "{}",
        ".ipynb_checkpoints/mini-checkpoint.ipynb": "{}",
    },
}
CLASS = {  # student: (what is changed, points by tests)
    **{f"healthy{n:02d}": (two_changes(code(RIGHT), argued), 7) for n in range(2)},
    "blank": (lambda book: None, 0),
    "empty_cell": (code(""), 0),
    "syntax_error": (code("def double(x) return 2 * x"), 0),
    "half_right": (code("def double(x):\n    return 4"), 3),
    "loops_for_ever": (code("def double(x):\n    while True:\n        pass"), 0),
    "tampered_tests": (two_changes(code("def double(x):\n    return 0"), tampered), 0),
    "lost_a_test": (without("test-two"), 7),
    "lost_the_question": (without("double"), 0),
    "doubled_a_cell": (doubled, 7),
    "stripped_of_labels": (stripped, 7),
    "other_kernel": (other_kernel, 7),
    "shows_much": (code(RIGHT + SHOWS_MUCH), 7),
    "asks_for_input": (code(RIGHT + "\nname = input('who?')"), 7),
    "writes_and_deletes": (code(RIGHT + WRITES_AND_DELETES), 7),
    "tries_what_is_forbidden": (code(FORBIDDEN), 0),
    "prints_the_tests": (code(RIGHT + PRINTS_THE_TESTS), 7),
    "shows_too_much": (code(RIGHT + SHOWS_TOO_MUCH), 7),
    "looks_around": (code(RIGHT + LOOKS_AROUND), 7),
    "turns_tests_into_pass": (code(BLANK + TRANSFORMER), 0),
    "replaces_what_tests": (code(BLANK + REPLACER), 0),
    "equals_everything": (code(EQUAL), 0),
    "lies_when_asked": (code(BLANK + LIAR + TRANSFORMER), 0),
    "skips_its_tests": (two_changes(code(BLANK), tagged, remarked), 0),
    "changes_types": (two_changes(code(BLANK), other_types), 0),
    "lost_the_words": (without("why"), 7),
    "wrote_below": (wrote_below, 7),
    "works_beside": (lambda book: None, 0),
    "lays_modules_around": (code(ROBBED), 7),
    "brings_a_module": (code("from helpers import double"), 7),
}  # fmt: skip
REMARKS = {  # student: words of the remark
    "shows_too_much": "output beyond",
    "turns_tests_into_pass": "changed from within: transformers.cleanup_transforms",
    "replaces_what_tests": "changed from within: ",
    "lies_when_asked": "changed from within: unknown",
    "lost_a_test": "missing and put back: test-two",
    "lost_the_words": "missing and put back: why",
    "wrote_below": "left as it was, with something in other cells next to it: why",
    "works_beside": "handed in, too, but not graded: mini-Copy1.ipynb, 'my old/mini.ipynb'",
    "lays_modules_around": "not taken for it: '.ipython', a.pth, checks, "
    "ipykernel_launcher.py, ipython_config.py, nsynth_edu.py and 5 more",
}
UNREAD = {
    "lost_the_words",
    "changes_types",
    "wrote_below",
}  # whose words a person has to read; and who argued
BROKEN = {  # student: words of the reason
    "dies_when_asked": "ends the program",
    "writes_everywhere": "cut the connection",
    "ends_the_kernel": "ends the program",
    "broken_file": "not a valid file",
    "wrong_name": "no notebook of the expected name",
    "future_format": "of a newer format",
    "half_a_character": "holds half a character",
    "other_encoding": "is not UTF-8 text",
    **{student: words for student, (_, words) in ODD.items()},
    **{student: words for student, (_, words) in GREEDY.items()},
}
# folders that name no student: HTML, a formula, a forged line
NAMELESS = ("<img src=x onerror=alert(1)>", "=1+cmd", "x\nada: 7 of 7 points by tests")


@pytest.fixture(scope="module")
def graded(require, tmp_path_factory):
    """The whole class, graded by one call of grade.py."""
    require("bwrap")
    if "NSYNTH_EDU_GRADE_WITHOUT_SANDBOX" in os.environ:
        pytest.skip("This machine does not let bubblewrap make a sandbox.")
    course = Course(tmp_path_factory.mktemp("course"))
    for student, (change, _) in CLASS.items():
        course.hand_in(student, change, files=FILES.get(student, ()))
    course.hand_in("dies_when_asked", code(DIES_WHEN_ASKED))
    course.hand_in("writes_everywhere", code(RIGHT + WRITES_EVERYWHERE))
    course.hand_in("ends_the_kernel", code("import os\nos._exit(0)"))
    course.hand_in("broken_file", text='{"cells": [')
    course.hand_in("wrong_name", code(RIGHT), name="mini (1)")
    course.hand_in("future_format", text='{"cells": [], "metadata": {}, "nbformat": 5}')
    for student, change in SAVED_AS.items():
        course.hand_in(student, code(RIGHT))
        change(course.folder / "submitted" / student / "mini" / "mini.ipynb")
    for name in NAMELESS:
        course.hand_in(name, code(RIGHT))
    for student, (change, _) in ODD.items():
        course.hand_in(student, code(RIGHT))
        change(course.folder / "submitted" / student / "mini")
    for student, (source, _) in GREEDY.items():
        course.hand_in(student, code(RIGHT + source))
    course.configure(CHANGED)
    course.status, course.shown = course.run_on_a_terminal("grade.py", "mini")
    course.said = course.shown.decode()
    course.lines = dict(line.split(": ", 1) for line in course.said.splitlines() if ": " in line)
    yield course
    for student in ("deep", "many_files"):  # deeper than Python removes
        subprocess.run(["rm", "-r", course.folder / "submitted" / student], check=True)


@pytest.mark.parametrize("student", CLASS)
def test_everyone_gets_the_points_of_the_work(graded, student):
    assert graded.lines[student].startswith(f"{CLASS[student][1]} of 7 points by tests")


@pytest.mark.parametrize("student", CLASS)
def test_only_who_changed_the_tests_or_laid_modules_around_is_remarked_on(graded, student):
    _, *remarks = graded.lines[student].split("; ")
    assert len(remarks) == (student in REMARKS), remarks
    assert REMARKS.get(student, "") in "".join(remarks)


def test_words_that_were_moved_or_put_back_are_read_by_a_person(graded):
    read = {name for name in CLASS if "1 answers to read" in graded.lines[name]}
    assert read == UNREAD | {name for name in CLASS if name.startswith("healthy")}


def test_nothing_that_a_hand_in_writes_or_is_called_reaches_the_terminal(graded):
    assert b"\x1b" not in graded.shown and b"owned" not in graded.shown
    assert "ada" not in graded.lines
    logs = "".join(path.read_text() for path in graded.folder.glob("grading/mini/*.log"))
    assert "\\x1b]0;x" in logs and logs.replace("\n", "").isprintable()


@pytest.mark.parametrize("student", BROKEN)
def test_who_cannot_be_graded_is_named_with_a_reason(graded, student):
    assert BROKEN[student] in graded.lines[student], graded.lines[student]
    assert (graded.folder / "grading" / "mini" / f"{student}.log").read_text()


def test_the_class_is_counted_and_the_broken_ones_told_by_the_exit_code(graded):
    assert graded.status == 1
    assert f"{len(CLASS)} of {len(CLASS) + len(BROKEN) + len(NAMELESS)} graded." in graded.said


def test_a_folder_that_names_no_student_is_refused_and_not_in_the_gradebook(graded):
    reason = "not graded: the folder's name is not a name that the exchange takes"
    assert {f"{ascii(name)}: {reason}" for name in NAMELESS} <= set(graded.said.splitlines())
    with Gradebook(f"sqlite:///{graded.folder / 'gradebook.db'}") as book:
        students = {student.id for student in book.students}
    assert students >= set(CLASS) and not students & set(NAMELESS)


def test_feedback_holds_no_line_of_the_hidden_tests_even_where_a_hand_in_prints_them(graded):
    path, found = "prints_the_tests/mini/mini.html", {}
    tests = (graded.folder / "checks" / "ps1_mu_law.py").read_text()
    lines = ["".join(line.split()) for line in hidden_lines() if line in tests]
    for folder, exporter in [("feedback", ()), ("bare", ("nbconvert.exporters.HTMLExporter",))]:
        options = [f"--GenerateFeedback.exporter_class={name}" for name in exporter]
        options += [f"--CourseDirectory.feedback_directory={folder}"]
        student = ("--student", "prints_the_tests")
        assert graded.run("-m", "nbgrader", "generate_feedback", "mini", *student, *options) == 0
        page = html.unescape(html.unescape((graded.folder / folder / path).read_text()))
        page = "".join(page.split()).replace(TESTS, "")
        found[folder] = [line for line in lines if line in page]
        assert "nothingthere:[]" in page, "the tests lie in no folder that the code can read"
    assert found["feedback"] == [] and len(found["bare"]) == len(lines) > 50


def test_nothing_outside_the_sandbox_was_touched(graded):
    for path in ("source/mini/mini.ipynb", "gradebook.db", "checks/__init__.py", "grade.py"):
        assert (graded.folder / path).is_file()
    assert not (graded.folder / "submitted/writes_and_deletes/mini/mine.txt").exists()
    assert "healthy00" in graded.lines and graded.lines["healthy00"].startswith("7 of 7")


def test_output_beyond_a_limit_is_left_out_and_the_line_says_so(graded):
    words = "7 of 7 points by tests, 0 answers to read; output beyond 20 MB was left out"
    assert graded.lines["shows_too_much"] == words
    path = graded.folder / "autograded" / "shows_too_much" / "mini" / "mini.ipynb"
    assert 9_000_000 < path.stat().st_size < 21_000_000


@pytest.mark.parametrize("student", ODD)
def test_what_is_not_a_plain_file_is_refused_before_anything_is_copied(graded, student):
    assert ODD[student][1] in graded.lines[student]
    assert not (graded.folder / "autograded" / student / "mini").exists()


def test_nbgraders_own_command_refuses_it_too(graded):
    assert graded.run("-m", "nbgrader", "autograde", "mini", "--student", "pipe_as_notebook")
    assert "HandInError: 'mini.ipynb': it is not a regular file" in graded.said


LISTS = """
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader
api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", ".").load_config())
print({one["student"]: one["timestamp"] for one in api.get_submissions("mini")}["pipe_as_time"])
"""


def test_formgraders_list_does_not_wait_for_a_pipe_either(graded):
    assert graded.run("-c", LISTS) == 0
    assert graded.said.splitlines()[-1] == "None"


def test_in_the_sandbox_nothing_of_the_machine_is_writable_and_no_new_rights_are_got(graded):
    path = graded.folder / "autograded" / "looks_around" / "mini" / "mini.ipynb"
    found = json.loads(nbformat.read(path, as_version=4).cells[0].outputs[0].text)
    assert found.pop("writable") == []
    assert len(found) == 7 and all(found.values()), found


def test_a_hand_in_that_swallows_interrupts_ends_after_the_time_for_all(graded):
    plain = (graded.folder / "nbgrader_config.py").read_text()
    graded.configure(HASTE)
    graded.hand_in("never_ends", code(RIGHT + NEVER_ENDS))
    students = ("--student", "never_ends", "--student", "loops_for_ever")
    assert graded.run("grade.py", "mini", *students, "--again") == 1
    (graded.folder / "nbgrader_config.py").write_text(plain)
    assert "never_ends: not graded: it ran longer than 0.2 minutes" in graded.said
    assert "loops_for_ever: 0 of 7 points by tests" in graded.said
    log = (graded.folder / "grading" / "mini" / "loops_for_ever.log").read_text()
    assert "Timeout waiting for execute reply (1s)" in log, "no cell had less time than the first"


def test_the_overview_says_who_is_stuck_where(graded, tmp_path):
    figure = tmp_path / "class.png"
    assert graded.run("grade.py", "mini", "--overview", "--figure", str(figure)) == 0
    lines = graded.said.splitlines()
    assert lines[0] == f"mini: {len(CLASS)} students"
    rows = {line.split()[0]: line for line in lines[2:] if line.strip()}
    assert "by hand" in rows["why"]
    right = sum(points == 7 for _, points in CLASS.values())
    assert f"{right / len(CLASS):.0%}" in rows["test-any"]
    assert "blank" in rows["test-any"] and " more" in rows["test-any"]
    assert not set(BROKEN) & set(graded.said.split())
    assert figure.stat().st_size > 5000


def test_who_was_graded_is_not_graded_again_unless_asked(graded):
    assert graded.run("grade.py", "mini", "--student", "healthy00") == 0
    assert graded.run("grade.py", "mini", "--student", "healthy00", "--again") == 0
    assert "healthy00: 7 of 7" in graded.said


def test_without_a_sandbox_root_is_refused_unless_told_so(graded, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("Only root is refused.")
    bare = {"PATH": str(Path(sys.executable).parent)}
    assert graded.run("grade.py", "mini", "--student", "healthy01", **bare) == 2
    assert "install bubblewrap" in graded.said and "Traceback" not in graded.said
    told = bare | {"NSYNTH_EDU_GRADE_WITHOUT_SANDBOX": "1"}
    assert graded.run("grade.py", "mini", "--student", "healthy01", "--again", **told) == 0


def test_no_name_is_a_formula_in_the_table_of_grades(graded, tmp_path):
    names = {"first_name": "@SUM(1)", "last_name": "-2+3|cmd", "email": "+1"}
    odd = {"first_name": '"=1+1"', "last_name": "x,=1+1", "email": "\N{FULLWIDTH EQUALS SIGN}1\n=2"}
    with Gradebook(f"sqlite:///{graded.folder / 'gradebook.db'}") as book:
        book.update_or_create_student("=1+cmd", **names)
        book.update_or_create_student("odd", **odd)
    table = tmp_path / "grades.csv"
    assert graded.run("-m", "nbgrader", "export", "--to", str(table)) == 0
    with table.open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: rows["'=1+cmd"][name] for name in names} == {
        name: f"'{value}" for name, value in names.items()
    }
    assert [rows["odd"][name] for name in odd] == [
        '"=1+1"', "x,=1+1", "'\N{FULLWIDTH EQUALS SIGN}1\\n=2",
    ]  # fmt: skip
    assert float(rows["healthy00"]["raw_score"]) == 7
