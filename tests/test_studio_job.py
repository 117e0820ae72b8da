"""Group jobs: what is made, and what survives a kill."""

import multiprocessing
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from group_job import planned

from nsynth_edu.cli import main
from nsynth_edu.generation import generate
from nsynth_edu.models import load_model
from nsynth_edu.studio import NOTES, backend
from nsynth_edu.studio.job import Job, Maker, Point, Worker
from nsynth_edu.studio.plan import Plan, Settings, StudioError

FRAMES = 4  # of z: points of an eighth of a second
SETTINGS = Settings(resolution=3, frames=FRAMES)


@pytest.fixture
def job(tmp_path, tiny):
    """A planned job of one group: 3 x 3 points, two notes."""
    return planned(tmp_path, replace(SETTINGS, model=tiny, notes=NOTES[:2]))


def test_a_worker_makes_every_point_once(job):
    made = []
    assert len(job.points) == 18 == len(job.missing())
    assert Worker(job.folder, 0, 2)(lambda *told: made.append(told)) == 9
    assert made[-1] == (9, 9) and len(job.missing()) == 9 == len(job.missing(1, 2))
    assert Worker(job.folder, 1, 2)() == 9
    assert Worker(job.folder)() == 0, "nothing is made twice"
    for point in job.points:
        assert len(job.sound(point)) == FRAMES * 512
    assert not list(job.folder.rglob(".*.part"))


def test_each_corner_is_its_own_instrument_and_no_other(job):
    """What stands in a corner is what its instrument alone would give, to the sample."""
    group = job.plan.groups[0]
    Worker(job.folder)()
    model = load_model(group.settings.model)
    for (row, column), instrument in zip(
        [(0, 0), (0, 2), (2, 0), (2, 2)], group.instruments, strict=True
    ):
        point = Point(group, NOTES[1], row, column)
        z = model.encode(job.sample(instrument, NOTES[1]))[:FRAMES]
        alone = generate(model, z, seed=point.seed)
        np.testing.assert_allclose(job.sound(point), alone, atol=1 / 32768)


def test_a_point_does_not_depend_on_what_is_made_beside_it(job):
    maker = Maker(job, job.plan.groups[0].settings.model)
    maker.make(job.points[:6], engine="batch")
    together = job.sound(job.points[4])
    job.path(job.points[4]).unlink()
    maker.make([job.points[4]], engine="batch")
    np.testing.assert_array_equal(job.sound(job.points[4]), together)


def test_groups_of_other_temperatures_are_not_generated_together(job):
    [group] = job.plan.groups
    hot = replace(group, settings=replace(group.settings, temperature=1.0))
    Plan((hot, group)).write(job.folder)
    Worker(job.folder, engine="batch")()
    both, point = Job(job.folder), Job.points_of(group)[0]
    made = both.sound(point)
    both.path(point).unlink()
    Maker(both, group.settings.model).make([point], engine="batch")
    np.testing.assert_array_equal(both.sound(point), made)


def test_a_half_written_point_is_made_again(job):
    Worker(job.folder)()
    path = job.path(job.points[3])
    whole = path.read_bytes()
    path.write_bytes(whole[:500])
    assert job.missing() == [job.points[3]]
    with pytest.raises(StudioError, match="not made yet"):
        job.sound(job.points[3])
    assert Worker(job.folder)() == 1 and path.read_bytes() == whole


def test_a_lost_sample_is_a_sentence_and_stops_no_other_point(job):
    group = job.plan.groups[0]
    lost = job.folder / "instruments" / group.instruments[2].id / f"{NOTES[0]}.wav"
    kept = lost.read_bytes()
    lost.unlink()
    assert Worker(job.folder)() == 9, "the other note"
    now = backend.status(job.folder)
    assert now.made == 9 and len(now.problems) == 9
    assert "is missing; run `group plan` again" in next(iter(now.problems.values()))
    lost.write_bytes(kept)
    assert Worker(job.folder)() == 9
    assert not backend.status(job.folder).problems


def test_a_model_that_is_gone_is_one_sentence(job):
    settings = replace(job.plan.groups[0].settings, model="/nowhere/model.safetensors")
    Plan((replace(job.plan.groups[0], settings=settings),)).write(job.folder)
    with pytest.raises(StudioError, match="cannot be loaded"):
        Worker(job.folder)()


