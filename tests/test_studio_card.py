"""A card of the course's own instruments: all combinations, each mixture made once, its cost."""

import itertools
import json

import numpy as np
import pytest
from commands import exit_code
from group_job import hand_in, read_as_the_device_does, tone

from nsynth_edu.sound.pcm import to_int16
from nsynth_edu.studio import Instrument, Job, Plan, Settings, Worker, export, forecast, plan_groups
from nsynth_edu.studio.card import DEVICE_LENGTH
from nsynth_edu.studio.clean import clean
from nsynth_edu.studio.groups import COURSE_OWNERS
from nsynth_edu.studio.intake import store_set
from nsynth_edu.studio.job import Maker
from nsynth_edu.studio.plan import StudioError, combinations

NOTES = (36, 40)
DRAWN = [(0, 0), (1, 0), (0, 1), (1, 1)]  # top left, top right, bottom left, bottom right


@pytest.fixture
def job(tmp_path, tiny):
    """Two instruments per corner, 3 x 3 points, planned and not yet made."""
    sets = []
    for number in range(8):
        samples = {note: to_int16(tone(note, tuple(range(1, 2 + number)))) for note in NOTES}
        id = store_set(samples, tmp_path / "job" / "instruments")
        sets.append(Instrument(id, f"word{number}", sorted(COURSE_OWNERS)[number]))
    settings = Settings(
        tiny, resolution=3, notes=NOTES, frames=4, temperature=1.0, sampling="random"
    )
    Plan(combinations(sets, settings)).write(tmp_path / "job")
    return Job(tmp_path / "job")


def test_every_combination_is_a_group_and_every_mixture_is_made_once(job):
    groups = job.plan.groups
    chosen = {tuple(one.name for one in group.instruments) for group in groups}
    corners = [(f"word{n}", f"word{n + 4}") for n in range(4)]
    assert chosen == set(itertools.product(*corners)) and len(groups) == 16
    # eight corners, the middle of four lines for each pair of neighbours, the middle of each group
    assert len(job.points) == 2 * (8 + 4 * 4 + 16) < 16 * 9 * 2
    assert Worker(job.folder, 0, 2)() + Worker(job.folder, 1, 2)() == 80 and not job.missing()
    assert len(list((job.folder / "points").rglob("*.wav"))) == 80


def test_what_groups_share_is_the_same_mixture(job):
    maker = Maker(job, job.plan.groups[0].settings.model)
    for group in job.plan.groups[5:9]:
        for point in job.points_of(group):
            shared = maker.encoding(job.made_as(point))
            np.testing.assert_allclose(maker.encoding(point), shared, atol=1e-6)


def test_the_device_finds_a_pad_for_every_choice_and_each_corner_sounds_the_same_in_all(
    job, tmp_path
):
    with pytest.raises(StudioError, match="80 of 80 points of 16 groups are not made yet"):
        export(job.folder, "nsynth-super", tmp_path / "out")
    Worker(job.folder)()
    told = []
    files = export(
        job.folder, "nsynth-super", tmp_path / "out", progress=lambda *at: told.append(at)
    )
    card = tmp_path / "out" / "card"
    assert told[-1] == (80, 80) and files[-1] == card / "settings.json"
    assert len(list((card / "pads").iterdir())) == 16
    sounds, middles = {}, []
    for chosen in itertools.product((0, 1), repeat=4):
        settings, matrix, note = read_as_the_device_does(card, chosen)
        assert matrix.shape == (9 * 2, DEVICE_LENGTH)
        middles.append(note(0.5, 0.5, 36).tobytes())
        for (x, y), corner, number in zip(DRAWN, settings["corners"], chosen, strict=True):
            name = corner["instruments"][number]["name"]
            for pitch in NOTES:
                sound = sounds.setdefault((name, pitch), note(x, y, pitch))
                np.testing.assert_array_equal(note(x, y, pitch), sound)
    assert len(sounds) == 16 and len(set(middles)) == 16
    # one gain for the whole card: the loudest of all points is at 0.9
    points = {job.path(point): point for group in job.plan.groups for point in job.points_of(group)}
    peak = max(np.abs(clean(job.sound(point), DEVICE_LENGTH)[0]).max() for point in points.values())
    corner = job.points_of(job.plan.groups[0])[0]
    expected = 0.9 / peak * clean(job.sound(corner), DEVICE_LENGTH)[0]
    np.testing.assert_allclose(sounds["word0", 36], expected, atol=2 / 32767)
    assert "the course's own, from a SoundFont" in (card / "credits.txt").read_text()


