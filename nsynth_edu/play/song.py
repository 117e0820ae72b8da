"""Songs played on a pad: each key is the nearest rendered note, mixed where the path then is."""

import re
from itertools import pairwise

import numpy as np
import soxr

from nsynth_edu.play.sfz import ACROSS, ATTACK, DOWN, HIGHEST, RELEASE, key_zones
from nsynth_edu.sound import SAMPLE_RATE, Key, Song, normalize_peak
from nsynth_edu.sound.cleaning import fade

STEP = 256  # samples, 16 ms, between the places of a path; a controller that jumps glides as long
PEAK = 0.9  # of a song
VELOCITY = 100  # of a pad's keys
SHARE = r"(?:0?\.\d+|1\.0*|[01])"  # a number from 0 to 1
COMPASS = {
    "nw": (0, 0), "n": (0.5, 0), "ne": (1, 0), "w": (0, 0.5), "middle": (0.5, 0.5), "e": (1, 0.5),
    "sw": (0, 1), "s": (0.5, 1), "se": (1, 1),
}  # fmt: skip


def read_place(text):
    """Parse a place of a pad.

    Args:
        text: a compass word such as nw, "middle", or two numbers as in 0.25,1: from 0 (left) to 1
            (right), and from 0 (top) to 1 (bottom).

    Returns:
        (x, y).

    Raises:
        ValueError: if it is neither, or not on the pad.
    """
    if text.lower() in COMPASS:
        return COMPASS[text.lower()]
    if not re.fullmatch(f"{SHARE},{SHARE}", text):
        raise ValueError(
            f"{text!r} is not a place on the pad; expected {', '.join(COMPASS)}, or x,y as in "
            "0.25,1."
        )
    x, y = map(float, text.split(","))
    return x, y


def song_path(song, begin=None, end=None):
    """Where on the pad a song is, from its first sample to its last.

    Without a begin and an end the song's own controllers lead: 1 across, 74 down, from 0 to 127;
    one that it lacks stays in the middle.

    Args:
        song: `sound.midi.Song`.
        begin, end: places (x, y); the path runs straight and evenly from one to the other. Without
            an end it stays, without a begin it comes from the middle.

    Returns:
        float (steps, 2), a place (x, y) for every 256 samples.
    """
    times = _steps(song)
    if begin is None and end is None:
        lanes = [_lane(song.controls.get(number, []), times) for number in (ACROSS, DOWN)]
        return np.stack(lanes, axis=-1)
    begin = begin or COMPASS["middle"]
    end = end or begin
    share = np.minimum(times / max(song.seconds, 1e-9), 1)[:, None]
    return (1 - share) * begin + share * np.array(end, float)


def performed(take):
    """What was played on a pad, as `play_song` plays it again.

    A pad has no velocities: all notes get 100.

    Args:
        take: rows (s, MIDI note or -1 for silence, x, y) in the order of time, such as `Pad.take`:
            what sounds where from then on. The last row ends the take.

    Returns:
        `sound.midi.Song`, and its path (steps, 2), see `song_path`.

    Raises:
        ValueError: if no note sounds in it, or its rows are not four numbers each.

    Examples:
        >>> from nsynth_edu.play import performed
        >>> song, path = performed([(0, 60, 0, 0), (0.5, 64, 1, 0), (1, -1, 1, 0)])
        >>> [(key.pitch, key.start, key.end) for key in song.keys], path[0], path[-1]
        ([(60, 0.0, 0.5), (64, 0.5, 1.0)], array([0., 0.]), array([1., 0.]))
    """
    rows = np.array([(0, -1, 0.5, 0.5), *take], float)
    changes = [after[:2] for before, after in pairwise(rows) if after[1] != before[1]]
    keys = [
        Key(float(start), float(end), int(note), VELOCITY)
        for (start, note), (end, _) in pairwise([*changes, rows[-1, :2]])
        if note >= 0 and end > start
    ]
    if not keys:
        raise ValueError(
            "the take holds no note; press Record a take, play with letters or Space, and end it."
        )
    song = Song(keys, {})
    times = _steps(song)
    return song, np.stack([_held(rows[1:, 0], lane, times) for lane in rows[1:, 2:].T], axis=-1)


