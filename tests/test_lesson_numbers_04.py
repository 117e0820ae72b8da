"""Every number that the prose of lesson 04 states, and every refutation, computed again.

The lesson's one run is asked for what it has found.
"""

import numpy as np
import pytest
from lessons import ask, read

from nsynth_edu.classroom import questions
from nsynth_edu.models import NSynthConfig, receptive_field
from nsynth_edu.sound import midi_to_hz

REACH = "04_reaching_back.ipynb"
pytestmark = pytest.mark.xdist_group(REACH)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    from nsynth_edu.models import unit_stack
    from nsynth_edu.sound import pitch_contour

    other_starts = []
    for seed in (2, 3):
        torch.manual_seed(seed)
        stacks = [lesson.late(lesson.Stack(3, [1, 2, 4])), lesson.Stack(3, [1, 2, 4])]
        stacks.append(lesson.late(lesson.Stack(3, [1, 2, 4], causal=False)))
        for stack in stacks:
            lesson.train_briefly(stack, lesson.seen, steps=150, seed=seed)
        other_starts.append(
            [
                [
                    score(stack, lesson.unseen)
                    for score in (lesson.mean_surprise, lesson.free_running_surprise)
                ]
                for stack in stacks
            ]
        )
    reaches = {}
    for pitch in (None, 72, 60, 36):
        lags = np.flatnonzero(
            lesson.saliency(
                *lesson.decoder_at(lesson.pocket, lesson.note, pitch, starts=[16_384], frames=6)
            )
        )
        reaches[str(pitch)] = int(lags[-1]) + 1
    contour = pitch_contour(lesson.load_note("notes/flute_60"))[20:90]
    swing = np.abs(np.fft.rfft((contour - contour.mean()) * np.hanning(len(contour)), 4_096))
    rates = np.fft.rfftfreq(4_096, 512 / 16_000)
    return {
        "vibrato": float(rates[np.where(rates > 2, swing, 0).argmax()]),
        "by_hand": F.conv1d(F.pad(lesson.sound, (1, 0)), torch.tensor([[[-1.0, 2]]]))
        .flatten()
        .tolist(),
        "centred": lesson.reached_samples(lesson.Convolution(1, 1, 3, causal=False)).tolist(),
        "dilation_1": lesson.reached_samples(lesson.Convolution(1, 1, 2, 1)).tolist(),
        "unshifted_layer": lesson.reached_samples(lesson.Convolution(1, 1, 3)).tolist(),
        "folded": lesson.folded.flatten().tolist(),
        "stacked": lesson.stacked.flatten().tolist(),
        "newest": lesson.newest.tolist(),
        "neighbour": lesson.neighbour.tolist(),
        "ten": len(
            lesson.reached_samples(nn.Sequential(*unit_stack(2, 10, first_kernel_size=1)), 1100)
        ),
        "losses": lesson.losses,
        "unseen": {n: lesson.mean_surprise(x, lesson.unseen) for n, x in lesson.stacks.items()},
        "in_play": {
            n: lesson.free_running_surprise(x, lesson.unseen) for n, x in lesson.stacks.items()
        },
        "other_starts": other_starts,
        "hears": {n: lesson.reached_samples(x).tolist() for n, x in lesson.stacks.items()},
        "level": {
            n: float(np.sqrt(np.mean(sound[:1_000] ** 2))) for n, sound in lesson.continued.items()
        },
        "scores": {
            n: [
                lesson.mean_surprise(x, notes, start=1_000)
                for notes in (lesson.notes[:4, 31_000:48_000], lesson.unseen[:1], lesson.unseen[1:])
            ]
            for n, x in lesson.networks.items()
        },
        "repeats": float(
            (lesson.notes[0, 32_000:36_000] - lesson.notes[0, 26_921:30_921]).abs().float().mean()
        ),
        "weights": {n: sum(p.numel() for p in x.parameters()) for n, x in lesson.networks.items()},
        "context": {n: lesson.reached_samples(x, 80).tolist() for n, x in lesson.networks.items()},
        "learned": lesson.learned,
        "on_c": {n: float(lesson.harmonic_energy(x, 60)) for n, x in lesson.sounds.items()},
        "gradients": {n: (x / x.sum()).tolist() for n, x in lesson.gradients.items()},
        "moments": len(lesson.windows),
        "published": lesson.places.tolist(),
        "reaches": reaches,
        "shares": {str(n): float(s) for n, s in lesson.shares.items()},
        "sizes": lesson.sizes.tolist(),
    }


