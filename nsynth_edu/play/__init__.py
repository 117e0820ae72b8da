"""Play: move between encodings, make hybrids of sounds and pads between several, name pitches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "encodings": ["load_encoding", "save_encoding"],
        "follow": ["follow", "performance", "with_loudness"],
        "grid": [
            "Grid",
            "Multigrid",
            "bilinear_weights",
            "blend_points",
            "distance_weights",
            "mixture_weights",
        ],
        "latent": [
            "add_noise",
            "analogy",
            "caricature",
            "crossfade",
            "interpolate",
            "mean_encoding",
            "oscillate",
            "scale",
            "stretch",
        ],
        "morph": ["as_note", "hybrid", "load_autoencoder", "morph"],
        "perform": ["load_mel2mel", "perform", "read_timbre", "timbre_path"],
        "pitches": [
            "agreed_pitch",
            "measured_pitch",
            "pitch_name",
            "read_pitch",
            "without_gaps",
        ],
        "planes": ["read_plane", "save_plane"],
        "sfz": ["save_sfz"],
        "song": ["performed", "play_song", "read_place", "song_path"],
    },
)