def play_song(song, sounds, notes, path, progress=None):
    """Play a song on a pad.

    A key plays the nearest rendered note, resampled to its pitch, up to its end, and fades out
    within 0.12 s of the key's release. The points around the path are cross-faded as on the pad
    while the note sounds. Velocity v has gain (v / 127)^2, as usual for samplers. One gain for the
    whole song brings its peak to 0.9.

    Args:
        song: `sound.midi.Song`.
        sounds: float32 (notes, rows, columns, time) in [-1, 1], 16 kHz.
        notes: MIDI number of each.
        path: places (steps, 2), see `song_path`.
        progress: called as progress(done, total) after each note.

    Returns:
        waveform float32 (time,), and its gain, float.

    Raises:
        ValueError: if notes and sounds do not fit together.
    """
    pad = list(zip(key_zones(notes), notes, sounds, strict=True))
    length = round((song.seconds + RELEASE) * SAMPLE_RATE)
    mixed = np.zeros(length, np.float32)
    for done, key in enumerate(song.keys, 1):
        nearest = next(found for (low, high), *found in pad if low <= key.pitch <= high)
        begin = round(key.start * SAMPLE_RATE)
        voice = _voice(key, *nearest, path)[: length - begin]
        mixed[begin : begin + len(voice)] += voice
        if progress is not None:
            progress(done, len(song.keys))
    peak = np.abs(mixed).max(initial=0)
    return normalize_peak(mixed, PEAK), float(PEAK / peak) if peak > 0 else 1.0


def _voice(key, note, points, path):
    """One note of a song: the path's mix of points (rows, columns, time) at the key's pitch."""
    ratio = 2 ** ((key.pitch - note) / 12)
    length = round((key.end - key.start + RELEASE) * SAMPLE_RATE)
    points = points[..., : int(np.ceil(length * ratio)) + 1]
    now = (key.start * SAMPLE_RATE + np.arange(points.shape[-1]) / ratio) / STEP
    x, y = (np.interp(now, np.arange(len(path)), lane) for lane in path.T)
    mix = _crossfade(points, x, y)
    voice = soxr.resample(mix, SAMPLE_RATE * ratio, SAMPLE_RATE, quality="HQ")[:length]
    level = (key.velocity / HIGHEST) ** 2
    return level * fade(voice, round(ATTACK * SAMPLE_RATE), round(RELEASE * SAMPLE_RATE))


def _crossfade(points, x, y):
    """`blend_points` along a path, float32 (time,): x and y are (time,), too."""
    mix = np.zeros(points.shape[-1], np.float32)
    for row, down in _weights(y, len(points)):
        for column, across in _weights(x, points.shape[1]):
            mix += (down * across) * points[row, column]
    return mix


def _weights(place, count):
    """(index, weight (time,)) of the points along one side of which a path takes anything."""
    position = place * (count - 1)
    for index in range(int(position.min()), int(np.ceil(position.max())) + 1):
        yield index, np.maximum(0, 1 - np.abs(position - index)).astype(np.float32)


def _lane(moves, times):
    """A controller's values (time,) in [0, 1], each held until the next; 0.5 if it never moves."""
    if not moves:
        return np.full(len(times), 0.5)
    at, values = np.array(moves, float).T
    return _held(at, values, times) / HIGHEST


def _steps(song):
    """When a song's path has its places, s."""
    return np.arange(0, song.seconds + RELEASE + STEP / SAMPLE_RATE, STEP / SAMPLE_RATE)


def _held(at, values, times):
    """Values given now and then, each held until the next; before the first, the first."""
    return values[np.maximum(np.searchsorted(at, times, side="right") - 1, 0)]
