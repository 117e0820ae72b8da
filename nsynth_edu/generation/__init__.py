"""One waveform sample after another."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cost": ["WAYS", "Work", "published", "small_stack", "stages"],
        "engines": ["ENGINES"],
        "generate": ["choose_engine", "generate"],
        "probes": ["continue_in_windows", "continue_sound", "turn_channels"],
        "stream": ["Stream"],
        "timing": ["best_time", "count_calls", "count_gaps", "measure_engines", "plain_step"],
    },
)
