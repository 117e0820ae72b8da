"""Problem sets with sounds: files that lie beside a notebook, and the numbers that a sheet tells.

`test_exercises.py` grades these sheets like all others.
"""

import importlib.util
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nsynth_edu.play import caricature
from nsynth_edu.sound import (
    estimate_pitch,
    midi_to_hz,
    multi_scale_spectral_distance,
    save_audio,
)
from nsynth_edu.studio import NOTES, check_samples, prepare, take

TESTS = Path(__file__).parent
PS5 = "ps5_group_generation"
SET_CELLS = {"set-names-test": 2, "set-format-test": 2, "set-sound-test": 2, "set-seven-test": 1}

pytestmark = pytest.mark.timeout(600)  # s: nbgrader really grades


def graded_course():
    """The helpers of test_exercises.py, which is a test file and no module of the path."""
    spec = importlib.util.spec_from_file_location("graded_course", TESTS / "test_exercises.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


course = graded_course()


def note(midi, seconds=4.0):
    time = np.arange(round(seconds * 16_000)) / 16_000
    return 0.5 * np.exp(-time) * np.sin(2 * np.pi * midi_to_hz(midi) * time)


def cell(name, sheet=PS5):
    return next(each for each in course.sheet(sheet).cells if each.id == name).source


# --- problem set 5: files beside the notebook ---------------------------------------------------


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Two students with recordings: a complete set, and one with three kinds of faults."""
    term = course.Term(tmp_path_factory.mktemp("course"), PS5)
    answers = course.solution(PS5) | {
        "name": 'instrument = "bowl"\nmy_set = Path(".")',
        "make": "def take_of(note):\n    return None\n\n\nfor note in NOTES:\n"
        "    keep(take_of(note), note)",
    }
    for student in ("complete", "faulty"):
        term.hand_in(student, course.answered(term.release, answers))
        folder = term.path("submitted", student).parent
        for midi in NOTES:
            save_audio(folder / "recordings" / f"{midi}.wav", note(midi, 4.5))
            prepare(folder / "recordings" / f"{midi}.wav", "bowl", midi, folder)
    shutil.copy(folder / "bowl_24.wav", folder / "bowl_C1.wav")
    soundfile.write(folder / "bowl_28.wav", note(28), 44_100)
    save_audio(folder / "bowl_32.wav", 0.01 * note(32))
    term.before = contents(term)
    term.call("autograde")
    return term


def contents(term):
    files = sorted((term.folder / "submitted").glob("*/*/*.wav"))
    return {path.relative_to(term.folder): path.read_bytes() for path in files}


def test_a_set_beside_the_notebook_gets_all_points_and_stays_as_it_was(handed_in):
    assert handed_in.lost("complete") == {}
    assert len(handed_in.before) == 15
    assert contents(handed_in) == handed_in.before


def test_each_kind_of_fault_is_named_where_it_costs_points(handed_in):
    lost = {name: points for name, points in SET_CELLS.items() if name != "set-seven-test"}
    assert handed_in.lost("faulty") == lost
    for name, words in {
        "set-names-test": "'bowl_C1.wav' calls its note C1",
        "set-format-test": "bowl_28.wav has 44,100 samples per second",
        "set-sound-test": "bowl_32.wav peaks at -46 dB",
    }.items():
        assert words in handed_in.said("faulty", name)


def test_grading_and_the_intake_agree_on_who_has_a_set(handed_in, tmp_path):
    taken = take(handed_in.folder / "submitted", tmp_path / "in", PS5)
    assert {each.student: each.problems == [] for each in taken} == {
        "complete": True, "faulty": False,
    }  # fmt: skip
    faulty = next(each for each in taken if each.student == "faulty")
    folder = handed_in.path("submitted", "faulty").parent
    assert faulty.problems == check_samples(folder)


# --- problem set 5: the paths that the sheet tells ----------------------------------------------


def snippet(title):
    """The code folded below a title of the sheet."""
    text = cell("make-text")
    return re.search(rf"{title}.*?```\n(.*?)```", text, flags=re.DOTALL)[1]


def test_one_recording_at_other_speeds_makes_seven_notes_in_tune(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_audio("my_take.wav", note(36, 9))
    space = {}
    exec("from nsynth_edu.sound import load_audio\n" + cell("speed"), space)
    for midi in NOTES:
        exec(snippet("One recording"), space | {"note": midi}, found := {})
        assert abs(estimate_pitch(found["take"]) - midi) < 0.1
        assert len(found["take"]) >= 64_000


def test_an_instrument_of_the_soundfont_makes_a_set_without_a_problem(
    require, tmp_path, monkeypatch
):
    require("libfluidsynth")
    font = require("soundfont")
    monkeypatch.chdir(tmp_path)
    lines = re.sub(r'font = ".*"', f"font = {font!r}", snippet("An instrument of the SoundFont"))
    for midi in NOTES:
        space = {"note": midi, "NOTES": NOTES}
        exec(lines, space)
        save_audio(f"recordings/{midi}.wav", space["take"])
        prepare(f"recordings/{midi}.wav", "kalimba", midi, ".")
    assert check_samples(".") == []


def test_a_take_that_was_not_recorded_now_leaves_the_file_of_the_last_time(tmp_path):
    space = {"my_set": tmp_path, "instrument": "bowl", "save_audio": save_audio, "prepare": prepare}
    exec(cell("keep"), space)
    space["keep"](note(24), 24)
    before = (tmp_path / "bowl_24.wav").read_bytes()
    space["keep"](None, 24)
    space["instrument"] = ...
    space["keep"](None, 28)
    assert (tmp_path / "bowl_24.wav").read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.wav")] == ["bowl_24.wav"]


# --- problem set 4: what the sheet tells of the model -------------------------------------------


def test_the_told_scalings_are_nearest_in_takes_that_nobody_has_chosen():
    space = {}
    exec(cell("target", "ps4_latent"), space)
    exec(cell("sing", "ps4_latent"), space)
    for name, told, rivals in (("nylon_guitar", 2, (0, 1)), ("trumpet", 1, (0, 2))):

        def distances(scaling, name=name):
            drawn = caricature(space["z"][name], space["z_mean"], scaling)
            takes = [space["sing"](drawn, seed) for seed in (11, 12)]
            recorded = space["recorded"][name]
            return [multi_scale_spectral_distance(take, recorded) for take in takes]

        nearest = distances(told)
        for rival in rivals:
            assert max(nearest) < min(distances(rival)), (name, rival)