@pytest.fixture(scope="module")
def found():
    return ask(REACH, found_in)


@pytest.fixture(scope="module")
def text():
    return read(REACH)


# --- one layer, a few layers ------------------------------------------------------------------


def test_the_sum_by_hand_is_what_torch_computes(found):
    assert found["by_hand"] == [2, 5, 5, 4, 0]


def test_a_period_and_a_cycle_of_the_vibrato_are_as_long_as_stated(found, text):
    assert 16_000 / midi_to_hz(60) == pytest.approx(61, abs=0.5)
    assert "One period of middle C takes 61 samples" in text
    assert found["vibrato"] == pytest.approx(3.76, abs=0.05), "cycles per second"
    assert 16_000 / found["vibrato"] == pytest.approx(4300, abs=60)
    assert "about four a second, some 4,300" in text


def test_the_explorer_s_question_has_one_answer(text):
    stacks = {n: receptive_field(3, [2 ** (i % 10) for i in range(n)], 3) for n in range(1, 31)}
    assert min(n for n, samples in stacks.items() if samples >= 4300) == 27
    assert receptive_field(2, [2 ** (i % 10) for i in range(30)], 3) < 4300
    assert "It takes 27 layers of three taps" in text


def test_dilation_1_leaves_no_gap_and_a_centred_layer_hears_what_comes(found):
    assert found["dilation_1"] == [-1, 0]
    assert found["centred"] == [-1, 0, 1] and found["unshifted_layer"] == [-2, -1, 0]


def test_dilation_is_neither_stride_nor_pooling(found):
    assert len(found["folded"]) == 1 and len(found["stacked"]) == 8
    assert found["stacked"][-1] == pytest.approx(found["folded"][0], abs=1e-6)


def test_the_lines_that_are_not_drawn_are_computed_too(found):
    assert found["newest"] == [-6, -4, -2, 0]
    assert not set(found["newest"]) & set(found["neighbour"])


def test_the_formula_says_what_the_gradient_finds(found):
    assert found["ten"] == receptive_field(2, [2**i for i in range(10)]) == 1024
    published = NSynthConfig.nsynth().decoder
    assert found["published"] == list(range(-6141, 0)) and published.receptive_field == 6141
    assert published.first_kernel_size == published.kernel_size == 3 and published.layers == 30
    assert sum(published.dilations) == 3 * 1023 and published.residual_channels == 512
    success = f"{6141 / 16:.1f} ms, or {6141 * 220 / 16_000:.1f} periods of A3"
    assert success in questions.find("04.published", "CHECKS").success
    assert questions.find("04.published", "CHECKS").expected == 6141
    assert receptive_field(2, published.dilations) == 3070
    assert receptive_field(2, published.dilations, 3) == 3072


# --- cheating ---------------------------------------------------------------------------------


def test_both_cheats_have_the_lower_loss_and_cannot_generate(found):
    honest, unshifted, centred = (
        np.mean(found["losses"][name][-20:]) for name in ("honest", "unshifted", "centred")
    )
    for cheat in (unshifted, centred):
        assert 0.6 < honest - cheat < 2, "about a bit lower"
    for name in ("unshifted", "centred"):
        assert found["unseen"][name] < found["unseen"]["honest"] - 0.6
        assert found["in_play"][name] > 16, "far worse than knowing nothing"
        assert found["level"][name] < 0.02 < found["level"]["honest"], "they fall silent"
    assert found["in_play"]["honest"] == pytest.approx(found["unseen"]["honest"], abs=0.2)


def test_other_random_starts_give_the_same_picture(found):
    for honest, *cheats in found["other_starts"]:
        assert all(forced < honest[0] - 0.3 and free > 16 for forced, free in cheats)
        assert honest[1] == pytest.approx(honest[0], abs=0.2)


def test_a_shift_alone_or_padding_alone_leaves_the_answer_in_reach(found, text):
    assert found["hears"]["honest"] == list(range(-15, 0)) and "reads 15 samples" in text
    assert found["hears"]["centred"] == list(range(-8, 7)), "shifted, and yet it reads later ones"
    assert found["hears"]["unshifted"] == list(range(-14, 1)), "causal, and yet it reads itself"
    assert all(len(bits) == 150 for bits in found["losses"].values())
    assert "After 150 steps" in questions.find("04.cheat", "PREDICTIONS").question


def test_a_later_second_of_a_looped_note_is_no_test(found, text):
    assert 32_000 - 26_921 == 5_079 and "repeats every 5,079 samples" in text
    assert found["repeats"] < 0.2, "classes"


