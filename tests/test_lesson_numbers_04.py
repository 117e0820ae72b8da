"""Every number that the prose of lesson 04 states, and every refutation, computed again.

The lesson runs once; a cell added at its end asks it for what it has found, and others fill in
its checks.
"""

import numpy as np
import pytest
from lessons import ask, read

from nsynth_edu.models import NSynthConfig, receptive_field
from nsynth_edu.sound import midi_to_hz

REACH = "04_reaching_back.ipynb"
FOUND = """
import json
import torch.nn.functional as F
from nsynth_edu.models import unit_stack
pairs = np.ones((256, 256)) / 256
np.add.at(pairs, (seen[:, :-1].numpy(), seen[:, 1:].numpy()), 1)
pairs = torch.from_numpy(pairs / pairs.sum(1, keepdims=True))
reaches = {}
for pitch in (None, 72, 60, 36):
    lags = np.flatnonzero(saliency(*decoder_at(pocket, note, pitch, starts=[16_384], frames=6)))
    reaches[str(pitch)] = int(lags[-1]) + 1
print(json.dumps({
    "by_hand": layer_by_hand.tolist(),
    "centred": reached_samples(Convolution(1, 1, 3, causal=False)).tolist(),
    "dilation_1": reached_samples(Convolution(1, 1, 2, 1)).tolist(),
    "unshifted_layer": reached_samples(Convolution(1, 1, 3)).tolist(),
    "folded": folded.flatten().tolist(), "stacked": stacked.flatten().tolist(),
    "newest": newest.tolist(), "neighbour": neighbour.tolist(),
    "ten": len(reached_samples(nn.Sequential(*unit_stack(2, 10, first_kernel_size=1)), 1100)),
    "losses": losses,
    "unseen": {n: mean_surprise(x, unseen) for n, x in stacks.items()},
    "in_play": {n: free_running_surprise(x, unseen) for n, x in stacks.items()},
    "hears": {n: reached_samples(x).tolist() for n, x in stacks.items()},
    "level": {n: float(np.sqrt(np.mean(continue_in_windows(x, unseen[0, :64], 1_000) ** 2)))
              for n, x in stacks.items()},
    "table": -pairs[unseen[:, :-1], unseen[:, 1:]].log2().mean().item(),
    "scores": {n: mean_surprise(x, notes[:, 31_000:48_000], start=1_000)
               for n, x in networks.items()},
    "weights": {n: sum(p.numel() for p in x.parameters()) for n, x in networks.items()},
    "context": {n: reached_samples(x, 80).tolist() for n, x in networks.items()},
    "learned": learned,
    "on_c": {n: float(harmonic_energy(x, 60)) for n, x in sounds.items()},
    "leans": {n: (x / x.sum()).tolist() for n, x in leans.items()}, "moments": len(windows),
    "published": places.tolist(), "reaches": reaches,
    "shares": {str(n): float(s) for n, s in shares.items()}, "sizes": sizes.tolist(),
}))
""".replace("layer_by_hand", "nn.functional.conv1d(F.pad(sound, (1, 0)), by_hand_taps).flatten()")
TAPS = "\nby_hand_taps = torch.tensor([[[-1.0, 2]]])"


@pytest.fixture(scope="module")
def reaching():
    tries = {
        "hand-check": [
            "[-1, -1, 2, 4, 6]", "[5, 5, 4, 0, -2]", "[5, 5, 4, 0]", "[2, 7, 11, 12, 8]",
            "[2, 5, 5, 4, 1]", "[2, 5, 5, 4, 0]",
        ],
        "reach-check": ["7", "6", "4", "5", "16", "9", "8"],
        "formula-check": [
            "3070", "3072", "6138", "6139", "6140", "2049", "6144", "9210", "6000", "6141",
        ],
    }  # fmt: skip
    question = FOUND.replace("import json\n", f"import json{TAPS}\n", 1)
    return ask(REACH, question, tries)


@pytest.fixture(scope="module")
def found(reaching):
    return reaching[0]


@pytest.fixture(scope="module")
def text():
    return read(REACH)


# --- one layer, a few layers ------------------------------------------------------------------


