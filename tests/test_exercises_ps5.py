"""Problem set 5: the paths that the sheet tells to seven notes."""

import re

import numpy as np
from problem_set import source

from nsynth_edu.sound import estimate_pitch, midi_to_hz, save_audio
from nsynth_edu.studio import NOTES, check_samples, prepare

PS5 = "ps5_group_generation"


def note(midi, seconds=4.0):
    time = np.arange(round(seconds * 16_000)) / 16_000
    return 0.5 * np.exp(-time) * np.sin(2 * np.pi * midi_to_hz(midi) * time)


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
