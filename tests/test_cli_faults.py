"""Bad input ends a command with one sentence that names the file, never with a traceback."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsynth_edu.cli import main, sounds
from nsynth_edu.models import NSynthConfig, model_metadata
from nsynth_edu.play import save_encoding
from nsynth_edu.sound import AudioError, midi_to_hz, read_notes, save_audio, write_notes

SHAPE = (
    "shape = { encoder_channels = 4, encoder_layers = 2, layers = 2, cycle = 2, "
    "residual_channels = 4, skip_channels = 4, kernel_size = 2, pitch_channels = 2 }\n"
)
SETTINGS = 'notes = "notes"\noutput = "run"\nsteps = 2\ncrop = 512\nwarmup = 0\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two notes, and the settings of a small training."""
    monkeypatch.chdir(tmp_path)
    time = np.arange(8_000) / 16_000
    write_notes(
        tmp_path / "notes",
        (
            {"waveform": 0.4 * np.sin(2 * np.pi * midi_to_hz(pitch) * time), "pitch": pitch,
             "velocity": 100, "instrument_str": "flute_synthetic_001"}
            for pitch in (57, 60)
        ),
    )  # fmt: skip
    (tmp_path / "run.toml").write_text(SETTINGS + SHAPE)
    return tmp_path


@pytest.fixture
def refused(capsys):
    """Runs a command that fails, and returns the one line it prints."""

    def refused(words):
        assert main(words.split()) == 1
        out, err = capsys.readouterr()
        lines = [line for line in re.split("[\r\n]", err) if line.strip()]
        assert out == "" and len(lines) == 1 and lines[0].startswith("nsynth-edu: ")
        return lines[0].removeprefix("nsynth-edu: ")

    return refused


@pytest.mark.parametrize("change, sentence", [
    (("steps = 2", "steps = 0"), "run.toml: steps is 0; expected a whole number at least 1."),
    (("steps = 2", 'steps = "2"'), "run.toml: steps is '2'; expected a whole number"),
    (("crop = 512", "crop = 51200000000"), "crop is 51200000000; expected a whole number at least"),
    (("warmup = 0", "batch = 0"), "run.toml: batch is 0; expected a whole number at least 1"),
    (("warmup = 0", "checkpoint_every = 0"), "checkpoint_every is 0; expected a whole number"),
    (("warmup = 0", 'held_out_instruments = ["flut_synthetic_001"]'), "names 'flut_synthetic_001'"),
    (("warmup = 0", 'fabric = { devices = "many" }'), "fabric is { devices = 'many' }, which"),
    (("warmup = 0", "fabric = { colour = 3 }"), "fabric is { colour = 3 }, which Lightning"),
    (("warmup = 0", 'fabric = { precision = "int3" }'), "fabric is { precision = 'int3' }, which"),
    (("layers = 2, cycle", "layers = -2, cycle"), "layers is -2; expected 0 to 1,000"),
])  # fmt: skip
def test_settings_of_a_training_are_checked_before_it_starts(folder, refused, change, sentence):
    path = folder / "run.toml"
    path.write_text(path.read_text().replace(*change))
    assert sentence in refused("train run.toml")
    assert not (folder / "run").exists()


def test_a_run_is_not_resumed_with_another_shape_fewer_steps_or_an_empty_state(
    folder, refused, capsys
):
    path = folder / "run.toml"
    assert main(["train", "run.toml"]) == 0
    capsys.readouterr()
    known = model_metadata(folder / "run" / "model.safetensors")["instruments"]
    assert known == ["flute_synthetic_001"]
    before = path.read_text()
    path.write_text(before.replace("steps = 2", "steps = 1"))
    assert "run has 2 steps behind it and steps is 1" in refused("train run.toml --resume")
    path.write_text(before.replace("steps = 2", "steps = 4").replace("layers = 2", "layers = 3"))
    sentence = refused("train run.toml --resume")
    assert "with another shape: encoder_layers is 3 and was 2, layers is 3 and was 2" in sentence
    (folder / "run" / "state.safetensors").write_bytes(b"")
    assert "does not hold the state of this run" in refused("train run.toml --resume")


