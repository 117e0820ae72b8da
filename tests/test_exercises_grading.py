"""What a graded cell says and does, and how a damaged notebook is mended; no kernel runs."""

import base64
import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from greedy import ANYBODY, STATUS
from IPython.core.interactiveshell import InteractiveShell
from jupyter_core.utils import run_sync
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade
from traitlets.config import Config

from nsynth_edu.classroom import verdict
from nsynth_edu.classroom.grading import (
    AnswerError,
    attempt,
    attempts,
    once_more,
    plausible,
    require,
    seal,
)
from nsynth_edu.classroom.questions import Graded

EXERCISES = Path(__file__).parents[1] / "exercises"
SHEET = EXERCISES / "source" / "ps1_mu_law" / "ps1_mu_law.ipynb"


def noisy(x):
    warnings.warn("a warning on stderr would cost the cell its points", stacklevel=1)
    print("and so would this", file=sys.stderr)
    return np.log(x)


def test_a_function_is_tried_without_a_word_on_stderr():
    heard = io.StringIO()
    with contextlib.redirect_stderr(heard), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert attempt(noisy, 0.0) == -np.inf
    assert heard.getvalue() == "" and caught == []


def test_an_error_of_an_answer_becomes_a_sentence_that_names_the_function():
    def halve(x):
        return x / "2"

    with pytest.raises(AnswerError, match=r"Got: `TypeError: .*\nLook again: Call `halve`"):
        attempt(halve, 1.0)


def test_dots_left_within_a_line_count_as_not_yet():
    with pytest.raises(AnswerError, match="Not yet"):
        attempt(lambda x: x * ..., 2.0)
    assert attempts(lambda x: ... if x > 1 else x, [(1,), (2,)]) is ...
    assert attempts(abs, [(-1,), (2,)]) == [1, 2]


def test_a_wrong_answer_ends_the_cell_without_a_line_of_the_test(capsys):
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    with pytest.raises(AnswerError, match="Got: 3; expected 4."):
        require(verdict(3, 4))
    shell.push({"require": require, "verdict": verdict})
    shell.run_cell("secret_of_the_test = 4\nrequire(verdict(3, secret_of_the_test))")
    shown = capsys.readouterr().out
    assert "No points yet" in shown and "secret_of_the_test" not in shown


@pytest.fixture
def graded(monkeypatch):
    """Answers of a problem set that was made for these tests."""

    def sealed(name, right, tolerance=0, wrong=(), **more):
        key = f"ps1.{name}"
        known = {seal(key, value, tolerance): cause for value, cause in wrong}
        kept = {"tolerance": tolerance, "known": known, "look": "The line above."}
        return Graded(seal=seal(key, right, tolerance), **kept, **more)

    table = {
        "level": sealed(
            "level",
            7.3,
            0.2,
            [(5, "That is half."), (50, "Ten times.")],
            between=(0, 10),
            unit="dB",
        ),
        "words": sealed("words", ["a", "b"], options=("a", "b")),
        "taps": sealed("taps", [1, 2, 3.5], between=(0, 10)),
        "open": Graded(between=(0, 10), look="The line above."),
    }
    monkeypatch.setattr("nsynth_edu.classroom.lessons.ps1.GRADED", table)
    return table


@pytest.mark.parametrize(
    "got, passed, words",
    [
        (..., False, "Not yet"),
        (None, False, "Not yet"),
        ([1, ...], False, "Not yet"),
        (7.3, True, "Right: 7.3 dB."),
        (7.45, True, "Right: 7.45 dB."),
        (np.float32(7.15), True, "Right"),
        (7.6, False, "Not right yet: 7.6 dB."),
        (7.0, False, "Not right yet: 7 dB."),
        ([7.3], False, "Not right yet"),
        (-7.3, False, "Got: -7.3; expected 0 to 10 dB."),
        (float("nan"), False, "expected 0 to 10 dB."),
        ("seven", False, "Got: seven; expected 0 to 10 dB."),
        (5.1, False, "Likely cause: That is half."),
        (50, False, "Likely cause: Ten times."),
    ],
)
def test_a_sealed_number_is_confirmed_within_its_tolerance_and_never_shown(
    graded, got, passed, words
):
    found = plausible("ps1.level", got)
    assert bool(found) is passed and words in str(found)
    assert passed or "Not yet" in str(found) or "Look again: The line above." in str(found)
    assert "7.3" not in str(found).replace(str(got), "") and "7.3" not in repr(graded)


