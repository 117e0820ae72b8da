"""Problem sets: each sheet, its release, and a class that nbgrader really grades."""

import html
import importlib
import re
import shutil
import statistics
from copy import deepcopy

import numpy as np
import pytest
import soundfile
from problem_set import (
    EXERCISES,
    LABEL,
    REGION,
    SETS,
    Term,
    answered,
    asked,
    damage,
    failing_tests,
    graded,
    graded_table,
    hidden_lines,
    label,
    read,
    sharing_notebooks,
    sheet,
    short_name,
    solution,
    solved_lines,
    wrong_answers,
)

from nsynth_edu.classroom import plausible, questions
from nsynth_edu.sound import midi_to_hz, save_audio
from nsynth_edu.studio import NOTES, check_samples, ingest, prepare

pytestmark = pytest.mark.timeout(900)  # s: a class is graded before the first answer
PS1, PS5 = "ps1_mu_law", "ps5_group_generation"
SET_CELLS = {"set-names-test": 2, "set-format-test": 2, "set-sound-test": 2, "set-seven-test": 1}
TABLES = {  # kept for a sheet, and the calls that name what is in them
    "PREDICTIONS": ("predict", "reveal"),
    "HINTS": ("hint",),
    "FIGURES": ("alt",),
    "GRADED": ("plausible",),
}
BESIDE = {  # answers of who lays the seven files beside the notebook
    "name": 'instrument = "bowl"\nmy_set = Path(".")',
    "make": "def take_of(note):\n    return None\n\n\nfor note in NOTES:\n"
    "    keep(take_of(note), note)",
}


