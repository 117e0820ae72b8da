"""Locks of the workers on a job folder: released when their process ends, on any system.

Lock files are per machine, so a dead node cannot block the others on a shared disk.
"""

import glob
import socket
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PATIENCE = 0.5  # s for which a worker waits for its lock: `working` may be probing it


@contextmanager
def at_work(folder, worker):
    """Hold a worker's lock while the block runs.

    Args:
        folder: of the job.
        worker: its name, such as "1-of-2".

    Yields:
        False if the same worker is running on this machine already, else True; always True on a
        file system without locks.
    """
    lock = _lock(Path(folder, f".at-work-{socket.gethostname()}-{worker}"))
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        yield False
        return
    except OSError:
        yield True
        return
    try:
        yield True
    finally:
        lock.release()


def working(folder):
    """Whether a worker of the job is running on this machine; other machines are not checked."""
    pattern = f".at-work-{glob.escape(socket.gethostname())}-*"
    return any(_is_held(path) for path in Path(folder).glob(pattern))


def _is_held(path):
    try:
        with _lock(path).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:  # the file is gone, or a file system without locks
        return False


def _lock(path):
    # not filelock's substitute for file systems without locks: it would outlive its process
    return FileLock(path, fallback_to_soft=False)
