"""Group jobs: who plays with whom, what is made, what survives a kill, what comes out."""

import hashlib
import json
import multiprocessing
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from group_job import hand_in, tiny_model, tone

from nsynth_edu.cli import main
from nsynth_edu.generation import generate
from nsynth_edu.models import load_model, save_model
from nsynth_edu.play import read_plane
from nsynth_edu.sound import save_audio
from nsynth_edu.sound.cleaning import BEFORE_ATTACK, find_attack
from nsynth_edu.studio import NOTES, backend
from nsynth_edu.studio.clean import clean, common_gain, repair_clicks
from nsynth_edu.studio.export import DEVICE_LENGTH, export, finished
from nsynth_edu.studio.groups import last_settings, plan_groups, with_names_apart
from nsynth_edu.studio.job import Job, Maker, Point, Worker
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings, StudioError, add_groups

FRAMES = 4  # of z: points of an eighth of a second


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


def a_set(number):
    return Instrument(f"{number:016x}", f"word{number}", f"student{number:02d}")


SETTINGS = Settings(resolution=3, frames=FRAMES)


# --- the plan ---------------------------------------------------------------------------------


def test_groups_do_not_depend_on_the_order_of_arrival():
    sets = [a_set(n) for n in range(11)]
    plans = []
    for seed in range(3):
        shuffled = random.Random(seed).sample(sets, len(sets))
        plans.append(add_groups(Plan(), shuffled, SETTINGS))
    assert plans[0].groups == plans[1].groups == plans[2].groups
    assert len(plans[0].groups) == 2 and len(plans[0].waiting) == 3
    assert all("3 are left" in why for why in plans[0].waiting.values())
    other = add_groups(Plan(), sets, replace(SETTINGS, seed=1))
    assert [g.instruments for g in other.groups] != [g.instruments for g in plans[0].groups]


def test_who_comes_late_changes_no_group():
    first = add_groups(Plan(), [a_set(n) for n in range(9)], SETTINGS)
    second = add_groups(first, [a_set(n) for n in range(14)], SETTINGS)
    assert second.groups[: len(first.groups)] == first.groups
    assert len(second.groups) == 3 and len(second.planned) == 12


def test_an_id_tells_instruments_places_and_settings_apart():
    a, b, c, d = (a_set(n) for n in range(4))
    group = Group(((a, b), (c, d)), SETTINGS)
    others = [
        Group(((b, a), (c, d)), SETTINGS),
        Group(((a, b), (c, replace(d, name="other"))), SETTINGS),
        Group(((a, b), (c, d)), replace(SETTINGS, temperature=0.3)),
        Group(((a, b), (c, d)), replace(SETTINGS, model="other")),
        Group(((a, b), (c, d)), replace(SETTINGS, sampling="auto")),
    ]
    assert len({group.id, *(other.id for other in others)}) == 6
    assert Group(((a, b), (c, d)), Settings(resolution=3, frames=FRAMES)).id == group.id


def test_a_plan_names_the_temperature_and_sampling_that_its_model_recommends(tmp_path):
    warm = tiny_model(tmp_path / "tiny.safetensors")
    model = load_model(warm)
    model.recommended_temperature, model.recommended_sampling = 0.4, "auto"
    save_model(model, warm)
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    plan, _ = plan_groups(submitted, tmp_path / "job", Settings(model=str(warm), resolution=2))
    assert plan.groups[0].settings.temperature == 0.4
    assert plan.groups[0].settings.sampling == "auto"
    assert last_settings(tmp_path / "job", seed=3).temperature == 0.4
    named = Settings(model=str(warm), resolution=2, temperature=0.7, sampling="mean")
    plan, _ = plan_groups(submitted, tmp_path / "other", named)
    assert plan.groups[0].settings == replace(named, model=str(warm.resolve()))


def test_a_plan_written_with_a_temperature_of_its_own_is_read_as_before(tmp_path):
    # as `group plan` wrote it before models recommended one, and before there was a sampling
    a_row = [{"id": "a", "name": "bell", "owner": "s1"}, {"id": "b", "name": "horn", "owner": "s2"}]
    settings = {"model": "pocket", "resolution": 9, "notes": [24, 28, 32, 36, 40, 44, 48],
                "frames": 125, "temperature": 0.2, "seed": 0}  # fmt: skip
    group = {"id": "5c3f5b7d1f0e4a3b", "rows": [a_row, a_row], "settings": settings}
    told = json.dumps([group["rows"], settings], sort_keys=True)
    group["id"] = hashlib.sha256(told.encode()).hexdigest()[:16]
    (tmp_path / "plan.json").write_text(json.dumps({"groups": [group], "waiting": {}}))
    [read] = Plan.read(tmp_path).groups
    assert read.id == group["id"] and read.settings.temperature == 0.2
    assert read.settings.sampling == "random"


