"""Send a group job to work: on this machine, or to a Slurm cluster; both through submitit.

One job per worker, each of which goes through its share of the points. Whether a point is made
is seen by its file alone; what a queue says about its jobs is a side note.
"""

import json
import os
import re
import shutil
import subprocess
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import submitit
import torch

from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.job import Job, Worker
from nsynth_edu.studio.locks import working
from nsynth_edu.studio.plan import StudioError

FOR_EVER = 60 * 24 * 30  # minutes that local workers may take
RESTARTS = 50  # times that a cluster may end a worker at its time limit
QUEUE_POLL = 15  # s between two questions to a cluster
STALE = 600  # s after which a half-written file is nobody's


def submit(folder, backend="local", workers=None, site=None, engine="auto"):
    """Start making what is missing; returns at once.

    Args:
        folder: of the job.
        backend: "local" or "slurm".
        workers: how many; by default one per core (or GPU) here, what the site file says there.
        site: path of a TOML file with the cluster's options, see `read_site`.
        engine: see `generate`.

    Returns:
        list of submitit jobs; empty where nothing is missing. What an earlier run has in a
        cluster's queue goes on by itself: then its jobs are returned, and nothing is submitted.

    Raises:
        StudioError: where workers of this job are still at work on this machine, where there is
            no Slurm, or for options that it does not take.
    """
    job = Job(folder)
    options = read_site(site) if site else {}
    workers = workers or options.pop("workers", None) or (torch.cuda.device_count() or cores())
    options.pop("workers", None)
    if backend == "local":
        gpus = torch.cuda.device_count()
        options = {"timeout_min": FOR_EVER, "gpus_per_node": min(1, gpus)}
    elif backend != "slurm":
        raise StudioError(f"backend is {backend!r}; expected local or slurm.")
    elif shutil.which("sbatch") is None:
        raise StudioError("there is no sbatch on this machine; log in to the cluster first.")
    missing = len(job.missing())
    if missing and not job.stop.exists() and set(queue(folder).values()) - {"COMPLETING"}:
        log = job.folder / "log"
        return [submitit.SlurmJob(log, one) for one in _last_run(job)["ids"]]
    if working(folder):
        raise StudioError(
            f"workers are still making points of {folder}; wait for them (`group status`), or end "
            "them with `group cancel`."
        )
    job.stop.unlink(missing_ok=True)
    only_here = backend == _last_run(job).get("backend", backend) == "local"
    sweep(folder, 0 if only_here else STALE)  # nobody else is writing
    workers = min(workers, missing)
    if not missing:
        return []
    with _outside_of_jobs():
        executor = submitit.AutoExecutor(
            folder=str(job.folder / "log"), cluster=backend, slurm_max_num_timeout=RESTARTS
        )
        try:
            executor.update_parameters(name="nsynth-edu", **options)
        except (NameError, TypeError) as problem:
            raise StudioError(f"{site} has an option that is not known: {problem}") from problem
        try:
            with executor.batch():
                jobs = [
                    executor.submit(Worker(job.folder.resolve(), k, workers, engine))
                    for k in range(workers)
                ]
        except submitit.core.utils.FailedJobError as problem:
            raise StudioError(f"the cluster refused the job: {problem}") from problem
    told = {"backend": backend, "ids": [one.job_id for one in jobs], "started": time.time()}
    write_text(job.folder / "run.json", json.dumps(told, indent=1) + "\n")
    return jobs


def cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def read_site(path):
    """A cluster's options.

    Args:
        path: a TOML file, or the name of one in `studio/sites`, which say what goes into it.

    Raises:
        StudioError: for a file that is missing or no TOML.
    """
    shipped = Path(__file__).parent / "sites" / f"{path}.toml"
    path = shipped if shipped.is_file() else path
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise StudioError(f"{path} cannot be read as a site file: {problem}") from problem


def queue(folder):
    """What a cluster's queue says of the last run: {id: state}; empty where it knows nothing."""
    run = _last_run(Job(folder))
    return _queued(run["ids"]) or {} if run.get("backend") == "slurm" else {}


def cancel(folder):
    """End a job's workers: those at work finish what is at hand."""
    job = Job(folder)
    job.stop.touch()
    run = _last_run(job)
    if run.get("backend") == "slurm" and shutil.which("scancel"):
        subprocess.run(["scancel", *run["ids"]], check=False, capture_output=True)


