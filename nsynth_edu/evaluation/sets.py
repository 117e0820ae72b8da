"""Two sets of sounds against each other, instead of a copy against its original."""

import numpy as np


def frechet_distance(first, second):
    """How far two sets of features are apart, by mean and covariance alone.

    Args:
        first, second: (sounds, features), the same features; many more sounds than features.

    Returns:
        float >= 0, in squared units of the features; 0 where both means and covariances agree.

    Source: Heusel et al. 2017 (images), Kilgour et al. 2019 (audio). Notebook: course/13.
    """
    first, second = (np.asarray(each, dtype=np.float64) for each in (first, second))
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # the trace of a product's square root is the sum of the roots of its eigenvalues
    shared = np.sqrt(np.maximum(np.linalg.eigvals(one @ other).real, 0)).sum()
    return float(max(apart + np.trace(one) + np.trace(other) - 2 * shared, 0))
