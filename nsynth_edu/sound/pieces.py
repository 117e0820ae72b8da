"""Pieces of our own making, played by several instruments: what Mel2Mel learns from.

Scales, arpeggios, chords and a melody over a bass, in all keys and registers, drawn at random;
nobody else's music is in them. A folder holds each piece as a MIDI file, `0001.mid`, and each
instrument's rendering of it, `grand_piano/0001.wav`.
"""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from nsynth_edu.sound.audio import SAMPLE_RATE, AudioError, load_audio, save_audio
from nsynth_edu.sound.files import atomic_write, write_text
from nsynth_edu.sound.midi import KEYS, LOWEST, ROLL_STEP, Key, read_song, roll_of
from nsynth_edu.sound.player import Player
from nsynth_edu.sound.soundfont import (
    LOUDEST_PEAK,
    MEL2MEL_PROGRAMS,
    program,
    refuse_other_source,
    source_of,
)

SECONDS = 8.0  # of a piece with its last release
TICKS = 500  # per beat of half a second: a tick is 1 ms
RELEASE = 0.8  # s that is left to the last keys
MODES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # major and natural minor, in semitones
NEXT = {0: (1, 3, 4, 5), 1: (4, 6), 3: (0, 1, 4), 4: (0, 5), 5: (1, 3), 6: (0, 5)}  # degrees


@dataclass(frozen=True)
class Take:
    """One piece as one instrument plays it."""

    name: str  # of the piece, such as 0001
    instrument_str: str  # name of the program, such as grand_piano
    path: Path  # of the sound
    midi: Path  # of the piece

    def load(self):
        """Read the sound: float32 (time,) in [-1, 1] at 16 kHz."""
        return load_audio(self.path)

    @cached_property
    def roll(self):
        """The piece as `piano_roll` draws it, until the end of the sound."""
        return roll_of(read_song(self.midi).keys, int(SECONDS / ROLL_STEP))


