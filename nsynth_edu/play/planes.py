"""Lines, pads and multigrids as folders: what a player in a page, or without a kernel, loads.

::

    FOLDER/plane.json      notes, rows, columns, samples, sample_rate; instruments, row by row
    FOLDER/<note>.flac     all points of one note, one after another, row by row
"""

import json
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.files import beside, write_text


def save_plane(folder, sounds, notes, corners, **about):
    """Write the points of a line or a pad.

    Args:
        folder: made if missing.
        sounds: float32 (notes, rows, columns, time) in [-1, 1], 16 kHz.
        notes: MIDI numbers.
        corners: four names NW NE SW SE, or the two ends; of a multigrid all names, as one reads.
        about: more that plane.json shall say.

    Returns:
        the files written.
    """
    folder = Path(folder)
    files = [folder / f"{pitch}.flac" for pitch in notes]
    for file, points in zip(files, sounds, strict=True):
        pcm = np.round(np.clip(np.reshape(points, -1), -1, 1) * 32767).astype(np.int16)
        with beside(file) as part:
            soundfile.write(part, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    told = {
        "corners": list(corners),
        "notes": [int(pitch) for pitch in notes],
        "rows": sounds.shape[1],
        "columns": sounds.shape[2],
        "samples": sounds.shape[3],
        "sample_rate": SAMPLE_RATE,
    }
    write_text(folder / "plane.json", json.dumps(told | about, indent=1) + "\n")
    return [*files, folder / "plane.json"]


def read_plane(folder):
    """What `save_plane` wrote.

    Returns:
        dict of sounds float32 (notes, rows, columns, time), notes and corners.

    Raises:
        ValueError: if a file is missing or does not hold the points it should.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "plane.json").read_text(encoding="utf-8"))
        shape = (len(about["notes"]), about["rows"], about["columns"], about["samples"])
        files = [folder / f"{pitch}.flac" for pitch in about["notes"]]
        sounds = np.stack([soundfile.read(file, dtype="float32")[0] for file in files])
        sounds = sounds.reshape(shape)
        return {"sounds": sounds, "notes": about["notes"], "corners": about["corners"]}
    except (OSError, KeyError, ValueError, soundfile.LibsndfileError) as problem:
        raise ValueError(
            f"{folder} holds no complete line or pad ({problem}); export or render it again."
        ) from problem
