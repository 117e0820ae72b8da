"""What a lesson shows and asks: players, pictures, questions, checks, instruments in the page."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "feedback": ["check", "hint", "predict", "reveal", "verdict"],
        "grading": ["attempt", "attempts", "once_more", "plausible", "require"],
        "job_progress": ["JobProgress"],
        "listening": ["blind", "compare", "listen"],
        "listening_test": ["ListeningTest", "abx"],
        "live": ["LivePad"],
        "my_nsynth": ["check_my_nsynth"],
        "media": ["MediaError", "load_note", "load_plane", "media_path"],
        "outcomes": ["objectives"],
        "plotting": [
            "figure",
            "plot_bench",
            "plot_encoding",
            "plot_listening",
            "plot_rainbowgram",
            "plot_rainbowgram_grid",
            "plot_waveform",
        ],
        "progress": ["show_progress"],
        "recorder": ["Recorder", "decode_recording"],
        "source": ["show_source"],
        "widgets": ["MultigridPad", "Pad", "TwoSoundSlider"],
    },
)
