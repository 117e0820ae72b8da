"""Run a group job on this machine or on a Slurm cluster, both through submitit.

One submitit job per worker. Whether a point is made is decided by its file alone, never by the
state of a queue.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import submitit
import torch

from nsynth_edu.sound.bounds import DAMAGE
from nsynth_edu.sound.files import write_text
from nsynth_edu.studio.job import Job, Worker
from nsynth_edu.studio.locks import working
from nsynth_edu.studio.plan import StudioError

LOCAL_TIMEOUT = 60 * 24 * 30  # minutes that local workers may take
BACKENDS = ("local", "slurm")
COMPLETED = "Job completed successfully"  # in a worker's log: what submitit writes at a good end
RESTARTS = 50  # times that a cluster may end a worker at its time limit
QUEUE_POLL = 15  # s between two queries of a cluster's queue
STALE = 600  # s after which a half-written file is abandoned


def submit(folder, backend="local", workers=None, site=None, engine="auto"):
    """Start workers for the missing points; returns at once.

    Args:
        folder: of the job.
        backend: "local" or "slurm".
        workers: how many; by default one per core (or GPU) here, on Slurm as in the site file.
        site: path of a TOML file with the cluster's options, see `read_site`.
        engine: see `generate`.

    Returns:
        list of submitit jobs; empty if no point is missing. If jobs of an earlier run are in the
        cluster's queue, those are returned and no new ones are submitted.

    Raises:
        StudioError: if workers of this job are running on this machine, if there is no Slurm, for
            unknown options, or if others may write to the folder: workers unpickle their orders
            there.
    """
    job = Job(folder)
    options = read_site(site) if site else {}
    workers = workers or options.pop("workers", None) or (torch.cuda.device_count() or cores())
    options.pop("workers", None)
    _refuse_shared(job.folder)
    if backend == "local":
        gpus = torch.cuda.device_count()
        options = {"timeout_min": LOCAL_TIMEOUT, "gpus_per_node": min(1, gpus)}
    elif backend != "slurm":
        raise StudioError(f"the backend is {backend!r}; expected local or slurm.")
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
    sweep(folder, 0 if only_here else STALE)  # on one machine nothing else is writing
    workers = min(workers, missing)
    if not missing:
        return []
    log = job.folder / "log"
    log.mkdir(mode=0o700, exist_ok=True)  # whatever the umask, see `_refuse_shared`
    with _outside_of_jobs():
        executor = submitit.AutoExecutor(
            folder=str(log), cluster=backend, slurm_max_num_timeout=RESTARTS
        )
        try:
            executor.update_parameters(name="nsynth-edu", **options)
        except (NameError, TypeError) as problem:
            raise StudioError(f"{site} has an unknown option: {problem}") from problem
        try:
            with executor.batch():
                jobs = [
                    executor.submit(Worker(job.folder.resolve(), k, workers, engine))
                    for k in range(workers)
                ]
        except submitit.core.utils.FailedJobError as problem:
            raise StudioError(f"the cluster refused the job: {problem}") from problem
    run = {"backend": backend, "ids": [one.job_id for one in jobs], "started": time.time()}
    write_text(job.folder / "run.json", json.dumps(run, indent=1) + "\n")
    return jobs


def cores():
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def read_site(path):
    """Read a cluster's options.

    Args:
        path: a TOML file, or the name of one in `studio/sites`, where the options are documented.

    Returns:
        dict.

    Raises:
        StudioError: if the file is missing or not valid TOML.
    """
    shipped = Path(__file__).parent / "sites" / f"{path}.toml"
    path = shipped if shipped.is_file() else path
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise StudioError(f"{path} cannot be read as a site file: {problem}") from problem


def queue(folder):
    """Query the cluster's queue for the jobs of the last run.

    Args:
        folder: of the job.

    Returns:
        {job id: state}; empty if none is queued, or the last run was local.

    Raises:
        StudioError: if the folder holds no valid plan.
    """
    run = _last_run(Job(folder))
    return _queued(run["ids"]) or {} if run.get("backend") == "slurm" else {}


def cancel(folder):
    """End a job's workers; running ones finish their current points.

    Args:
        folder: of the job.

    Raises:
        StudioError: if the folder holds no valid plan.
    """
    job = Job(folder)
    job.stop.touch()
    run = _last_run(job)
    if run.get("backend") == "slurm" and shutil.which("scancel"):
        subprocess.run(["scancel", *run["ids"]], check=False, capture_output=True)


@dataclass(frozen=True)
class Status:
    """Progress of a job."""

    wanted: int  # points in the plan
    made: int  # points made so far
    problems: dict[str, str] = field(default_factory=dict)  # point -> reason
    rate: float = 0.0  # points per minute, since the last run began
    working: bool = False  # whether a worker is running on this machine

    @property
    def missing(self):
        """Number of points still to be made."""
        return self.wanted - self.made

    @property
    def seconds_left(self):
        """Seconds until all points are made at this rate; None before the first one."""
        return 60 * self.missing / self.rate if self.rate else None

    def __str__(self):
        parts = [f"{self.made} of {self.wanted} points made"]
        if self.missing and self.rate:
            parts.append(f"{self.rate:.1f} per minute, {duration(self.seconds_left)} to go")
        if self.problems:
            parts.append(f"{len(self.problems)} could not be made")
        if self.missing and not self.working:
            parts.append("no worker is running on this machine")
        return "; ".join(parts) + "."


def status(folder):
    """Count the finished points of a job.

    Args:
        folder: of the job.

    Returns:
        Status.

    Raises:
        StudioError: if the folder holds no valid plan.
    """
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
    """Wait until the workers of a job have ended, also those of earlier runs on this machine.

    Args:
        folder: of the job.
        jobs: as returned by `submit`; empty = only workers of earlier runs.
        progress: called as progress(made, wanted), or None.
        poll: s between two looks.

    Returns:
        Status.

    Raises:
        StudioError: if a worker failed, with its error.
    """
    job, asked = Job(folder), time.monotonic()
    try:
        while True:
            ended = all(_has_ended(one) for one in jobs)
            if time.monotonic() - asked > QUEUE_POLL:  # a dead node leaves no result
                ended, asked = ended or _left_the_queue(jobs), time.monotonic()
            ended = ended and not working(folder)
            began = time.monotonic()
            if progress is not None:
                progress(len(job.points) - len(job.missing()), len(job.points))
            if ended:
                break
            time.sleep(max(poll, 20 * (time.monotonic() - began)))  # counting takes time, too
    except KeyboardInterrupt:
        cancel(folder)
        raise
    for one in jobs:
        problem = _error_of(one)
        if problem:
            raise StudioError(f"a worker of {folder} failed: {problem}")
    return status(folder)


def _has_ended(job):
    """Whether a worker left its result; works without Slurm's accounting."""
    if isinstance(job, submitit.SlurmJob):
        return job.paths.result_pickle.exists()
    return job.done()


