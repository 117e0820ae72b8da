"""Evaluation: how good is a model? Its sound is measured like any recording."""

from nsynth_edu.evaluation.reconstruction import Guessers, compare_weights, evaluate, report

__all__ = ["Guessers", "compare_weights", "evaluate", "report"]
