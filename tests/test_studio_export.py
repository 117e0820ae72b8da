"""Finished groups become instruments: cleaned notes, pads, a device's card."""

import json
from dataclasses import replace

import numpy as np
import pytest
from group_job import hand_in, planned, read_as_the_device_does, tone

from nsynth_edu.cli import main
from nsynth_edu.play import read_plane
from nsynth_edu.sound import load_audio
from nsynth_edu.sound.cleaning import BEFORE_ATTACK, find_attack
from nsynth_edu.studio import NOTES
from nsynth_edu.studio.clean import clean, common_gain, repair_clicks
from nsynth_edu.studio.export import DEVICE_LENGTH, cleaned_group, export, read_instrument
from nsynth_edu.studio.groups import plan_groups
from nsynth_edu.studio.job import Job, Maker, Worker
from nsynth_edu.studio.plan import Settings, StudioError

FRAMES = 4  # of z: points of an eighth of a second
SETTINGS = Settings(resolution=3, frames=FRAMES)


@pytest.fixture
def job(tmp_path, tiny):
    """A planned job of one group: 3 x 3 points, two notes."""
    return planned(tmp_path, replace(SETTINGS, model=tiny, notes=NOTES[:2]))


# --- cleaning ----------------------------------------------------------------------------------


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
    sounds, _ = cleaned_group(job, group)
    np.testing.assert_allclose(plane["sounds"], sounds, atol=2 / 32767)
    assert np.abs(sounds).max() == pytest.approx(0.9, abs=1e-3)
    about = json.loads((tmp_path / "out" / group.id / "plane.json").read_text())
    assert about["group"] == group.id and about["clicks_repaired"] >= 0
    assert {path.name for path in files} == {"index.html", "credits.txt", "plane.json"}
    assert len(list((tmp_path / "out" / group.id / "sounds").glob("*.flac"))) == 18


def test_a_sampler_gets_a_part_of_the_points_and_the_credits(tmp_path, tiny):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(4)])
    settings = replace(SETTINGS, model=tiny, resolution=4, notes=NOTES[:2])
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    Worker(tmp_path / "job")()
    group, job = plan.groups[0], Job(tmp_path / "job")
    files = export(job.folder, "sfz", tmp_path / "out")
    folder = tmp_path / "out" / group.id
    assert files == [folder / "credits.txt", folder / "pad.sfz"]
    sounds, _ = cleaned_group(job, group)
    samples = sorted((folder / "samples").iterdir())
    taken = [
        f"{note:03d}_{y:02d}_{x:02d}.wav"
        for note in NOTES[:2]
        for y in (0, 2, 3)
        for x in (0, 2, 3)
    ]
    assert [path.name for path in samples] == taken
    np.testing.assert_allclose(load_audio(samples[-1]), sounds[1, 3, 3], atol=2 / 32767)
    credits = (folder / "credits.txt").read_text().splitlines()
    assert "The 18 sounds of this instrument: generated by the model" in credits[1]
    assert [f"// {line}" for line in credits] == (folder / "pad.sfz").read_text().splitlines()[5:7]
    line = f"group export {job.folder} --to sfz --points 33 -o {tmp_path / 'all'}"
    assert main(line.split()) == 0
    assert len(list((tmp_path / "all" / group.id / "samples").iterdir())) == 2 * 16


def test_a_finished_group_and_its_exported_pad_are_one_instrument(job, tmp_path):
    with pytest.raises(StudioError, match="no group of .* is finished; `group run"):
        read_instrument(job.folder)
    Worker(job.folder)()
    group = job.plan.groups[0]
    export(job.folder, "pad", tmp_path / "out")
    one, other = (read_instrument(each) for each in (job.folder, tmp_path / "out" / group.id))
    assert (one["notes"], one["corners"]) == (other["notes"], other["corners"])
    np.testing.assert_allclose(one["sounds"], other["sounds"], atol=2 / 32767)
    with pytest.raises(StudioError, match="there is no group ffff"):
        read_instrument(job.folder, "ffff")
    with pytest.raises(StudioError, match="is one pad, without groups; leave out --group"):
        read_instrument(tmp_path / "out" / group.id, group.id)
    with pytest.raises(StudioError, match="is not an instrument; expected the folder of a group"):
        read_instrument(tmp_path)


def test_of_several_finished_groups_one_is_named(tmp_path, tiny):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(8)])
    settings = replace(SETTINGS, model=tiny, resolution=2, notes=NOTES[:1])
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    Worker(tmp_path / "job")()
    with pytest.raises(StudioError, match=rf"2 finished groups, {plan.groups[0].id}, .*--group"):
        read_instrument(tmp_path / "job")
    second = plan.groups[1]
    found = read_instrument(tmp_path / "job", second.id[:6])
    assert found["corners"] == [one.name for one in second.instruments]


def test_the_device_finds_each_corner_where_its_name_stands(job, tmp_path):
    Worker(job.folder)()
    group = job.plan.groups[0]
    export(job.folder, "nsynth-super", tmp_path / "card")
    settings, matrix, note = read_as_the_device_does(tmp_path / "card" / group.id)
    assert matrix.shape == (9 * 2, DEVICE_LENGTH)
    sounds, _ = cleaned_group(job, group, DEVICE_LENGTH)
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
    for to in ("pad", "nsynth-super", "sfz"):
        with pytest.raises(StudioError, match="export to multigrid"):
            export(job.folder, to, tmp_path / "other")
    with pytest.raises(StudioError, match="no group ffff"):
        export(job.folder, "multigrid", tmp_path / "other", group="ffff")
    with pytest.raises(StudioError, match="2 x 2 to 8 x 8"):
        plan_groups(submitted, tmp_path / "job", settings, shape=(1, 4))
