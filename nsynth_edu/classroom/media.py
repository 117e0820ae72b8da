"""The course's sounds: where they lie and in which form; `course_sounds` makes them again.

::

    media/CREDITS.csv                 file, source, licence, author, changes: one line per file
    media/notes/<name>_<pitch>.wav    recorded notes
    media/reconstructions/...         what the model makes of them
    media/morphs/<a>_<b>_<pitch>.wav  half of each encoding, decoded
    media/line/, media/pad/           plane.json and <pitch>.flac: all points of one note in a row
"""

import json
import os
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound import SAMPLE_RATE, fit_length, load_audio

CREDITS = "CREDITS.csv"
FIELDS = ("file", "source", "licence", "author", "changes")


class MediaError(ValueError):
    """A sound of the course that is not where it should be; the message says what to do."""


def media_path(*parts):
    """Where a sound of the course lies: `media/...` beside the course folder.

    Raises:
        MediaError: if there is no media folder, or nothing of this name in it.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).parents):
        if (folder / "media" / CREDITS).is_file():
            path = folder.joinpath("media", *parts)
            if path.exists():
                return path
            raise MediaError(
                f"there is no {Path(*parts)} in {folder / 'media'}; check the name, or get the "
                "course's files again."
            )
    raise MediaError(
        "the folder media/ with the course's sounds was not found; open the lesson inside a "
        "checkout of the course, where media/ lies beside course/."
    )


def load_note(name):
    """A note, 4 s at 16 kHz, float32 (time,): the course's by name or one of your own files.

    Args:
        name: such as "notes/trumpet_60", or the path of a sound file.

    Raises:
        MediaError: if the course has no such sound; AudioError if your file is none.
    """
    path = Path(name) if Path(name).suffix else media_path(f"{name}.wav")
    return fit_length(load_audio(path))


def save_plane(folder, sounds, notes, corners):
    """Write the points of a line or a pad: one FLAC file per note, all points one after another.

    Args:
        folder: made if missing.
        sounds: float32 (notes, rows, columns, time) in [-1, 1], 16 kHz.
        notes: MIDI numbers.
        corners: four names NW NE SW SE, or the two ends.

    Returns:
        the files written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{pitch}.flac" for pitch in notes]
    for file, points in zip(files, sounds, strict=True):
        beside = file.with_name(f".{file.name}.{os.getpid()}.part")
        pcm = np.round(np.clip(points.reshape(-1), -1, 1) * 32767).astype(np.int16)
        soundfile.write(beside, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        os.replace(beside, file)
    about = {
        "corners": list(corners),
        "notes": [int(pitch) for pitch in notes],
        "rows": sounds.shape[1],
        "columns": sounds.shape[2],
        "samples": sounds.shape[3],
        "sample_rate": SAMPLE_RATE,
    }
    write_text(folder / "plane.json", json.dumps(about, indent=1) + "\n")
    return [*files, folder / "plane.json"]


def load_plane(folder):
    """Read a line or a pad, ready for its widget: ``Pad(**load_plane("pad"))``.

    Args:
        folder: a folder of :func:`save_plane`, or its name in `media/`.

    Returns:
        dict of sounds float32 (notes, rows, columns, time), notes and corners.

    Raises:
        MediaError: if a file is missing or does not hold the points it should.
    """
    folder = Path(folder) if Path(folder, "plane.json").is_file() else media_path(folder)
    try:
        about = json.loads((folder / "plane.json").read_text())
        shape = (len(about["notes"]), about["rows"], about["columns"], about["samples"])
        files = [folder / f"{pitch}.flac" for pitch in about["notes"]]
        sounds = np.stack([soundfile.read(file, dtype="float32")[0] for file in files])
        return {
            "sounds": sounds.reshape(shape),
            "notes": about["notes"],
            "corners": about["corners"],
        }
    except (OSError, KeyError, ValueError, soundfile.LibsndfileError) as problem:
        raise MediaError(
            f"{folder} holds no complete line or pad ({problem}); get the course's files again, "
            "or render them with render_course_sounds."
        ) from problem


def write_text(path, text):
    """Write a text file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text)
    os.replace(beside, path)
