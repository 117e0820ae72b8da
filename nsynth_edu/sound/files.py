"""Files that are whole or not there at all."""

import io
import os
from contextlib import contextmanager
from pathlib import Path

import soundfile


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


def write_pcm(path, pcm, sample_rate, kind):
    """Write 16-bit samples (time,) int16 as "WAV" or "FLAC"."""
    whole = io.BytesIO()  # libsndfile does not say why it cannot write, a full disk say
    soundfile.write(whole, pcm, sample_rate, format=kind, subtype="PCM_16")
    with beside(path) as part:
        part.write_bytes(whole.getbuffer())
