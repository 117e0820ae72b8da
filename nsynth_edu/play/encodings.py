"""Encodings as .npz files: z, the pitch of the sound, sample rate and hop."""

import math
import zipfile
from pathlib import Path

import numpy as np

from nsynth_edu.sound.files import atomic_write


def save_encoding(path, z, pitch, config):
    """Write the encoding of one sound, atomically.

    Args:
        path: the .npz file to write.
        z: (frames, 16).
        pitch: MIDI number, contour (frames,), or None for unknown.
        config: of the model that encoded it.

    Raises:
        OSError: if the file cannot be written.
    """
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez(
            file,
            z=z,
            pitch=math.nan if pitch is None else pitch,
            sample_rate=config.sample_rate,
            hop_length=config.hop_length,
        )


def load_encoding(path):
    """Read a file of `save_encoding`.

    Args:
        path: the .npz file.

    Returns:
        z (frames, 16) float32; pitch, MIDI number, contour (frames,) or None; hop_length, samples
        per frame.

    Raises:
        ValueError: if the file is missing, damaged or not an encoding.
    """
    if not zipfile.is_zipfile(path):
        state = "is not an .npz file" if Path(path).exists() else "does not exist"
        raise ValueError(f"{path} {state}; expected a file of nsynth-edu encode.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            z, pitch = arrays["z"].astype(np.float32), arrays["pitch"].astype(float)
            hop_length = int(arrays["hop_length"])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as problem:
        raise ValueError(
            f"{path} is damaged or holds something else ({problem}); expected the arrays z, "
            "pitch, sample_rate and hop_length of nsynth-edu encode."
        ) from problem
    if z.ndim != 2:
        raise ValueError(f"z in {path} has shape {z.shape}; expected one sound, (frames, 16).")
    if pitch.ndim and pitch.shape != (len(z),):
        raise ValueError(
            f"pitch in {path} has shape {pitch.shape} for {len(z)} frames; expected one number, "
            "or one per frame."
        )
    return z, None if np.isnan(pitch).all() else pitch[()], hop_length
