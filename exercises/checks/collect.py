"""Collect and take submissions: students' own regular files, and no targets of links.

nbgrader's own collector follows links with the rights of the instructor. A link from a student's
folder to the solutions, or to another student's work, would become the student's own file and be
published with the feedback; a submission under another's name would replace it; and a single
unreadable folder would stop the whole class. Submissions that came another way are held to the
same rules before nbgrader opens or copies anything of them: a pipe would block it, and /dev/zero
never ends.
"""

import contextlib
import errno
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import find_owner, parse_utc

from .names import STUDENT

DEEPEST = 16  # folders within each other
MOST = 1000  # files and folders
LINK = "it is a link"
_start = Autograde.init_destination


class HandInError(ValueError):
    """A submission holds what is not taken; the message names it and says why."""


class Collect(ExchangeCollect):
    """Copies a student's own files; everything else is logged and left out.

    Where all students share one account, `c.ExchangeCollect.check_owner = False` accepts the name
    of a submission as its owner.
    """

    def init_src(self):
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path):
        try:
            record = super()._path_to_record(path)
            problem = self._problem(path, record["username"])
        except (ExchangeError, ValueError, OverflowError, OSError):
            problem = "its name does not have nbgrader's form"
        if not problem:
            return record
        self.log.error("%r is left out: %s", os.path.basename(path), problem)
        return {"username": None, "filename": "", "timestamp": datetime.min}

    def _problem(self, path, student):
        """Why this is not a submission of the student; "" if it is one."""
        if not STUDENT.fullmatch(student):
            return "it does not name a student"
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return "it is not a folder"
        if not os.access(path, os.R_OK | os.X_OK):
            return "it cannot be read"
        if not self.check_owner:
            return ""
        try:
            owner = find_owner(path)
        except KeyError:
            owner = "an unknown user"
        return "" if owner == student else f"it belongs to {owner}"

    def do_copy(self, src, dest, log=None):
        with tempfile.TemporaryDirectory(prefix="collecting-") as box:
            own = Path(box, "own")
            for name, problem in copy_own(src, own, room(self.coursedir)):
                self.log.error("%r of %r is left out: %s", name, os.path.basename(src), problem)
            super().do_copy(own, dest)


def guard():
    """Let nbgrader refuse such submissions in this process; more than once does no harm."""
    Autograde.init_destination = start
    CourseDirectory.get_existing_timestamp = timestamp
    NbGraderAPI.get_submitted_timestamp = submitted_timestamp


def start(converter, assignment, student):
    """Begin to grade a submission, if it holds only what is taken."""
    refuse(Path(converter._format_source(assignment, student)), room(converter.coursedir))
    return _start(converter, assignment, student)


def timestamp(coursedir, folder):
    """Read when a submission was handed in; None if no plain file says so."""
    path = Path(folder, "timestamp.txt")
    with contextlib.suppress(OSError, ValueError, OverflowError):
        if not odd(os.lstat(path), 1000):
            return parse_utc(path.read_text().strip())


def submitted_timestamp(api, assignment, student):
    """The same for Formgrader, which would wait for a pipe."""
    course = api.coursedir
    folder = course.format_path(course.submitted_directory, student, assignment)
    return timestamp(course, folder)


def room(coursedir):
    """Bytes that all files of a submission may take."""
    return 1000 * coursedir.max_dir_size


def refuse(folder, room):
    """Refuse a submission with anything but some files and folders, without opening any.

    Args:
        folder: of the submission, in the student's folder.
        room: bytes that all files together may take.

    Raises:
        HandInError: if something is not taken; the message names the first such thing.
    """
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise HandInError(f"{path.name!r}: {LINK}")
    for path, _, _, problem in contents(folder, room):
        if problem:
            raise HandInError(f"{path.name!r}: {problem}")


def contents(folder, room, owner=None):
    """Walk through a folder without opening its files; which are taken?

    Args:
        folder: path.
        room: bytes that all files together may take.
        owner: number of the user whose files are taken; None for anybody's.

    Yields:
        path relative to the folder, number of the open folder that it lies in, whether it is a
        folder, why it is not taken ("" if it is).
    """
    count = 0
    for here, inner, files, at in os.fwalk(folder, follow_symlinks=False):
        place = Path(here).relative_to(folder)
        deepest = len(place.parts) >= DEEPEST
        for name in [*inner, *files]:
            count += 1
            if count > MOST:
                yield place / name, at, False, f"there are more than {MOST:,} files and folders"
                return
            try:
                found = os.stat(name, dir_fd=at, follow_symlinks=False)
            except OSError as gone:
                yield place / name, at, False, gone.strerror
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            problem = "it lies too deep" * deepest if is_folder else odd(found, room, owner)
            problem = problem if name.isprintable() else "its name cannot be printed"
            if is_folder and problem:
                inner.remove(name)
            room -= 0 if problem or is_folder else found.st_size
            yield place / name, at, is_folder, problem


def odd(found, room, owner=None):
    """Why a file is not taken, by its os.stat_result; "" if it is taken."""
    problems = {
        LINK: stat.S_ISLNK(found.st_mode),
        "it is not a regular file": not stat.S_ISREG(found.st_mode),
        "it belongs to another user": owner not in (None, found.st_uid),
        "it is a hard link, also known by another name": found.st_nlink > 1,
        "it exceeds the size limit of a submission": found.st_size > room,
    }
    return next((words for words, applies in problems.items() if applies), "")


def copy_own(src, dest, room):
    """Copy the regular files of a folder that belong to its owner, even while it changes.

    Args:
        src: the folder. dest: where the copy is made.
        room: bytes that all files together may take.

    Returns:
        list of (name, why) for what is left out.
    """
    owner, left_out = os.lstat(src).st_uid, []
    dest.mkdir()
    for path, at, is_folder, problem in contents(src, room, owner):
        if is_folder and not problem:
            (dest / path).mkdir()
            continue
        content, problem = (None, problem) if problem else _read_own(path.name, at, owner, room)
        if problem:
            left_out.append((path.name, problem))
        else:
            (dest / path).write_bytes(content)
            room -= len(content)
    return left_out


def _read_own(name, at, owner, room):
    """(content, why not) of a file in the open folder `at`, which may have changed meanwhile."""

    def opener(path, flags):
        return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)

    try:
        with open(name, "rb", opener=opener) as file:
            problem = odd(os.fstat(file.fileno()), room, owner)
            return (None, problem) if problem else (file.read(room), "")
    except OSError as refused:
        return None, LINK if refused.errno == errno.ELOOP else refused.strerror