def _error_of(job):
    """Why a job failed, in one line; None if it did not, or the reason is unknown.

    Its logs say so; its pickled result is not opened, as a pickle can run anything.
    """
    if COMPLETED in _end_of(job.paths.stdout):
        return None
    error = r"^\s*[\w.]*(?:Error|Exception): (.*)$"
    errors = re.findall(error, _end_of(job.paths.stderr), re.MULTILINE)
    return errors[-1] if errors else None


def _end_of(log):
    """The last 64 kB of a log, as text; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 65_536))
            return file.read(65_536).decode(errors="replace")
    except OSError:
        return ""


def _refuse_shared(folder):
    """Refuse a folder in which somebody else could replace what workers unpickle."""
    if not hasattr(os, "getuid"):  # Windows has no such bits
        return
    for path in filter(Path.exists, (folder, folder / "log")):
        found = path.stat()
        mine = found.st_uid == os.getuid()
        if not mine or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            whose, remedy = (
                ("can be written to by others", f"`chmod -R go-w {folder}`")
                if mine
                else ("belongs to another user", "Plan again into a folder of your own")
            )
            raise StudioError(
                f"{path} {whose}; expected a folder that only you can write to, as workers run "
                f"what lies there. {remedy}, or use `group render`, which runs nothing from it."
            )


def _left_the_queue(jobs):
    """Whether Slurm no longer lists any of these jobs."""
    slurm = bool(jobs) and isinstance(jobs[0], submitit.SlurmJob)
    return slurm and _queued([one.job_id for one in jobs]) == {}


def _queued(ids):
    """{id: state} of the jobs in a cluster's queue; None if it does not answer."""
    command = ["squeue", "-h", "-r", "-o", "%i %T", "-j", ",".join(ids)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # not on the cluster
        return None
    if asked.returncode and "Invalid job id" not in asked.stderr:
        return None
    return dict(line.split() for line in asked.stdout.splitlines())


def sweep(folder, older=STALE):
    """Remove half-written files of killed workers.

    Args:
        folder: of the job.
        older: their least age in s.
    """
    for path in sorted(Path(folder).rglob(".*.part")):
        try:
            if time.time() - path.stat().st_mtime < older:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except FileNotFoundError:  # its folder was removed meanwhile
            continue


@contextmanager
def _outside_of_jobs():
    """Keep a job that is submitted from inside another from inheriting its limits (SLURM_*)."""
    config = os.environ.get("SLURM_CONF")
    with submitit.helpers.clean_env():
        if config:
            os.environ["SLURM_CONF"] = config
        yield


def _last_run(job):
    """What run.json says of the last run; {} if there was none, or the file is damaged."""
    path = job.folder / "run.json"
    try:
        run = json.loads(path.read_text())
        known = run["backend"] in BACKENDS and run["started"] >= 0
        numbers = all(re.fullmatch(r"[0-9]+(_[0-9]+)?", one) for one in run["ids"])
    except DAMAGE:
        return {}
    if not (known and numbers):
        raise StudioError(
            f"{path} is not from `group run`: backend {run['backend']!r:.40}, ids "
            f"{run['ids']!r:.80}; expected local or slurm, and numbers. Remove it."
        )
    return run


def duration(seconds):
    """A time in words, in the largest unit that fits: 40 s, 12 min, 3.5 h, 2.1 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
