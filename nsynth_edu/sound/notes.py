"""Notes as NSynth keeps them: a folder with `examples.json` and `audio/<note_str>.wav`.

The public release's json+wav folders are read as they are; our own are written the same way.
"""

import json
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from nsynth_edu.sound.audio import (
    SAMPLE_RATE,
    AudioError,
    AudioWarning,
    load_audio,
    save_audio,
)
from nsynth_edu.sound.files import write_text

FAMILIES = (
    "bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string",
    "synth_lead", "vocal",
)  # fmt: skip
SOURCES = ("acoustic", "electronic", "synthetic")
QUALITIES = (
    "bright", "dark", "distortion", "fast_decay", "long_release", "multiphonic",
    "nonlinear_env", "percussive", "reverb", "tempo-synced",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One recorded note: what was played on what, and where its sound is stored."""

    note_str: str  # <instrument_str>-<pitch>-<velocity>, e.g. organ_electronic_000-083-100
    pitch: int  # MIDI, 0-127
    velocity: int  # 1-127
    instrument_str: str  # <family>_<source>_<number>
    instrument_family_str: str  # one of FAMILIES
    instrument_source_str: str  # one of SOURCES
    qualities_str: tuple[str, ...]  # some of QUALITIES
    sample_rate: int  # Hz
    path: Path
    # ours: MIDI number of each 32 ms frame, None = not pitched; None: one pitch, the note's own
    contour: tuple[float | None, ...] | None = None

    def load(self, sample_rate=SAMPLE_RATE):
        """Read the note's sound: float32 (time,) in [-1, 1]."""
        return load_audio(self.path, sample_rate)


def read_notes(folder, subset=False):
    """List the notes of an NSynth folder (`examples.json` and `audio/`), sorted by name.

    Args:
        folder: for example `nsynth-test`, unpacked from the public release.
        subset: whether `examples.json` may name more notes than there are sounds, or fewer; the
            notes that have both are taken, and a warning says how many were left out.

    Returns:
        list of `Note`; no sound is read yet.

    Raises:
        AudioError: if the folder is not of this form or, unless it is a subset, a sound is missing.

    Warns:
        AudioWarning: for a subset, with what was left out.
    """
    folder = Path(folder)
    records = read_records(folder)
    if not records:
        raise AudioError(
            f"{folder} holds no notes; expected examples.json and audio/*.wav. Unpack "
            "an nsynth-*.jsonwav archive there or render notes from a SoundFont."
        )
    present = set(os.listdir(folder / "audio")) if (folder / "audio").is_dir() else set()
    missing = sorted(name for name in records if f"{name}.wav" not in present)
    if subset:
        records = _both(folder, records, present)
    elif missing:
        raise AudioError(
            f"{len(missing)} of the {len(records)} notes in {folder / 'examples.json'} have no "
            f"sound in audio/, the first is {missing[0]}.wav. Unpack or render the folder again. "
            "If it is a part of the data set on purpose, say so: --subset, or subset = true in the "
            "file of a training."
        )
    return [_note(folder, name, record) for name, record in sorted(records.items())]


def _both(folder, records, present):
    """The records that have a sound; a warning counts the others, and sounds without a record."""
    sounds = {name.removesuffix(".wav") for name in present if name.endswith(".wav")}
    both = {name: record for name, record in records.items() if name in sounds}
    if not both:
        raise AudioError(
            f"none of the {len(records):,} notes in {folder / 'examples.json'} has a sound in "
            "audio/; expected <note_str>.wav. Unpack an nsynth-*.jsonwav archive there."
        )
    if (less := len(records) - len(both)) or len(sounds) > len(both):
        text = (
            f"{folder} is read as a subset of {len(both):,} notes; left out: {less:,} of "
            f"{len(records):,} entries of examples.json, without a sound, and "
            f"{len(sounds) - len(both):,} of {len(sounds):,} sounds, without an entry."
        )
        warnings.warn(text, AudioWarning, stacklevel=3)
    return both


def write_notes(folder, records):
    """Add notes to a folder in NSynth's schema; the list is replaced only after the sounds.

    Args:
        folder: made if missing; notes already in it stay, those of the same name are replaced.
        records: dicts with `waveform` (time,) and what `note_record` takes: pitch,
            velocity, instrument_str, and if wanted the others.

    Returns:
        list of the notes written, each a `Note`.
    """
    folder = Path(folder)
    known = read_records(folder)
    written = {}
    for record in records:
        fields = dict(record)
        waveform = fields.pop("waveform")
        entry = note_record(**fields)
        save_audio(folder / "audio" / f"{entry['note_str']}.wav", waveform)
        written[entry["note_str"]] = entry
    known |= written
    write_text(folder / "examples.json", json.dumps(known, indent=1, sort_keys=True))
    return [_note(folder, name, entry) for name, entry in written.items()]


def note_record(
    pitch, velocity, instrument_str, instrument=None, qualities_str=(), take=0, contour=None
):
    """One entry of `examples.json`: everything NSynth records of a note.

    Args:
        pitch: MIDI pitch, 0-127.
        velocity: MIDI velocity, 1-127.
        instrument_str: `<family>_<source>_<number>`, e.g. `mallet_acoustic_011`.
        instrument: its number in the data set; by default the one in its name.
        qualities_str: some of `QUALITIES`; empty where they are unknown.
        take: ours; tells further sounds of the same key and velocity apart, 0 to 99.
        contour: ours; (frames,) MIDI numbers, one per 512 samples, NaN = not pitched. None for
            the notes of NSynth, which keep one pitch.

    Raises:
        AudioError: if the instrument's name, or a quality, is not one of NSynth's.
    """
    family, source, number = _split_instrument(instrument_str)
    if unknown := set(qualities_str) - set(QUALITIES):
        raise AudioError(f"{sorted(unknown)} are not NSynth qualities; use some of {QUALITIES}.")
    instrument = int(number) if instrument is None else int(instrument)
    record = {
        "note": ((take << 11 | instrument) * 128 + int(pitch)) * 128 + int(velocity),
        "note_str": f"{instrument_str}-{pitch:03d}-{velocity:03d}" + f"-{take:02d}" * (take > 0),
        "instrument": instrument,
        "instrument_str": instrument_str,
        "pitch": int(pitch),
        "velocity": int(velocity),
        "sample_rate": SAMPLE_RATE,
        "qualities": [int(name in qualities_str) for name in QUALITIES],
        "qualities_str": [name for name in QUALITIES if name in qualities_str],
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": SOURCES.index(source),
        "instrument_source_str": source,
    }
    if contour is not None:
        record["contour"] = [round(float(x), 3) if math.isfinite(x) else None for x in contour]
    return record


def read_records(folder):
    """Read the entries of `examples.json`, by note_str; none where there is no such file.

    Raises:
        AudioError: if the list is not readable.
    """
    path = Path(folder) / "examples.json"
    if not path.is_file():
        return {}
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as problem:
        raise AudioError(
            f"{path} is not UTF-8 text; unpack or render the folder again."
        ) from problem
    except json.JSONDecodeError as problem:
        raise AudioError(
            f"{path} is not readable JSON (line {problem.lineno}); "
            "unpack or render the folder again."
        ) from problem
    if not isinstance(records, dict):
        raise AudioError(
            f"{path} holds no table of notes by name, as NSynth's do; unpack or render the folder "
            "again."
        )
    return records


class NoteDataset:
    """Notes as PyTorch's `DataLoader` takes them, each whole.

    Args:
        notes: an NSynth folder or a list of `Note`, all mono at 16 kHz.

    Item: dict of waveform float32 (time,), pitch, velocity, the indices instrument (into
    `.instruments`), family (into FAMILIES) and source (into SOURCES), and qualities float32 (10,),
    1 where the note has that one of QUALITIES.
    """

    def __init__(self, notes):
        self.notes = read_notes(notes) if isinstance(notes, (str, os.PathLike)) else list(notes)
        self.instruments = sorted({note.instrument_str for note in self.notes})

    def __len__(self):
        return len(self.notes)

    def __getitem__(self, index):
        note = self.notes[index]
        return {
            "waveform": _whole(note),
            "pitch": note.pitch,
            "velocity": note.velocity,
            "instrument": self.instruments.index(note.instrument_str),
            "family": FAMILIES.index(note.instrument_family_str),
            "source": SOURCES.index(note.instrument_source_str),
            "qualities": np.float32([name in note.qualities_str for name in QUALITIES]),
        }


def _whole(note):
    """(time,) float32; refused where `load_audio` would convert: that takes time in each epoch."""
    with soundfile.SoundFile(note.path) as file:
        if (file.samplerate, file.channels) != (SAMPLE_RATE, 1):
            raise AudioError(
                f"{note.path} is {file.channels}-channel at {file.samplerate} Hz; expected "
                f"mono at {SAMPLE_RATE} Hz. Convert it with load_audio and save_audio."
            )
        if not file.frames:
            raise AudioError(
                f"{note.path} holds no samples; expected a note. Unpack or render the folder again."
            )
        return file.read(dtype="float32")


def _note(folder, name, record):
    given = record if isinstance(record, dict) else {}
    checks = FIELDS | ({"contour": _is_contour} if "contour" in given else {})
    for field, valid in checks.items():
        if field not in given or not valid(given[field]):
            value = f"{str(given[field])[:40]!r} is not a valid" if field in given else "it lacks"
            raise AudioError(
                f"note {name} in {folder / 'examples.json'}: {value} {field}; expected the fields "
                "of the NSynth data set. Unpack or render the folder again."
            )
    contour = tuple(given["contour"]) if "contour" in given else None
    values = {field: given[field] for field in FIELDS} | {"contour": contour}
    values["qualities_str"] = tuple(values["qualities_str"])
    return Note(note_str=name, path=folder / "audio" / f"{name}.wav", **values)


def _is_midi(value):
    return type(value) is int and 0 <= value <= 127


def _is_rate(value):
    return type(value) is int and value > 0


def _is_contour(value):
    numbers = [x for x in value if x is not None] if isinstance(value, list) else [math.nan]
    return bool(value) and all(type(x) in (int, float) and 0 <= x <= 127 for x in numbers)


def _is_text(value):
    return isinstance(value, str) and value != ""


def _is_qualities(value):
    return isinstance(value, list) and all(name in QUALITIES for name in value)


FIELDS = {  # of a record -> whether a value of it is valid
    "pitch": _is_midi, "velocity": _is_midi, "instrument_str": _is_text,
    "instrument_family_str": FAMILIES.__contains__, "instrument_source_str": SOURCES.__contains__,
    "qualities_str": _is_qualities, "sample_rate": _is_rate,
}  # fmt: skip


def _split_instrument(instrument_str):
    family, source, number = (["", "", "", *instrument_str.rsplit("_", 2)])[-3:]
    if family not in FAMILIES or source not in SOURCES or not number.isdigit():
        raise AudioError(
            f"{instrument_str!r} is not an NSynth instrument name; expected "
            f"<family>_<source>_<number> with a family of {FAMILIES} and a source of {SOURCES}."
        )
    return family, source, number
