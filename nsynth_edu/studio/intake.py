"""The instructor's side: the sets of a class are checked and stored."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from nsynth_edu.sound import SAMPLE_RATE, AudioError
from nsynth_edu.sound.files import write_pcm
from nsynth_edu.studio.samples import (
    NOTES,
    Problem,
    comma_separated,
    inspect,
    list_folder,
    quoted,
)
from nsynth_edu.studio.wavfile import RefusedError


@dataclass(frozen=True)
class IngestResult:
    """The outcome for one student's submission."""

    student: str  # name of the submitted folder
    problems: list  # of Problem; empty if the set was stored
    instrument: str | None = None  # its name
    id: str | None = None  # name of its canonical folder: a hash of the samples


def ingest(submitted, to, assignment=None):
    """Check the sets of all students, and store the samples of those without a problem.

    No file is copied: only sample values are read, and written to new files. Links, other files
    and other data in a WAV file are left behind. Equal sets are stored once, and one student's
    submission never blocks another's.

    Args:
        submitted: a folder with one folder per student, such as nbgrader's `submitted`.
        to: folder for `<id>/<note>.wav`; created if missing, accessible to its owner only.
        assignment: the folder within each student's that holds the samples. None looks into the
            student's own folder, or into the only folder in it that holds .wav files.

    Returns:
        list of IngestResult, one per student, sorted by name.

    Raises:
        AudioError: if there is no folder `submitted`, `to` lies in it, or the assignment's name is
            not that of a folder.
        OSError: if `to` cannot be written to.
    """
    submitted, to = Path(submitted), Path(to)
    if not submitted.is_dir():
        raise AudioError(f"there is no folder {submitted}; expected one with a folder per student.")
    if submitted.resolve() in (to.resolve(), *to.resolve().parents):
        raise AudioError(f"{to} lies in {submitted}, among the students; choose another folder.")
    if assignment in ("", "..") or assignment and assignment != Path(assignment).name:
        raise AudioError(
            f"the assignment {assignment!r} is not a folder's name; expected one such as ps5."
        )
    return [
        _ingest_student(entry, to, assignment)
        for entry in sorted(os.scandir(submitted), key=lambda entry: entry.name)
        if not entry.name.startswith((".", "__MACOSX")) and (entry.is_symlink() or entry.is_dir())
    ]


def _ingest_student(entry, to, assignment):
    try:
        folder = _folder_of(entry, assignment)
        problems, instrument, samples = inspect(folder)
        problems = [each for each in problems if not each.remark]
    except RefusedError as refused:
        sentence = f"{quoted(entry.name)} {refused}."
        return IngestResult(entry.name, [Problem("", refused.kind, sentence)])
    except OSError as problem:
        sentence = f"{quoted(entry.name)} cannot be read ({problem.strerror}); try again."
        return IngestResult(entry.name, [Problem("", "unreadable", sentence)])
    if problems:
        return IngestResult(entry.name, problems)
    return IngestResult(entry.name, [], instrument, store_set(samples, to))


def _folder_of(entry, assignment):
    """The folder of a student's samples; links are refused."""
    if entry.is_symlink():
        raise RefusedError("link", "is a link to another place; expected the student's own folder")
    if assignment is not None:
        below = Path(entry.path) / assignment
        if below.is_symlink():
            raise RefusedError("link", f"has a link for {assignment}; expected a folder")
        if not below.is_dir():
            raise RefusedError("folder", f"has no folder {assignment}; expected the samples in it")
        return below
    if _has_samples(entry.path):
        return Path(entry.path)
    inside = [name for name, is_folder in list_folder(entry.path) if is_folder]
    holding = [name for name in inside if _has_samples(Path(entry.path) / name)]
    if len(holding) > 1:
        folders = comma_separated(map(quoted, holding))
        raise RefusedError("folder", f"has .wav files in {folders}; name the assignment")
    return Path(entry.path) / holding[0] if holding else Path(entry.path)


def _has_samples(folder):
    return any(name.lower().endswith(".wav") for name, _ in list_folder(folder))


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
    sound = b"".join(samples[note].astype("<i2").tobytes() for note in NOTES)
    name = hashlib.sha256(sound).hexdigest()[:16]
    if (to / name).is_dir():
        return name
    for folder in (to.parent, to):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = to / f".{name}.{os.getpid()}.part"
    try:
        part.mkdir(mode=0o700)
        for note in NOTES:
            write_pcm(part / f"{note}.wav", samples[note], SAMPLE_RATE, "WAV")
        os.replace(part, to / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return name
