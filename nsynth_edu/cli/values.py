"""How the arguments of commands are parsed: text to a value, or a sentence about it."""

import argparse
import math
import re
from importlib import import_module


def rectangle(text):
    """Parse 2x3 as (2, 3)."""
    sides = re.fullmatch(r"([2-8])x([2-8])", text)
    if not sides:
        raise argparse.ArgumentTypeError(f"{text!r}; expected rows x columns, 2x2 to 8x8, like 3x4")
    return int(sides[1]), int(sides[2])


def worker_of(text):
    """Parse 3/8 as (3, 8)."""
    parts = re.fullmatch(r"(\d+)/(\d+)", text)
    if not parts or not 1 <= int(parts[1]) <= int(parts[2]):
        raise argparse.ArgumentTypeError(f"{text!r}; expected K/N as in 3/8, with K from 1 to N")
    return int(parts[1]), int(parts[2])


def pitch(text):
    """Parse a MIDI number, or a note's name (C4 = 60)."""
    return _read("play", "read_pitch", text)


def place(text):
    """Parse a place of a pad; see `read_place`."""
    return _read("play", "read_place", text)


def timbre(text):
    """Parse the name of an instrument, or a point; see `read_timbre`."""
    return _read("play", "read_timbre", text)


def instrument(text):
    """Parse an instrument's name; see `check_instrument`."""
    return _read("studio", "check_instrument", text)


def _read(floor, function, text):
    """Parse by a function of a lower floor, loaded only now, as --help would wait for it."""
    try:
        return getattr(import_module(f"nsynth_edu.{floor}"), function)(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


def sample_note(text):
    """Parse one of the seven notes of a set, a MIDI number: programs disagree on what C2 is."""
    from nsynth_edu.studio import NOTES

    *others, last = map(str, NOTES)
    if text not in (*others, last):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not in a set; expected the MIDI number {', '.join(others)} or {last}"
        )
    return int(text)


def number(kind, low, high=math.inf):
    """Make a parser of one number.

    Args:
        kind: int or float.
        low, high: its range, both ends included.

    Returns:
        function from text to a number.
    """

    def read(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or value == math.inf:
            ends = f"{low} or more" if high == math.inf else f"{low} to {high}"
            raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected a number, {ends}")
        return value

    return read


def numbers(text):
    """Parse whole numbers, as in 24-84 or 60,64,67 or both."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,3})(?:-(\d{1,3}))?\s*", part)
        if not ends:
            raise argparse.ArgumentTypeError(f"{text!r}; expected numbers as in 24-84 or 60,64,67")
        found.extend(range(int(ends[1]), int(ends[2] or ends[1]) + 1))
    return found


def words(text):
    """Split a list of words at its commas."""
    return [word.strip() for word in text.split(",")]