def test_notes_of_other_instruments_than_those_trained_on_count_as_held_out(folder, capsys):
    assert main(["train", "run.toml"]) == 0
    tone = 0.4 * np.sin(np.arange(8_000) / 6)
    write_notes(
        folder / "notes",
        [{"waveform": tone, "pitch": 60, "velocity": 100, "instrument_str": "reed_acoustic_002"}],
    )
    assert main(["evaluate", "run/model.safetensors", "notes", "--count", "1"]) == 0
    assert "| score | trained notes | held-out instrument |" in capsys.readouterr().out


@pytest.mark.parametrize("content, sentence", [
    (b"[]", "examples.json holds no table of notes by name"),
    (b"NaN", "examples.json holds no table of notes by name"),
    (b"\xff\xfe{\x00}\x00", "examples.json is not UTF-8 text"),
    (b'{"a"', "examples.json is not readable JSON (line 1)"),
    (b'{"a": null}', "1 of the 1 notes in notes/examples.json have no sound"),
])  # fmt: skip
def test_a_list_of_notes_that_is_none_is_named(folder, refused, content, sentence):
    (folder / "notes" / "examples.json").write_bytes(content)
    assert sentence in refused("evaluate pocket notes --count 1")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = (
    "pitch", "velocity", "instrument_str", "instrument_family_str", "instrument_source_str",
    "qualities_str", "sample_rate", "contour",
)  # fmt: skip


@given(field=st.sampled_from(FIELDS), value=VALUES)
@settings(
    max_examples=200, derandomize=True, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_whatever_a_record_holds_it_is_read_or_named(folder, field, value):
    path = folder / "notes" / "examples.json"
    whole = json.loads(path.read_text())
    name = next(iter(whole))
    path.write_text(json.dumps(whole | {name: whole[name] | {field: value}}))
    try:
        notes = read_notes(folder / "notes")
    except AudioError as problem:
        assert f"note {name} in {path}: " in str(problem) and field in str(problem)
    else:
        assert all(0 <= note.pitch <= 127 and note.sample_rate > 0 for note in notes)
    finally:
        path.write_text(json.dumps(whole))


@pytest.mark.parametrize("pitch", [np.inf, -5.0, 1000.0, np.full(4, np.inf)])
def test_a_pitch_that_is_none_is_refused_with_its_file(folder, refused, pitch):
    save_encoding("z.npz", np.zeros((4, 16), np.float32), pitch, NSynthConfig.pocket())
    sentence = refused("decode z.npz -o out.wav")
    assert sentence.startswith("pitch in z.npz is not within the MIDI numbers 0 to 127")
    assert not (folder / "out.wav").exists()


def test_a_silent_note_leaves_numbers_in_the_table_and_in_the_json(folder, capsys):
    for path in (folder / "notes" / "audio").iterdir():
        save_audio(path, np.zeros(8_000))
    assert main("evaluate pocket notes --count 2 --held-out --json s.json".split()) == 0
    out, err = capsys.readouterr()
    assert "nan" not in out and "is silent; check that the right file" in err

    def never(name):
        raise AssertionError(f"{name} is not JSON")

    json.loads((folder / "s.json").read_text(), parse_constant=never)


def test_an_unexpected_fault_is_one_sentence_and_debug_shows_where(refused, monkeypatch):
    def broken(arguments):
        return 1 / 0

    monkeypatch.setattr(sounds, "encode", broken)
    sentence = refused("encode a.wav -o z.npz")
    assert "a fault of nsynth-edu" in sentence and "ZeroDivisionError: division" in sentence
    assert "`nsynth-edu --debug`" in sentence
    with pytest.raises(ZeroDivisionError):
        main("--debug encode a.wav -o z.npz".split())


def test_no_line_of_another_program_stands_in_front_of_ours(folder):
    """Lightning says which precision it takes, even before it is known that there are no notes."""
    (folder / "run.toml").write_text((SETTINGS + SHAPE).replace('"notes"', '"nowhere"'))
    command = [sys.executable, "-m", "nsynth_edu", "train", "run.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    [line] = done.stderr.splitlines()
    assert done.returncode == 1 and line.startswith("nsynth-edu: nowhere holds no notes")
