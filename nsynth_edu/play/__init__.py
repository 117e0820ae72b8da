"""Play: move between encodings, make hybrids of sounds and pads between several, name pitches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "encodings": ["load_encoding", "save_encoding"],
        "grid": ["Grid", "Multigrid", "bilinear_weights", "distance_weights"],
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
        "pitches": ["agreed_pitch", "pitch_name", "read_pitch"],
        "planes": ["read_plane", "save_plane"],
    },
)
