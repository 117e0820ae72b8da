"""Group jobs on a real Slurm: two pretend nodes of this machine, no accounting."""

import sys
import time
from dataclasses import replace

import pytest
from group_job import planned
from slurm import SITE, slurm_cluster

from nsynth_edu.studio import NOTES, backend
from nsynth_edu.studio.plan import Plan, Settings, StudioError

PATIENCE = 240  # s
cluster = pytest.fixture(slurm_cluster, scope="module")


@pytest.mark.parametrize("name", ["plain", "triton"])
def test_the_shipped_sites_can_be_read(name):
    assert backend.read_site(name)["workers"] == 4


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def plan(tmp_path, tiny, resolution=3, frames=4, notes=2):
    settings = Settings(model=tiny, resolution=resolution, frames=frames, notes=NOTES[:notes])
    return planned(tmp_path, settings)


def until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"{what}: nothing in {PATIENCE} s"
        time.sleep(0.2)


def queued(cluster):
    return cluster.ask("squeue", "-h", "-o", "%i").split()


def test_a_cluster_makes_every_point(cluster, site, tmp_path, tiny):
    job = plan(tmp_path, tiny)
    jobs = backend.submit(job.folder, "slurm", site=site)
    assert len(jobs) == 2 and len({one.job_id.split("_")[0] for one in jobs}) == 1, "one array"
    again = backend.submit(job.folder, "slurm", site=site)
    assert [one.job_id for one in again] == [one.job_id for one in jobs], "it is in the queue"
    end = backend.wait(job.folder, jobs)  # without accounting: it must come to an end
    until(lambda: not job.missing(), "the points")
    assert end.wanted == 18
    assert backend.submit(job.folder, "slurm", site=site) == []
    until(lambda: queued(cluster) == [], "an empty queue")


def test_a_worker_that_breaks_off_says_why(cluster, site, tmp_path, tiny):
    job = plan(tmp_path, tiny)
    settings = replace(job.plan.groups[0].settings, model="/nowhere/model.safetensors")
    Plan((replace(job.plan.groups[0], settings=settings),)).write(job.folder)
    jobs = backend.submit(job.folder, "slurm", workers=1, site=site)
    with pytest.raises(StudioError, match="failed: .*cannot be loaded"):
        backend.wait(job.folder, jobs)
    until(lambda: queued(cluster) == [], "an empty queue")


def test_a_node_that_dies_costs_only_what_it_was_at(cluster, site, tmp_path, tiny):
    job = plan(tmp_path, tiny, resolution=5, frames=60, notes=3)
    backend.submit(job.folder, "slurm", site=site)
    until(lambda: len(job.missing()) < 70, "the first points")
    cluster.kill_node("n1")
    cluster.kill_node("n2")
    stamps = {p: job.path(p).stat().st_mtime_ns for p in job.points if job.is_made(p)}
    assert 0 < len(stamps) < 75
    for node in ("n1", "n2"):
        cluster.start_node(node)
    backend.submit(job.folder, "slurm", site=site)
    until(lambda: not job.missing(), "the rest")
    now = {p: job.path(p).stat().st_mtime_ns for p in stamps}
    assert now == stamps, "what was made is not made again"


def test_a_time_limit_only_interrupts(cluster, site, tmp_path, tiny):
    """Slurm warns some time before the limit; the worker is queued again and goes on."""
    job = plan(tmp_path, tiny, resolution=9, frames=125, notes=7)
    site.write_text(SITE + "slurm_signal_delay_s = 45\n")
    (one,) = backend.submit(job.folder, "slurm", workers=1, site=site)
    until(lambda: len(job.missing()) < 567, "the first points")
    number = one.job_id.split("_")[0]
    limit = ("scontrol", "update", f"JobId={number}")
    cluster.ask(*limit, "TimeLimit=1")  # on a slow machine a minute is over before the first point
    until(lambda: "Restarts=0" not in cluster.ask("scontrol", "show", "job", number), "the requeue")
    cluster.ask(*limit, "TimeLimit=5")
    kept = len(job.missing())
    assert kept > 0
    until(lambda: len(job.missing()) < kept, "the points after it")
    backend.cancel(job.folder)
    until(lambda: queued(cluster) == [], "the end")


def test_a_cancelled_job_leaves_the_queue_and_keeps_its_points(cluster, site, tmp_path, tiny):
    job = plan(tmp_path, tiny, resolution=5, frames=60, notes=3)
    backend.submit(job.folder, "slurm", site=site)
    until(lambda: len(job.missing()) < 75, "the first points")
    assert set(backend.queue(job.folder).values()) <= {"RUNNING", "PENDING"}
    assert len(backend.queue(job.folder)) == 2
    backend.cancel(job.folder)
    until(lambda: queued(cluster) == [], "the queue")
    assert 0 < len(job.missing()) < 75
    assert all(job.is_made(p) or not job.path(p).exists() for p in job.points)


INSIDE = """\
import sys
from nsynth_edu.studio import backend
print(backend.submit(sys.argv[1], "slurm", site=sys.argv[2]))
"""


def test_a_job_can_be_submitted_from_inside_another(cluster, site, tmp_path, tiny):
    """As from a notebook that the cluster itself runs: its limits must not be inherited."""
    job = plan(tmp_path, tiny)
    script = tmp_path / "inside.py"
    script.write_text(INSIDE)
    log = tmp_path / "inside.log"
    cluster.ask(
        "sbatch", "--mem-per-cpu=300", "--cpus-per-task=1", f"--output={log}",
        "--wrap", f"{sys.executable} {script} {job.folder} {site}",
    )  # fmt: skip
    until(lambda: not job.missing(), "the points")
    assert "Error" not in log.read_text()


def test_a_plain_job_array_is_the_other_way(cluster, tmp_path, tiny):
    job = plan(tmp_path, tiny)
    command = f"{sys.executable} -m nsynth_edu group render {job.folder} --share"
    cluster.ask(
        "sbatch", "--array=1-2", "--mem=1000", f"--output={tmp_path}/array-%a.log",
        "--wrap", f"{command} $SLURM_ARRAY_TASK_ID/2",
    )  # fmt: skip
    until(lambda: not job.missing(), "the points")


def test_a_gpu_is_handed_out_where_the_site_asks_for_one(cluster, tmp_path, tiny):
    job = plan(tmp_path, tiny)
    site = tmp_path / "gpu.toml"
    site.write_text(SITE + "gpus_per_node = 1\n")
    (first, _) = backend.submit(job.folder, "slurm", site=site)
    told = cluster.ask("scontrol", "show", "job", first.job_id.split("_")[0])
    assert "gres/gpu" in told or "gres:gpu" in told
    backend.cancel(job.folder)
    until(lambda: queued(cluster) == [], "the queue")


def test_an_option_that_slurm_does_not_know_is_one_sentence(cluster, tmp_path, tiny):
    job = plan(tmp_path, tiny)
    site = tmp_path / "wrong.toml"
    site.write_text("partitoin = 'gpu'\n")
    with pytest.raises(StudioError, match="unknown option"):
        backend.submit(job.folder, "slurm", site=site)
    site.write_text("slurm_partition = 'nowhere'\n")
    with pytest.raises(StudioError, match="the cluster refused"):
        backend.submit(job.folder, "slurm", site=site)
