"""A MIDI file played with a timbre of Mel2Mel's map: notes -> mel spectrogram -> sound."""

import re

import numpy as np

from nsynth_edu.generation import generate
from nsynth_edu.models.checkpoint import CheckpointError, load_model
from nsynth_edu.models.mel2mel import Mel2Mel
from nsynth_edu.play.morph import is_path
from nsynth_edu.sound.griffin_lim import mel_griffin_lim
from nsynth_edu.sound.midi import ROLL_STEP, piano_roll

VOCODERS = ("griffin-lim", "wavenet")
RELEASE = 1.0  # s after the last key


def read_timbre(text):
    """Parse the name of an instrument, or X,Y, a point on the map, such as 0.5,-1.

    Returns:
        str, or (float, float).

    Raises:
        ValueError: if it is neither.
    """
    if re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return text
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        x = y = np.inf
    if not np.isfinite([x, y]).all():
        raise ValueError(
            f"{text!r} is not a timbre; expected the name of an instrument, such as vibraphone, "
            "or X,Y such as 0.5,-1."
        )
    return x, y


def perform(
    song, timbres, vocoder="griffin-lim", *, model="mel2mel", seed=0, iterations=60, progress=None
):  # fmt: skip
    """Play a MIDI file with a timbre, or along a path between several.

    Args:
        song: path of the MIDI file, see `piano_roll`.
        timbres: list of names or points (2,) of the model's map. The song moves along straight
            lines from each to the next, in equal times; with one it stays there.
        vocoder: "griffin-lim", or "wavenet": the model "vocoder".
        model: Mel2Mel, or its name or path.
        seed: of the phases, or of the WaveNet's draws.
        iterations: of Griffin-Lim.
        progress: called as progress(done, total), or None.

    Returns:
        waveform, float32 (time,) at 16 kHz, one second longer than the song; it may exceed 1.

    Raises:
        SongError: if the song cannot be played.
        ValueError: for an unknown timbre or vocoder, or a model that is missing.
    """
    if vocoder not in VOCODERS:
        raise ValueError(f"the vocoder is {vocoder!r}; expected {' or '.join(VOCODERS)}.")
    network = _vocoder() if vocoder == "wavenet" else None
    roll = np.pad(piano_roll(song), ((0, round(RELEASE / ROLL_STEP)), (0, 0)))
    model = load_mel2mel(model)
    mel = model.mel(roll, timbre_path(model, timbres, len(roll)))
    if network is None:
        return mel_griffin_lim(mel, iterations, seed, progress)
    return generate(network, mel, seed=seed, progress=progress)


def timbre_path(model, timbres, frames):
    """The point of each frame, on straight lines from timbre to timbre.

    Args:
        model: Mel2Mel. timbres: list of names or points (2,). frames: how many.

    Returns:
        float32 (frames, 2).

    Raises:
        ValueError: for a name that the model does not know.
    """
    points = np.array(
        [model.point(each).numpy() if isinstance(each, str) else each for each in timbres]
    )
    corners, places = np.arange(len(points)), np.linspace(0, len(points) - 1, frames)
    axes = [np.interp(places, corners, axis) for axis in points.T]
    return np.stack(axes, axis=1).astype(np.float32)


def load_mel2mel(model):
    """Load a Mel2Mel.

    Args:
        model: its name or path; or the model itself, which is returned.

    Raises:
        ValueError: if it is missing, damaged, or another kind of model.
    """
    loaded = load_model(model) if is_path(model) else model
    if not isinstance(loaded, Mel2Mel):
        raise ValueError(
            f"{model if is_path(model) else 'the model'} is a {type(loaded).__name__}, which "
            "reads no scores; expected a Mel2Mel such as mel2mel."
        )
    return loaded


def _vocoder():
    try:
        return load_model("vocoder")
    except CheckpointError as problem:
        raise ValueError(
            "no trained WaveNet vocoder comes with this package yet; use --vocoder griffin-lim, "
            "or vocoder='griffin-lim' in Python."
        ) from problem
