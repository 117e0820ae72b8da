"""Every number that the prose of lesson 05 states, and every refutation, computed again.

Statements about the trained model leave room for one that was trained a little better.
"""

import pytest
from lessons import ask, read

from nsynth_edu.classroom import questions
from nsynth_edu.models import receptive_field
from nsynth_edu.training.small_networks import CROP

LAYER = "05_inside_a_wavenet_layer.ipynb"
pytestmark = pytest.mark.xdist_group(LAYER)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np

    others = {}
    for name in ("flute", "church_organ", "nylon_guitar", "electric_piano"):
        piece = lesson.load_note(f"notes/{name}_60")[:4_096]
        whole = lesson.bits(lesson.model, piece)
        muted = [
            lesson.bits(lesson.mute(lesson.model, "skip", layers), piece) - whole
            for layers in ([0], [5], [10], [19], range(2, 20))
        ]
        wide = lesson.bits(lesson.hold_gates(lesson.model), piece)
        others[name] = [float(x) for x in (whole, wide, *muted)]
    return {
        "others": others,
        "gates": float(sum(level.mean() for level in lesson.levels.values()) / 20),
        "channels": [len(lesson.insides), len(lesson.levels[0])],
        "chosen": [
            [float(x[c]) for x in (lesson.attack, lesson.tone, lesson.after)]
            for c in lesson.chosen.values()
        ],
        "moves": int(
            (np.diff(lesson.inside.gate[lesson.moves.argmax(), 16_000:16_061] > 0.5) != 0).sum()
        ),
        "shut": float(
            (np.abs(lesson.inside.product[lesson.moves.argmax(), 16_000:16_160]) < 0.05).mean()
        ),
        "range": [
            float(lesson.inside.filter[lesson.moves.argmax(), 16_000:16_160].min()),
            float(lesson.inside.filter[lesson.moves.argmax(), 16_000:16_160].max()),
        ],
        "bits": {name: float(lesson.bits(changed)) for name, changed in lesson.models.items()},
        "on_c": {name: float(lesson.harmonic_energy(x, 60)) for name, x in lesson.made.items()},
        "bright": {
            name: float(lesson.measured(x).split()[-1][:-1]) for name, x in lesson.made.items()
        },
        "sizes": {name: size.tolist() for name, size in lesson.sizes.items()},
        "nothing_added": float(lesson.bits(lesson.mute(lesson.model, "residual"))),
        "only_made": float(lesson.bits(lesson.cut_shortcut(lesson.model, [1]))),
        "energy": [float(x) for x in lesson.energy],
        "missed": [float(x) for x in lesson.missed],
        "together": float(lesson.together),
        "conditions": {
            name: float(lesson.bits(lesson.model, lesson.piece, p, z))
            for name, (z, p) in lesson.inputs.items()
        },
        "swap": [
            [float(lesson.harmonic_energy(x, 60)), float(lesson.measured(x).split()[-1][:-1])]
            for x in (lesson.swap[:16_384], lesson.swap[16_384:])
        ],
        "fifth": float(lesson.harmonic_energy(lesson.fifth, 67)),
        "losses": [
            x.tolist() for x in (lesson.losses, lesson.losses_gateless, lesson.losses_no_residual)
        ],
        "depth": [float(lost[-20:].mean()) for lost in lesson.depths.values()],
        "by_heart": {
            name: float(lesson.harmonic_energy(x, 60)) for name, x in lesson.sounds.items()
        },
    }


@pytest.fixture(scope="module")
def found():
    return ask(LAYER, found_in)


def test_the_numbers_by_hand_are_right():
    from math import exp, tanh

    text = read(LAYER)
    assert f"tanh(0.8) = {tanh(0.8):.2f}" in text
    gate = 1 / (1 + exp(2))
    assert f"σ(−2) = 1 / (1 + e²) = {gate:.2f}" in text
    assert f"0.66 × 0.12 = {tanh(0.8) * gate:.2f}" in text
    assert f"({1000 / 261.63:.1f} ms)" in text, "one period of middle C"


def test_gates_are_nearly_shut_and_move_within_one_period(found):
    assert found["channels"] == [20, 64] and "1,280" not in read(LAYER)
    assert found["gates"] == pytest.approx(1 / 7, abs=0.06)
    assert found["moves"] >= 3, "in 61 samples, one period"
    low, high = found["range"]
    assert low < -0.9 and high > 0.9 and found["shut"] > 0.1


def test_three_gates_tell_the_story_of_the_note(found):
    changing, sounding, silent = found["chosen"]
    assert changing[0] > changing[1] + 0.25
    assert sounding[1] > 0.8 > 0.3 > sounding[2]
    assert silent[2] > 0.8 > 0.3 > silent[1]


