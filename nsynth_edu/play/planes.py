"""Lines, pads and multigrids as folders, for players in a notebook or in a web page.

::

    FOLDER/plane.json      notes, rows, columns, samples, sample_rate; instruments, row by row
    FOLDER/<note>.flac     all points of one note, one after another, row by row; or, where
                           plane.json has "apart": true, for loading them one by one:
    FOLDER/sounds/<note>_<row>_<column>.flac     three and two digits, rows from top to bottom
"""

import json
import math
import reprlib
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.bounds import DAMAGE, MOST_PLANE_SAMPLES
from nsynth_edu.sound.files import write_pcm, write_text
from nsynth_edu.sound.pcm import to_int16


def save_plane(folder, sounds, notes, corners, one_file_per_point=False, **about):
    """Write the points of a line or a pad.

    Args:
        folder: created if missing.
        sounds: float32 (notes, rows, columns, time) in [-1, 1], 16 kHz; or an iterable that
            yields one note after another.
        notes: MIDI numbers.
        corners: four names NW NE SW SE, or the two ends; of a multigrid all names, row by row.
        one_file_per_point: whether each point gets a file of its own.
        about: further entries of plane.json.

    Returns:
        list of the paths written.

    Raises:
        OSError: if a file cannot be written; those before it stay.
    """
    folder, files = Path(folder), []
    for note, points in zip(notes, sounds, strict=True):
        rows, columns, samples = np.shape(points)
        if one_file_per_point:
            for place in np.ndindex(rows, columns):
                files.append(folder / "sounds" / point_name(note, *place))
                _write(files[-1], points[place])
        else:
            files.append(folder / f"{note}.flac")
            _write(files[-1], points)
    settings = {
        "corners": list(corners),
        "notes": [int(note) for note in notes],
        "rows": rows,
        "columns": columns,
        "samples": samples,
        "sample_rate": SAMPLE_RATE,
    }
    settings |= {"apart": True} if one_file_per_point else {}  # the key that players read
    write_text(folder / "plane.json", json.dumps(settings | about, indent=1) + "\n")
    return [*files, folder / "plane.json"]


def point_name(note, row, column):
    """Name the file of a single point.

    Args:
        note: MIDI number.
        row, column: of the point, from 0.

    Returns:
        str.
    """
    return f"{note:03d}_{row:02d}_{column:02d}.flac"


def read_plane(folder):
    """Read a folder of `save_plane`.

    Args:
        folder: its path.

    Returns:
        dict of sounds float32 (notes, rows, columns, time), notes and corners.

    Raises:
        ValueError: if a file is missing or does not hold the points it should, or if these are
            more than 500 million samples.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "plane.json").read_text(encoding="utf-8"))
        notes, corners, shape = _checked(about)
        if about.get("apart"):
            places = ((note, *place) for note in notes for place in np.ndindex(shape[1:3]))
            files, each = (folder / "sounds" / point_name(*place) for place in places), shape[3]
        else:
            files, each = (folder / f"{note}.flac" for note in notes), math.prod(shape[1:])
        sounds = np.empty(shape, np.float32)
        for row, file in zip(sounds.reshape(-1, each), files, strict=True):
            _read_into(row, file)
        return {"sounds": sounds, "notes": notes, "corners": corners}
    except DAMAGE as problem:
        raise ValueError(
            f"{folder} does not hold a complete line or pad ({problem}); export or render it again."
        ) from problem


def _checked(about):
    """Notes, names and shape (notes, rows, columns, time) of a plane.json."""
    notes, corners = list(about["notes"]), list(about["corners"])
    sizes = [about[name] for name in ("rows", "columns", "samples")]
    if not notes or not all(type(note) is int and 0 <= note <= 127 for note in notes):
        raise ValueError(f"notes are {reprlib.repr(notes)}; expected MIDI numbers 0 to 127")
    if not all(isinstance(name, str) for name in corners):
        raise ValueError(f"corners are {reprlib.repr(corners)}; expected names")
    if not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError(f"its sizes are {reprlib.repr(sizes)}; expected whole numbers above 0")
    shape = (len(notes), *sizes)
    if math.prod(shape) > MOST_PLANE_SAMPLES:
        raise ValueError(
            f"{shape[0]} notes of {reprlib.repr(sizes)} rows, columns, samples; expected at most "
            f"{MOST_PLANE_SAMPLES:,} samples in all"
        )
    return notes, corners, shape


def _read_into(row, file):
    """Fill a row, float32 (samples,), with the samples of a file that holds exactly as many."""
    with soundfile.SoundFile(file) as sound:
        fits = (sound.frames, sound.channels) == (len(row), 1)
        if not fits or len(sound.read(out=row)) < len(row):
            raise ValueError(
                f"{file.name} has {sound.frames:,} samples in {sound.channels} channels; expected "
                f"{len(row):,} in one, all of them there"
            )


def _write(file, points):
    write_pcm(file, to_int16(np.reshape(points, -1)), SAMPLE_RATE, "FLAC")