def compose(generator, seconds=SECONDS):
    """Draw a piece: a scale, an arpeggio, chords, or a melody over chords.

    Args:
        generator: NumPy generator. seconds: in all, with the last release.

    Returns:
        list of Key; no key is pressed again before it is released.
    """
    mode, step = MODES[generator.integers(2)], float(generator.uniform(0.1, 0.5))
    tonic = int(generator.integers(LOWEST, LOWEST + KEYS - 12))
    form = (_scale, _arpeggio, _chords, _melody)[generator.integers(4)]
    held, loud = float(generator.uniform(0.3, 1.5)), float(generator.uniform(45, 110))
    wanted = []
    for count, start in enumerate(np.arange(0.02, seconds - RELEASE - step, step)):
        for degree, steps in form(generator, count, tonic):
            pitch = tonic + 12 * (degree // 7) + mode[degree % 7]
            velocity = int(np.clip(loud + generator.normal(0, 10), 20, 127))
            end = min(start + max(0.05, step * steps * held), seconds - RELEASE)
            wanted.append((float(start), float(end), pitch, velocity))
    return _playable(wanted)


def _scale(generator, count, tonic):
    """One degree after another, three octaves up and down."""
    return [(21 - abs(count % 42 - 21), 1)]


def _chord(count, tonic):
    """The degree that a chord of four steps begins with; a walk that the tonic makes its own."""
    walk, degree = np.random.default_rng((tonic, 1)), 0
    for _ in range(count // 4):
        degree = int(walk.choice(NEXT[degree]))
    return degree


def _arpeggio(generator, count, tonic):
    """A chord broken over two octaves; now and then a tone stays."""
    order = (0, 2, 4, 7, 9, 11, 9, 7, 4, 2)
    return [(_chord(count, tonic) + order[count % len(order)], int(generator.choice([1, 1, 4])))]


def _chords(generator, count, tonic):
    """Three to five tones at once, every four steps."""
    if count % 4:
        return []
    tones = generator.permutation([0, 2, 4, 7, 9, 11])[: generator.integers(3, 6)]
    return [(_chord(count, tonic) + int(tone), 4) for tone in tones]


def _melody(generator, count, tonic):
    """A bass and two tones of the chord every four steps, above them a melody with rests."""
    root = _chord(count, tonic)
    below = [] if count % 4 else [(root, 4), (root + 4, 4), (root + 9, 4)]
    if generator.random() < 0.25:
        return below
    return [*below, (14 + int(generator.integers(0, 8)), int(generator.choice([1, 1, 2])))]


def _playable(wanted):
    """Keys of a piano, each released before it is pressed again."""
    keys, last = [], {}
    for start, end, pitch, velocity in sorted(wanted):
        while pitch >= LOWEST + KEYS:
            pitch -= 12
        before = last.get(pitch)
        if before is not None and keys[before].start > start - 0.04:
            continue
        if before is not None and keys[before].end > start - 0.01:
            keys[before] = Key(keys[before].start, start - 0.01, pitch, keys[before].velocity)
        last[pitch] = len(keys)
        keys.append(Key(round(start, 3), round(end, 3), pitch, velocity))
    return keys


def save_song(path, keys):
    """Write keys to a MIDI file of type 0, to the millisecond, atomically.

    Args:
        path: of the file. keys: list of Key.
    """
    import mido

    events = [(key.start, "note_on", key) for key in keys]
    events += [(key.end, "note_off", key) for key in keys]
    track, now = mido.MidiTrack(), 0
    for moment, kind, key in sorted(events, key=lambda event: event[:2]):
        tick = round(moment * 2 * TICKS)
        track.append(mido.Message(kind, note=key.pitch, velocity=key.velocity, time=tick - now))
        now = tick
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS)
    file.tracks.append(track)
    with atomic_write(path) as part:
        file.save(part)


def render_pieces(
    soundfont, folder, programs=MEL2MEL_PROGRAMS, count=100, seed=0, progress=None
):  # fmt: skip
    """Compose pieces and let each instrument play all of them, dry and mono.

    One gain per instrument brings the loudest point of its pieces to 0.7. An instrument that the
    folder already holds is kept. Where all keys are out of an instrument's range, it has no sound.

    Args:
        soundfont: an `.sf2` or `.sf3` file. folder: where the pieces go.
        programs: General MIDI numbers or names, see `program`.
        count: pieces, 1 to 9999. seed: of the pieces; the same seed, the same pieces.
        progress: called as `progress(done, total)` after each instrument.

    Returns:
        list of Take, as `read_pieces`.

    Raises:
        AudioError: if FluidSynth or the SoundFont is missing, or the folder holds pieces rendered
            with other settings.
    """
    source = source_of(soundfont, f"{count} pieces of our own making, seed {seed}")
    refuse_other_source(folder, source)
    write_text(Path(folder) / "SOURCE.txt", source)
    pieces = {
        f"{number:04d}": compose(np.random.default_rng((seed, number)))
        for number in range(1, count + 1)
    }
    for name, keys in pieces.items():
        save_song(Path(folder) / f"{name}.mid", keys)
    for done, instrument in enumerate(map(program, programs)):
        if not (Path(folder) / instrument.name).is_dir():
            _render(soundfont, folder, instrument, pieces)
        if progress is not None:
            progress(done + 1, len(programs))
    return read_pieces(folder)


def _render(soundfont, folder, instrument, pieces):
    """Write one instrument's sounds of all pieces, or none; pieces that it cannot play lack."""
    with Player(soundfont) as player:
        sounds = {
            name: player.play_keys(instrument, keys, SECONDS) for name, keys in pieces.items()
        }
    gain = LOUDEST_PEAK / max(np.abs(sound).max() for sound in sounds.values())
    part = Path(folder) / f".{instrument.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    for name, sound in sounds.items():
        if np.any(np.rint(32767 * gain * sound)):
            save_audio(part / f"{name}.wav", gain * sound, SAMPLE_RATE)
    part.rename(Path(folder) / instrument.name)


def read_pieces(folder):
    """List the pieces of a folder that `render_pieces` wrote, by instrument, then by piece.

    Raises:
        AudioError: if there are none.
    """
    folder = Path(folder)
    takes = [
        Take(path.stem, path.parent.name, path, folder / f"{path.stem}.mid")
        for path in sorted(folder.glob("*/[0-9]*.wav"))
        if (folder / f"{path.stem}.mid").is_file() and not path.parent.name.startswith(".")
    ]
    if not takes:
        raise AudioError(
            f"{folder} holds no pieces; expected MIDI files such as 0001.mid and sounds such as "
            "grand_piano/0001.wav, as `nsynth-edu notes pieces` renders them."
        )
    return takes
