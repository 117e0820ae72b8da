"""Neural audio synthesis to hear, see and play: the package behind the course.

The front door, each name with an example that runs, as in ``help(nsynth_edu.morph)``::

    hear    load_audio  save_audio  load_note  listen  compare
    see     plot_waveform  plot_rainbowgram  rainbowgram  estimate_pitch
    model   load_model  receptive_field  generate  Stream  mu_law_encode  mu_law_decode
    play    morph  interpolate  scale  stretch  Grid

Everything else is imported from its floor, as in ``from nsynth_edu.models import NSynthConfig``.
Floors, each importing only those below it: ``classroom``, ``studio``, ``play`` next to
``evaluation``, ``generation`` next to ``training``, ``models``, ``sound``.

Packages import nothing before it is used, so that commands and notebooks start at once.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "classroom",
        "evaluation",
        "generation",
        "models",
        "play",
        "sound",
        "studio",
        "training",
    ],
    submod_attrs={
        "classroom": ["compare", "listen", "load_note", "plot_rainbowgram", "plot_waveform"],
        "generation": ["Stream", "generate"],
        "models": ["load_model", "receptive_field"],
        "play": ["Grid", "interpolate", "morph", "scale", "stretch"],
        "sound": [
            "estimate_pitch",
            "load_audio",
            "mu_law_decode",
            "mu_law_encode",
            "rainbowgram",
            "save_audio",
        ],
    },
)
