"""Songs from MIDI files: which keys sound when and how loud, and how the controllers move."""

import io
import re
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynth_edu.sound.audio import AudioWarning
from nsynth_edu.sound.bounds import DAMAGE, LONGEST_SOUND

DRUMS = 9  # the channel, counted from 0, on which General MIDI has drums
PEDAL, DOWN = 64, 64  # the controller of the sustain pedal, and from which value on it is down
KEY_SIGNATURE = re.compile(rb"\xff\x59\x02..", re.DOTALL)  # is not needed, and often invalid
LOWEST, KEYS = 21, 88  # of a piano: the MIDI number of its lowest key, and how many it has
ROLL_STEP = 0.008  # s; 128 samples at 16 kHz, one frame of `mel_spectrogram`
ROUNDING = 1e-6  # frames; 0.008 s is not exact in binary
MOST_BYTES = 2_000_000
MOST_NOTES = 20_000
ENDLESS = re.compile(rb"[\x80-\xff]{10000}")  # read as one number; its time grows with the square


class SongError(ValueError):
    """A MIDI file cannot be played; the message names the remedy."""


@dataclass(frozen=True)
class Key:
    """One note of a song."""

    start: float  # s
    end: float  # s; where the key is released, or the sustain pedal after it
    pitch: int  # MIDI
    velocity: int  # 1 to 127


@dataclass(frozen=True)
class Song:
    """What a MIDI file plays, all of its channels together."""

    keys: list[Key]  # in the order of their starts
    controls: dict[int, list[tuple[float, int]]]  # by controller: (s, value from 0 to 127)
    drums: int = 0  # notes of the drums' channel, which are not among the keys

    @property
    def seconds(self):
        """When the last key is released."""
        return max(key.end for key in self.keys)


def read_song(path):
    """Read a MIDI file of type 0 or 1.

    The sustain pedal prolongs notes. Drums are counted and left out.

    Args:
        path: of the file.

    Returns:
        Song.

    Raises:
        SongError: if the file is missing, damaged, of type 2 or timed in frames, or has no notes,
            more than 20,000 of them, or one that ends after 600 s.
    """
    import mido  # here, as only songs need it

    path = Path(path)
    data = _read(path)
    try:
        if ENDLESS.search(data):
            raise ValueError("a number without end")
        data = KEY_SIGNATURE.sub(b"\xff\x59\x02\0\0", b"".join(_chunks(data)))
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
        if midi.type == 2:
            reason = "is a MIDI file of type 2, separate patterns; export it as type 0 or 1"
        elif midi.ticks_per_beat <= 0:
            reason = "is timed in frames of a film; export it timed in beats (PPQ)"
        else:
            song = _song(midi)
            reason = _unplayable(song)
    except DAMAGE as problem:
        reason = f"is damaged ({str(problem) or type(problem).__name__:.80}); export it again"
    if reason:
        raise SongError(f"{path.name} {reason}.")
    return song


def piano_roll(midi_path):
    """Draw a song as Mel2Mel reads it: which keys begin and which are down, every 8 ms.

    Tempo changes set the times; the sustain pedal keeps keys down. All channels but the drums'
    play together.

    Args:
        midi_path: of a MIDI file of type 0 or 1.

    Returns:
        float32 (frames, 176): velocity / 127 in the channels 0 to 87 where a key begins, in the
        channels 88 to 175 as long as it is down, 0 elsewhere; the lowest key (A0, MIDI 21) first.
        Frame k holds the time from 8 k to 8 k + 8 ms.

    Warns:
        AudioWarning: if drums, or keys that a piano does not have, are left out.

    Raises:
        SongError: as `read_song`, and if no key of a piano is left.

    Source: Kim et al. 2018 (Mel2Mel).
    """
    song, name = read_song(midi_path), Path(midi_path).name
    keys = [key for key in song.keys if LOWEST <= key.pitch < LOWEST + KEYS]
    outside = len(song.keys) - len(keys)
    if not keys:
        raise SongError(
            f"{name} has no notes of a piano's keys, MIDI 21 to 108, but {outside:,} beyond them; "
            "transpose it."
        )
    if song.drums:
        warnings.warn(f"{name}: left out, {song.drums:,} of the drums.", AudioWarning, stacklevel=2)
    if outside:
        warnings.warn(
            f"{name}: left out, {outside:,} beyond a piano's keys, MIDI 21 to 108.",
            AudioWarning,
            stacklevel=2,
        )
    return roll_of(keys)