def test_the_sum_by_hand_is_what_torch_computes(found):
    assert found["by_hand"] == [2, 5, 5, 4, 0]


def test_periods_and_breaths_are_as_told(text):
    assert 16_000 / midi_to_hz(60) == pytest.approx(61, abs=0.5)
    assert "One swing of middle C takes 61 samples" in text
    assert 16_000 / 5 == 3200 and "five a second, 3,200" in text


def test_dilation_1_leaves_no_gap_and_a_centred_layer_hears_what_comes(found):
    assert found["dilation_1"] == [-1, 0]
    assert found["centred"] == [-1, 0, 1] and found["unshifted_layer"] == [-2, -1, 0]


def test_dilation_is_neither_stride_nor_pooling(found):
    assert len(found["folded"]) == 1 and len(found["stacked"]) == 8
    assert found["stacked"][-1] == pytest.approx(found["folded"][0], abs=1e-6)


def test_the_lines_that_are_not_drawn_are_computed_too(found):
    assert found["newest"] == [-6, -4, -2, 0]
    assert not set(found["newest"]) & set(found["neighbour"])


def test_the_formula_says_what_the_gradient_finds(found, text):
    assert found["ten"] == receptive_field(2, [2**i for i in range(10)]) == 1024
    published = NSynthConfig.nsynth().decoder
    assert found["published"] == list(range(-6141, 0)) and published.receptive_field == 6141
    assert published.first_kernel_size == published.kernel_size == 3 and published.layers == 30
    assert sum(published.dilations) == 3 * 1023 and published.residual_channels == 512
    assert f"{6141 / 16:.1f} ms, or {6141 * 220 / 16_000:.1f} periods of A3" in text
    assert receptive_field(2, published.dilations) == 3070
    assert receptive_field(2, published.dilations, 3) == 3072


# --- cheating ---------------------------------------------------------------------------------


def test_both_cheats_have_the_lower_loss_and_cannot_play(found):
    honest, unshifted, centred = (
        np.mean(found["losses"][name][-20:]) for name in ("honest", "unshifted", "centred")
    )
    for cheat in (unshifted, centred):
        assert 0.6 < honest - cheat < 2, "about a bit lower"
    for name in ("unshifted", "centred"):
        assert found["unseen"][name] < found["unseen"]["honest"] - 0.6
        assert found["in_play"][name] > 8, "worse than knowing nothing"
        assert found["level"][name] < 0.02 < found["level"]["honest"], "they fall silent"
    assert found["in_play"]["honest"] == pytest.approx(found["unseen"]["honest"], abs=0.2)


def test_a_shift_alone_or_padding_alone_leaves_the_answer_within_hearing(found, text):
    assert found["hears"]["honest"] == list(range(-15, 0)) and "hears 15 samples" in text
    assert found["hears"]["centred"] == list(range(-8, 7)), "shifted, and yet it hears later ones"
    assert found["hears"]["unshifted"] == list(range(-14, 1)), "causal, and yet it hears itself"
    assert all(len(bits) == 150 for bits in found["losses"].values()) and "After 150 steps" in text


# --- folded and flat --------------------------------------------------------------------------


def test_the_folded_network_guesses_better_and_sings_worse(found, text):
    flat, folded = found["scores"]["flat"], found["scores"]["folded"]
    assert 0.3 < flat - folded < 0.9 and "by about half a bit" in text
    assert found["table"] == pytest.approx(5.9, abs=0.05) and "(5.9 bits)" in text
    assert found["table"] - folded > 1 and found["table"] > flat
    assert found["on_c"]["trumpet"] > 0.9
    assert found["on_c"]["flat"] > 0.5 > 0.3 > found["on_c"]["folded"]
    for name in ("flat", "folded"):
        assert np.mean(found["learned"][name][-20:]) < 5.9, "the curve ends below the table"


def test_both_hear_the_same_64_samples_with_nearly_as_many_weights(found):
    assert found["context"]["flat"] == found["context"]["folded"] == list(range(-64, 0))
    assert found["weights"] == {"flat": 20_800, "folded": 20_992}


