"""Random pieces of notes to train on, and which notes are kept for validation."""

import math

import numpy as np
import scipy  # its parts are imported with their first use

from nsynth_edu.sound.contour import CONTOUR_HOP
from nsynth_edu.sound.notes import NoteDataset
from nsynth_edu.sound.pitch import estimate_pitch


def split_notes(notes, held_out_instruments=(), held_out_every=0):
    """Divide notes into train and held out: whole instruments, and instrument-pitch pairs.

    Every pitch stays in training (on other instruments), so a pitch class is never unseen.

    Args:
        notes: list of Note.
        held_out_instruments: instrument_str values that are never trained on.
        held_out_every: leave out every n-th instrument-pitch pair; 0 = none.

    Returns:
        dict of lists: "train", "pairs" (known instrument, unseen pitch), "instruments" (unseen).

    Raises:
        ValueError: for an instrument that no note is of.
    """
    present = {note.instrument_str for note in notes}
    if missing := sorted(set(held_out_instruments) - present):
        raise ValueError(
            f"held_out_instruments names {missing[0]!r}, of which there are no notes; "
            f"there are {', '.join(sorted(present))}."
        )
    parts = {"train": [], "pairs": [], "instruments": []}
    known = {name: i for i, name in enumerate(sorted(present - set(held_out_instruments)))}
    for note in notes:
        if note.instrument_str not in known:
            parts["instruments"].append(note)
            continue
        # 5 is prime to most n: neighbouring instruments lose different pitches
        place = note.pitch + 5 * known[note.instrument_str]
        held_out = held_out_every and place % held_out_every == 0
        parts["pairs" if held_out else "train"].append(note)
    return parts


class Crops:
    """Random pieces of notes; piece number n is always the same.

    Args:
        notes: list of Note. length: samples of a piece.
        onset_share: share of pieces that begin before the note does.
        hop_length: samples per frame of the pitch.
    """

    def __init__(self, notes, length, onset_share, hop_length=CONTOUR_HOP):
        self.sounds = NoteDataset(notes)
        self.length, self.onset_share, self.hop_length = length, onset_share, hop_length
        self.measured = {}  # note -> its contour, and how long it sounds

    def __call__(self, generator):
        """Draw one piece.

        Args:
            generator: NumPy generator.

        Returns:
            waveform (length,) float32; pitch (length // hop_length,) float32, the MIDI number at
            which each frame sounds, NaN = not pitched.
        """
        index = int(generator.integers(len(self.sounds)))
        note, waveform = self.sounds.notes[index], self.sounds[index]["waveform"]
        if index not in self.measured:
            contour = note.contour or (sounding_pitch(waveform, note.pitch),)
            self.measured[index] = np.array(contour, float), sounding_length(waveform)
        contour, lasts = self.measured[index]
        if generator.random() < self.onset_share:
            start = -int(generator.integers(self.length // 4))
        else:  # the last pieces fade into the silence after the note, which is learnt, too
            start = int(generator.integers(max(lasts - self.length // 2, 1)))
        piece = np.zeros(self.length, np.float32)
        taken = waveform[max(start, 0) : start + self.length]
        piece[max(-start, 0) :][: len(taken)] = taken
        frames = self.length // self.hop_length
        return piece, contour_from(contour, start, frames, self.hop_length)


def contour_from(contour, start, frames, hop_length=CONTOUR_HOP):
    """The contour of a piece that begins between two frames of its note.

    Args:
        contour: (frames of the note,) MIDI numbers. start: sample at which the piece begins.
        frames, hop_length: of the piece.

    Returns:
        float32 (frames,): a straight line between neighbours, the nearer one at a leap of more
        than 3 semitones or at the border of what is pitched; held before and after the note.
    """
    middle = (start + hop_length * (np.arange(frames) + 0.5)) / CONTOUR_HOP
    place = (middle - 0.5).clip(0, len(contour) - 1)
    before, after = contour[np.floor(place).astype(int)], contour[np.ceil(place).astype(int)]
    between = before + (after - before) * (place % 1)
    nearest = np.where(place % 1 < 0.5, before, after)
    return np.where(np.abs(after - before) <= 3, between, nearest).astype(np.float32)


def coloured_noise(length, generator):
    """Noise of deviation 1 between white and slow drift, as a decoder's own errors are.

    White noise alone would be averaged away: the decoder would still trust its past, and drift.

    Args:
        length: samples. generator: NumPy generator.

    Returns:
        float32 (length,).
    """
    memory = 1 - 10 ** (-2.5 * generator.random())  # 0: white .. 0.997: below about 8 Hz
    white = generator.standard_normal(length + 1024)
    noise = scipy.signal.lfilter([math.sqrt(1 - memory**2)], [1, -memory], white)
    return noise[1024:].astype(np.float32)


def sounding_pitch(waveform, written):
    """The MIDI number a note really sounds at, with fraction, so that the clock stays with it.

    Args:
        waveform: (time,). written: MIDI number in its name, the answer where nothing within
            half a semitone is measured.
    """
    measured = estimate_pitch(waveform)
    return measured if measured and abs(measured - written) < 0.5 else float(written)


def sounding_length(waveform, floor=0.01):
    """Samples until a note stays below `floor` of its peak."""
    loud = np.flatnonzero(np.abs(waveform) > floor * np.abs(waveform).max())
    return int(loud[-1]) + 1 if len(loud) else len(waveform)
