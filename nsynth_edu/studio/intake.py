"""The instructor's side: the sets of a class are checked and stored."""

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from nsynth_edu.sound import SAMPLE_RATE, AudioError
from nsynth_edu.sound.files import write_pcm
from nsynth_edu.studio.downloads import HIDDEN, students, unpack
from nsynth_edu.studio.recordings import prepare_copy
from nsynth_edu.studio.samples import (
    MOST_ENTRIES,
    SOUND,
    Problem,
    comma_separated,
    inspect,
    list_folder,
    quoted,
)
from nsynth_edu.studio.wavfile import RefusedError

WAV, ZIP = re.compile(r"\.wav$", re.IGNORECASE), re.compile(r"\.zip$", re.IGNORECASE)


@dataclass(frozen=True)
class IngestResult:
    """The outcome for one student's submission."""

    student: str  # name of the submitted folder
    problems: list  # of Problem; empty if the set was stored
    instrument: str | None = None  # its name
    id: str | None = None  # name of its canonical folder: a hash of the samples
    repairs: tuple[str, ...] = ()  # what was prepared, one sentence per file


def ingest(submitted, to, assignment=None, prepare=False):
    """Check the sets of all students, and store the samples of those without a problem.

    No file is copied: only sample values are read, and written to new files. Links, other files
    and other data in a WAV file are left behind. Equal sets are stored once, and one student's
    submission never blocks another's.

    Args:
        submitted: a folder with one folder, or zip, per student, such as nbgrader's `submitted`;
            or the download of a learning platform, packed or not, see `downloads`.
        to: folder for `<id>/<note>.wav`; created if missing, accessible to its owner only.
        assignment: the folder within each student's that holds the samples. None looks into the
            student's own folder or zip, and into the only folder in it that holds .wav files, or
            other recordings where there are none.
        prepare: whether to make samples of files that are none but are named as samples, as
            `lead_24.m4a`: recordings of phones, and .wav files in another format. FFmpeg then
            decodes what students sent.

    Returns:
        list of IngestResult, one per student, sorted by name.

    Raises:
        AudioError: if there is no folder or zip `submitted`, it holds no student's work, `to` lies
            in it, or the assignment's name is not that of a folder.
        OSError: if `to` cannot be written to.
    """
    submitted, to = Path(submitted), Path(to)
    if not submitted.is_dir() and not zipfile.is_zipfile(submitted):
        raise AudioError(
            f"there is no folder or zip {submitted}; expected one with a folder per student."
        )
    if submitted.resolve() in (to.resolve(), *to.resolve().parents):
        raise AudioError(f"{to} lies in {submitted}, among the students; choose another folder.")
    if assignment in ("", "..") or assignment and assignment != Path(assignment).name:
        raise AudioError(
            f"the assignment {assignment!r} is not a folder's name; expected one such as ps5."
        )
    with tempfile.TemporaryDirectory(prefix="submissions-") as work:
        return [
            _ingest_student(student, path, to, assignment, prepare, Path(work, str(number)))
            for number, (student, path) in enumerate(students(submitted, Path(work)))
        ]


def _ingest_student(student, path, to, assignment, prepare, work):
    work.mkdir()
    repair = partial(prepare_copy, work=work) if prepare else None
    try:
        folder = _folder_of(path, assignment, work / "zip")
        found, instrument, samples = inspect(folder, repair)
        problems = [each for each in found if not each.remark]
        repairs = tuple(each.sentence for each in found if each.kind == "prepared")
    except RefusedError as refused:
        return IngestResult(student, [Problem("", refused.kind, f"{quoted(path.name)} {refused}.")])
    except OSError as problem:
        sentence = f"{quoted(path.name)} cannot be read ({problem.strerror}); try again."
        return IngestResult(student, [Problem("", "unreadable", sentence)])
    if problems:
        return IngestResult(student, problems, repairs=repairs)
    return IngestResult(student, [], instrument, store_set(samples, to), repairs)


def _folder_of(path, assignment, work):
    """The folder of a student's samples; links are refused, a zip is unpacked into `work`."""
    if path.is_symlink():
        raise RefusedError("link", "is a link to another place; expected the student's own folder")
    if path.is_file():
        path = unpack(path, work)
    if assignment is not None:
        below = path / assignment
        if below.is_symlink():
            raise RefusedError("link", f"has a link for {assignment}; expected a folder")
        if not below.is_dir():
            raise RefusedError("folder", f"has no folder {assignment}; expected the samples in it")
        return below
    for kind, sounds in ((".wav files", WAV), ("recordings", SOUND)):
        holding = list(islice(_folders_with(path, sounds), 9))
        if len(holding) > 1:
            folders = comma_separated(quoted(str(each.relative_to(path))) for each in holding)
            raise RefusedError(
                "folder",
                f"has {kind} in {folders}; name the assignment, or, if these are students, this "
                "folder instead of the one around it",
            )
        if holding:
            return holding[0]
    for folder in _folders_with(path, ZIP):
        zips = [name for name, _ in list_folder(folder) if name.lower().endswith(".zip")]
        if len(zips) == 1 and not (folder / zips[0]).is_symlink() and not work.exists():
            return _folder_of(folder / zips[0], None, work)
    return path


def _folders_with(folder, ending, deepest=3):
    """Folders with files of a kind: the first one on each way down."""
    entries = list_folder(folder)
    if any(ending.search(name) and not is_folder for name, is_folder in entries):
        yield folder
    elif deepest and len(entries) <= MOST_ENTRIES:
        for name, is_folder in entries:
            if is_folder and not name.startswith(HIDDEN):
                yield from _folders_with(folder / name, ending, deepest - 1)


def store_set(samples, to):
    """Write a set to a folder of its own, atomically; an equal set is stored once.

    Args:
        samples: {note: int16 (64000,)}.
        to: folder of all sets.

    Returns:
        the set's id: a hash of its samples, and the folder's name.

    Raises:
        OSError: if it cannot be written.
    """
    sound = b"".join(samples[note].astype("<i2").tobytes() for note in sorted(samples))
    name = hashlib.sha256(sound).hexdigest()[:16]
    if (to / name).is_dir():
        return name
    for folder in (to.parent, to):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = to / f".{name}.{os.getpid()}.part"
    try:
        part.mkdir(mode=0o700)
        for note, sound in samples.items():
            write_pcm(part / f"{note}.wav", sound, SAMPLE_RATE, "WAV")
        os.replace(part, to / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return name
