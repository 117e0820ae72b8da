"""The multigrid's Python side: where the instruments stand, what a place holds, its twin."""

import numpy as np
import pytest

from nsynth_edu.classroom import MultigridPad
from nsynth_edu.play import Multigrid


def points(rows, columns, notes=1):
    rng = np.random.default_rng(3)
    return rng.uniform(-0.3, 0.3, (notes, rows, columns, 4_000)).astype(np.float32)


def names(count):
    return [f"word{n}" for n in range(count)]


@pytest.mark.parametrize(
    ("down", "across", "resolution"), [(2, 2, 9), (3, 3, 2), (2, 3, 3), (4, 4, 9), (2, 8, 4)]
)
def test_instruments_stand_where_the_multigrid_has_them(down, across, resolution):
    one_hot = np.eye(down * across).reshape(down, across, 1, -1)
    grid = Multigrid([list(row) for row in one_hot], resolution)
    rows, columns = grid.encodings.shape[:2]
    pad = MultigridPad(np.zeros((1, rows, columns, 4)), [60], names(down * across))
    assert pad.grid == [down, across]
    for x, y in [(0, 0), (1, 0), (0.5, 0.5), (0.3, 0.9), (1, 1)]:
        np.testing.assert_allclose(pad.weights(x, y), grid.at(x, y)[0], atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "count"), [((26, 26), 16), ((3, 5), 9), ((3, 5), 5), ((1, 5), 2)]
)
def test_points_that_do_not_fit_the_instruments_are_refused(shape, count):
    with pytest.raises(ValueError, match="expected as many steps between"):
        MultigridPad(points(*shape), [60], names(count))


def test_the_twin_plays_each_instrument_in_its_place():
    pad = MultigridPad(points(3, 5), [60], names(6))
    twin = pad.twin()
    assert twin.body.count("<audio") == 6 and twin.body.count("<tr>") == 2
    assert 'alt="Rainbowgrams of all 15 points' in twin.body
    places = [twin.body.index(f"<td>{name}<br>") for name in names(6)]
    assert places == sorted(places)
    assert "word5" in repr(twin) and "text/html" in pad._repr_mimebundle_()[0]
