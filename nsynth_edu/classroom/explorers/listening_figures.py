"""Pictures of what luck and hearing each score in a listening test.

Notebook: course/13.
"""

import numpy as np
import scipy

from nsynth_edu.evaluation.listening import needed

from ..colors import ACCENT, SECOND, SOFT
from ..plotting import axes


def plot_scores(trials, share):
    """How often each score of an ABX comes up by guessing, and by hearing.

    Args:
        trials: list of numbers of trials, a panel for each.
        share: of right answers of the listener who hears a difference, 0 to 1.

    Returns:
        a matplotlib figure for `figure`.
    """
    fig, panels = axes(1, len(trials), sharey=True, height=2.4)
    for ax, count in zip(panels, trials, strict=True):
        scores = np.arange(count + 1)
        guessed = scipy.stats.binom.pmf(scores, count, 0.5)
        heard = scipy.stats.binom.pmf(scores, count, share)
        ax.bar(scores, 100 * guessed, width=0.9, color=SOFT, alpha=0.6, label="guessing")
        ax.plot(scores, 100 * heard, "o-", color=ACCENT, markersize=3, label=f"hears {share:.0%}")
        ax.axvline(needed(count) - 0.5, color=SECOND, linestyle="--", linewidth=1)
        ax.set(xlabel=f"Right answers of {count}", xticks=scores[:: max(1, count // 8)])
    panels[0].set_ylabel("Tests (%)")
    panels[0].legend(frameon=False, loc="upper left", fontsize=8)
    return fig
