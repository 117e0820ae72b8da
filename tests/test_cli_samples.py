"""sample prepare, sample check: what they write, print and refuse."""

import json
import subprocess
import sys

import pytest
import soundfile
from samples import tone

from nsynth_edu.cli import main
from nsynth_edu.studio import NOTES, check_samples


def call(capsys, *words):
    try:
        code = main(list(map(str, words)))
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


@pytest.mark.parametrize("command", ["", "prepare", "check"])
def test_the_sample_commands_explain_themselves(capsys, command):
    code, out, _ = call(capsys, "sample", *command.split(), "--help")
    assert code == 0 and f"usage: nsynth-edu sample {command}".strip() in out


def test_the_help_of_samples_imports_none_of_the_heavy_packages():
    code = """
import sys
from nsynth_edu.cli import main
try:
    main(["sample", "prepare", "--help"])
except SystemExit:
    print(*({"torch", "numpy", "soundfile"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n\n")


def test_a_set_prepared_by_command_passes_the_check_by_command(tmp_path, capsys):
    for note in NOTES:
        soundfile.write(tmp_path / "in.wav", tone(note, rate=44100), 44100)
        words = ("--instrument", "lead", "--note", note, "-o", tmp_path / "set")
        code, out, err = call(capsys, "sample", "prepare", tmp_path / "in.wav", *words)
        assert code == 0 and out == f"{tmp_path / 'set' / f'lead_{note}.wav'}\n"
        assert "is resampled to 16000." in err
    code, out, err = call(capsys, "sample", "check", tmp_path / "set")
    assert (code, out) == (0, "") and "is a complete set" in err


def test_the_check_command_prints_problems_and_only_remarks_the_rest(good, capsys):
    (good / "lead_24.wav").write_bytes(b"")
    (good / "Thumbs.db").write_bytes(b"")
    code, out, err = call(capsys, "sample", "check", good)
    assert code == 1 and out.splitlines() == [str(each) for each in check_samples(good)]
    assert "remark: 'Thumbs.db' is ignored" in err and "1 problem in" in err


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--instrument", "Lead 2", "--note", "24"], 2, "lead2 would do"),
        (["--instrument", "lead", "--note", "C2"], 2, "'C2' is not in a set"),
        (["--instrument", "lead", "--note", "25"], 2, "'25' is not in a set"),
        (["--instrument", "lead"], 2, "required: --note"),
        (["--instrument", "lead", "--note", "24"], 1, "there is no sound file"),
    ],
)
def test_the_prepare_command_says_what_is_wrong(tmp_path, capsys, words, code, reason):
    words = ["sample", "prepare", tmp_path / "none.wav", *words, "-o", tmp_path / "set"]
    told, out, err = call(capsys, *words)
    assert (told, out) == (code, "") and reason in err and not (tmp_path / "set").exists()


def test_a_problem_can_be_kept_as_json(good):
    (good / "lead_24.wav").unlink()
    [problem] = check_samples(good)
    assert json.loads(json.dumps(vars(problem)))["kind"] == "missing"
