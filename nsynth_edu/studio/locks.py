"""Who is at work on a job folder: locks that go with the process that holds them, on any system.

Each machine has its own: what a node that died held on a shared disk keeps nobody out.
"""

import glob
import socket
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PATIENCE = 0.5  # s for which a worker waits for its lock: `working` may be looking just now


@contextmanager
def at_work(folder, share):
    """Hold a worker's share of a job while the block runs.

    Args:
        folder: of the job. share: name of the share, such as "1-of-2".

    Yields:
        False if another worker on this machine holds it, else True: a file system that has no
        locks refuses nobody.
    """
    lock = _lock(Path(folder, f".at-work-{socket.gethostname()}-{share}"))
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
    """Whether a worker is alive on this machine; others cannot be asked."""
    pattern = f".at-work-{glob.escape(socket.gethostname())}-*"
    return any(_is_held(path) for path in Path(folder).glob(pattern))


def _is_held(path):
    try:
        with _lock(path).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:  # it has gone, or a file system without locks
        return False


def _lock(path):
    # not the lock that filelock has for file systems without any: it would outlive its process
    return FileLock(path, fallback_to_soft=False)
