"""Every number that the prose of lesson 13 states, and every refutation, computed again.

The lesson's one run is asked for what it has found.
"""

from math import comb

import numpy as np
import pytest
from lessons import answered, ask, read, run
from scipy import stats

from nsynth_edu.classroom import questions
from nsynth_edu.classroom.lessons import lesson_13
from nsynth_edu.evaluation import Listener, analyse, frechet_distance, listening, power, simulate
from nsynth_edu.evaluation.listening_files import checked

LESSON = "13_listening_critically.ipynb"
pytestmark = pytest.mark.xdist_group(LESSON)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    return {
        "ruler": {name: lesson.distance(x, lesson.flute) for name, x in lesson.copies.items()},
        "same": bool((lesson.late[32:] == lesson.flute[:-32]).all()),
        "sine": [lesson.estimate_pitch(lesson.sine), lesson.judge["pitch"]],
        "sets": {
            name: lesson.frechet_distance(x, lesson.asked) for name, x in lesson.apart.items()
        },
        "asked": float((lesson.pitches[lesson.order] == lesson.pitches).mean()),
        "many": float((lesson.scores >= 12).any(axis=1).mean()),
        "screen": [
            sum(map(lesson.finding, cut)) / 2000
            for cut in (lesson.lean, [one[5:] for one in lesson.lean])
        ],
        "class": {row["name"]: [row["mean"], row["low"], row["high"]] for row in
                  lesson.found["rows"]},
        "out": lesson.found["left_out"],
        "refused": lesson.refused,
        "ratings": lesson.ratings.tolist(),
        "instruments": [lesson.gap, lesson.error, lesson.beyond],
    }  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask(LESSON, found_in)


def printed(place):
    cell = next(cell for cell in run(LESSON).cells if cell.id == place)
    return "".join(out.text for out in cell.outputs if out.get("name") == "stdout")


def test_the_distance_prefers_the_copy_with_the_clicks(found):
    late, clicks = found["ruler"].values()
    assert late > 4 * clicks > 0 and "over four times" in read(LESSON)
    assert found["same"], "the late copy cannot sound worse: it is the flute"


def test_pitch_judges_take_a_sine_for_the_note_and_sets_have_no_order(found):
    estimate, network = found["sine"]
    assert round(estimate) == network == 60
    assert found["sets"]["shuffled"] < 1e-6
    assert found["sets"]["8-bit copies"] == pytest.approx(18.3, abs=0.05)
    assert found["asked"] == pytest.approx(0.29, abs=0.005) and "29 % of" in read(LESSON)


def test_the_distance_of_sets_is_that_of_two_bells():
    rng = np.random.default_rng(0)
    wide, narrow = rng.normal(3, 2, (200_000, 1)), rng.normal(0, 1, (200_000, 1))
    both = [np.hstack([each, rng.normal(size=each.shape)]) for each in (wide, narrow)]
    assert frechet_distance(*both) == pytest.approx(3**2 + (2 - 1) ** 2, abs=0.1)


def test_luck_reaches_each_score_as_often_as_the_text_says():
    text = read(LESSON)
    for k, n, said in [(7, 8, "3.5 %"), (8, 10, "5.5 %"), (9, 10, "1.1 %"), (14, 20, "5.8 %"),
                       (10, 10, "0.1 %"), (12, 16, "3.8 %")]:  # fmt: skip
        luck = sum(comb(n, i) for i in range(k, n + 1)) / 2**n
        assert f"{luck:.1%}".replace("%", " %") == said and said in text
    assert sum(comb(10, i) for i in (8, 9, 10)) == 56 and (4 + 1) / 16 == pytest.approx(0.31, 0.02)
    assert [listening.needed(n) for n in (8, 10, 16, 20)] == [7, 9, 12, 15]
    assert questions.find("13.least", "CHECKS").expected == 15


def test_power_is_what_simulated_listeners_reach():
    text = read(LESSON)
    assert power(8, 0.8) == pytest.approx(8 * 0.8**7 * 0.2 + 0.8**8) and "= 0.50" in text
    assert power(10, 0.8) < power(8, 0.8) and "Ten trials even find less than eight" in text
    assert power(160, 0.6) > 0.8 > power(100, 0.6)
    right = np.random.default_rng(0).random((20_000, 16)) < 0.7
    assert power(16, 0.7) == pytest.approx(np.mean(right.sum(axis=1) >= 12), abs=0.02)
    assert all(power(n, 0.5) < 0.05 for n in range(8, 40)), "false alarms"