def test_one_group_of_a_card_is_exported_as_ever(job, tmp_path):
    Worker(job.folder)()
    group = job.plan.groups[3]
    export(job.folder, "nsynth-super", tmp_path / "out", group=group.id)
    settings, *_ = read_as_the_device_does(tmp_path / "out" / group.id)
    names = [corner["instruments"][0]["name"] for corner in settings["corners"]]
    assert names == [one.name for one in group.instruments]


def test_a_class_s_groups_make_no_card_together(tmp_path, tiny):
    submitted = hand_in(tmp_path / "submitted", [f"s{n}" for n in range(8)])
    settings = Settings(tiny, resolution=2, notes=NOTES[:1], frames=4)
    plan, _ = plan_groups(submitted, tmp_path / "job", settings)
    Worker(tmp_path / "job")()
    export(tmp_path / "job", "nsynth-super", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {one.id for one in plan.groups}


def test_the_cost_falls_with_what_is_made(job):
    before = forecast(job.folder)
    assert before.points == 80 and before.seconds > 0 and before.workers >= 1
    assert before.bytes == sum(44 + 2 * 4 * 512 for _ in job.points)
    assert f"80 points to make, about {before.seconds:.0f} s on this machine" in str(before)
    Worker(job.folder)()
    assert before.bytes == sum(path.stat().st_size for path in job.folder.rglob("points/*/*.wav"))
    assert (forecast(job.folder).points, forecast(job.folder).seconds) == (0, 0)


def test_a_card_from_a_soundfont_end_to_end(require, tmp_path, capsys, tiny):
    require("libfluidsynth")
    job, out = tmp_path / "job", tmp_path / "out"
    plan = (
        f"group plan --course-instruments 4 --resolution 2 --pitches 60,48 --model {tiny} -o {job}"
    )
    plan += f" --soundfont {require('soundfont')}"
    assert exit_code(plan) == 0
    said = capsys.readouterr()
    corners = ["NW: grandpiano", "NE: electricpiano", "SW: vibraphone", "SE: churchorgan"]
    assert said.out.splitlines() == corners
    assert "1 combination: 8 points to make, about " in said.err and "are free here" in said.err
    assert "1.0 MB of sounds" in said.err and "1.0 MB more for the card" in said.err
    assert not (job / "points").exists(), "the cost is known before anything begins"
    assert exit_code(plan) == 0, "the same plan again"
    assert exit_code(plan.replace("48", "50")) == 1
    assert "holds other groups" in capsys.readouterr().err

    assert exit_code(f"group run {job} --workers 1") == 0
    assert exit_code(f"group export {job} --to nsynth-super -o {out}") == 0
    [group] = Job(job).plan.groups
    settings, matrix, note = read_as_the_device_does(out / group.id)
    assert settings["nsynth"]["pitches"] == [48, 60] and matrix.shape == (4 * 2, DEVICE_LENGTH)
    assert all(note(x, y, pitch).any() for x, y in DRAWN for pitch in (48, 60))


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("group plan -o job", 2, "one of the arguments SUBMITTED --course-instruments is required"),
        ("group plan here --course-instruments 4 -o job", 2, "not allowed with argument SUBMITTED"),
        ("group plan --course-instruments 5 -o job", 2, "choose from 4, 8, 12, 16"),
        ("group plan --course-instruments 4 --fill -o job", 1, "leave out --fill"),
        ("group plan here --pitches 60 -o job", 1, "leave out --pitches"),
        ("group plan --course-instruments 4 --soundfont no.sf2 -o job", 1, "no SoundFont no.sf2"),
    ],
)
def test_what_makes_no_card_is_one_sentence(line, code, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert exit_code(line) == code
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said and not (tmp_path / "job").exists()


def test_a_card_whose_groups_were_changed_is_none(job):
    content = json.loads((job.folder / "plan.json").read_text())
    del content["groups"][0]
    (job.folder / "plan.json").write_text(json.dumps(content))
    Worker(job.folder)()
    files = export(job.folder, "nsynth-super", job.folder.parent / "out")
    assert len({file.parent for file in files if file.name == "settings.json"}) == 15
