"""The instructor's side: sets of samples of many students are checked and stored."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from nsynth_edu.sound import SAMPLE_RATE, AudioError
from nsynth_edu.sound.files import write_pcm
from nsynth_edu.studio.samples import NOTES, Problem, entries_of, inspect, listed, shown
from nsynth_edu.studio.wavfile import RefusedError


@dataclass(frozen=True)
class Taken:
    """What became of one student's hand-in."""

    student: str  # the name of the folder
    problems: list  # of Problem; empty if the set was taken
    instrument: str | None = None
    id: str | None = None  # the name of its canonical folder: a hash of the sound alone


def take(submitted, to, assignment=None):
    """Ingest the sets of all students: what is valid is written anew, nothing is copied.

    Only samples of sets without a problem leave the submitted folders, as plain numbers:
    links, other files and whatever hides in a WAV file stay behind. The same set taken twice
    is the same folder, and one student's hand-in never stops another's.

    Args:
        submitted: a folder with one folder per student, such as nbgrader's `submitted`.
        to: where each set becomes `<id>/<note>.wav`; made if missing, open to its owner only.
        assignment: the folder within each student's that holds the samples. None looks into the
            student's own folder, or into the only folder in it that holds .wav files.

    Returns:
        list of `Taken`, one per student, by name.

    Raises:
        AudioError: if there is no folder `submitted`, or `to` lies in it.
        OSError: if `to` cannot be written to; that is nobody's hand-in's fault.
    """
    submitted, to = Path(submitted), Path(to)
    if not submitted.is_dir():
        raise AudioError(f"there is no folder {submitted}; expected one with a folder per student.")
    if submitted.resolve() in (to.resolve(), *to.resolve().parents):
        raise AudioError(f"{to} lies in {submitted}, among the students; choose another place.")
    if assignment in ("", "..") or assignment and assignment != Path(assignment).name:
        raise AudioError(
            f"the assignment {assignment!r} is not a folder's name; expected e.g. ps5."
        )
    return [
        _take_student(entry, to, assignment)
        for entry in sorted(os.scandir(submitted), key=lambda entry: entry.name)
        if not entry.name.startswith((".", "__MACOSX")) and (entry.is_symlink() or entry.is_dir())
    ]


def _take_student(entry, to, assignment):
    try:
        folder = _folder_of(entry, assignment)
        problems, instrument, samples = inspect(folder)
        problems = [each for each in problems if not each.remark]
    except RefusedError as refused:
        return Taken(entry.name, [Problem("", refused.kind, f"{shown(entry.name)} {refused}.")])
    except OSError as problem:
        sentence = f"{shown(entry.name)} could not be taken in ({problem.strerror}); try again."
        return Taken(entry.name, [Problem("", "unreadable", sentence)])
    if problems:
        return Taken(entry.name, problems)
    return Taken(entry.name, [], instrument, keep(samples, to))


def _folder_of(entry, assignment):
    """Where a student's samples lie; never behind a link."""
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
    inside = [name for name, is_folder in entries_of(entry.path) if is_folder]
    holding = [name for name in inside if _has_samples(Path(entry.path) / name)]
    if len(holding) > 1:
        raise RefusedError(
            "folder", f"has .wav files in {listed(map(shown, holding))}; name the assignment"
        )
    return Path(entry.path) / holding[0] if holding else Path(entry.path)


def _has_samples(folder):
    return any(name.lower().endswith(".wav") for name, _ in entries_of(folder))


def keep(samples, to):
    """Store a set as a new folder, complete or not at all.

    Args:
        samples: {note: int16 (64,000,)}.
        to: folder of all sets.

    Returns:
        the set's id, a hash of the sound alone.
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
