"""Evaluation: how good is a model? Its sound is measured like any recording."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "card": ["card"],
        "judging": ["copies_in", "copies_of", "report_table_1", "table_1"],
        "listening": ["analyse", "by_luck", "power", "report_listening"],
        "listening_files": ["pool", "read_result"],
        "probing": ["encodings", "probe", "registers", "report_probe", "report_registers"],
        "reconstruction": [
            "Guessers",
            "compare_weights",
            "copies",
            "read_examples",
            "scored_notes",
            "split_as_trained",
            "spread",
        ],
        "scoring": ["evaluate"],
        "sets": ["frechet_distance"],
        "shipping": [
            "begin",
            "lacks_level_map",
            "discard",
            "finished_run",
            "fit_level",
            "next_release",
            "publish",
            "stage_weights",
        ],  # fmt: skip
        "simulated": ["Listener", "simulate"],
        "table": ["PARTS", "report", "worse"],
    },
)
