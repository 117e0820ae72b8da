"""Job folders from strangers, or that others may write to: nothing of theirs is run or followed."""

import json
import os
import pickle
from dataclasses import replace

import pytest

from nsynth_edu.cli import main
from nsynth_edu.studio import NOTES, Instrument, Plan, Settings, StudioError, backend
from nsynth_edu.studio.export import credits
from nsynth_edu.studio.plan import add_groups

SETTINGS = Settings(resolution=2, frames=2, notes=NOTES[:1], temperature=1.0, sampling="mean")
SETS = [Instrument(f"{number:016x}", f"word{number}", f"s{number}") for number in range(4)]


@pytest.fixture
def job(tmp_path):
    """A planned job's folder; its samples are not needed."""
    folder = tmp_path / "job"
    folder.mkdir(mode=0o700)
    add_groups(Plan(), SETS, SETTINGS).write(folder)
    return folder


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A cluster whose programs write down how they were called, and whose queue holds 7_0."""
    for name, answer in [
        ("sbatch", "echo Submitted batch job 7"),
        ("scancel", ""),
        ("squeue", "echo 7_0 RUNNING"),
    ]:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n{answer}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path / "calls"


def write_run(job, **changes):
    run = {"backend": "slurm", "ids": ["7_0"], "started": 0.0} | changes
    (job / "run.json").write_text(json.dumps(run))


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize(
    "change",
    [
        {"ids": ["--user=somebody", "--full"]},
        {"ids": ["7_0", "7_0\n--full"]},
        {"ids": ["../7_0"]},
        {"ids": ["7_0_0"]},
        {"ids": [""]},
        {"backend": "shell"},
        {"started": -1},
    ],
)
def test_a_run_that_is_not_ours_is_refused_and_no_program_is_called(job, cluster, change, capsys):
    write_run(job, **change)
    for command in ("cancel", "status", "run"):
        words = ["group", command, str(job)] + ["--backend", "slurm"] * (command == "run")
        assert main(words) == 1
        assert "run.json is not from `group run`" in capsys.readouterr().err
    assert not cluster.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"ids": 7}', "[" * 100_000])
def test_a_damaged_run_counts_as_none(job, cluster, text):
    (job / "run.json").write_text(text)
    backend.cancel(job)
    assert backend.status(job).wanted == 4 and backend.queue(job) == {}
    assert not cluster.exists()


def test_a_run_of_ours_is_cancelled_by_its_ids(job, cluster):
    write_run(job, ids=["7_0", "7_1", "8"])
    backend.cancel(job)
    assert cluster.read_text() == "scancel 7_0 7_1 8\n"


def test_a_result_that_somebody_left_is_not_unpickled(job, cluster, tmp_path, capsys):
    write_run(job)
    (job / "log").mkdir()
    (job / "log" / "7_0_0_result.pkl").write_bytes(pickle.dumps(Touch(str(tmp_path / "ran"))))
    assert main(["group", "run", str(job), "--backend", "slurm", "--wait"]) == 1
    assert "the workers ended before all points were made" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    pickle.loads((job / "log" / "7_0_0_result.pkl").read_bytes())
    assert (tmp_path / "ran").exists(), "it would have run"


@pytest.mark.parametrize("log", ["Error: no point\n", "a.b.SomeError: no point\n" + "x\n" * 9])
def test_why_a_worker_failed_is_read_from_its_log(job, cluster, log, capsys):
    write_run(job)
    (job / "log").mkdir()
    (job / "log" / "7_0_0_result.pkl").write_bytes(b"")
    (job / "log" / "7_0_0_log.err").write_text("WrongError: before\n" + log)
    assert main(["group", "run", str(job), "--backend", "slurm", "--wait"]) == 1
    assert "failed: no point" in capsys.readouterr().err
    (job / "log" / "7_0_0_log.out").write_text("submitit INFO - Job completed successfully\n")
    assert main(["group", "run", str(job), "--backend", "slurm", "--wait"]) == 1
    assert "a worker of" not in capsys.readouterr().err


@pytest.mark.parametrize("place", ["", "log"])
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_no_worker_starts_where_others_may_write(job, place, mode):
    (job / "log").mkdir()
    (job / place).chmod(mode)
    with pytest.raises(StudioError, match="can be written to by others; .*chmod -R go-w .*render"):
        backend.submit(job)
    assert not (job / "run.json").exists() and not list((job / "log").iterdir())
    assert backend.status(job).wanted == 4, "it can be looked at"


def test_a_run_goes_on_where_new_folders_are_open_to_a_group(job, cluster):
    before = os.umask(0o002)  # as many systems have it, where each user is a group of one
    try:
        backend.submit(job, "slurm")
    finally:
        os.umask(before)
    assert not (job / "log").stat().st_mode & 0o077
    assert [one.job_id for one in backend.submit(job, "slurm")] == ["7_0", "7_1"], "queued"


@pytest.mark.skipif(os.name == "nt" or os.geteuid(), reason="only root gives files away")
def test_no_worker_starts_in_somebody_else_s_folder(job):
    os.chown(job, 65534, 65534)
    with pytest.raises(StudioError, match="job belongs to another user; .*render"):
        backend.submit(job)


@pytest.mark.parametrize(
    ("instrument", "settings"),
    [
        ({"name": "../../word"}, {}),
        ({"name": "<b>word"}, {}),
        ({"id": "../../../etc"}, {}),
        ({}, {"notes": ("../../../etc/passwd",)}),
        ({}, {"notes": (36, 1000)}),
        ({}, {"notes": (True,)}),
        ({}, {"resolution": 10**9}),
        ({}, {"frames": 10**9}),
        ({}, {"frames": ["a"], "hop_length": 10**12}),
        ({}, {"hop_length": -1}),
    ],
)
def test_a_plan_of_paths_and_endless_numbers_is_refused(tmp_path, instrument, settings):
    first, *others = SETS
    sets = [replace(first, **instrument), *others]
    plan = Plan()
    if isinstance(settings.get("frames"), list):
        plan = add_groups(plan, sets, SETTINGS)
        plan.write(tmp_path)
        text = json.loads((tmp_path / "plan.json").read_text())
        text["groups"][0]["settings"] |= settings
        (tmp_path / "plan.json").write_text(json.dumps(text))
    else:
        add_groups(plan, sets, replace(SETTINGS, **settings)).write(tmp_path)
    with pytest.raises(StudioError, match="plan.json is damaged .*expected"):
        Plan.read(tmp_path)


def test_rows_without_end_and_lists_without_bottom_are_refused(tmp_path):
    add_groups(Plan(), SETS, SETTINGS).write(tmp_path)
    path = tmp_path / "plan.json"
    whole = json.loads(path.read_text())
    [group] = whole["groups"]
    row = group["rows"][0]
    for rows in ([row] * 9, [row * 5] * 2, [row, row[:1]], []):
        path.write_text(json.dumps({"groups": [group | {"rows": rows}]}))
        with pytest.raises(StudioError, match="plan.json is damaged .*expected up to 8 x 8"):
            Plan.read(tmp_path)
    path.write_text("[" * 100_000)
    with pytest.raises(StudioError, match="plan.json is damaged"):
        Plan.read(tmp_path)


def test_a_model_s_name_brings_no_line_of_its_own_into_the_credits():
    settings = replace(SETTINGS, model="/a/pocket\nAll rights: \x1b[1mmine\u202e.safetensors")
    [group] = add_groups(Plan(), SETS, settings).groups
    assert all(sentence.isprintable() for sentence in credits(group, 4, 0))


def test_a_problem_that_somebody_wrote_reaches_the_terminal_escaped(job, capsys):
    [group] = Plan.read(job).groups
    problem = job / "problems" / f"{group.id}/024_00_00.txt"
    problem.parent.mkdir(parents=True)
    problem.write_text("\x1b]0;owned\x07\nnsynth-edu: 4 of 4 points made.\n")
    assert main(["group", "status", str(job)]) == 1
    printed = capsys.readouterr().err
    assert r"\x1b]0;owned\x07\nnsynth-edu: 4 of 4" in printed
    assert printed.replace("\n", "").isprintable() and len(printed.splitlines()) == 2