@dataclass(frozen=True)
class Status:
    """How far a job is."""

    wanted: int
    made: int
    problems: dict[str, str] = field(default_factory=dict)  # point -> why not
    rate: float = 0.0  # points per minute, since the last run began
    working: bool = False  # on this machine

    @property
    def missing(self):
        """Points still to be made."""
        return self.wanted - self.made

    @property
    def seconds_left(self):
        """Until all are made at this rate; None where nothing has been made yet."""
        return 60 * self.missing / self.rate if self.rate else None

    def __str__(self):
        said = [f"{self.made} of {self.wanted} points made"]
        if self.missing and self.rate:
            said.append(f"{self.rate:.1f} per minute, {_lasting(self.seconds_left)} to go")
        if self.problems:
            said.append(f"{len(self.problems)} could not be made")
        if self.missing and not self.working:
            said.append("no worker of it on this machine")
        return "; ".join(said) + "."


def status(folder):
    """Count the files of a job -> Status."""
    job = Job(folder)
    began = _last_run(job).get("started", 0)
    made, since = 0, []
    for point in job.points:
        if job.is_made(point):
            made += 1
            changed = job.path(point).stat().st_mtime
            since += [changed] if changed >= began else []
    took = (max(since) - began) / 60 if since and began else 0
    problems = {
        point.name: job.problem(point).read_text(encoding="utf-8").strip()
        for point in job.points
        if job.problem(point).exists() and not job.is_made(point)
    }
    rate = len(since) / took if took > 0 else 0.0
    return Status(len(job.points), made, problems, rate, working(folder))


def wait(folder, jobs=(), progress=None, poll=0.5):
    """Until the workers have ended, and all others of this job on this machine.

    Args:
        jobs: as `submit` returned them; none = those that an earlier run has left at work.
        progress: called as progress(made, wanted).

    Returns:
        Status.

    Raises:
        StudioError: if a worker broke off, with its last words.
    """
    job, asked = Job(folder), time.monotonic()
    try:
        while True:
            ended = all(_has_ended(one) for one in jobs)
            if time.monotonic() - asked > QUEUE_POLL:  # a node that died leaves no result
                ended, asked = ended or _left_the_queue(jobs), time.monotonic()
            ended = ended and not working(folder)
            if progress is not None:
                progress(len(job.points) - len(job.missing()), len(job.points))
            if ended:
                break
            time.sleep(poll)
    except KeyboardInterrupt:
        cancel(folder)
        raise
    for one in jobs:
        problem = _last_words(one)
        if problem:
            raise StudioError(f"a worker of {folder} broke off: {problem}")
    return status(folder)


def _has_ended(job):
    """Whether a worker left its result; Slurm's accounting, where there is any, is not asked."""
    if isinstance(job, submitit.SlurmJob):
        return job.paths.result_pickle.exists()
    return job.done()


def _last_words(job):
    """Why a job failed, in a line; None where it did not, or where nobody knows."""
    if job.paths.result_pickle.exists():
        text = str(job.exception() or "")
    else:
        text = job.paths.stderr.read_text(errors="replace") if job.paths.stderr.exists() else ""
    errors = re.findall(r"^\s*[\w.]*(?:Error|Exception): (.*)$", text, re.MULTILINE)
    return errors[-1] if errors else None


def _left_the_queue(jobs):
    """Whether Slurm no longer knows any of these jobs: without accounting nothing else tells."""
    slurm = bool(jobs) and isinstance(jobs[0], submitit.SlurmJob)
    return slurm and _queued([one.job_id for one in jobs]) == {}


def _queued(ids):
    """{id: state} of those that are in a cluster's queue; None where it does not answer."""
    command = ["squeue", "-h", "-r", "-o", "%i %T", "-j", ",".join(ids)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # not the cluster's machine
        return None
    if asked.returncode and "Invalid job id" not in asked.stderr:
        return None
    return dict(line.split() for line in asked.stdout.splitlines())


def sweep(folder, older=STALE):
    """Remove what killed workers left half-written, and `plan` before them.

    Args:
        older: s that it must have lain there.
    """
    for path in sorted(Path(folder).rglob(".*.part")):
        try:
            if time.time() - path.stat().st_mtime < older:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except FileNotFoundError:  # in a folder that has just gone
            continue


@contextmanager
def _outside_of_jobs():
    """A job that is submitted from inside another must not inherit its limits (SLURM_*)."""
    config = os.environ.get("SLURM_CONF")
    with submitit.helpers.clean_env():
        if config:
            os.environ["SLURM_CONF"] = config
        yield


def _last_run(job):
    try:
        return json.loads((job.folder / "run.json").read_text())
    except (OSError, ValueError):
        return {}


def _lasting(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
