"""Signals: load and save sounds, notes and data sets of notes, companding, spectra, measures."""

from .audio import (
    NOTE_LENGTH,
    SAMPLE_RATE,
    AudioError,
    AudioWarning,
    fit_length,
    load_audio,
    normalize_peak,
    save_audio,
)
from .companding import companded, mu_law_decode, mu_law_encode
from .notes import (
    FAMILIES,
    QUALITIES,
    SOURCES,
    Note,
    NoteDataset,
    midi_to_hz,
    note_record,
    read_notes,
    write_notes,
)
from .soundfont import COURSE_PROGRAMS, MEL2MEL_PROGRAMS, Program, program, render_notes

__all__ = [
    "COURSE_PROGRAMS",
    "FAMILIES",
    "MEL2MEL_PROGRAMS",
    "NOTE_LENGTH",
    "QUALITIES",
    "SAMPLE_RATE",
    "SOURCES",
    "AudioError",
    "AudioWarning",
    "Note",
    "NoteDataset",
    "Program",
    "companded",
    "fit_length",
    "load_audio",
    "midi_to_hz",
    "mu_law_decode",
    "mu_law_encode",
    "normalize_peak",
    "note_record",
    "program",
    "read_notes",
    "render_notes",
    "save_audio",
    "write_notes",
]
