"""Atomic writes: a file is written under a temporary name, then renamed."""

import io
import os
from contextlib import contextmanager
from pathlib import Path

import soundfile


@contextmanager
def atomic_write(path):
    """Write a file atomically: to a temporary path, which is renamed when the block ends.

    Missing folders are created; if the block fails, the temporary file is removed.

    Args:
        path: of the finished file.

    Yields:
        Path, the temporary one.

    Raises:
        OSError: if the file cannot be written.
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
    """Write a text file atomically, in UTF-8."""
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def write_pcm(path, pcm, sample_rate, kind, credit=""):
    """Write 16-bit samples to a sound file, atomically.

    Args:
        path: of the file.
        pcm, sample_rate, kind, credit: as for `sound_file`.

    Raises:
        OSError: if the file cannot be written.
    """
    whole = sound_file(pcm, sample_rate, kind, credit)  # libsndfile gives no reason if a disk fails
    with atomic_write(path) as part:
        part.write_bytes(whole)


def sound_file(pcm, sample_rate, kind="WAV", credit=""):
    """Encode 16-bit samples as the bytes of a sound file, not rescaled.

    Args:
        pcm: int16 (time,).
        sample_rate: Hz.
        kind: "WAV" or "FLAC".
        credit: who and what made the sound, for the file's comment.

    Returns:
        bytes.
    """
    whole = io.BytesIO()
    with soundfile.SoundFile(whole, "w", sample_rate, 1, "PCM_16", format=kind) as file:
        if credit:
            file.comment = credit
        file.write(pcm)
    return whole.getvalue()
