"""Every number that the prose of lesson 10 states, and every refutation, computed again.

The lesson's one run is asked for what it has found, and its checks for what they answer.
"""

import numpy as np
import pytest
from lessons import answered, ask, read

from nsynth_edu.classroom import questions
from nsynth_edu.play import Multigrid, bilinear_weights, distance_weights, mixture_weights

INSTRUMENT = "10_from_line_to_instrument.ipynb"
RULES = bilinear_weights, distance_weights
pytestmark = pytest.mark.xdist_group(INSTRUMENT)
MEASURES = {  # what a learner may write: "" where it is right, else what the check says
    "fall-check": {
        "decibels(hybrid[:8_000]) - decibels(hybrid[-8_000:])": "",
        "decibels(hybrid[-8_000:]) - decibels(hybrid[:8_000])": "the last minus the first",
        "decibels(mix[:8_000]) - decibels(mix[-8_000:])": "That is the mix",
        "decibels(guitar[:8_000]) - decibels(guitar[-8_000:])": "the guitar alone",
        "decibels(organ[:8_000]) - decibels(organ[-8_000:])": "the organ alone",
        "decibels(hybrid[:16_000]) - decibels(hybrid[-16_000:])": "8,000 samples",
        "20 * np.log10(np.abs(hybrid[:8_000]).max() / np.abs(hybrid[-8_000:]).max())": "peaks",
    },
    "step-check": {
        "max(map(distance, diagonal, diagonal[1:]))": "",
        "min(map(distance, diagonal, diagonal[1:]))": "the smallest",
        "np.mean([*map(distance, diagonal, diagonal[1:])])": "their mean",
        "sum(map(distance, diagonal, diagonal[1:]))": "all four steps",
        "distance(diagonal[0], diagonal[-1])": "from end to end",
        "distance(sounds[0, 3, 3], sounds[0, 4, 4])": "whose peaks are equal",
    },
    "cents-check": {
        "cents_off(phrase[64_000:], 65)": "",
        "cents_off(phrase[64_000:], 60)": "against middle C",
        "65 + cents_off(phrase[64_000:], 65) / 100": "That is its pitch",
        "cents_off(phrase[64_000:], 65) / 100": "Those are semitones",
    },
    "lasts-check": {
        "np.flatnonzero(np.abs(flute) > 0.001).max() / 16_000": "",
    },
    "share-check": {
        "bilinear_weights(*straight[round(4 / 0.016)])[3]": "",
        "bilinear_weights(*straight[round(4 / 0.016)])[0]": "the trumpet's",
        "bilinear_weights(*straight[round(4 / 0.016)])[1]": "the flute's",
        "straight[round(4 / 0.016)][0]": "That is x, and y",
        "bilinear_weights(*straight[round(3 / 0.016)])[3]": "the middle",
    },
}


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    from nsynth_edu.sound import cents_off, clicks_per_second, contour_followed, decibels

    bilinear, near = lesson.heard.values()
    mixed = [
        lesson.phrase,
        lesson.around,
        lesson.take,
        lesson.sung,
        *lesson.made[0].reshape(15, -1),
    ]
    starts = [round(key.start * 16_000) for key in lesson.song.keys]
    ends = [round(key.end * 16_000) for key in lesson.song.keys]
    edge = lesson.Grid(lesson.z, weights=lesson.bilinear_weights).at(0, 1 / 2)
    return {
        "off": [
            cents_off(sound[start:end], key.pitch)
            for sound in (lesson.phrase, lesson.around)
            for key, start, end in zip(lesson.song.keys, starts, ends, strict=True)
        ],
        "clicks": [clicks_per_second(sound) for sound in mixed],
        "loud": [float(abs(sound).max()) for sound in mixed],
        "seconds": lesson.song.seconds,
        "lost": [
            float(decibels(sound[:8000]) - decibels(sound[-8000:]))
            for sound in (lesson.guitar, lesson.organ, lesson.mix, lesson.hybrid)
        ],
        "floor": float(decibels(lesson.mix[-8000:]) - decibels(lesson.organ[-8000:])),
        "edge": float(abs(lesson.places[1] - edge).max()),
        "rules": lesson.distance(bilinear, near),
        "steps": [
            lesson.distance(lesson.sounds[0, step, step], lesson.sounds[0, step + 1, step + 1])
            for step in range(4)
        ],
        "heard": [cents_off(sound, 60) for sound in (bilinear, near)],
        "board": [cents_off(sound, 60) for sound in lesson.made[0].reshape(15, -1)],
        "shapes": [lesson.slider.shape, lesson.board.shape, lesson.pad.shape, lesson.pad.notes],
        "glide": contour_followed(lesson.sung, lesson.melody),
        "circle": [lesson.circle[step].tolist() for step in (0, 94, 188)],
    }