def test_without_their_gates_layers_are_nearly_lost(found):
    whole, wide, held = found["bits"].values()
    assert whole < 4 and 7 < wide < 8
    assert "7 to 8" in questions.find("05.gates", "PREDICTIONS").right
    assert whole + 0.8 < held < wide - 0.8, "it counts when a gate is open"
    on_c, bright = found["on_c"], found["bright"]
    assert on_c["whole"] > 0.95 and on_c["gates open"] < on_c["whole"] - 0.1
    assert bright["gates held"] < bright["whole"] - 20, "dull"


def test_the_gradient_dies_without_residual_and_skip(found):
    both, skip, neither = found["sizes"].values()
    assert max(both) < 3 * min(both)
    assert 5 < both[15] / skip[15] < 30
    assert neither[0] < 1e-18 * neither[-1], "less than a billionth of a billionth"
    assert 1e-28 < neither[0] < 1e-26 and 5e-4 < neither[-1] < 5e-3
    assert 5 < (neither[-1] / neither[0]) ** (1 / 29) < 15, "to a tenth from layer to layer"


def test_a_trained_layer_that_stops_the_signal_does_more_harm_than_all_that_add_nothing(found):
    whole, text = found["bits"]["whole"], read(LAYER)
    assert whole + 0.5 < found["nothing_added"] < min(8, whole + 2), "less than two bits"
    assert found["only_made"] - whole == pytest.approx(6.9, abs=1.2), "nearly seven"
    assert "less than two bits" in text and "nearly seven" in text


def test_crops_are_shorter_than_deep_networks_reach():
    fields = [receptive_field(2, [2 ** (i % 9) for i in range(n)], 3) for n in (18, 36)]
    assert fields == [1025, 2047] and "18 and 36 layers could read 1,025 and 2,047" in read(LAYER)
    assert CROP == 1024 and "512 to 1,023 samples of past" in read(LAYER)


def test_early_skip_outputs_are_missed_most_and_late_ones_only_together(found):
    missed, energy = found["missed"], found["energy"]
    assert sorted(range(20), key=missed.__getitem__)[-2:] == [1, 0]
    assert sorted(range(20), key=energy.__getitem__)[-2:] == [1, 0]
    assert max(missed[5:]) < 0.35
    assert sum(missed[2:]) < 1 and found["together"] > 2


def test_four_other_notes_give_the_same_picture_mostly_larger(found):
    for whole, wide, first, *single, together in found["others"].values():
        assert 2 < whole < 5.5 and 7 < wide < 12
        assert first > max(single), "the first skip output is missed most"
        assert together > 10
    assert "open gates cost 7 to 12 bits" in read(LAYER) and "more than 10 bits on top" in read(
        LAYER
    )
    assert found["others"]["flute"][1] > 8, "worse than knowing nothing, as an option says"


def test_the_wrong_z_is_worse_than_knowing_nothing(found):
    conditions = found["conditions"]
    own = conditions["its own z, its pitch"]
    assert conditions["z of the trumpet"] > 8 > own
    assert all(bits > own for name, bits in conditions.items() if name != "its own z, its pitch")


def test_z_changes_the_instrument_in_the_middle_and_pitch_is_obeyed(found):
    (trumpet, bright), (flute, dull) = found["swap"]
    assert trumpet > 0.9 and flute > 0.9, "the pitch stays"
    assert dull < bright - 20
    assert found["fifth"] > 0.9


def test_one_note_is_learned_without_gates_but_slowly_without_residual(found):
    whole, gateless, no_residual = (sum(x[-20:]) / 20 for x in found["losses"])
    assert gateless < whole + 0.1 and whole - gateless < 0.8, "even a little faster"
    assert no_residual > max(whole, gateless) + 0.3
    assert all(len(x) == 100 and x[0] == pytest.approx(8, abs=1e-3) for x in found["losses"])


def test_more_layers_do_not_help_at_equal_work(found):
    shallow, deep = found["depth"]
    middle = sum(found["losses"][0][-20:]) / 20
    assert shallow < middle < deep


def test_what_learned_the_note_continues_it(found):
    assert all(energy > 0.85 for energy in found["by_heart"].values())


def test_the_known_wrong_answers_are_what_their_sentences_say():
    from math import exp, tanh

    one = {wrong: cause for wrong, cause in questions.find("05.one", "CHECKS").known}
    assert round(tanh(1), 2) in one and round(1 / (1 + exp(-1)), 2) in one
    assert questions.find("05.one", "CHECKS").expected == pytest.approx(tanh(1) / 2, abs=0.005)
    weights = questions.find("05.weights", "CHECKS").expected()
    assert weights == 3 * 64 * 128 == 24_576
    wrong = [number for number, _ in questions.find("05.weights", "CHECKS").known]
    assert wrong == [weights // 2, weights // 3, weights // 6, weights + 128]
