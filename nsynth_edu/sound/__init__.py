"""Signals: load and save sounds, notes and data sets of notes, companding, spectra, measures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "audio": [
            "NOTE_LENGTH",
            "SAMPLE_RATE",
            "AudioError",
            "AudioWarning",
            "as_waveform",
            "fit_length",
            "load_audio",
            "normalize_peak",
            "save_audio",
        ],
        "contour": ["pitch_contour"],
        "companding": ["companded", "mu_law_decode", "mu_law_encode"],
        "gestures": ["Gesture", "draw_gesture"],
        "measures": [
            "cents_off",
            "clicks_per_second",
            "envelope",
            "envelope_correlation",
            "harmonic_energy",
            "multi_scale_spectral_distance",
        ],
        "notes": [
            "FAMILIES",
            "QUALITIES",
            "SOURCES",
            "Note",
            "NoteDataset",
            "note_record",
            "read_notes",
            "write_notes",
        ],
        "pitch": ["estimate_pitch", "hz_to_midi", "midi_to_hz"],
        "soundfont": [
            "COURSE_PROGRAMS",
            "MEL2MEL_PROGRAMS",
            "PITCHED_PROGRAMS",
            "Program",
            "program",
            "render_drums",
            "render_gestures",
            "render_notes",
        ],
        "spectral": ["Rainbowgram", "cqt", "mel_spectrogram", "rainbowgram", "stft"],
        "synthetic": ["render_synthetic"],
        "voice": ["sing"],
    },
)
