"""Collect submissions: the students' own regular files, and no targets of links.

nbgrader's own collector follows links with the rights of the instructor. A link from a student's
folder to the solutions, or to another student's work, would become the student's own file and be
published with the feedback; a submission under another's name would replace it; and a single
unreadable folder would stop the whole class.
"""

import errno
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import find_owner

from .names import STUDENT

DEEPEST = 16  # folders within each other
LINK = "it is a link"


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
            room = 1000 * self.coursedir.max_dir_size
            for name, problem in copy_own(src, own, room):
                self.log.error("%r of %r is left out: %s", name, os.path.basename(src), problem)
            super().do_copy(own, dest)


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
    for folder, inner, files, at in os.fwalk(src, follow_symlinks=False):
        here = dest / os.path.relpath(folder, src)
        here.mkdir(exist_ok=True)
        left_out += [(name, LINK) for name in inner if os.path.islink(Path(folder, name))]
        if len(here.relative_to(dest).parts) >= DEEPEST:
            left_out += [(name, "it lies too deep") for name in inner]
            inner.clear()
        for name in files:
            content, problem = _read_own(name, at, owner, room)
            if problem:
                left_out.append((name, problem))
            else:
                (here / name).write_bytes(content)
                room -= len(content)
    return left_out


def _read_own(name, at, owner, room):
    """(content, why not) of a file in the open folder `at`."""

    def opener(path, flags):
        return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)

    try:
        with open(name, "rb", opener=opener) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                return None, "it is not a regular file"
            if found.st_uid != owner:
                return None, "it belongs to another user"
            if found.st_size > room:
                return None, "it exceeds the size limit of a submission"
            return file.read(room), ""
    except OSError as refused:
        return None, LINK if refused.errno == errno.ELOOP else refused.strerror
