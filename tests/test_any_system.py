"""The way to a lesson and through a group job needs nothing that only POSIX has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from group_job import hand_in, tiny_model, tone

from nsynth_edu.generation import ENGINES
from nsynth_edu.sound import load_audio, save_audio

HOUSE = Path(__file__).parents[1]
HIDDEN = HOUSE / "tests" / "support" / "other_system"


def run(*words, where=None):
    """Run Python where the names of `other_system` are hidden from nsynth_edu."""
    known = os.pathsep.join([str(HIDDEN), str(HOUSE)])
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=os.environ | {"PYTHONPATH": known}, cwd=where,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def command(*words, where=None):
    return run("-m", "nsynth_edu", *words, where=where)


@pytest.mark.parametrize("hidden", ["import fcntl", "os.sysconf", "signal.SIGKILL"])
def test_what_is_hidden_is_out_of_reach_of_the_package_alone(hidden):
    words = f"import os, signal; exec({hidden!r}, {{'os': os, 'signal': signal, '__name__': who}})"
    run("-c", f"who = 'torch'; {words}")
    with pytest.raises(AssertionError, match="not on every system"):
        run("-c", f"who = 'nsynth_edu.studio'; {words}")


def test_every_module_can_be_imported():
    run(
        "-c",
        """
import importlib, pkgutil, nsynth_edu
for module in pkgutil.walk_packages(nsynth_edu.__path__, "nsynth_edu."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
""",
    )


def test_the_cells_of_lesson_00_run():
    cells = json.loads((HOUSE / "course" / "00_hear_it_first.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    run("-c", "\n".join(["from IPython.display import display", *code]), where=HOUSE / "course")


def test_a_morph_and_every_engine(tmp_path):
    for name in ("a", "b"):
        save_audio(tmp_path / f"{name}.wav", tone(60, range(1, 4)))
    command("morph", "a.wav", "b.wav", "-o", "c.wav", where=tmp_path)
    assert np.abs(load_audio(tmp_path / "c.wav")).max() > 0.01
    run(
        "-c",
        f"""
import numpy as np
from nsynth_edu import generate, load_model
model = load_model({tiny_model(tmp_path / "tiny.safetensors")!r})
for engine in {list(ENGINES)}:
    assert generate(model, np.ones((2, 16)), seed=1, engine=engine).std() > 0.01, engine
""",
    )


def test_samples_and_a_group_job_from_plan_to_pad(tmp_path):
    notes = (24, 28, 32, 36, 40, 44, 48)
    (tmp_path / "mine").mkdir()
    save_audio(tmp_path / "mine" / "take.wav", tone(36, range(1, 4)))
    words = ["mine/take.wav", "--instrument", "mine", "--note", "36", "-o", "prepared"]
    command("sample", "prepare", *words, where=tmp_path)
    hand_in(tmp_path / "submitted", ["s1", "s2", "s3", "s4"], notes)
    model = Path(tiny_model(tmp_path / "tiny.safetensors")).name
    words = ["--assignment", "ps5", "--model", model, "--resolution", "2"]
    command("group", "plan", "submitted", "-o", "JOB", *words, where=tmp_path)
    command("group", "run", "JOB", where=tmp_path)
    assert "28 of 28 points made" in command("group", "status", "JOB", where=tmp_path).stdout
    command("group", "export", "JOB", "--to", "pad", "-o", "pad", where=tmp_path)
    assert list((tmp_path / "pad").rglob("*.html"))