def test_the_folded_network_does_not_listen_one_swing_back(found):
    newest = {name: sum(sizes[:4]) for name, sizes in found["leans"].items()}
    swing = {name: sum(sizes[56:64]) for name, sizes in found["leans"].items()}
    assert newest["folded"] > 2 * newest["flat"]
    assert swing["flat"] > 3 * swing["folded"]
    assert found["moments"] == 107


# --- the real decoders ------------------------------------------------------------------------


def test_the_pocket_model_reaches_four_periods_further(found, text):
    reaches = found["reaches"]
    assert reaches["None"] == 2049
    for pitch in (72, 60, 36):
        further = 4 * 16_000 / midi_to_hz(pitch)
        assert reaches[str(pitch)] == pytest.approx(2049 + further, abs=1.5)
    assert f"it hears {reaches['60']:,} samples" in text
    config = NSynthConfig.pocket()
    assert (config.layers, config.kernel_size, config.period_taps) == (20, 2, 4)
    assert "20 layers of two taps" in text and "one, two, three and four periods" in text


def test_what_can_be_heard_is_not_what_is_listened_to(found, text):
    shares = found["shares"]
    assert shares["64"] == pytest.approx(0.5, abs=0.12) and "about half" in text
    assert 0.995 < shares["1024"] < 1 and "past 1,024 a thousandth is left" in text
    assert 1 - shares["1024"] == pytest.approx(0.001, abs=0.0009)
    sizes = np.array(found["sizes"])
    assert len(sizes) == 2559 and (sizes[:2293] > 0).all() and not sizes[2293:].any()
    assert sizes[58:63].max() > 3 * np.median(sizes[30:55]), "it rises again one swing back"
    assert sizes[2000] < 1e-3 * sizes[1000] < 1e-3 * sizes[0], "powers of ten"
    assert f"{64 / 2293:.0%}".replace("%", " %") in text


# --- checks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "answer", "sentence"),
    [
        ("hand-check", "[-1, -1, 2, 4, 6]", "taps are swapped"),
        ("hand-check", "[5, 5, 4, 0, -2]", "looked one ahead"),
        ("hand-check", "[5, 5, 4, 0]", "first output is missing"),
        ("hand-check", "[2, 7, 11, 12, 8]", "its tap is -1"),
        ("hand-check", "[2, 5, 5, 4, 1]", "slide one sample on"),
        ("hand-check", "[2, 5, 5, 4, 0]", "Right"),
        ("reach-check", "7", "own sample counts"),
        ("reach-check", "6", "Three layers times two"),
        ("reach-check", "4", "without dilation"),
        ("reach-check", "5", "last layer's step alone"),
        ("reach-check", "16", "one layer more"),
        ("reach-check", "9", "Got: 9 samples; expected 8 samples"),
        ("reach-check", "8", "Right: 8 samples"),
        ("formula-check", "3070", "2 taps per layer, as most drawings"),
        ("formula-check", "3072", "reaches 2 d back, not d"),
        ("formula-check", "6138", "Those are the 30 layers"),
        ("formula-check", "6139", "first convolution is missing"),
        ("formula-check", "6140", "add 1"),
        ("formula-check", "2049", "one cycle of ten"),
        ("formula-check", "6144", "training crop"),
        ("formula-check", "9210", "not k d"),
        ("formula-check", "6000", "Got: 6,000 samples; expected 6,141 samples"),
        ("formula-check", "6141", "383.8 ms"),
    ],
)
def test_a_check_of_lesson_04_knows_its_wrong_answers(reaching, place, answer, sentence):
    assert sentence in reaching[1][place, answer]


def test_the_known_wrong_answers_are_what_their_sentences_say():
    dilations = [2 ** (i % 10) for i in range(30)]
    x = np.array([0, 1, 3, 4, 4, 2, 0])
    older, newest, later = x[:-2], x[1:-1], x[2:]
    assert (2 * older - newest).tolist() == [-1, -1, 2, 4, 6]
    assert (2 * later - newest).tolist() == [5, 5, 4, 0, -2]
    assert (2 * newest + older).tolist() == [2, 7, 11, 12, 8]
    assert receptive_field(3, dilations) == 6139 and 2 * sum(dilations) == 6138
    assert receptive_field(3, dilations[:10], 3) == 2049
    assert 1 + 2 + 3 * sum(dilations) == 9210