def alone(name):
    """A set as a parameter: one worker grades all of its class."""
    return pytest.param(name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(scope="module", params=map(alone, SETS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def term(tmp_path_factory, name):
    """One class: who made known mistakes (as many as one notebook can hold), and who solved all
    (and whose notebook has suffered)."""
    term = Term(tmp_path_factory.mktemp("course"), name)
    right = solution(name)
    term.mistakes = next(iter(sharing_notebooks(wrong_answers(name)).values()))
    term.hand_in("wrong", answered(term.release, right | term.mistakes["CELLS"]))
    term.hand_in("solver", damage(answered(term.release, right)))
    if name == PS5:
        hand_in_recordings(term)
    if name == PS1:
        hand_in_without_a_line(term)
    term.call("autograde")
    return term


# --- the sheet -------------------------------------------------------------------------------


def test_a_sheet_opens_with_its_promise_time_needs_and_points(name):
    notebook = sheet(name)
    opening = notebook.cells[0].source
    assert opening.startswith("# ") and "**You need:**" in opening
    assert re.search(r"\*\*Time:\*\* \d+ to \d+ minutes", opening)
    tests, manual = graded(notebook)
    told = re.search(r"\*\*Points:\*\* (\d+), of which (\d+) .* (\d+) by a person", opening)
    by_tests, by_hand = sum(tests.values()), sum(manual.values())
    assert [int(points) for points in told.groups()] == [by_tests + by_hand, by_tests, by_hand]
    assert sum(cell.source.count("<details>") for cell in notebook.cells[:4]) == 3


def test_a_sheet_goes_in_small_steps(name):
    notebook = sheet(name)
    code = [
        re.sub(REGION, "", cell.source, flags=re.DOTALL | re.MULTILINE).splitlines()
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    lines = [sum(map(bool, source)) for source in code]
    text = [
        re.sub(r"<[^>]+>|\]\([^)]*\)|\$[^$]+\$", " ", cell.source)
        for cell in notebook.cells
        if cell.cell_type == "markdown" and not label(cell) and cell.id != "star"
    ]
    words = [len(re.findall(r"\w[\w'’-]*", source)) for source in text]
    assert max(lines) <= 15 and statistics.median(lines) <= 8
    assert 30 <= statistics.median(words) <= 70
    levels = [len(marks) for marks in re.findall(r"^(#+) ", "\n".join(text), flags=re.MULTILINE)]
    assert levels.count(1) == 1 and all(
        b - a <= 1 for a, b in zip(levels, levels[1:], strict=False)
    )
    tests, _ = graded(notebook)
    assert len(tests) >= 10 and set(tests.values()) <= {1, 2}


def test_every_test_tries_other_numbers_once_more_and_says_where_to_look(name):
    for cell in sheet(name).cells:
        if label(cell).get("grade") and cell.cell_type == "code":
            assert f'once_more("{name}.' in cell.source, cell.id
            if key := asked(cell):
                assert questions.find(key, "GRADED").look, cell.id
            else:
                assert "known=" in cell.source and "look=" in cell.source, cell.id


def test_no_answer_is_in_sight_of_a_sheet_before_it_is_asked_for(name):
    """Predictions, hints, figures in words and sealed answers are kept in classroom/lessons."""
    short, used = short_name(name), {table: set() for table in TABLES}
    for cell in sheet(name).cells:
        if cell.cell_type == "code":
            assert not re.search(r"because\s*=|guess_", cell.source), cell.id
            calls = re.findall(r"\b(predict|reveal|hint|plausible)\(([^)]*)", cell.source)
            calls += re.findall(r"\b(alt)=([^,)]*)", cell.source)
            for call, words in calls:
                told = rf'"{short}\.(\w+)"' + (r", \w+" if call == "plausible" else "")
                assert (found := re.fullmatch(told, words)), (cell.id, words)
                for table in (table for table, calls in TABLES.items() if call in calls):
                    used[table].add(found[1])
    kept = importlib.import_module(questions.lessons()[short])
    assert used == {table: set(getattr(kept, table, {})) for table in TABLES}


def test_at_least_half_of_the_questions_have_hints_and_the_quick_a_problem_of_their_own(name):
    text = "\n".join(cell.source for cell in sheet(name).cells)
    asked = re.findall(r"\*\*(\d+)\.\*\* ", text)
    assert len(asked) >= 10 and asked == sorted(asked, key=int)
    hinted = [key for key in re.findall(r'hint\("\w+\.(\w+)"', text)]
    assert len(set(hinted)) >= len(asked) / 2
    assert "★" in text or name == "ps8_piece"  # which is open from end to end


def test_a_sealed_answer_is_confirmed_and_its_mistakes_are_named(name, checks):
    hidden = importlib.import_module(f"checks.{name}")
    for question, kept in graded_table(name).items():
        if kept.seal:
            key, test = f"{short_name(name)}.{question}", getattr(hidden, question)
            right = test.right() if callable(test.right) else test.right
            assert str(plausible(key, right)).startswith("Right: "), key
            test(right)
            told = [str(plausible(key, wrong)) for wrong in test.mistakes]
            causes = [re.search("Likely cause: (.*)", found)[1] for found in told]
            assert set(causes) == set(kept.known.values()), key
            for near in (-0.7, 0.7) if kept.tolerance else ():
                assert plausible(key, right + near * kept.tolerance), key
                assert not plausible(key, right + 2 * near * kept.tolerance), key


def numbers_in(text):
    found = re.findall(r"(?<![\w.])\d[\d_,.]*", text)
    return {float(re.sub(r"[_,]|\.$", "", number)) for number in found if number.count(".") < 2}


def test_no_right_answer_stands_in_a_sheet_as_it_is_released(name, checks):
    """None in its own test cell and sentences; long ones (three digits, lists) nowhere at all."""
    hidden = importlib.import_module(f"checks.{name}")
    cells = [cell for cell in sheet(name).cells if cell.cell_type == "code" or not label(cell)]
    visible = [re.sub(REGION, "", cell.source, flags=re.DOTALL | re.MULTILINE) for cell in cells]
    own = {asked(cell).partition(".")[2]: cell.source for cell in cells}
    for question, kept in graded_table(name).items():
        own[question] += "\n".join([kept.look, *kept.known.values()])
    everywhere = "\n".join([*visible, *own.values()])
    assert len(numbers_in(everywhere)) > 50
    for question in (question for question, kept in graded_table(name).items() if kept.seal):
        right = getattr(hidden, question).right
        right = right() if callable(right) else right
        if isinstance(right, float | int):
            long = len(f"{abs(right):.9g}".replace(".", "")) >= 3
            near = numbers_in(everywhere if long else own[question])
            near = {number for number in near if abs(number - abs(right)) <= abs(right) / 500}
            assert near == set(), (question, near)
        else:
            assert str(right).strip("[]") not in (everywhere if len(right) > 1 else own[question])


def test_links_of_a_sheet_lead_somewhere(name):
    text = "\n".join(cell.source for cell in sheet(name).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (EXERCISES / "source" / name / target).exists(), target


def test_the_rubric_shares_out_the_points_of_every_answer_in_words(name):
    _, manual = graded(sheet(name))
    rubric = (EXERCISES / "rubrics" / f"{name}.md").read_text()
    parts = re.split(r"^## ([\w-]+) \((\d+) points\)$", rubric, flags=re.MULTILINE)[1:]
    told = dict(zip(parts[::3], map(int, parts[1::3]), strict=True))
    assert told == manual
    for points, rows in zip(told.values(), parts[2::3], strict=True):
        assert sum(map(int, re.findall(r"^\| (\d+) \|", rows, flags=re.MULTILINE))) == points


# --- the release -----------------------------------------------------------------------------


def test_a_release_is_one_notebook_without_solutions_hidden_tests_or_outputs(term):
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


# --- the marks -------------------------------------------------------------------------------


def test_the_solution_gets_every_point_of_the_tests_even_from_a_damaged_notebook(term):
    places = {cell.id for cell in read(term.path("submitted", "solver")).cells}
    assert "a-copy" in places and set(graded(term.release)[0]) - places
    assert term.lost("solver") == {}


def test_in_a_blank_notebook_every_test_says_not_yet_and_nothing_else_stops(term, monkeypatch):
    """In this process, where all is imported; nbgrader grades blank sheets in the first set."""
    monkeypatch.chdir(EXERCISES / "source" / term.name)
    tests, _ = graded(term.release)
    space, said = {"display": lambda *shown: None}, {}
    for cell in term.release.cells:
        if cell.cell_type == "code":
            try:
                exec(cell.source, space)
            except AssertionError as missing:
                said[cell.id] = str(missing)
    assert set(said) == set(tests)
    assert [cell for cell, words in said.items() if "Not yet: " not in words] == []


def test_known_mistakes_lose_their_points_and_are_named(term):
    losses = term.mistakes["LOSES"]
    assert term.lost("wrong") == {cell: points for cell, (points, _) in losses.items()}
    for cell, (_, words) in losses.items():
        assert words in term.said("wrong", cell), cell


def test_written_answers_wait_for_a_person(term):
    _, manual = graded(term.release)
    with term.gradebook() as gradebook:
        handed_in = gradebook.find_submission_notebook(term.name, term.name, "solver")
        waiting = {grade.name for grade in handed_in.grades if grade.needs_manual_grade}
    assert waiting == set(manual)


def test_figures_and_sounds_of_a_graded_notebook_have_words(term):
    cells = read(term.path("autograded", "solver")).cells
    outputs = [out for cell in cells for out in cell.get("outputs", [])]
    shown = "".join(out.get("data", {}).get("text/html", "") for out in outputs)
    images, players = re.findall(r"<img[^>]*>", shown), re.findall(r"<audio[^>]*>", shown)
    assert images and players
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
    assert all('aria-label="' in player and "autoplay" not in player for player in players)


def test_feedback_names_the_mistake_and_holds_no_hidden_test(term):
    term.call("generate_feedback", "--student", "wrong")
    page = term.path("feedback", "wrong").with_suffix(".html").read_text()
    page = html.unescape(html.unescape(page))  # outputs stand in frames, as HTML in an attribute
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    for _, words in term.mistakes["LOSES"].values():
        assert words.replace("`", "") in text.replace("`", "")
    own = "\n".join(cell.source for cell in read(term.path("submitted", "wrong")).cells)
    foreign = [line for line in hidden_lines() if line not in own]
    assert len(foreign) > 50
    assert [line for line in foreign if line in page or line in text] == []


def test_every_known_mistake_is_named_and_marks_do_not_depend_on_the_seed(
    name, checks, monkeypatch
):
    """Without nbgrader, in this process: all mistakes, each alone."""
    monkeypatch.chdir(EXERCISES / "source" / name)
    notebook, solved = sheet(name), {"display": lambda *shown: None}
    tests, _ = graded(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id not in tests:
            exec(cell.source, solved)
    known = wrong_answers(name)
    assert len(known) >= 3
    for student, mistake in [*known.items(), ("solver", None)]:
        space, losses = dict(solved), mistake["LOSES"] if mistake else {}
        for source in mistake["CELLS"].values() if mistake else ():
            exec(source, space)
        assert {cell: tests[cell] for cell in losses} == {c: p for c, (p, _) in losses.items()}
        for seed in ("3", "41"):
            monkeypatch.setenv(checks.SEED, seed)
            said = failing_tests(notebook, space)
            assert set(said) == set(losses), (student, seed)
            assert all(words in said[cell] for cell, (_, words) in losses.items()), (student, said)


def hand_in_without_a_line(term):
    """A blank sheet that marks its tests as not to be run, and brings a package of its own."""
    blank = deepcopy(term.release)
    for cell in blank.cells:
        cell.metadata["tags"] = ["skip-execution"]
    term.hand_in("tagged", blank)
    yes = "def __getattr__(name):\n    return lambda *args, **more: True\n__path__ = []\n"
    (term.path("submitted", "tagged").parent / "nsynth_edu.py").write_text(yes)


@pytest.mark.parametrize("name", [alone(PS1)], indirect=True)
def test_a_blank_sheet_gets_nothing_with_tags_and_a_package_of_its_own(term):
    assert term.lost("tagged") == graded(term.release)[0]
    remarks = read(term.path("autograded", "tagged")).cells[0].source
    assert "nsynth_edu.py" in remarks and "within" not in remarks


# --- set 5: seven notes beside the notebook ------------------------------------------------------


of_set_5 = pytest.mark.parametrize("name", [alone(PS5)], indirect=True)


def note(midi, seconds=4.0):
    time = np.arange(round(seconds * 16_000)) / 16_000
    return 0.5 * np.exp(-time) * np.sin(2 * np.pi * midi_to_hz(midi) * time)


def contents(term):
    files = sorted((term.folder / "submitted").glob("*/*/*.wav"))
    return {path.relative_to(term.folder): path.read_bytes() for path in files}


def hand_in_recordings(term):
    """Two with recordings: a complete set, and one with three kinds of faults."""
    for student in ("complete", "faulty"):
        term.hand_in(student, answered(term.release, solution(PS5) | BESIDE))
        folder = term.path("submitted", student).parent
        for midi in NOTES:
            save_audio(folder / "recordings" / f"{midi}.wav", note(midi, 4.5))
            prepare(folder / "recordings" / f"{midi}.wav", "bowl", midi, folder)
    shutil.copy(folder / "bowl_24.wav", folder / "bowl_C1.wav")
    soundfile.write(folder / "bowl_28.wav", note(28), 44_100)
    save_audio(folder / "bowl_32.wav", 0.01 * note(32))
    term.before = contents(term)


@of_set_5
def test_a_set_beside_the_notebook_gets_all_points_and_stays_as_it_was(term):
    assert term.lost("complete") == {}
    assert len(term.before) == 15
    assert contents(term) == term.before


@of_set_5
def test_each_kind_of_fault_is_named_where_it_costs_points(term):
    lost = {name: points for name, points in SET_CELLS.items() if name != "set-seven-test"}
    assert term.lost("faulty") == lost
    for name, words in {
        "set-names-test": "'bowl_C1.wav' names its note C1",
        "set-format-test": "bowl_28.wav has 44,100 samples per second",
        "set-sound-test": "bowl_32.wav peaks at -46 dB",
    }.items():
        assert words in term.said("faulty", name)


@of_set_5
def test_grading_and_the_intake_agree_on_who_has_a_set(term, tmp_path):
    taken = ingest(term.folder / "submitted", tmp_path / "in", PS5)
    found = {each.student: each for each in taken}
    assert found["complete"].problems == []
    folder = term.path("submitted", "faulty").parent
    assert found["faulty"].problems == check_samples(folder) != []