def roll_of(keys, frames=None):
    """The same of keys that are known already.

    Args:
        keys: list of Key, of MIDI 21 to 108.
        frames: how many; None = until the last key is released.

    Returns:
        float32 (frames, 176), as `piano_roll`.
    """
    if frames is None:
        frames = int(np.ceil(max(key.end for key in keys) / ROLL_STEP - ROUNDING))
    roll = np.zeros((frames, 2 * KEYS), np.float32)
    for key in keys:
        channel, level = key.pitch - LOWEST, key.velocity / 127
        first = int(key.start / ROLL_STEP + ROUNDING)
        last = max(first + 1, round(key.end / ROLL_STEP))
        roll[first : first + 1, channel] = level
        roll[first:last, KEYS + channel] = level
    return roll


def _read(path):
    """The bytes of a MIDI file, also of one in a RIFF file; they begin as they should."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise SongError(
            f"{path} cannot be read ({problem.strerror}); check the name and the folder."
        ) from problem
    if data[:4] == b"RIFF" and data[8:16] == b"RMIDdata":
        data = data[20:]
    if len(data) > MOST_BYTES or not data.startswith(b"MThd"):
        what = f"has more than {MOST_BYTES:,} bytes" if len(data) > MOST_BYTES else "is not one"
        raise SongError(f"expected a standard MIDI file (.mid), and {path.name} {what}.")
    return data


def _chunks(data):
    """The chunks of a MIDI file that every program knows; others are to be skipped."""
    place = 0
    while place < len(data):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8])
        if data[place : place + 4] in (b"MThd", b"MTrk"):
            yield data[place:end]
        place = end


def _song(midi):
    """What the messages of a file amount to."""
    now, keyboards = 0.0, _Keyboards()
    for message in midi:
        now += message.time
        if message.type in ("note_on", "note_off"):
            keyboards.note(message, now)
        elif message.type == "control_change":
            keyboards.control(message, now)
    keyboards.end(now)
    keys = sorted(keyboards.keys, key=lambda key: (key.start, key.pitch))
    return Song(keys, dict(keyboards.controls), keyboards.drums)


def _unplayable(song):
    """Why a song is refused; "" if it is not."""
    if not song.keys:
        only = " but drums, which have no pitch" if song.drums else ""
        return f"has no notes{only}; choose another file"
    if len(song.keys) > MOST_NOTES:
        return f"has {len(song.keys):,} notes; expected at most {MOST_NOTES:,}"
    if song.seconds > LONGEST_SOUND:
        return f"lasts {song.seconds:,.0f} s; expected at most {LONGEST_SOUND} s"
    return ""


class _Keyboards:
    """Sixteen channels of keys, each with a sustain pedal."""

    def __init__(self):
        self.pressed = defaultdict(list)  # by (channel, pitch): (start, velocity)
        self.lifted = defaultdict(list)  # by channel: (start, pitch, velocity), not ended yet
        self.pedals = set()  # the channels whose pedal is down
        self.keys, self.controls, self.drums = [], defaultdict(list), 0

    def note(self, message, now):
        """A key goes down or up; without velocity, down means up."""
        on = message.type == "note_on" and message.velocity > 0
        pressed = self.pressed[message.channel, message.note]
        if message.channel == DRUMS:
            self.drums += on
        elif on:
            pressed.append((now, message.velocity))
        elif pressed:
            self.lift(message.channel, message.note, *pressed.pop(0))
            self.damp(message.channel, now)

    def control(self, message, now):
        """A controller moves; the pedal, if it is that, lets go of what it held."""
        self.controls[message.control].append((now, message.value))
        if message.control == PEDAL:
            (self.pedals.add if message.value >= DOWN else self.pedals.discard)(message.channel)
            self.damp(message.channel, now)

    def lift(self, channel, pitch, start, velocity):
        self.lifted[channel].append((start, pitch, velocity))

    def damp(self, channel, now):
        """End the notes whose keys are up, unless the pedal is down."""
        if channel not in self.pedals:
            notes = self.lifted.pop(channel, ())
            self.keys += [Key(start, now, pitch, velocity) for start, pitch, velocity in notes]

    def end(self, now):
        """The file is over: all keys and pedals go up."""
        self.pedals.clear()
        for (channel, pitch), pressed in self.pressed.items():
            for start, velocity in pressed:
                self.lift(channel, pitch, start, velocity)
        for channel in list(self.lifted):
            self.damp(channel, now)
