"""Problem set 5: seven notes beside the notebook, and the paths that the sheet tells to them."""

import re
import shutil

import numpy as np
import pytest
import soundfile

from nsynth_edu.sound import estimate_pitch, midi_to_hz, save_audio
from nsynth_edu.studio import NOTES, check_samples, ingest, prepare

pytest.register_assert_rewrite("problem_set")

from problem_set import ProblemSet, answered, solution, source  # noqa: E402

PS5 = "ps5_group_generation"
SET_CELLS = {"set-names-test": 2, "set-format-test": 2, "set-sound-test": 2, "set-seven-test": 1}
BESIDE = {  # answers of who lays the seven files beside the notebook
    "name": 'instrument = "bowl"\nmy_set = Path(".")',
    "make": "def take_of(note):\n    return None\n\n\nfor note in NOTES:\n"
    "    keep(take_of(note), note)",
}


def note(midi, seconds=4.0):
    time = np.arange(round(seconds * 16_000)) / 16_000
    return 0.5 * np.exp(-time) * np.sin(2 * np.pi * midi_to_hz(midi) * time)


def contents(term):
    files = sorted((term.folder / "submitted").glob("*/*/*.wav"))
    return {path.relative_to(term.folder): path.read_bytes() for path in files}


class TestGroupGeneration(ProblemSet):
    name = PS5

    @classmethod
    def more_students(cls, term):
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

    def test_a_set_beside_the_notebook_gets_all_points_and_stays_as_it_was(self, term):
        assert term.lost("complete") == {}
        assert len(term.before) == 15
        assert contents(term) == term.before

    def test_each_kind_of_fault_is_named_where_it_costs_points(self, term):
        lost = {name: points for name, points in SET_CELLS.items() if name != "set-seven-test"}
        assert term.lost("faulty") == lost
        for name, words in {
            "set-names-test": "'bowl_C1.wav' calls its note C1",
            "set-format-test": "bowl_28.wav has 44,100 samples per second",
            "set-sound-test": "bowl_32.wav peaks at -46 dB",
        }.items():
            assert words in term.said("faulty", name)

    def test_grading_and_the_intake_agree_on_who_has_a_set(self, term, tmp_path):
        taken = ingest(term.folder / "submitted", tmp_path / "in", PS5)
        found = {each.student: each for each in taken}
        assert found["complete"].problems == []
        folder = term.path("submitted", "faulty").parent
        assert found["faulty"].problems == check_samples(folder) != []


# --- the paths that the sheet tells ------------------------------------------------------------


def snippet(title):
    """The code folded below a title of the sheet."""
    text = source(PS5, "make-text")
    return re.search(rf"{title}.*?```\n(.*?)```", text, flags=re.DOTALL)[1]


def test_one_recording_at_other_speeds_makes_seven_notes_in_tune(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_audio("my_take.wav", note(36, 9))
    space = {}
    exec("from nsynth_edu.sound import load_audio\n" + source(PS5, "speed"), space)
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
    exec(source(PS5, "keep"), space)
    space["keep"](note(24), 24)
    before = (tmp_path / "bowl_24.wav").read_bytes()
    space["keep"](None, 24)
    space["instrument"] = ...
    space["keep"](None, 28)
    assert (tmp_path / "bowl_24.wav").read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.wav")] == ["bowl_24.wav"]
