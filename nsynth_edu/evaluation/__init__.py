"""Evaluation: how good is a model? Its sound is measured like any recording."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "card": ["card"],
        "reconstruction": ["Guessers", "compare_weights", "copies", "evaluate", "scored_notes"],
        "shipping": [
            "begin",
            "discard",
            "finished_run",
            "next_release",
            "publish",
            "stage_weights",
        ],  # fmt: skip
        "table": ["PARTS", "report", "worse"],
    },
)
