"""The networks and their files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checkpoint": ["CheckpointError", "load_model", "model_metadata", "save_model"],
        "convolution": ["receptive_field"],
        "judge": ["JudgeConfig", "PitchQualityJudge"],
        "likelihood": [
            "distribution",
            "entropy",
            "surprise",
            "teacher_forced_logits",
            "teacher_forced_surprise",
        ],
        "magenta": ["import_magenta"],
        "mel2mel": ["FiLM", "Mel2Mel", "Mel2MelConfig"],
        "nsynth": ["NSynthConfig", "WaveNetAutoencoder"],
        "paths": ["trace", "trace_summary", "unit_stack"],
        "probes": ["Inside", "cut_shortcut", "gradient_sizes", "hold_gates", "look_inside", "mute"],
        "sensitivity": ["decoder_at", "input_sensitivity", "reached_samples", "saliency"],
        "small_networks": ["Stack", "flat", "free_running_surprise", "late", "mean_surprise"],
        "spectral": ["SpectralAutoencoder", "SpectralConfig"],
        "wavenet": ["WaveNet", "WaveNetConfig"],
    },
)
