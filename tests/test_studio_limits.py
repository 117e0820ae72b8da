"""Group jobs where a machine says no: a full disk, a folder that may only be read."""

import json
import os
import subprocess
import sys

import pytest
from group_job import hand_in, tiny_model

from nsynth_edu.studio import NOTES, Settings, plan_groups

DISK = 6_000_000  # bytes
INSIDE = """\
import json, os, sys
from dataclasses import replace
from pathlib import Path
from nsynth_edu.cli import main
from nsynth_edu.studio import Plan

submitted, model, disk, closed = map(Path, sys.argv[1:])
said = {}

def run(name, *words):
    print(f"--- {name}", file=sys.stderr, flush=True)
    said[name] = main(["group", *map(str, words)])

def fill(leave=0):
    with (disk / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - leave)

plan = "plan", submitted, "-o", disk / "JOB", "--model", model, "--resolution", 2
fill(300_000)
run("plan, full", *plan)
planned = (disk / "JOB" / "plan.json").exists()
(disk / "ballast").unlink()
run("plan", *plan)
(group,) = Plan.read(disk / "JOB").groups  # one note in place of seven, to be quick
Plan((replace(group, settings=replace(group.settings, notes=(36,))),)).write(disk / "JOB")
fill(300_000)
run("run, full", "run", disk / "JOB", "--workers", 1)
run("status, full", "status", disk / "JOB")
(disk / "ballast").unlink()
run("run", "run", disk / "JOB", "--workers", 1)
fill(40_000)
run("export, full", "export", disk / "JOB", "--to", "pad", "-o", disk / "pads")
left = [str(path) for path in disk.rglob(".*.part")]
run("status, closed", "status", closed)
run("run, closed", "run", closed)
run("export, closed", "export", disk / "JOB", "--to", "pad", "-o", closed / "pads")
print(json.dumps({"codes": said, "planned": planned, "left": left}))
"""


@pytest.fixture(scope="module")
def told(require, tmp_path_factory):
    """Exit codes, sentences by command, and what was left, of a small disk and a closed folder."""
    bwrap = require("bwrap")
    where = tmp_path_factory.mktemp("limits")
    sandbox = [bwrap, "--die-with-parent", "--bind", "/", "/", "--dev", "/dev"]
    if subprocess.run([*sandbox, "true"], capture_output=True, check=False).returncode:
        pytest.skip("This machine lets bubblewrap make no sandbox.")
    submitted = hand_in(where / "submitted", [f"s{n}" for n in range(4)])
    model = tiny_model(where / "tiny.safetensors")
    plan_groups(submitted, where / "closed", Settings(model, resolution=2, notes=NOTES[:1]))
    (where / "inside.py").write_text(INSIDE)
    (where / "disk").mkdir()
    done = subprocess.run(
        [
            *sandbox, "--size", str(DISK), "--tmpfs", where / "disk",
            "--ro-bind", where / "closed", where / "closed",
            sys.executable, where / "inside.py", submitted, model, where / "disk", where / "closed",
        ],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sentences = {
        part.partition("\n")[0]: part.partition("\n")[2] for part in done.stderr.split("--- ")[1:]
    }
    return json.loads(done.stdout.splitlines()[-1]), sentences


def test_on_a_full_disk_nothing_is_planned_by_halves(told):
    about, said = told
    assert about["codes"]["plan, full"] == 1 and not about["planned"]
    assert "No space left on device" in said["plan, full"]
    assert about["codes"]["plan"] == 0


def test_on_a_full_disk_a_run_says_why_it_ended_and_goes_on_with_more_room(told):
    about, said = told
    assert about["codes"]["run, full"] == 1
    assert "No space left on device" in said["run, full"]
    assert about["codes"]["status, full"] == 0
    assert about["codes"]["run"] == 0 and "4 of 4 points made." in said["run"]
    assert about["codes"]["export, full"] == 1
    assert said["export, full"].endswith("No space left on device.\n"), said["export, full"]
    assert about["left"] == []


def test_a_folder_that_may_only_be_read_can_be_looked_at_and_refuses_in_a_sentence(told):
    about, said = told
    assert about["codes"]["status, closed"] == 0
    for name in ("run, closed", "export, closed"):
        assert about["codes"][name] == 1
        assert said[name].count("\n") == 1 and "Traceback" not in said[name], said[name]
