"""NW NE SW SE: what stands in a corner of the plan is heard in that corner of every export."""

import json

import numpy as np
import pytest
import soundfile
from group_job import tone

from nsynth_edu.sound import save_audio
from nsynth_edu.studio import NOTES, Job, Settings, Worker, export, plan_groups

SHAPES = {"pad": (2, 2), "nsynth-super": (2, 2), "multigrid": (2, 3)}


def read_plane(folder):
    """A pad or multigrid as its description says: a file for each note, row and column."""
    about = json.loads((folder / "plane.json").read_text())
    assert about["apart"]

    def point(note, row, column):
        sound, rate = soundfile.read(folder / "sounds" / f"{note:03d}_{row:02d}_{column:02d}.flac")
        assert (len(sound), rate) == (about["samples"], about["sample_rate"]) == (64_000, 16_000)
        return sound

    return about["corners"], (about["rows"], about["columns"]), about["notes"], point


def read_card(folder):
    """What Open NSynth Super's app reads: a matrix of 16-bit numbers, y over x over pitch."""
    told = json.loads((folder / "settings.json").read_text())
    names = [corner["instruments"][0]["name"] for corner in told["corners"]]
    side, notes = told["nsynth"]["resolution"], told["nsynth"]["pitches"]
    matrix = np.fromfile(folder / "pads" / f"{'_'.join(names)}.bin", "<i2")
    matrix = matrix.reshape(side * side * len(notes), told["nsynth"]["length"]) / 32768

    def point(note, y, x):
        return matrix[(y * side + x) * len(notes) + notes.index(note)]

    return names, (side, side), notes, point


def read_export(job, to, out):
    """What an independent reader finds: names as one reads, size, notes, and each point's sound."""
    export(job.folder, to, out)
    read = read_card if to == "nsynth-super" else read_plane
    return read(out / job.plan.groups[0].id)


def corners(shape, size):
    """Where the instruments of a rectangle stand, as one reads: (row, column) of points."""
    rows, columns = (np.linspace(0, n - 1, k).astype(int) for n, k in zip(size, shape, strict=True))
    return [(row, column) for row in rows for column in columns]


@pytest.mark.parametrize("to", SHAPES)
def test_every_point_lies_where_its_place_says(to, tmp_path):
    """Each note of each point has a pitch of its own; whoever reads the export finds it there."""
    submitted = hand_in_with_accents(tmp_path / "submitted", np.prod(SHAPES[to]))
    chosen = Settings(resolution=3, notes=NOTES[:2])
    plan_groups(submitted, tmp_path / "job", chosen, SHAPES[to])
    job = Job(tmp_path / "job")
    pitches = {
        (point.note, point.row, point.column): 200 + 20 * number
        for number, point in enumerate(job.points)
    }
    time = np.arange(64_000) / 16_000
    for point, pitch in zip(job.points, pitches.values(), strict=True):
        save_audio(job.path(point), 0.5 * np.sin(2 * np.pi * pitch * time))
    names, size, notes, read = read_export(job, to, tmp_path / "out")
    assert names == [one.name for one in job.plan.groups[0].instruments]
    assert len(pitches) == len(notes) * np.prod(size)
    for place, pitch in pitches.items():
        sound = read(*place)
        heard = np.abs(np.fft.rfft(sound)).argmax() * 16_000 / len(sound)
        assert heard == pytest.approx(pitch, abs=1), place


SLOTS = 6  # of a sound; each student's is loud in another one
SECONDS = 1.2


def hand_in_with_accents(folder, students):
    """Sets whose n-th is loud in the n-th of six slots, and is called so."""
    slot = np.minimum(np.arange(64_000) / 16_000 // (SECONDS / SLOTS), SLOTS).astype(int)
    for number in range(students):
        level = np.convolve(np.where(slot == number, 1, 0.15), np.ones(320) / 320, "same")
        level[-8000:] *= np.linspace(1, 0, 8000)
        for note in NOTES:
            held = tone(note, range(1, 7)) * np.exp(np.arange(64_000) / 16_000)
            save_audio(folder / f"s{number}" / f"loud{number}_{note}.wav", held * level)
    return folder


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Jobs of a square and a rectangle, made by the model of the course: one note, 2 s."""
    jobs = {}
    for shape in ((2, 2), (2, 3)):
        where = tmp_path_factory.mktemp("played")
        submitted = hand_in_with_accents(where / "submitted", np.prod(shape))
        chosen = Settings(resolution=2, notes=NOTES[-1:], frames=round(SECONDS * 16_000 / 512))
        plan_groups(submitted, where / "job", chosen, shape)
        jobs[shape] = Job(where / "job")
        Worker(where / "job")()
    return jobs


@pytest.mark.parametrize("to", SHAPES)
def test_each_student_is_heard_in_the_corner_of_her_name(to, played, tmp_path):
    """From the hand-in to the export, with nothing made up between."""
    names, size, notes, read = read_export(played[SHAPES[to]], to, tmp_path / "out")
    assert sorted(names) == [f"loud{number}" for number in range(len(names))]
    for name, place in zip(names, corners(SHAPES[to], size), strict=True):
        sound = read(notes[0], *place)[: round(SECONDS * 16_000)]
        levels = [part.std() for part in np.array_split(sound, SLOTS)]
        assert f"loud{np.argmax(levels)}" == name, levels