def test_a_plan_comes_back_as_it_was_written(tmp_path):
    plan = add_groups(Plan(), [a_set(n) for n in range(6)], SETTINGS)
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"name": "word', '"name": "werd'), "changed by hand"),
        (lambda text: text[:200], "damaged"),
        (lambda text: text.replace('"rows"', '"lines"'), "damaged"),
    ],
)
def test_a_plan_that_was_tampered_with_is_refused(tmp_path, change, words):
    add_groups(Plan(), [a_set(n) for n in range(4)], SETTINGS).write(tmp_path)
    path = tmp_path / "plan.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(StudioError, match=words):
        Plan.read(tmp_path)
    with pytest.raises(StudioError, match="group plan"):
        Plan.read(tmp_path / "nowhere")


def test_a_class_becomes_groups_and_a_late_student_a_new_one(tmp_path):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(6)])
    (submitted / "s0" / "ps5" / "word0_28.wav").unlink()
    plan, said = plan_groups(submitted, tmp_path / "job", SETTINGS)
    assert len(plan.groups) == 1 and len(plan.waiting) == 1
    assert "28" in said.pop("s0")[0]
    names = {one.owner: one.name for one in plan.groups[0].instruments}
    assert len(set(names.values())) == 4, "no two sound names in a group are the same"
    renamed = {owner for owner, name in names.items() if name != f"word{int(owner[1:]) % 3}"}
    assert renamed and renamed == set(said), "who got another name is told"
    assert all(f"plays as {names[owner]}" in said[owner][0] for owner in renamed)

    member = plan.groups[0].instruments[0].owner
    for path in (submitted / member / "ps5").iterdir():
        save_audio(path, tone(int(path.stem[-2:]), (1,)))
    hand_in(submitted, ["late0", "late1", "late2"])
    again, said = plan_groups(submitted, tmp_path / "job")
    assert again.groups[0] == plan.groups[0] and len(again.groups) == 2
    assert "keeps the first ones" in said[member][0]
    assert again.groups[1].settings == plan.groups[0].settings, "settings carry on"
    assert plan.groups[0].settings == replace(SETTINGS, temperature=0.2, sampling="random")


def test_names_of_a_group_are_told_apart():
    harps = [replace(a_set(n), name="harp") for n in range(3)]
    group = Group((tuple(harps[:2]), (harps[2], replace(a_set(9), name="harp2"))), SETTINGS)
    names = [one.name for one in with_names_apart(group).instruments]
    assert names[:2] == ["harp", "harp2"] and len(set(names)) == 4


# --- cleaning ---------------------------------------------------------------------------------


def test_a_click_is_repaired_and_counted_and_a_steep_wave_is_none():
    sine = 0.5 * np.sin(np.arange(2000) / 20).astype(np.float32)
    broken = sine.copy()
    broken[[300, 900]] += [1.2, -1.3]
    repaired, clicks = repair_clicks(broken)
    assert clicks == 2 and np.abs(repaired - sine).max() < 0.01
    square = np.sign(np.sin(np.arange(2000) / 20)).astype(np.float32)
    assert repair_clicks(square)[1] == 0


def test_a_note_begins_where_it_is_heard():
    late = np.concatenate([np.zeros(1000, np.float32), tone(48, (1,)).astype(np.float32)])
    begin = find_attack(late)
    assert 1000 - BEFORE_ATTACK <= begin <= 1010
    slow = np.linspace(0, 1, 64_000) * np.sin(np.arange(64_000) / 5)
    assert find_attack(slow.astype(np.float32)) == 0, "a slow attack is kept whole"
    note, _ = clean(late, 60_000)
    assert note.shape == (60_000,) and note[0] == note[-1] == 0


def test_one_gain_keeps_levels_apart():
    sounds = [0.5 * np.ones(10), 0.05 * np.ones(10)]
    gain = common_gain(sounds)
    assert gain * 0.5 == pytest.approx(0.9) and gain * 0.05 == pytest.approx(0.09)
    assert common_gain([np.zeros(5)]) == 1


# --- the work ---------------------------------------------------------------------------------


@pytest.fixture
def job(tmp_path, tiny):
    """A planned job of one group: 3 x 3 points, two notes."""
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    settings = replace(SETTINGS, model=tiny, notes=NOTES[:2])
    plan_groups(submitted, tmp_path / "job", settings)
    return Job(tmp_path / "job")


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
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    settings = replace(SETTINGS, resolution=14, notes=NOTES[:3], model=tiny)
    plan_groups(submitted, tmp_path / "job", settings)
    job, chance, stamps = Job(tmp_path / "job"), random.Random(4), {}
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
    with pytest.raises(StudioError, match="broke off: .*cannot be loaded"):
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


