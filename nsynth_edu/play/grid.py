"""Pads: four sounds at the corners, and at each place between them the z of their hybrid.

A place is (x, y): x runs from 0 (left, west) to 1 (right, east), y from 0 (top, north) to 1
(bottom, south), as on a screen. Corners are named in reading order: NW, NE, SW, SE.
"""

from itertools import pairwise

import numpy as np

from nsynth_edu.play.latent import fitting
from nsynth_edu.sound.arrays import as_like, stack

CORNERS = ("NW", "NE", "SW", "SE")
LARGEST = 8  # instruments per side of a multigrid, 64 in all, as in the source


def bilinear_weights(x, y):
    """Weight each corner at a place by bilinear interpolation.

    Along an edge only its two corners have weight; no two places have equal weights.

    Args:
        x, y: numbers or arrays of one shape in [0, 1]; left to right, top to bottom.

    Returns:
        float64 (..., 4), corners NW NE SW SE, summing to 1.

    Raises:
        ValueError: outside the pad.
    """
    x, y = _on_the_pad(x, y)
    return np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], axis=-1)


def distance_weights(x, y):
    """Weight each corner by distance, as Open NSynth Super does: max(0, 1 - distance), normalised.

    One step inside the middle of an edge the far corners still have weight 0, so that on a 9 x 9
    pad four places have the weights of another one.

    Args:
        x, y: as for `bilinear_weights`.

    Returns:
        float64 (..., 4), corners NW NE SW SE, summing to 1.

    Raises:
        ValueError: outside the pad.

    Source: googlecreativelab/open-nsynth-super, audio/workdir.
    """
    x, y = _on_the_pad(x, y)
    distance = np.hypot(x[..., None] - [0, 1, 0, 1], y[..., None] - [0, 0, 1, 1])
    closeness = np.maximum(0, 1 - distance)
    return closeness / closeness.sum(-1, keepdims=True)


def mixture_weights(rule, resolution=9):
    """What each point of a square pad is mixed of: (resolution, resolution, 4), row 0 on top.

    Args:
        rule: `bilinear_weights`, `distance_weights`, or another one like them.

    Notebook: course/10.
    """
    return rule(*np.meshgrid(*2 * [np.linspace(0, 1, resolution)]))


def blend_points(points, x, y):
    """The four points nearest to a place of a pad, crossfaded by bilinear weights.

    Args:
        points: (rows, columns, time), rows from top to bottom. With 2 x 2 points this is the
            plain mix of four sounds.
        x, y: in [0, 1], left to right and top to bottom.

    Returns:
        float32 (time,).

    Raises:
        ValueError: outside the pad.

    Notebook: course/06.
    """
    bilinear_weights(x, y)  # complains
    rows, columns = points.shape[:2]
    column, row = (min(int(at * (n - 1)), n - 2) for at, n in ((x, columns), (y, rows)))
    weights = bilinear_weights(x * (columns - 1) - column, y * (rows - 1) - row)
    nearest = points[row : row + 2, column : column + 2].reshape(4, -1)
    return (weights @ nearest).astype(np.float32)


class Grid:
    """A pad between four sounds: each corner is one of them, the middle is a hybrid of all.

    Args:
        corners: four z (frames, 16) of the same length, in the order NW, NE, SW, SE.
        resolution: places per side, at least 2; 9 as on Open NSynth Super.
        weights: `bilinear_weights`, `distance_weights`, or any function of x, y like them.

    Raises:
        ValueError: for another number of corners, or encodings of different length.

    Examples:
        >>> import numpy as np
        >>> from nsynth_edu import Grid
        >>> grid = Grid([np.full((125, 16), level) for level in (0, 1, 2, 3)])
        >>> float(grid.at(1, 0)[0, 0]), float(grid.at(0.5, 0.5)[0, 0])  # north east, the middle
        (1.0, 1.5)
        >>> grid.encodings.shape
        (9, 9, 125, 16)
    """

    def __init__(self, corners, resolution=9, weights=bilinear_weights):
        if len(corners) != 4:
            raise ValueError(f"a grid has four corners (NW, NE, SW, SE), not {len(corners)}.")
        if resolution < 2:
            raise ValueError(f"resolution is {resolution}; expected 2 or more places per side.")
        fitted = fitting(**dict(zip(CORNERS, corners, strict=True)))
        self.corners = stack(fitted)  # (4, frames, 16)
        self.resolution, self.weights = resolution, weights

    def at(self, x, y):
        """Compute the z of one place, or of many.

        Args:
            x, y: numbers or arrays of one shape in [0, 1]; left to right, top to bottom.

        Returns:
            (..., frames, 16), array or tensor as the corners.

        Raises:
            ValueError: outside the pad.
        """
        weights = as_like(self.weights(x, y), self.corners)
        return (weights[..., None, None] * self.corners).sum(-3)

    @property
    def points(self):
        """The places (resolution, resolution, 2): points[row, column] is (x, y), row 0 on top."""
        return _points(self.resolution, self.resolution)

    @property
    def encodings(self):
        """The z of every point, (resolution, resolution, frames, 16), row 0 on top."""
        return self.at(*np.moveaxis(self.points, -1, 0))


