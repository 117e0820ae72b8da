"""Files that are whole or not there at all."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def beside(path):
    """A path to write to; it takes the wanted name only when all is written.

    Missing folders are made; where writing fails, nothing stays behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path, text):
    """Write a small file, UTF-8."""
    with beside(path) as part:
        part.write_text(text, encoding="utf-8")
