"""Lines, pads and multigrids as folders, for players in a notebook or in a web page.

::

    FOLDER/plane.json      notes, rows, columns, samples, sample_rate; instruments, row by row
    FOLDER/<note>.flac     all points of one note, one after another, row by row; or, where
                           plane.json has "apart": true, for loading them one by one:
    FOLDER/sounds/<note>_<row>_<column>.flac     three and two digits, rows from top to bottom
"""

import json
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound import SAMPLE_RATE
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
        ValueError: if a file is missing or does not hold the points it should.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "plane.json").read_text(encoding="utf-8"))
        notes, shape = about["notes"], (about["rows"], about["columns"], about["samples"])
        files = [folder / f"{note}.flac" for note in notes]
        if about.get("apart"):
            places = [(note, *place) for note in notes for place in np.ndindex(shape[:2])]
            files = [folder / "sounds" / point_name(*place) for place in places]
        sounds = np.stack([soundfile.read(file, dtype="float32")[0] for file in files])
        sounds = sounds.reshape(len(notes), *shape)
        return {"sounds": sounds, "notes": notes, "corners": about["corners"]}
    except (OSError, KeyError, ValueError, soundfile.LibsndfileError) as problem:
        raise ValueError(
            f"{folder} does not hold a complete line or pad ({problem}); export or render it again."
        ) from problem


def _write(file, points):
    write_pcm(file, to_int16(np.reshape(points, -1)), SAMPLE_RATE, "FLAC")