class Multigrid:
    """A large pad tiled with grids: each place mixes the four instruments nearest to it.

    Args:
        instruments: rows of z (frames, 16), north to south, each west to east; 2 x 2 to 8 x 8.
        resolution: places per side of one cell. Neighbours share their edge: n instruments
            make (n - 1) * (resolution - 1) + 1 places, 25 for four at resolution 9.
        weights: see `Grid`.

    Attributes:
        cells: rows of Grid, one between each four neighbours.

    Raises:
        ValueError: for rows of different length, too few or too many instruments.
    """

    def __init__(self, instruments, resolution=9, weights=bilinear_weights):
        lengths = {len(row) for row in instruments}
        if len(lengths) != 1 or not all(2 <= n <= LARGEST for n in (len(instruments), *lengths)):
            raise ValueError(
                f"the rows hold {', '.join(str(len(row)) for row in instruments)} instruments; "
                f"expected a rectangle of 2 x 2 to {LARGEST} x {LARGEST}."
            )
        self.cells = [
            [
                Grid((*top, *bottom), resolution, weights)
                for top, bottom in zip(pairwise(north), pairwise(south), strict=True)
            ]
            for north, south in pairwise(instruments)
        ]
        self.resolution = resolution

    def at(self, x, y):
        """Compute the z of one place.

        Args:
            x, y: numbers in [0, 1] over the whole pad; left to right, top to bottom.

        Returns:
            (frames, 16).

        Raises:
            ValueError: outside the pad.
        """
        _on_the_pad(x, y)
        row, inner_y = _cell(y, len(self.cells))
        column, inner_x = _cell(x, len(self.cells[0]))
        return self.cells[row][column].at(inner_x, inner_y)

    @property
    def points(self):
        """The places (down, across, 2): points[row, column] is (x, y), row 0 on top."""
        step = self.resolution - 1
        return _points(len(self.cells[0]) * step + 1, len(self.cells) * step + 1)

    @property
    def encodings(self):
        """The z of every point, (down, across, frames, 16), row 0 on top."""
        step, corners = self.resolution - 1, self.cells[0][0].corners
        shape = (*self.points.shape[:2], *corners.shape[1:])
        encodings = as_like(np.empty(shape, np.float32), corners)
        for row, cells in enumerate(self.cells):
            for column, cell in enumerate(cells):
                down, across = row * step, column * step
                encodings[down : down + step + 1, across : across + step + 1] = cell.encodings
        return encodings


def _on_the_pad(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    for name, place, ends in (("x", x, "left, right"), ("y", y, "top, bottom")):
        outside = ~((place >= 0) & (place <= 1))
        if outside.any():
            raise ValueError(
                f"{name} = {place[outside].flat[0]:g} lies outside the pad; "
                f"expected 0 to 1 ({ends})."
            )
    return x, y


def _cell(place, cells):
    """Which of the cells along one side a place 0..1 falls into, and where in it, 0..1."""
    cell = min(int(place * cells), cells - 1)  # the far edge belongs to the last cell
    return cell, place * cells - cell


def _points(across, down):
    grid = np.meshgrid(np.linspace(0, 1, across), np.linspace(0, 1, down))
    return np.stack(grid, axis=-1)