# --- instruments ------------------------------------------------------------------------------


def test_an_unfinished_group_is_not_exported(job, tmp_path):
    with pytest.raises(StudioError, match="18 of 18 points .* not made yet"):
        export(job.folder, "pad", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_group_that_is_not_finished_does_not_hold_up_others(tmp_path, tiny):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(8)])
    settings = replace(SETTINGS, model=tiny, resolution=2, notes=NOTES[:1])
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    job = Job(tmp_path / "job")
    Maker(job, tiny).make(job.points_of(plan.groups[1]))
    export(job.folder, "pad", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [plan.groups[1].id]
    with pytest.raises(StudioError, match="4 of 4 points"):
        export(job.folder, "pad", tmp_path / "out", group=plan.groups[0].id[:6])


def test_a_pad_holds_every_point_at_one_gain(job, tmp_path):
    Worker(job.folder)()
    group = job.plan.groups[0]
    files = export(job.folder, "pad", tmp_path / "out")
    plane = read_plane(tmp_path / "out" / group.id)
    assert plane["sounds"].shape == (2, 3, 3, 64_000) and plane["notes"] == list(NOTES[:2])
    assert plane["corners"] == [one.name for one in group.instruments]
    sounds, _ = finished(job, group)
    np.testing.assert_allclose(plane["sounds"], sounds, atol=2 / 32767)
    assert np.abs(sounds).max() == pytest.approx(0.9, abs=1e-3)
    about = json.loads((tmp_path / "out" / group.id / "plane.json").read_text())
    assert about["group"] == group.id and about["clicks_repaired"] >= 0
    assert {path.name for path in files} == {"index.html", "credits.txt", "plane.json"}
    assert len(list((tmp_path / "out" / group.id / "sounds").glob("*.flac"))) == 18


def read_as_the_device_does(card):
    """Open NSynth Super's app in a few lines: settings, corners, the matrix by its row rule."""
    settings = json.loads((card / "settings.json").read_text())
    nsynth = settings["nsynth"]
    name = "_".join(corner["instruments"][0]["name"] for corner in settings["corners"])
    matrix = np.fromfile(card / "pads" / f"{name}.bin", "<i2").reshape(-1, nsynth["length"])

    def note(x, y, pitch):
        side = nsynth["resolution"]
        place = round(y * (side - 1)) * side + round(x * (side - 1))
        return matrix[place * len(nsynth["pitches"]) + nsynth["pitches"].index(pitch)] / 32768

    return settings, matrix, note


def test_the_device_finds_each_corner_where_its_name_stands(job, tmp_path):
    Worker(job.folder)()
    group = job.plan.groups[0]
    export(job.folder, "nsynth-super", tmp_path / "card")
    settings, matrix, note = read_as_the_device_does(tmp_path / "card" / group.id)
    assert matrix.shape == (9 * 2, DEVICE_LENGTH)
    sounds, _ = finished(job, group, DEVICE_LENGTH)
    drawn = [(0, 0), (1, 0), (0, 1), (1, 1)]  # top left, top right, bottom left, bottom right
    for (x, y), corner, instrument in zip(
        drawn, settings["corners"], group.instruments, strict=True
    ):
        told = corner["instruments"][0]
        assert told["name"] == instrument.name
        assert len(told["display"]) <= 8 and len(told["abbr"]) == 2
        for index, pitch in enumerate(group.settings.notes):
            heard = note(x, y, pitch)
            np.testing.assert_allclose(heard, sounds[index, 2 * y, 2 * x], atol=2 / 32767)
    assert settings["nsynth"]["pitches"] == [24, 28] and settings["nsynth"]["length"] == 60_000


def test_a_multigrid_shares_its_edges(tmp_path, tiny):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(6)])
    settings = replace(SETTINGS, model=tiny, notes=NOTES[:1])
    plan, _ = plan_groups(submitted, tmp_path / "job", settings, shape=(2, 3))
    job = Job(tmp_path / "job")
    assert plan.groups[0].shape == (3, 5) and len(job.points) == 15
    Worker(job.folder)()
    export(job.folder, "multigrid", tmp_path / "out")
    plane = read_plane(tmp_path / "out" / plan.groups[0].id)
    assert plane["sounds"].shape == (1, 3, 5, 64_000) and len(plane["corners"]) == 6
    for to in ("pad", "nsynth-super"):
        with pytest.raises(StudioError, match="export to multigrid"):
            export(job.folder, to, tmp_path / "other")
    with pytest.raises(StudioError, match="no group ffff"):
        export(job.folder, "multigrid", tmp_path / "other", group="ffff")
    with pytest.raises(StudioError, match="2 x 2 to 8 x 8"):
        plan_groups(submitted, tmp_path / "job", settings, shape=(1, 4))
