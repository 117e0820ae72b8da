"""Every number that the prose of lesson 10 states, and every refutation, computed again.

The lesson's one run, jobs and all, is asked for what it has found, and its checks for what they
answer. How fast this machine was is no matter of right and wrong, and is not asked.
"""

from pathlib import Path

import numpy as np
import pytest
from lessons import ask, read, run

from nsynth_edu.play import Multigrid, bilinear_weights, distance_weights, mixture_weights
from nsynth_edu.studio import NOTES, Settings
from nsynth_edu.studio.export import DEVICE_LENGTH

INSTRUMENT = "10_from_line_to_instrument.ipynb"
pytestmark = pytest.mark.xdist_group(INSTRUMENT)
RULES = bilinear_weights, distance_weights


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np

    return {
        "points": [
            len(lesson.Job(lesson.job).points_of(each)) for each in (lesson.group, lesson.wide)
        ],
        "shapes": [lesson.group.shape, lesson.wide.shape],
        "rows": lesson.table.shape[0],
        "bytes": lesson.file.stat().st_size,
        "name": lesson.file.name,
        "off": float(lesson.off),
        "written": len(lesson.written),
        "again": lesson.again,
        "made": lesson.status(lesson.job).made,
        "done": [lesson.done.made, lesson.done.wanted],
        "samples": lesson.pad.shape[-1],
        "loud": float(np.abs(lesson.read).max()),
        "line": lesson.slider.shape,
        "pad": lesson.pad.corners,
        "board": [lesson.board.corners, lesson.board.grid],
        "generating": float(lesson.generating),
        "reading": float(lesson.reading),
        "desk": str(lesson.desk),
        "ended": lesson.view.ended,
        "same_group": lesson.Group(
            ((lesson.se, lesson.ne), (lesson.sw, lesson.nw)), lesson.group.settings
        ).id
        == lesson.group.id,
        "views": repr(lesson.view.in_words()),
    }


@pytest.fixture(scope="module")
def found():
    return ask(INSTRUMENT, found_in)


def test_the_job_is_broken_off_and_makes_no_point_twice(found):
    assert found["points"] == [25, 15] and found["shapes"] == [[5, 5], [3, 5]]
    assert 8 <= found["written"] < 25, "broken off in between"
    assert found["again"] == 0 and found["done"] == [25, 25] and found["made"] == 40
    assert found["ended"] and found["views"] == "40 of 40 points made."


def test_the_rows_of_the_card_are_those_of_the_pad(found):
    assert found["rows"] == 25 and found["bytes"] == 25 * DEVICE_LENGTH * 2
    assert found["name"] == "_".join(found["pad"]) + ".bin"
    assert found["pad"] == ["trumpet", "flute", "nylonguitar", "churchorgan"]
    assert found["off"] < 1e-4 < 0.05 < found["loud"]
    assert found["samples"] == 16 * 512 == 8_192


def test_line_and_multigrid_are_as_told(found):
    assert found["line"][1:3] == [1, 5]
    assert found["board"][1] == [2, 3] and len(found["board"][0]) == 6
    assert not found["same_group"], "a swapped corner is another group"


def test_reading_is_more_than_a_thousand_times_faster(found):
    assert found["generating"] > 1000 * found["reading"]


def test_the_two_rules_are_as_told():
    text = read(INSTRUMENT)
    even, near = (rule_shares.reshape(81, 4) for rule_shares in map(mixture_weights, RULES))
    assert len(np.unique(even.round(6), axis=0)) == 81
    assert len(np.unique(near.round(6), axis=0)) == 77 and "four of the 81 notes" in text
    assert np.abs(even - near).max() == pytest.approx(0.07, abs=0.005) and "0.07 at most" in text
    np.testing.assert_allclose(distance_weights(0.5, 0), distance_weights(0.5, 1 / 8), atol=1e-12)
    west = bilinear_weights(1 / 8, 1 / 2)
    assert west[[1, 3]].sum() == pytest.approx(1 / 8)
    assert distance_weights(1 / 8, 1 / 2)[[1, 3]].sum() == 0
    assert 1 < np.hypot(7 / 8, 1 / 2) < 1.01, "just over 1 away"


def test_points_files_and_bytes_are_as_told():
    text = read(INSTRUMENT)
    z = np.zeros((4, 4, 1, 16), np.float32)
    assert Multigrid([list(row) for row in z], 9).encodings.shape[:2] == (25, 25)
    assert 25**2 == 625 and "are 625 points" in text
    assert 289 * 5 * 7 > 10_000 and "more than 10,000 files" in text
    card = Settings().resolution ** 2 * len(NOTES)
    assert card == 567 and "567 sounds" in text and f"{10 * card:,}" in text
    assert card * DEVICE_LENGTH * 2 == pytest.approx(68.04e6)
    assert DEVICE_LENGTH * 2 == 120_000 and "copies 120 kB" in text
    assert DEVICE_LENGTH / 16_000 == 3.75
    assert (3 * 9 + 2) * len(NOTES) + NOTES.index(32) == 205
    assert 4**4 == 256 and "256 pads" in text
    per_pitch = distinct_pads()
    assert per_pitch * 16 == 118_016 and "118_016" in text


def distinct_pads():
    """Notes of one pitch on all 256 pads of the device, each mixture once."""
    kinds = set()
    mixed = mixture_weights(distance_weights).reshape(81, 4).round(3)
    for corners in np.ndindex(4, 4, 4, 4):
        for weights in mixed:
            parts = zip("abcd", corners, weights, strict=True)
            kinds.add(tuple((where, which, part) for where, which, part in parts if part > 0))
    return len(kinds)


def test_nothing_is_left_behind(found):
    assert Path(found["desk"]).exists()
    run(INSTRUMENT).end()  # no question after this one
    assert not Path(found["desk"]).exists()
