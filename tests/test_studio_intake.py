"""The sets of a class are ingested: valid ones, as samples only."""

import hashlib
import os

import pytest
from bad_files import HOSTILE, make
from samples import pcm, state, tone, wav, write_set

from nsynth_edu.sound import AudioError
from nsynth_edu.studio import NOTES, ingest


def test_a_set_is_taken_in_as_the_same_samples_under_a_name_of_our_own(tmp_path):
    folder = write_set(tmp_path / "submitted" / "anna")
    (folder / "lead_24.wav").write_bytes(wav(pcm(tone(24)), tail=b"PK" + b"secret" * 50))
    [taken] = ingest(tmp_path / "submitted", tmp_path / "in")
    assert (taken.student, taken.problems, taken.instrument) == ("anna", [], "lead")
    for note in NOTES:
        made = tmp_path / "in" / taken.id / f"{note}.wav"
        assert made.read_bytes()[44:] == pcm(tone(note)) and made.stat().st_nlink == 1
    whole = b"".join(pcm(tone(note)) for note in NOTES)
    assert taken.id == hashlib.sha256(whole).hexdigest()[:16]
    assert (tmp_path / "in").stat().st_mode & 0o077 == 0


def test_taking_in_again_changes_nothing(tmp_path):
    write_set(tmp_path / "submitted" / "anna")
    first = ingest(tmp_path / "submitted", tmp_path / "in")
    before = state(tmp_path)
    assert ingest(tmp_path / "submitted", tmp_path / "in") == first and state(tmp_path) == before


def test_one_student_never_stops_another_and_no_link_is_followed(tmp_path, elsewhere):
    submitted = tmp_path / "submitted"
    write_set(submitted / "zoe")
    write_set(submitted / "ben" / "ps5")  # as nbgrader collects
    (submitted / "ben" / "ps5" / "ps5.ipynb").write_text("{}")
    thief = write_set(submitted / "mallory", notes=NOTES[1:])
    (thief / "lead_24.wav").symlink_to(elsewhere / "secret.wav")
    write_set(elsewhere / "set")
    (submitted / "nina").symlink_to(elsewhere / "set")
    (submitted / "olaf").mkdir()
    (submitted / "olaf" / "ps5").symlink_to(elsewhere / "set")
    (submitted / "empty").mkdir()
    (submitted / "gradebook.db").write_text("not a student")
    (submitted / os.fsdecode(b"\xff\x1b")).mkdir()
    taken = {each.student: each for each in ingest(submitted, tmp_path / "in")}
    found = {name: [problem.kind for problem in each.problems] for name, each in taken.items()}
    assert found == {
        "zoe": [], "ben": [], "mallory": ["link"], "nina": ["link"], "olaf": ["missing"],
        "empty": ["missing"], os.fsdecode(b"\xff\x1b"): ["missing"],
    }  # fmt: skip
    assert taken["zoe"].id == taken["ben"].id and taken["mallory"].id is None
    assert os.listdir(tmp_path / "in") == [taken["zoe"].id]
    told = {each.student: each for each in ingest(submitted, tmp_path / "in", assignment="ps5")}
    assert told["ben"].problems == [] and [p.kind for p in told["olaf"].problems] == ["link"]
    assert [p.kind for p in told["zoe"].problems] == ["folder"]


def test_two_folders_of_one_student_want_a_name(tmp_path):
    for name in ("ps5", "old"):
        write_set(tmp_path / "submitted" / "anna" / name)
    [taken] = ingest(tmp_path / "submitted", tmp_path / "in")
    assert [each.kind for each in taken.problems] == ["folder"] and not (tmp_path / "in").exists()
    [taken] = ingest(tmp_path / "submitted", tmp_path / "in", assignment="old")
    assert taken.problems == []


@pytest.mark.parametrize("case", HOSTILE)
def test_no_bad_file_is_taken_in(tmp_path, elsewhere, case):
    folder = write_set(tmp_path / "submitted" / "mallory")
    (folder / "lead_24.wav").unlink()
    make(case, folder / "lead_24.wav", elsewhere / "secret.wav" if case == "link" else elsewhere)
    [taken] = ingest(tmp_path / "submitted", tmp_path / "in")
    assert [each.kind for each in taken.problems] == HOSTILE[case]
    assert not (tmp_path / "in").exists()


def test_taking_in_among_the_students_or_from_nowhere_is_refused(tmp_path):
    with pytest.raises(AudioError, match="there is no folder"):
        ingest(tmp_path / "nowhere", tmp_path / "in")
    with pytest.raises(AudioError, match="among the students"):
        ingest(tmp_path, tmp_path / "in")
    for name in ("../ps5", "..", "", "a/b"):
        with pytest.raises(AudioError, match="not a folder's name"):
            ingest(tmp_path, tmp_path.parent / "in", assignment=name)
