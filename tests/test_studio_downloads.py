"""Submissions as learning platforms hand them out: zips, flat files, folders too deep."""

import stat
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import write_set

from nsynth_edu.cli import main
from nsynth_edu.sound import AudioError
from nsynth_edu.studio import NOTES, ingest
from nsynth_edu.studio.downloads import owner, students


def pack(folder, path, inside=""):
    """A zip of all files of a folder, below a folder `inside`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


MOODLE = ["Zoe Ångström_12340_assignsubmission_file_", "Ben O'Hara_12341_assignsubmission_file_"]
CANVAS = ["angstromzoe_12340", "oharaben_LATE_12341"]


def moodle(folder, samples):
    for name in MOODLE:
        write_set(folder / name)


def moodle_with_zips(folder, samples):
    for name in MOODLE:
        (folder / name).mkdir(parents=True)
        pack(samples, folder / name / "my sounds.zip", "set/")


def moodle_flat(folder, samples):
    folder.mkdir()
    for name in MOODLE:
        for file in samples.iterdir():
            (folder / f"{name}{file.name}").write_bytes(file.read_bytes())


def canvas(folder, samples):
    folder.mkdir()
    pack(samples, folder / f"{CANVAS[0]}_998_my_sounds.zip")
    pack(samples, folder / f"{CANVAS[1]}_999_sounds-1.zip", "deep/er/")


def canvas_flat(folder, samples):
    folder.mkdir()
    for name in CANVAS:
        for number, file in enumerate(samples.iterdir()):
            (folder / f"{name}_77{number}_{file.name}").write_bytes(file.read_bytes())


def canvas_with_a_letter(folder, samples):
    folder.mkdir()
    for name in CANVAS:
        pack(samples, folder / f"{name}_77_sounds.zip")
        (folder / f"{name}_78_letter.pdf").write_bytes(b"%PDF-1.7")


def canvas_again(folder, samples):
    """Canvas names what is handed in again lead_24-1.wav, then lead_24-2.wav."""
    folder.mkdir()
    for name in CANVAS:
        for number, file in enumerate(samples.iterdir()):
            again = f"{file.stem}-{number + 9}{file.suffix}" if number else file.name
            (folder / f"{name}_77{number}_{again}").write_bytes(file.read_bytes())
            if number:
                (folder / f"{name}_66{number}_{file.stem}-2.wav").write_bytes(b"an earlier one")


def moodle_with_text(folder, samples):
    """What is typed into Moodle itself lies in a folder of its own."""
    moodle(folder, samples)
    for name in MOODLE:
        text = folder / name.replace("_file_", "_onlinetext_")
        text.mkdir()
        (text / "onlinetext.html").write_text("<p>My seven notes.</p>")


def a_folder_and_loose_files(folder, samples):
    for name in MOODLE:
        set_of = write_set(folder / name, notes=NOTES[2:])
        for note in NOTES[:2]:
            file = f"lead_{note}.wav"
            (folder / f"{set_of.name}{file}").write_bytes((samples / file).read_bytes())


def one_folder_too_deep(folder, samples):
    for name in ("zoe_12340", "ben_12341"):
        write_set(folder / name / "ps5" / "my sounds")
        (folder / name / "__MACOSX").mkdir()


def a_zip_per_student(folder, samples):
    folder.mkdir()
    for name in ("zoe_12340", "ben_12341"):
        pack(samples, folder / f"{name}.zip")


FORMS = [
    moodle, moodle_with_zips, moodle_flat, canvas, canvas_flat, canvas_with_a_letter,
    canvas_again, moodle_with_text, a_folder_and_loose_files,
    one_folder_too_deep, a_zip_per_student,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [None, "", "Course (5)/"])
def test_every_student_of_a_download_is_found(tmp_path, form, packed):
    submitted = tmp_path / "download"
    form(submitted, write_set(tmp_path / "set"))
    if packed is not None:
        within = packed if form in FORMS[:9] else ""  # one more folder, around those of a platform
        submitted = pack(submitted, tmp_path / "download.zip", within)
    taken = ingest(submitted, tmp_path / "in")
    assert [each.problems for each in taken] == [[], []]
    assert sorted(each.student[-6:] for each in taken) == ["_12340", "_12341"]
    assert len({each.id for each in taken}) == 1


def hostile(path, name, content=b"", **about):
    """A zip with one file of a name, and what else its entry says."""
    info = zipfile.ZipInfo(name)
    for key, value in about.items():
        setattr(info, key, value)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(info, content, zipfile.ZIP_DEFLATED)


def crowd(path):
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(201):
            archive.writestr(f"{number}.wav", b"")


def password(path):
    hostile(path, "lead_24.wav", b"x")
    data = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + place] |= 1
    path.write_bytes(data)


def cut(path):
    hostile(path, "lead_24.wav", bytes(range(256)) * 40)
    data = path.read_bytes()
    path.write_bytes(data[:20] + data[40:])


HOSTILE = {
    "up": (lambda path: hostile(path, "../../lead_24.wav"), "leads elsewhere"),
    "absolute": (lambda path: hostile(path, "/etc/cron.d/x"), "leads elsewhere"),
    "drive": (lambda path: hostile(path, "C:/x/lead_24.wav"), "leads elsewhere"),
    "control": (lambda path: hostile(path, "a\x1b[31m.wav"), "leads elsewhere"),
    "bomb": (lambda path: hostile(path, "lead_24.wav", bytes(60_000_000)), "60,000,000 bytes"),
    "crowd": (crowd, "is a zip of 201 files"),
    "link": (
        lambda path: hostile(path, "a.wav", b"/x", external_attr=(stat.S_IFLNK | 0o777) << 16),
        "'a.wav' is a link, not a file",
    ),
    "password": (password, "is a zip with a password"),
    "cut": (cut, "is not a zip that can be read"),
    "page": (lambda path: path.write_bytes(b"<!DOCTYPE html>"), "is not a zip that can be read"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused_by_name_and_stops_no_one(tmp_path, kind):
    make, words = HOSTILE[kind]
    write_set(tmp_path / "submitted" / "zoe")
    make(tmp_path / "submitted" / "mallory_12345_998_set.zip")
    before = set(tmp_path.rglob("*"))
    taken = {each.student: each for each in ingest(tmp_path / "submitted", tmp_path / "in")}
    assert taken["zoe"].problems == [] and taken["mallory_12345"].id is None
    [problem] = taken["mallory_12345"].problems
    assert "mallory_12345_998_set.zip" in str(problem) and words in str(problem)
    assert str(problem).isprintable() and str(problem).endswith(".")
    assert all(
        (tmp_path / "in") in (path, *path.parents) for path in {*tmp_path.rglob("*")} - before
    )


def test_files_that_name_no_student_are_counted_and_make_no_groups(tmp_path, capsys):
    write_set(tmp_path / "flat")
    with pytest.raises(AudioError, match="holds 7 files that name no student; expected a folder"):
        ingest(tmp_path / "flat", tmp_path / "in")
    assert main(["group", "plan", str(tmp_path / "flat"), "-o", str(tmp_path / "job")]) == 1
    assert "7 files that name no student" in capsys.readouterr().err
    assert not (tmp_path / "job").exists()
    with pytest.raises(AudioError, match="there is no folder or zip"):
        ingest(tmp_path / "flat" / "lead_24.wav", tmp_path / "in")


def test_who_only_typed_a_text_is_named_with_what_is_missing(tmp_path):
    text = tmp_path / "all" / "Zoe_12340_assignsubmission_onlinetext_"
    text.mkdir(parents=True)
    (text / "onlinetext.html").write_text("<p>It is in the cloud.</p>")
    [zoe] = ingest(tmp_path / "all", tmp_path / "in")
    assert zoe.student == "Zoe_12340" and [each.kind for each in zoe.problems] == ["missing"]


def test_a_folder_around_all_students_is_named_as_what_it_may_be(tmp_path):
    """ILIAS packs them into one more folder, with names that do not tell whose they are."""
    for name in ("Maier_Ben_bmaier_1235", "Mueller_Anna_amueller_1234"):
        write_set(tmp_path / "all" / "Multi Feedback Ex 99" / name)
    [one] = ingest(tmp_path / "all", tmp_path / "in")
    [problem] = one.problems
    assert "or, if these are students, this folder instead of the one around it" in str(problem)
    assert len(ingest(tmp_path / "all" / "Multi Feedback Ex 99", tmp_path / "in")) == 2


LETTERS = st.characters(categories=("L", "Nd", "Zs"))
WORD = st.text(LETTERS, min_size=1, max_size=12).filter(str.strip)
PEOPLE = st.tuples(WORD, st.integers(1, 99_999), st.sampled_from(("assignsubmission_file", "5")))
FILES = st.tuples(st.sampled_from(("a_1", "b_2")), st.integers(0, 30))


@given(
    st.lists(PEOPLE, min_size=1, max_size=5, unique_by=lambda one: one[1]),
    st.lists(FILES, min_size=1, max_size=6),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_student_of_a_platform_is_found_with_the_last_of_each_file(tmp_path, people, files):
    """Whatever the names, the numbers, and how often each file was handed in."""
    base = Path(tempfile.mkdtemp(dir=tmp_path))
    (base / "all").mkdir()
    (base / "work").mkdir()
    for name, number, mark in people:
        lead = f"{name}_{number}_{mark}_"
        for stem, attempt in files:
            file = f"{stem}-{attempt}.wav" if attempt else f"{stem}.wav"
            (base / "all" / f"{lead}{file}").write_text(str(attempt))
            assert owner(f"{lead}{file}") == (f"{name}_{number}", file)
    last = {f"{stem}.wav": str(max(n for one, n in files if one == stem)) for stem, _ in files}
    found = students(base / "all", base / "work")
    assert sorted(name for name, _ in found) == sorted(f"{name}_{n}" for name, n, _ in people)
    for _, folder in found:
        assert {path.name: path.read_text() for path in folder.iterdir()} == last
