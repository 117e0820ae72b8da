"""The instructor's walk, by the commands that her text tells: thirty hand-ins, seven pads."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from group_job import hand_in_thirty, tiny_model
from slurm import SITE, slurm_cluster

from nsynth_edu.classroom import Pad, load_plane
from nsynth_edu.studio import Job, Plan
from nsynth_edu.studio.groups import COURSE

TEXT = Path(__file__).parents[1] / "exercises" / "group_generation.md"
PATIENCE = 120  # s
cluster = pytest.fixture(slurm_cluster, scope="module")


def told(verb):
    """The words of the first `nsynth-edu group VERB` in the text, as they are to be run here."""
    line = re.search(rf"^nsynth-edu (group {verb}.*?)(?:  +#.*)?$", TEXT.read_text(), re.MULTILINE)
    return [sys.executable, "-m", "nsynth_edu", *shlex.split(line[1])]


def call(words, where):
    return subprocess.run(words, cwd=where, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def planned(require, tmp_path_factory):
    """A folder with SUBMITTED and JOB, who is broken, and what `group plan` said."""
    require("libfluidsynth"), require("soundfont")
    where = tmp_path_factory.mktemp("term")
    words = told("plan")
    broken = hand_in_thirty(where / "submitted", words[words.index("--assignment") + 1])
    model = tiny_model(where / "tiny.safetensors")
    more = ["--fill", "--model", Path(model).name, "--resolution", "2"]
    done = call([*words, *more], where)
    plan = Plan.read(where / "JOB")  # one note in place of seven, to be quick
    groups = [replace(one, settings=replace(one.settings, notes=(36,))) for one in plan.groups]
    Plan(tuple(groups), plan.waiting).write(where / "JOB")
    return where, broken, done


def test_the_plan_names_who_is_out_and_fills_the_last_group(planned):
    where, broken, done = planned
    assert done.returncode == 0
    *_, last = said = done.stderr.splitlines()
    assert "7 groups, 196 points in all; 3 without a place." in last
    groups = Job(where / "JOB").plan.groups
    assert len(groups) == len(done.stdout.splitlines()) == 7
    owners = [one.owner for group in groups for one in group.instruments]
    assert len(set(owners)) == 28 and not set(broken) & set(owners)
    assert [owner.startswith(COURSE) for owner in owners].count(True) == 1
    assert done.stdout.count(COURSE) == 1, "marked as the course's own"
    reasons = ("missing: 36", "is empty", "has 44,100")
    for line, student, reason in zip(said[-4:-1], broken, reasons, strict=True):
        assert re.match(rf"nsynth-edu: {student}: .*{reason}", line)
    assert r"'caf\udce9 \x1b[1m'" in done.stdout, "a name that is no text, in signs that print"
    assert (where / "JOB").stat().st_mode & 0o077 == 0, "it names students"


@pytest.mark.parametrize("backend", ["local", "slurm"])
def test_a_run_that_is_killed_goes_on_and_ends_in_pads(planned, backend, tmp_path, request):
    words = told("run")
    if backend == "slurm":
        request.getfixturevalue("cluster")
        (tmp_path / "my-cluster.toml").write_text(SITE)
        words = [*told("run JOB --backend slurm"), "--wait"]
    job = Job(shutil.copytree(planned[0] / "JOB", tmp_path / "JOB"))

    first = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + PATIENCE
    while len(job.missing()) > 24:
        assert first.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    made = {point: job.path(point).stat().st_mtime_ns for point in job.points if job.is_made(point)}
    assert 4 <= len(made) < 28

    again = call(words, tmp_path)
    assert again.returncode == 0, again.stderr
    assert "28 of 28 points made." in again.stderr
    assert made == {point: job.path(point).stat().st_mtime_ns for point in made}
    assert call(told("status"), tmp_path).stdout == "28 of 28 points made.\n"
    assert not list(job.folder.rglob(".*.part"))

    if backend == "local":
        assert call(told("export"), tmp_path).returncode == 0
        assert_pads(job, tmp_path / "pads")


def assert_pads(job, pads):
    """Seven pads that a student can play, and that name no student."""
    assert sorted(path.name for path in pads.iterdir()) == sorted(g.id for g in job.plan.groups)
    for group in job.plan.groups:
        plane = load_plane(pads / group.id)
        assert plane["sounds"].shape == (1, 2, 2, 64_000)
        assert (np.abs(plane["sounds"]).max(-1) > 0.01).all(), "every note of every corner sounds"
        about = json.loads((pads / group.id / "plane.json").read_text())
        names = [one.name for one in group.instruments]
        assert about["corners"] == names and len(set(names)) == 4
        owners = [one.owner for one in group.instruments if not one.owner.startswith(COURSE)]
        assert not any(json.dumps(owner)[1:-1] in json.dumps(about) for owner in owners)
    assert Pad(**plane).notes == list(group.settings.notes)
