"""Encodings as .npz files: z, the pitch of the sound, sample rate and hop."""

import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from nsynth_edu.sound import SAMPLE_RATE
from nsynth_edu.sound.bounds import DAMAGE, LONGEST_SOUND
from nsynth_edu.sound.files import atomic_write

HOP = 512  # samples per frame where a file does not say: that of NSynth
LARGEST = 100_000_000  # bytes of a file's arrays; 10 minutes of z take about 1,200,000


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
    """Read a file of `save_encoding`, or z alone: an .npy file, or an .npz file with one array.

    Args:
        path: the file. Magenta's `nsynth_save_embeddings` writes such .npy files.

    Returns:
        z (frames, 16) float32; pitch, MIDI number, contour (frames,) or None; hop_length, samples
        per frame. For z alone None and 512.

    Raises:
        ValueError: if the file is missing, damaged or not an encoding, or if it stands for more
            than 10 minutes of sound.
    """
    alone = Path(path).suffix.lower() == ".npy" and Path(path).is_file()
    if not alone and not zipfile.is_zipfile(path):
        state = "is not an .npz file" if Path(path).exists() else "does not exist"
        raise ValueError(f"{path} {state}; expected a file of nsynth-edu encode.")
    try:
        z, pitch, hop_length = _read_alone(path) if alone else _read_archive(path)
    except (zipfile.BadZipFile, zlib.error, *DAMAGE) as problem:
        raise ValueError(
            f"{path} is damaged or holds something else ({problem}); expected the arrays z, "
            "pitch, sample_rate and hop_length of nsynth-edu encode."
        ) from problem
    if z.ndim == 3:
        raise ValueError(
            f"z in {path} has shape {z.shape}, as of {len(z)} sounds; expected one, (frames, 16). "
            "Write each to a file of its own: numpy.save('first.npy', z[0])."
        )
    if z.ndim != 2:
        raise ValueError(f"z in {path} has shape {z.shape}; expected one sound, (frames, 16).")
    if not hop_length > 0:
        raise ValueError(
            f"hop_length in {path} is {hop_length}; expected the samples of a frame, such as 512. "
            "Encode the sound again."
        )
    if (seconds := len(z) * hop_length // SAMPLE_RATE) > LONGEST_SOUND:
        raise ValueError(
            f"z in {path} has {len(z):,} frames of {hop_length:,} samples, {seconds:,} s of sound; "
            f"expected at most {LONGEST_SOUND} s. Encode a part of the sound."
        )
    if pitch.ndim and pitch.shape != (len(z),):
        raise ValueError(
            f"pitch in {path} has shape {pitch.shape} for {len(z)} frames; expected one number, "
            "or one per frame."
        )
    if not (np.isnan(pitch) | ((pitch >= 0) & (pitch <= 127))).all():
        raise ValueError(
            f"pitch in {path} is not within the MIDI numbers 0 to 127 (NaN = unknown); encode the "
            "sound again."
        )
    return z, None if np.isnan(pitch).all() else pitch[()], hop_length


def _read_archive(path):
    with np.load(path, allow_pickle=False) as arrays:
        _check_archive(arrays.zip.infolist())
        if len(arrays.files) == 1:
            return _frames(arrays[arrays.files[0]]), np.array(math.nan), HOP
        z, pitch = arrays["z"].astype(np.float32), arrays["pitch"].astype(float)
        return z, pitch, int(arrays["hop_length"])


def _read_alone(path):
    z = np.load(path, mmap_mode="r", allow_pickle=False)  # nothing is read yet
    if z.nbytes > LARGEST:
        raise ValueError(f"its array has {z.nbytes:,} bytes, at most {LARGEST:,} are read")
    return _frames(z), np.array(math.nan), HOP


def _frames(z):
    """z as float32; a batch of one sound, as Open NSynth Super's, counts as that sound."""
    if z.dtype.kind not in "fiu":
        raise ValueError(f"its numbers are of the type {z.dtype}")
    z = np.asarray(z, np.float32)
    return z[0] if z.ndim == 3 and len(z) == 1 else z


def _check_archive(members):
    """Refuse, before anything is unpacked, what NumPy does not write and what is too large."""
    if not {each.compress_type for each in members} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError("it is packed in a way that NumPy does not use")
    if (size := sum(each.file_size for each in members)) > LARGEST:
        raise ValueError(f"its arrays have {size:,} bytes, at most {LARGEST:,} are read")