# --- folded and flat --------------------------------------------------------------------------


def test_the_folded_network_guesses_better_and_generates_a_worse_tone(found):
    flat, folded, plain = (np.array(x) for x in found["scores"].values())
    assert ((flat - folded) > 0.4).all(), "half a bit or more, on every set of notes"
    assert ((flat - plain) > 0.2).all(), "without residual connections, too"
    left = (flat - plain) / (flat - folded)
    assert 0.25 < left[0] < 0.5 < left[1:].min(), "about a third; more than half on new notes"
    assert found["on_c"]["trumpet"] > 0.9
    assert found["on_c"]["flat"] > 0.5 > 0.3 > found["on_c"]["folded"]
    ends = {name: np.mean(bits[-20:]) for name, bits in found["learned"].items()}
    assert max(ends["folded"], ends["no residual"]) < ends["flat"], "as the figure says"


def test_all_read_the_same_64_samples_with_nearly_as_many_weights(found):
    assert all(places == list(range(-64, 0)) for places in found["context"].values())
    assert found["weights"] == {"flat": 20_800, "folded": 20_992, "no residual": 20_992}


def test_the_folded_network_does_not_look_one_period_back(found):
    newest = {name: sum(sizes[:4]) for name, sizes in found["gradients"].items()}
    period = {name: sum(sizes[56:64]) for name, sizes in found["gradients"].items()}
    assert newest["folded"] > 2 * newest["flat"]
    assert period["flat"] > 3 * period["folded"]
    assert found["moments"] == 107


# --- the real decoders ------------------------------------------------------------------------


def test_the_pocket_model_reaches_four_periods_further(found, text):
    reaches = found["reaches"]
    assert reaches["None"] == 2049
    for pitch in (72, 60, 36):
        further = 4 * 16_000 / midi_to_hz(pitch)
        assert reaches[str(pitch)] == pytest.approx(2049 + further, abs=1.5)
    asked = questions.find("04.used", "PREDICTIONS").question
    assert f"it can use {reaches['60']:,} samples" in asked
    config = NSynthConfig.pocket()
    assert (config.layers, config.kernel_size, config.period_taps) == (20, 2, 4)
    assert "20 layers of two taps" in text and "one, two, three and four periods" in text


def test_what_can_be_used_is_not_what_is_used(found):
    shares, asked = found["shares"], questions.find("04.used", "PREDICTIONS")
    assert shares["64"] == pytest.approx(0.5, abs=0.12) and asked.right == "about half"
    assert 0.995 < shares["1024"] < 1
    assert "beyond 1,024 about a thousandth is left" in asked.options[asked.right]
    assert 1 - shares["1024"] == pytest.approx(0.001, abs=0.0009)
    sizes = np.array(found["sizes"])
    assert len(sizes) == 2559 and (sizes[:2293] > 0).all() and not sizes[2293:].any()
    assert sizes[58:63].max() > 3 * np.median(sizes[30:55]), "it rises again one period back"
    assert sizes[2000] < 1e-3 * sizes[1000] < 1e-3 * sizes[0], "powers of ten"
    assert f"{64 / 2293:.0%}".replace("%", " %") in list(asked.options)[0]
    assert max(range(30, 500), key=lambda lag: sizes[lag]) in range(55, 66), "around one period"


# --- checks -----------------------------------------------------------------------------------


def test_the_known_wrong_answers_are_what_their_sentences_say():
    dilations = [2 ** (i % 10) for i in range(30)]
    x = np.array([0, 1, 3, 4, 4, 2, 0])
    older, newest, later = x[:-2], x[1:-1], x[2:]
    assert (2 * newest - older).tolist() == questions.find("04.by_hand", "CHECKS").expected
    assert (2 * older - newest).tolist() == [-1, -1, 2, 4, 6]
    assert (2 * later - newest).tolist() == [5, 5, 4, 0, -2]
    assert (2 * newest + older).tolist() == [2, 7, 11, 12, 8]
    assert receptive_field(3, dilations) == 6139 and 2 * sum(dilations) == 6138
    assert receptive_field(3, dilations[:10], 3) == 2049
    assert 1 + 2 + 3 * sum(dilations) == 9210
    tree = questions.find("04.reach", "CHECKS").expected()
    assert tree == receptive_field(2, [1, 2, 4, 8]) == 16
    assert tree - 1 == 15 and tree // 2 == 2 * 4 == 8 and receptive_field(2, [1] * 4) == 5
    assert 1 + 8 == 9 and receptive_field(2, [1, 2, 4, 8, 16]) == 32
