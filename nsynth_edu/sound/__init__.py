"""Signals: load and save sounds, notes and data sets of notes, companding, spectra, measures."""

from nsynth_edu.sound.audio import (
    NOTE_LENGTH,
    SAMPLE_RATE,
    AudioError,
    AudioWarning,
    as_waveform,
    fit_length,
    load_audio,
    normalize_peak,
    save_audio,
)
from nsynth_edu.sound.companding import companded, mu_law_decode, mu_law_encode
from nsynth_edu.sound.contour import pitch_contour
from nsynth_edu.sound.measures import (
    cents_off,
    clicks_per_second,
    envelope,
    envelope_correlation,
    harmonic_energy,
    multi_scale_spectral_distance,
)
from nsynth_edu.sound.notes import (
    FAMILIES,
    QUALITIES,
    SOURCES,
    Note,
    NoteDataset,
    note_record,
    read_notes,
    write_notes,
)
from nsynth_edu.sound.pitch import estimate_pitch, hz_to_midi, midi_to_hz
from nsynth_edu.sound.soundfont import (
    COURSE_PROGRAMS,
    MEL2MEL_PROGRAMS,
    Program,
    program,
    render_notes,
)
from nsynth_edu.sound.spectral import Rainbowgram, cqt, mel_spectrogram, rainbowgram, stft

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
    "Rainbowgram",
    "as_waveform",
    "cents_off",
    "clicks_per_second",
    "companded",
    "cqt",
    "envelope",
    "envelope_correlation",
    "estimate_pitch",
    "fit_length",
    "harmonic_energy",
    "hz_to_midi",
    "load_audio",
    "mel_spectrogram",
    "midi_to_hz",
    "mu_law_decode",
    "mu_law_encode",
    "multi_scale_spectral_distance",
    "normalize_peak",
    "note_record",
    "pitch_contour",
    "program",
    "rainbowgram",
    "read_notes",
    "render_notes",
    "save_audio",
    "stft",
    "write_notes",
]