# --- the local backend ------------------------------------------------------------------------


def test_two_local_workers_share_the_work(job):
    jobs = backend.submit(job.folder, workers=2)
    seen = []
    end = backend.wait(job.folder, jobs, lambda made, wanted: seen.append(made))
    assert len(jobs) == 2 and end.made == end.wanted == 18 and seen[-1] == 18
    assert str(backend.status(job.folder)) == "18 of 18 points made."
    assert backend.submit(job.folder) == [], "nothing left to do"
    assert not backend.working(job.folder)


def test_killed_twenty_times_every_file_is_whole_and_none_is_made_twice(tmp_path, tiny):
    """Two workers, forked so that a start costs nothing, end by kill -9 at any moment."""
    job = planned(tmp_path, replace(SETTINGS, resolution=14, notes=NOTES[:3], model=tiny))
    chance, stamps = random.Random(4), {}
    Maker(job, tiny).make(job.points[:1])  # compiled once, for all
    fork = multiprocessing.get_context("fork")
    for _ in range(20):
        workers = [
            fork.Process(target=Worker(job.folder, share, 2, "stream")) for share in range(2)
        ]
        for worker in workers:
            worker.start()
        begun = len(job.missing())
        at_work = chance.random() < 0.8  # else while it starts
        while at_work and len(job.missing()) == begun:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.03 if at_work else 0.2))
        for worker in chance.sample(workers, 2):
            worker.kill()
            worker.join()
            assert worker.exitcode == -signal.SIGKILL
        for point in job.points:
            if job.path(point).exists():
                assert point in stamps or len(job.sound(point)) == FRAMES * 512
                stamp = job.path(point).stat().st_mtime_ns
                assert stamps.setdefault(point, stamp) == stamp, "made a second time"
        assert len(job.missing()) < begun or not at_work
    assert job.missing(), "killed at work, all twenty times"

    for left in ("points/x", "problems/x", "instruments/.0.1.part", "."):
        (job.folder / left).mkdir(parents=True, exist_ok=True)
        (job.folder / left / ".48_00_00.wav.1.part").write_bytes(b"RIFF")
    assert backend.wait(job.folder, backend.submit(job.folder, workers=2)).missing == 0
    assert stamps == {point: job.path(point).stat().st_mtime_ns for point in stamps}
    assert not list(job.folder.rglob(".*.part")), "nothing half-written is left"


def test_who_is_left_at_work_is_waited_for_and_not_doubled(job, capsys):
    """As after a kill -9 of `group run` alone: its workers go on, and the same command again."""
    fork = multiprocessing.get_context("fork")
    made = fork.SimpleQueue()

    def slowly(*told):
        made.put(told)
        time.sleep(0.1)

    left = fork.Process(target=lambda: Worker(job.folder)(slowly))
    left.start()
    made.get()
    assert backend.working(job.folder)
    assert Worker(job.folder)() == 0, "its share is taken"
    with pytest.raises(StudioError, match="still making points"):
        backend.submit(job.folder)
    assert main(["group", "run", str(job.folder)]) == 0
    said = capsys.readouterr().err
    assert "waiting for them" in said and "18 of 18 points made." in said
    left.join()
    assert left.exitcode == 0 and not backend.working(job.folder)


def test_a_cancelled_job_stops_and_goes_on_later(job):
    backend.cancel(job.folder)
    assert Worker(job.folder)() == 0
    jobs = backend.submit(job.folder, workers=1)
    assert backend.wait(job.folder, jobs).missing == 0


def test_a_worker_that_breaks_off_says_why(job):
    settings = replace(job.plan.groups[0].settings, model="/nowhere/model.safetensors")
    Plan((replace(job.plan.groups[0], settings=settings),)).write(job.folder)
    jobs = backend.submit(job.folder, workers=1)
    with pytest.raises(StudioError, match="failed: .*cannot be loaded"):
        backend.wait(job.folder, jobs)


def test_what_cannot_be_submitted_is_one_sentence(job, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StudioError, match="no sbatch on this machine"):
        backend.submit(job.folder, "slurm")
    with pytest.raises(StudioError, match="expected local or slurm"):
        backend.submit(job.folder, "cloud")
    broken = tmp_path / "site.toml"
    broken.write_text("workers =")
    with pytest.raises(StudioError, match="site file"):
        backend.submit(job.folder, "local", site=broken)
