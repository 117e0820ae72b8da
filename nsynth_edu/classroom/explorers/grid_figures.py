"""A picture of what the points of a pad are mixed of.

Notebook: course/10.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..colors import ACCENT, LINE, SECOND
from ..plotting import STYLE, WIDTH


def shares(rule, resolution=9):
    """What each point of a square pad is mixed of: (resolution, resolution, 4), row 0 on top.

    Args:
        rule: `play.bilinear_weights`, `play.distance_weights`, or another one like them.
    """
    return rule(*np.meshgrid(*2 * [np.linspace(0, 1, resolution)]))


def plot_mixtures(rules, resolution=9):
    """Each point where its mixture lies: the further right, the more of the two eastern corners.

    Args:
        rules: {title: function of x, y as `play.bilinear_weights`}.
        resolution: points per side.

    Returns:
        matplotlib figure, one panel per rule; points that fall on one another are ringed.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(WIDTH, 0.55 * WIDTH))
        axes = fig.subplots(1, len(rules), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (title, rule) in zip(axes, rules.items(), strict=True):
        mixed = shares(rule, resolution)
        east, south = mixed[..., [1, 3]].sum(-1), mixed[..., [2, 3]].sum(-1)
        ax.plot(east, south, color=LINE, linewidth=0.8, zorder=1)
        ax.plot(east.T, south.T, color=LINE, linewidth=0.8, zorder=1)
        ax.plot(east.ravel(), south.ravel(), "o", color=SECOND, markersize=3.5, zorder=2)
        kinds, counts = np.unique(mixed.reshape(-1, 4).round(6), axis=0, return_counts=True)
        for kind in kinds[counts > 1]:
            place = kind[1] + kind[3], kind[2] + kind[3]
            ax.plot(*place, "o", color=ACCENT, markersize=9, fillstyle="none", zorder=3)
        ax.set(title=f"{title}: {len(kinds)} different", aspect="equal", xlabel="Share of the east")
    axes[0].set_ylabel("Share of the south")
    axes[0].invert_yaxis()
    return fig
