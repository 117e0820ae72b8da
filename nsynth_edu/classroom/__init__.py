"""What a lesson shows and asks: players, pictures, questions, checks, instruments in the page."""

from .course_sounds import render_course_sounds
from .feedback import check, hint, predict, recall, reveal
from .job_progress import JobProgress
from .listening import blind, compare, listen
from .live import LivePad
from .media import MediaError, load_note, load_plane, media_path
from .plotting import (
    figure,
    plot_bench,
    plot_encoding,
    plot_rainbowgram,
    plot_rainbowgram_grid,
    plot_waveform,
)
from .progress import show_progress
from .recorder import Recorder, decode_recording
from .source import show_source
from .widgets import MultigridPad, Pad, TwoSoundSlider

__all__ = [
    "JobProgress",
    "LivePad",
    "MediaError",
    "MultigridPad",
    "Pad",
    "Recorder",
    "TwoSoundSlider",
    "blind",
    "check",
    "compare",
    "decode_recording",
    "figure",
    "hint",
    "listen",
    "load_note",
    "load_plane",
    "media_path",
    "plot_bench",
    "plot_encoding",
    "plot_rainbowgram",
    "plot_rainbowgram_grid",
    "plot_waveform",
    "predict",
    "recall",
    "render_course_sounds",
    "reveal",
    "show_progress",
    "show_source",
]
