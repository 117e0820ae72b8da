"""Files that are complete or absent: written under another name, then renamed."""

import io
import os
from contextlib import contextmanager
from pathlib import Path

import soundfile


@contextmanager
def atomic_write(path):
    """A temporary path to write to; it takes the wanted name only when all is written.

    Missing folders are made; where writing fails, nothing stays behind.

    Args:
        path: the name that the file is to have.
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
    """Write a small text file, UTF-8, complete or not at all."""
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def write_pcm(path, pcm, sample_rate, kind):
    """Write 16-bit samples (time,) int16 as "WAV" or "FLAC", complete or not at all."""
    whole = io.BytesIO()  # libsndfile does not say why it cannot write, such as a full disk
    soundfile.write(whole, pcm, sample_rate, format=kind, subtype="PCM_16")
    with atomic_write(path) as part:
        part.write_bytes(whole.getbuffer())
