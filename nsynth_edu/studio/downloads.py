"""A class's submissions as they come: from nbgrader, or as a learning platform's download.

nbgrader leaves `submitted/STUDENT/ASSIGNMENT/`. Moodle gives a zip, or a folder, of folders
`Name Surname_12345_assignsubmission_file_`, or files that begin so; Canvas gives files, or one zip
for each student, `surnamename_12345_67890_file.wav`, and `file-1.wav` where it was handed in again.
Zips are unpacked into a folder of their own, within bounds, after every name in them was checked.
"""

import os
import re
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from nsynth_edu.sound import AudioError
from nsynth_edu.sound.bounds import DAMAGE
from nsynth_edu.studio.wavfile import LARGEST, RefusedError

OWNERS = (  # name of a file or folder -> its student, and the name of the file
    re.compile(r"(?P<student>.+?_\d+)_assignsubmission_file_?(?P<file>.*)"),  # Moodle
    re.compile(r"(?P<student>[^_]+?(?:_LATE)?_\d+)_\d+_(?P<file>.+)"),  # Canvas
)
TEXT = re.compile(r"(?P<student>.+?_\d+)_assignsubmission_onlinetext.*")  # Moodle: typed there
AGAIN = re.compile(r"-(\d+)(?=\.\w+$)")
HIDDEN = (".", "__MACOSX")
MOST_FILES = {"class": 20_000, "student": 200}  # of a zip
MOST_BYTES = {"class": 4_000_000_000, "student": 50_000_000}  # unpacked


def students(submitted, work):
    """Find each student's folder in what was handed in.

    Args:
        submitted: Path of a folder, or of a zip.
        work: Path of an empty folder, for what has to be unpacked or put together.

    Returns:
        list of (student, Path), sorted by student: a folder, a link, or a zip.

    Raises:
        AudioError: where nothing in it belongs to a student, or the zip is refused.
    """
    if submitted.is_file():
        try:
            submitted = unpack(submitted, work / "download", "class")
        except RefusedError as refused:
            raise AudioError(
                f"{submitted.name} {refused}; expected a platform's download."
            ) from refused
    found, loose = {}, 0
    for entry in sorted(os.scandir(_inner(submitted)), key=lambda entry: entry.name):
        if entry.name.startswith(HIDDEN):
            continue
        if typed := TEXT.fullmatch(entry.name):
            found.setdefault(typed["student"], [])
            continue
        student, file = owner(entry.name)
        folder = entry.is_symlink() or entry.is_dir()
        if folder or file or entry.name.lower().endswith(".zip"):
            name = student or (entry.name if folder else Path(entry.name).stem)
            found.setdefault(name, []).append((Path(entry.path), file))
        else:
            loose += 1
    if loose and not found:
        raise AudioError(
            f"{submitted} holds {loose} files that name no student; expected a folder, or a zip, "
            "for each student, or the download of Moodle or Canvas."
        )
    return [
        (name, parts[0][0] if _whole(parts) else _together(parts, work / f"student-{number}"))
        for number, (name, parts) in enumerate(sorted(found.items()))
    ]


def owner(name):
    """The student whose name a platform put before that of a file, and the file; "" for neither."""
    for pattern in OWNERS:
        if match := pattern.fullmatch(name):
            return match["student"], match["file"]
    return "", ""


def _inner(folder):
    """The folder itself, or the only one in it where that is the one of a platform."""
    entries = [each for each in os.scandir(folder) if not each.name.startswith(HIDDEN)]
    if len(entries) != 1 or entries[0].is_symlink() or not entries[0].is_dir():
        return folder
    inside = [entry.name for entry in os.scandir(entries[0].path)]
    return entries[0].path if any(owner(name)[0] for name in inside) else folder


def _whole(parts):
    """Whether a student handed in one folder, link or zip."""
    path = parts[0][0] if parts else None
    return len(parts) == 1 and (path.is_symlink() or path.is_dir() or path.suffix.lower() == ".zip")


def _together(parts, folder):
    """All files of one student in a folder, at most as much of each as is ever read.

    Of a file that was handed in again, under a name that ends in -1, the last one counts.
    """
    folder.mkdir()
    files = []
    for path, name in parts:
        inside = path.is_dir() and not path.is_symlink()
        files += [(one, one.name) for one in sorted(path.iterdir())[:200]] if inside else []
        files += [] if inside else [(path, name or path.name)]
    for path, name in sorted(files, key=lambda file: _attempt(file[1])):
        if not path.is_symlink() and path.is_file():
            most = MOST_BYTES["student"] if path.suffix.lower() == ".zip" else LARGEST
            with path.open("rb") as file:
                (folder / AGAIN.sub("", name)).write_bytes(file.read(most + 1))
    return folder


def _attempt(name):
    """How often a file of this name had been handed in before."""
    found = AGAIN.search(name)
    return int(found[1]) if found else 0


def unpack(path, folder, whose="student"):
    """Unpack a zip into a new folder, after all names and sizes in it were checked.

    Args:
        path: of the zip. folder: Path of the new folder. whose: "student" or "class", for the
            bounds.

    Returns:
        folder.

    Raises:
        RefusedError: with the kind link, large, crowded, folder or unreadable.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            _check(members, whose)
            folder.mkdir()
            for member in members:
                to = folder / member.filename
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(archive.read(member))
    except RefusedError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, *DAMAGE) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise RefusedError("unreadable", f"is not a zip that can be read ({reason})") from problem
    return folder


def _check(members, whose):
    """Refuse a zip that holds too much, links, passwords, or names that lead elsewhere."""
    if len(members) > MOST_FILES[whose]:
        raise RefusedError("crowded", f"is a zip of {len(members):,} files")
    if (size := sum(each.file_size for each in members)) > MOST_BYTES[whose]:
        raise RefusedError("large", f"is a zip of {size:,} bytes, unpacked")
    for each in members:
        name = each.filename
        parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
        if ".." in parts or PureWindowsPath(name).anchor or "\\" in name or not name.isprintable():
            raise RefusedError("folder", f"is a zip whose file {name!r:.80} leads elsewhere")
        if stat.S_IFMT(each.external_attr >> 16) not in (0, stat.S_IFREG):
            raise RefusedError("link", f"is a zip in which {name!r:.80} is a link, not a file")
        if each.flag_bits & 1:
            raise RefusedError("unreadable", "is a zip with a password")
