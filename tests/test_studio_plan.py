"""The plan of a group job: who plays with whom, and what its settings follow from."""

import hashlib
import json
import random
from dataclasses import replace

import pytest
from group_job import TINY, hand_in, tiny_model, tone

from nsynth_edu.models import WaveNet, WaveNetAutoencoder, WaveNetConfig, load_model, save_model
from nsynth_edu.sound import save_audio
from nsynth_edu.studio import NOTES, backend
from nsynth_edu.studio.export import credits
from nsynth_edu.studio.groups import last_settings, plan_groups, with_unique_names
from nsynth_edu.studio.job import Job, Maker, Worker
from nsynth_edu.studio.plan import Group, Instrument, Plan, Settings, StudioError, add_groups

FRAMES = 4  # of z: points of an eighth of a second
SETTINGS = Settings(resolution=3, frames=FRAMES)


def a_set(number):
    return Instrument(f"{number:016x}", f"word{number}", f"student{number:02d}")


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
        Group(((a, b), (c, d)), replace(SETTINGS, sampling="auto")),
        Group(((a, b), (c, d)), replace(SETTINGS, model="other")),
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
    settings = plan.groups[0].settings
    assert (settings.temperature, settings.sampling) == (0.7, "mean")


def test_a_plan_written_with_a_temperature_of_its_own_is_read_as_before(tmp_path):
    # as `group plan` wrote it before models recommended one
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
    assert plan.groups[0].settings == replace(SETTINGS, temperature=0.5, sampling="auto")


def test_names_of_a_group_are_told_apart():
    harps = [replace(a_set(n), name="harp") for n in range(3)]
    group = Group((tuple(harps[:2]), (harps[2], replace(a_set(9), name="harp2"))), SETTINGS)
    names = [one.name for one in with_unique_names(group).instruments]
    assert names[:2] == ["harp", "harp2"] and len(set(names)) == 4


# --- what follows from the model ----------------------------------------------------------------


def test_a_model_with_another_hop_makes_points_that_count_as_made(tmp_path):
    model = WaveNetAutoencoder(replace(TINY, hop_length=256)).eval()
    save_model(model, tmp_path / "short.safetensors")
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    settings = Settings(str(tmp_path / "short.safetensors"), 2, NOTES[:1], frames=FRAMES)
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    planned = plan.groups[0].settings
    assert (planned.frames, planned.hop_length) == (2 * FRAMES, 256), "the same duration"
    job = Job(tmp_path / "job")
    assert job.plan == plan
    assert Worker(job.folder)() == 4 and job.missing() == [] and Worker(job.folder)() == 0
    assert backend.status(job.folder).made == 4
    assert all(len(job.sound(point)) == FRAMES * 512 for point in job.points)


def test_a_job_planned_before_hops_were_stored_goes_on(tmp_path):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    tiny = tiny_model(tmp_path / "tiny.safetensors")
    settings = Settings(tiny, 2, NOTES[:1], frames=FRAMES)
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    path = tmp_path / "job" / "plan.json"
    content = json.loads(path.read_text())
    assert content["groups"][0]["settings"].pop("hop_length") == 512
    path.write_text(json.dumps(content))
    job = Job(tmp_path / "job")
    assert job.plan == plan and Worker(job.folder)() == 4 and not job.missing()
    assert plan_groups(submitted, job.folder)[0] == plan


def test_a_model_without_an_encoder_is_refused(tmp_path):
    config = WaveNetConfig(
        layers=2, cycle=2, residual_channels=4, skip_channels=4, kernel_size=2, first_kernel_size=2
    )
    path = str(tmp_path / "wavenet.safetensors")
    save_model(WaveNet(config), path)
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)], notes=NOTES[:1])
    with pytest.raises(StudioError, match="is a WaveNet, which has no encoder; expected"):
        plan_groups(submitted, tmp_path / "job", replace(SETTINGS, model=path))
    assert not (tmp_path / "job").exists()
    with pytest.raises(StudioError, match="has no encoder"):
        Maker(None, path)


def test_a_student_whose_folder_is_named_as_the_course_is_a_student(tmp_path, tiny):
    names = ["the course", "the course: zoe", "the course of anna", "ben", "the course: flute"]
    submitted = hand_in(tmp_path / "submitted", names)
    settings = Settings(tiny, 2, NOTES[:1], frames=FRAMES)
    plan, said = plan_groups(submitted, tmp_path / "job", settings)
    [group] = plan.groups
    assert {one.owner for one in group.instruments} == set(names[:4])
    assert said["the course: flute"] == [
        "is the name of the course's own instrument; rename the folder."
    ]
    recorded, _ = credits(group, 4, 0)
    assert recorded.endswith("recorded by students of this group.")
    assert all(one.name in recorded for one in group.instruments)
    own = replace(group.instruments[0], owner="the course: flute", name="pipe")
    _, own_line, _ = credits(replace(group, rows=((own, *group.rows[0][1:]), group.rows[1])), 4, 0)
    assert own_line == "pipe: the course's own, from a SoundFont."