@pytest.fixture(scope="module")
def found():
    return ask(INSTRUMENT, found_in)


@pytest.mark.parametrize("place", MEASURES)
def test_a_measurement_is_right_or_its_mistake_is_named(place):
    for answer, words in MEASURES[place].items():
        said = answered(INSTRUMENT, place, answer)
        assert words in said and said.startswith("Got" if words else "Right"), (answer, said)


def test_phrases_are_in_tune_and_without_clicks(found):
    assert np.abs(found["off"]).max() < 15 and np.abs(found["board"] + found["heard"]).max() < 15
    assert found["clicks"] == [0.0] * len(found["clicks"])
    assert 0.05 < min(found["loud"]) and max(found["loud"]) <= 1
    assert found["glide"] > 0.9


def test_mix_and_hybrid_fade_as_told(found):
    text = read(INSTRUMENT)
    guitar, organ, mix, hybrid = found["lost"]
    assert guitar == pytest.approx(28.2, abs=0.05) and "loses 28 dB" in text and "28.2" in text
    assert -1 < organ < 0 and "the organ's loses nothing" in text
    assert mix == pytest.approx(2.8, abs=0.05) and "falls by 2.8 dB" in text
    assert hybrid == pytest.approx(10, abs=0.6) and "by some 10 dB" in text
    assert found["floor"] == pytest.approx(-6, abs=0.2) and "6 dB lower" in text


def test_the_two_rules_are_as_told(found):
    text = read(INSTRUMENT)
    even, near = (rule_shares.reshape(81, 4) for rule_shares in map(mixture_weights, RULES))
    assert len(np.unique(even.round(6), axis=0)) == 81
    assert len(np.unique(near.round(6), axis=0)) == 77 and "four points fall" in text
    west = bilinear_weights(1 / 8, 1 / 2)
    assert west[[1, 3]].sum() == pytest.approx(1 / 8) and "takes 1/8 from the east" in text
    np.testing.assert_allclose(np.abs(west - distance_weights(1 / 8, 1 / 2)), 1 / 16)
    assert 1 < np.hypot(7 / 8, 1 / 2) < 1.01, "just over 1 away"
    assert found["edge"] < 1e-6
    assert found["rules"] == pytest.approx(1.4, abs=0.3), "generated, so each processor differs"
    assert "distance is about 1.4" in text
    assert min(found["steps"]) == pytest.approx(2.2, abs=0.05) and "diagonal 2.2" in text


def test_places_points_and_times_are_as_told(found):
    text, checks = (
        read(INSTRUMENT),
        {"place": [0.2, 0.4], "share": 4 / 9, "lasts": 2 / 2 ** (1 / 6)},
    )
    for name, right in checks.items():
        assert questions.find(f"10.{name}", "CHECKS").expected == pytest.approx(right, abs=0.003)
    assert bilinear_weights(0.2, 0.4) == pytest.approx([0.48, 0.12, 0.32, 0.08])
    line, board, pad, notes = found["shapes"]
    assert line[1:3] == [1, 5] and board[1:3] == [3, 5] and pad[1:] == [5, 5, 32_000]
    assert notes == [60, 65, 70] and "60, 65 and 70, 2 s each" in text
    assert found["seconds"] == 6 and found["circle"][0] == [0, 0.5]
    np.testing.assert_allclose(found["circle"][1:], [[0.5, 0], [1, 0.5]], atol=0.04)
    z = np.zeros((4, 4, 1, 16), np.float32)
    assert Multigrid([list(row) for row in z], 9).encodings.shape[:2] == (25, 25)
    assert 289 * 5 * 7 > 10_000 and "more than 10,000 files" in text