def test_sealed_words_and_lists_are_right_only_in_their_order(graded):
    assert plausible("ps1.words", ["a", "b"]) and plausible("ps1.words", ("a", "b"))
    assert "Not right yet" in str(plausible("ps1.words", ["b", "a"]))
    assert "expected a, b" in str(plausible("ps1.words", "c"))
    assert plausible("ps1.taps", [1, 2, 3.5]) and plausible("ps1.taps", np.array([1, 2, 3.5]))
    assert not plausible("ps1.taps", [1, 2, 3]) and not plausible("ps1.taps", [1, 2])


def test_an_answer_that_several_people_give_differently_is_noted(graded):
    assert str(plausible("ps1.open", 4)) == "Noted: 4."
    assert "expected 0 to 10" in str(plausible("ps1.open", 40))


def test_one_answer_has_another_seal_in_another_question():
    assert seal("ps1.level", 7) != seal("ps1.other", 7)
    assert seal("ps1.level", 7) == seal("ps1.level", np.int64(7)) == seal("ps1.level", 7.0)


def test_hidden_tests_are_left_out_where_they_are_not_installed():
    once_more("a_set_that_nobody_wrote.question", 1)


def test_a_hidden_test_that_meets_a_strange_answer_says_so_without_its_own_lines(checks):
    @checks.hidden
    def test(answer):
        return answer.no_such_thing

    with pytest.raises(AnswerError, match="Got: int, with which the test stopped: AttributeError"):
        test(3)


def test_another_seed_draws_other_numbers_and_the_same_seed_the_same(checks, monkeypatch):
    drawn = []
    for seed in ("1", "2", "1"):
        monkeypatch.setenv(checks.SEED, seed)
        drawn.append(checks.fresh("squeeze").uniform(size=3).tolist())
    assert drawn[0] == drawn[2] != drawn[1]
    assert checks.fresh("squeeze").uniform() != checks.fresh("classes").uniform()


# --- examining --------------------------------------------------------------------------------


@pytest.fixture
def answered(checks):
    """What the examiner makes of a value in a student's kernel."""
    from checks.answering import reply
    from checks.receive import read, restored

    return lambda value: restored(read(repr(reply(value)))["value"], str)


def test_answers_arrive_as_they_are(answered):
    for value in (None, True, 7, -0.5, "C", ["a", [1, 2.5]], (1, "x"), {"one": [1], 2: None}):
        assert answered(value) == value and type(answered(value)) is type(value)
    assert answered(...) is ... and np.isnan(answered(float("nan")))
    assert answered(range(3)).tolist() == [0, 1, 2]
    assert answered(np.float32(0.5)) == 0.5 and answered(["x", ...]) == ["x", ...]
    for array in (np.arange(6.0).reshape(2, 3), np.array([1j]), np.zeros((0, 3), np.int16)):
        got = answered(array)
        assert np.array_equal(got, array) and got.dtype == array.dtype
    assert answered(np.array(["a", "b"])) == ["a", "b"]
    assert type(answered({1, 2})).__name__ == "set"
    assert answered(abs) == "abs"


def test_a_folder_arrives_with_its_files(answered, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "set" / "inner").mkdir(parents=True)
    (tmp_path / "set" / "bowl_24.wav").write_bytes(b"RIFF")
    folder = answered(tmp_path / "set")
    assert folder != tmp_path / "set"
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [
        ("bowl_24.wav", b"RIFF")
    ]