def test_many_listeners_and_late_screening_raise_false_alarms(found):
    assert found["many"] == pytest.approx(1 - (1 - stats.binom.sf(11, 16, 0.5)) ** 20, abs=0.02)
    assert "0.962^20 = 0.46" in read(LESSON) and 0.962**20 == pytest.approx(0.46, abs=0.005)
    before, after = found["screen"]
    assert round(100 * before) == 2 and round(100 * after) == 21


def test_each_bias_wins_and_drawing_the_order_takes_one_away():
    rows = [line.split("%") for line in printed("loud-run").splitlines()]
    chosen = {row[0][:21].strip(): int(row[0][21:]) for row in rows}
    luck = [float(row[-2].split()[-1]) for row in rows]
    fair, loud, named, first, drawn = chosen.values()
    assert max(abs(fair - 50), abs(drawn - 50)) < 8 and min(loud, named, first) > 58
    assert luck[0] > 5 and luck[4] > 5 and max(luck[1:4]) < 1
    assert stats.norm.cdf(0.5) == pytest.approx(0.69, abs=0.005) and "0.5 is 69 %" in read(LESSON)
    assert stats.norm.cdf(0.4) == pytest.approx(0.66, abs=0.005) and "0.4 is 66 %" in read(LESSON)


def test_the_class_is_found_as_it_was_made(found):
    reference, mu_law, wavenet, painted = found["class"].values()
    assert reference[0] > 95 and mu_law[0] > 78 and reference[1] > mu_law[2]
    assert mu_law[1] > wavenet[2] and wavenet[1] > painted[2]
    assert wavenet[1] <= 60 <= wavenet[2] and painted[1] <= 48 <= painted[2]
    assert found["out"] == [f"{n:02}.json" for n in range(25, 30)], "all five guessers"
    [sentence] = found["refused"]
    assert sentence.startswith("30.json: is a later attempt")


def test_published_numbers_are_read_rightly(found):
    text = read(LESSON)
    means = [4.316, 3.879, 3.378, 3.183]
    assert [f"{a - b:.2f}" for a, b in zip(means, means[1:], strict=False)] == [
        "0.44", "0.50", "0.20"]  # fmt: skip
    assert "0.44 is mu-law, 0.50 the WaveNet, 0.20" in text
    assert questions.find("13.mos", "CHECKS").expected == pytest.approx(3.183 - 1.96 * 0.056, 1e-3)
    gap, error, beyond = found["instruments"]
    assert gap / error == pytest.approx(1.4, abs=0.05) and beyond == pytest.approx(0.163, abs=0.01)


def test_a_learners_own_code_is_right_by_the_checks(found):
    tail = "sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n"
    lines = f"def tail(k, n):\n    return {tail}\ncheck('13.tail', tail(12, 16))"
    assert "scipy.stats.binom" in run(LESSON).execute(lines)[-1].data["text/plain"]
    assert answered(LESSON, "least-check", 15).startswith("Right")
    assert found["ratings"] == lesson_13.RATINGS
    drawn = "rng.choice(values, (4000, 12)).mean(axis=1)"
    lines = (
        f"def interval(values, rng):\n    return list(np.percentile({drawn}, [2.5, 97.5]))\n"
        "check('13.bootstrap', interval(ratings, np.random.default_rng(2)))"
    )
    assert "scipy.stats.bootstrap" in run(LESSON).execute(lines)[-1].data["text/plain"]


def test_simulated_listeners_are_as_they_were_made():
    files = simulate([Listener(right=0.8)] * 300, "abx", ["a", "b"], seed=1, items=["x", "y"])
    results = [checked(file, "one") for file in files]
    right = [trial["x"] == trial["answer"] for one in results for trial in one.trials]
    assert np.mean(right) == pytest.approx(0.8, abs=0.03)
    assert len({file["listener"] for file in files}) == 300
    liked = [Listener(likes={"a": 1})] * 300
    files = simulate(liked, "preference", ["a", "b"], seed=1, trials=8)
    assert all(sum(t["first"] == "a" for t in file["trials"]) == 4 for file in files)
    assert analyse([checked(f, "one") for f in files])["rows"][-1]["mean"] == pytest.approx(
        stats.norm.cdf(1), abs=0.03
    )