@pytest.mark.parametrize(
    "found",
    [
        {"array": ["|O", [1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [10**12], "AAAAAAAAAAA="]},
        {"array": ["V0", [10**12], ""]},
        {"list": ["x" * 20_000]},
        {"folder": {"../x": ""}},
        {"folder": {"a/b": ""}},
        {"dict": [[{"list": []}, 1]]},
        {"pickle": "gASVCgAAAAAAAABdlCiMAWGUZS4="},
        {},
    ],
)
def test_an_answer_that_is_no_plain_data_is_refused(checks, found):
    from checks.receive import restored

    with pytest.raises((ValueError, TypeError)):
        restored(found)


@pytest.mark.parametrize(
    "answer", ["'[' * 9", "''", "'[1'", "(" * 9000, repr("[" * 99_999), repr("7"), "7", ")"]
)
def test_an_answer_that_cannot_be_read_is_an_error_in_a_sentence(checks, answer):
    from checks.receive import read

    with pytest.raises(ValueError, match="the kernel's answer cannot be read"):
        read(answer)


@pytest.fixture
def examiner(checks):
    """The examiner's process: asked a question, answered with these values -> all that it says."""
    from checks.conversation import examiner

    process = examiner()

    def examine(question, *values):
        said, line = [], question
        for value in [*values, None]:
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            said.append(json.loads(process.stdout.readline()))
            line = repr(json.dumps({"value": value}))
        return said

    yield examine
    process.kill()
    process.wait()


def test_the_examiner_asks_for_answers_and_calls_functions_with_numbers_of_its_own(examiner):
    question = {"test": "ps1_mu_law.hand_class", "answers": ["class_by_hand"]}
    asked, right = examiner(question, 52)
    assert asked == {"ask": "class_by_hand", "arguments": None}
    assert right["problem"] == "" and right["cards"][0][1] == "Right: 52."
    assert "Got: 53; expected 52." in examiner(question, 53)[-1]["problem"]
    question = {"test": "ps1_mu_law.own_law", "answers": ["mu"]}
    assert "own_law" in examiner(question)[-1]["problem"]
    question = {"test": "a_set_that_nobody_wrote.it", "answers": []}
    assert "No module named" in examiner(question)[-1]["problem"]
    question = {"test": "ps2_receptive_fields.measure", "answers": ["measured_field"]}
    _, call, wrong = examiner(question, {"function": "measured_field"}, 3)
    assert call["ask"] == "measured_field"
    [stack] = pickle.loads(base64.b64decode(call["arguments"]))
    assert stack(np.ones(40)).shape == (40,) and stack.__module__ == "checks.ps2_receptive_fields"
    assert "Got: 3 samples; expected" in wrong["problem"]


def test_the_sheet_names_its_hidden_tests_and_what_they_ask_for(checks):
    from checks.examine import hidden_tests

    source = "%matplotlib inline\nrequire(x)\nonce_more('a.b', f, g['h'], my_set / 'x')\n"
    assert hidden_tests(source) == [("a.b", ["f", "g['h']", "my_set / 'x'"])]


def test_a_cell_that_fails_gives_nothing_even_if_it_shows_points(checks):
    from checks.examine import fail

    label = {"grade": True, "solution": False, "points": 4, "grade_id": "x"}
    shown = new_output("execute_result", {"text/plain": "3"}, execution_count=1)
    cell = new_code_cell("3", metadata={"nbgrader": label}, outputs=[shown])
    assert determine_grade(cell) == (3, 4)
    fail(cell, "No.")
    assert determine_grade(cell) == (0, 4)
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_names_that_are_no_students_stand_in_quotes_and_files_like_modules_are_found(
    checks, tmp_path
):
    from checks.names import printed, shadows, shown

    assert [shown(name) for name in ("ada", "x\nada: 7 of 7", "ada: 7 of 7", "\x1b[31m")] == [
        "ada", "'x\\nada: 7 of 7'", "'ada: 7 of 7'", "'\\x1b[31m'",
    ]  # fmt: skip
    assert printed("one\n\x1b]0;two\x07\u202e") == "one\n\\x1b]0;two\\x07\\u202e"
    for name in ("numpy.py", "json.py", "helpers.py", "scipy/a.py", "sounds/a.wav", "torch.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert shadows(tmp_path) == ["json.py", "numpy.py", "scipy"]


# --- the sandbox ------------------------------------------------------------------------------

WRITES = "open('/own/x', 'wb').write(bytes(13_000_000))"  # more than 10 MB, and a tenth


@pytest.fixture
def anybody(checks, require, tmp_path):
    """Tries code in a sandbox, as a user of this machine; what `ANYBODY` prints, as words."""
    require("bwrap")
    from checks.sandbox import available, laid_out

    if not available():
        pytest.skip("This machine does not let bubblewrap make a sandbox.")

    def run(number, *codes):
        before, temporary = [], {}
        if number:
            temporary = {"TMPDIR": "/dev/shm"}  # what else there is belongs to root
            mine = ["--ro-bind", str(EXERCISES), str(EXERCISES)]  # graded code does not see it
            before = [*laid_out(tmp_path), *mine, "setpriv", "--clear-groups"]
            before += [f"--reuid={number}", f"--regid={number}"]
        path = os.pathsep.join([str(EXERCISES), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.run(
            [*before, sys.executable, "-c", ANYBODY, *codes], capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": path} | temporary, check=True,
        ).stdout.split()  # fmt: skip

    return run


@pytest.mark.parametrize("number", [0, 61_000])
def test_code_does_not_get_out_of_the_sandbox_of_root_or_another_user(anybody, number):
    if number and os.geteuid() != 0:
        pytest.skip("Only root can be another user.")
    way, looks, writes, honest = anybody(number, STATUS, WRITES, "open('/own/x', 'w')")
    assert way == ("own" if number or os.geteuid() else "laid-out")
    assert (looks, honest) == ("0", "0") and writes != "0"


def test_where_root_grades_the_code_runs_as_nobody(checks, require, tmp_path):
    require("bwrap")
    if os.geteuid() != 0:
        pytest.skip("Only root becomes nobody.")
    from checks.sandbox import NOBODY, first_process, sandbox, way

    command = [*sandbox(tmp_path, {tmp_path: "/own"}, way(), 10**7), "sleep", "60"]
    with subprocess.Popen(command) as started:
        first = run_sync(first_process)(psutil.Process(started.pid))
        numbers = {one.uids().real for one in [first, *first.children(recursive=True)]}
        first.kill()
    assert numbers == {NOBODY}


# --- collecting -------------------------------------------------------------------------------


def test_plain_files_of_the_owner_are_copied_and_all_else_is_named(checks, tmp_path):
    from checks.collect import DEEPEST, copy_own

    folder, private = tmp_path / "handed in", tmp_path / "private"
    deep = folder.joinpath(*["x"] * DEEPEST)
    (deep / "deeper").mkdir(parents=True)
    (deep / "deeper" / "lost").write_text("too deep")
    private.mkdir()
    (private / "marks").write_text("secret")
    for path in (folder / "mini.ipynb", deep / "kept"):
        path.write_text("my own")
    (folder / "large").write_bytes(bytes(5_000))
    (folder / "notes").symlink_to(private / "marks")
    (folder / "all").symlink_to(private)
    os.mkfifo(folder / "pipe")
    (folder / "odd\n" / "inner").mkdir(parents=True)
    (folder / "same").write_text("twice")
    os.link(folder / "same", private / "same")
    told = {
        "odd\n": "its name cannot be printed",
        "same": "it is a hard link, also known by another name",
        "all": "it is a link", "notes": "it is a link", "pipe": "it is not a regular file",
        "deeper": "it lies too deep", "large": "it exceeds the size limit of a submission",
    }  # fmt: skip
    if os.geteuid() == 0:
        (folder / "hers").write_text("another's")
        os.chown(folder / "hers", 61_000, 61_000)
        told["hers"] = "it belongs to another user"
    left_out = copy_own(folder, tmp_path / "own", room=4_000)
    assert dict(left_out) == told
    files = [path for path in (tmp_path / "own").rglob("*") if not path.is_dir()]
    assert sorted(path.name for path in files) == ["kept", "mini.ipynb"]
    assert {path.read_text() for path in files} == {"my own"}
    assert copy_own(tmp_path / "handed in" / "all", tmp_path / "linked", room=1) == []
    assert list((tmp_path / "linked").iterdir()) == []


def test_folders_of_a_student_that_are_links_are_refused(checks, tmp_path):
    from checks.collect import HandInError, refuse

    own = tmp_path / "ada" / "mini"
    own.mkdir(parents=True)
    (own / "mini.ipynb").write_text("her own")
    refuse(own, room=100)
    (tmp_path / "eve").symlink_to(tmp_path / "ada")
    (tmp_path / "mal").mkdir()
    (tmp_path / "mal" / "mini").symlink_to(own)
    for student in ("eve", "mal"):
        with pytest.raises(HandInError, match="it is a link"):
            refuse(tmp_path / student / "mini", room=100)
