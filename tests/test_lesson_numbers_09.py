"""Every number that the prose of lesson 09 states, and every refutation, computed again.

The lesson runs once; cells added at its end ask it for what it has found, and fill in its checks.
How fast this machine was is no matter of right and wrong, and is not asked.
"""

import pytest
import torch
from lessons import ask, read

from nsynth_edu.classroom import live, load_note
from nsynth_edu.generation import Work, count_gaps, published, small_stack, stages, stream
from nsynth_edu.generation.kernel import rounded
from nsynth_edu.models import load_model
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.sound.companding import mu_law_decode, mu_law_encode

FAST = "09_generating_fast.ipynb"
FOUND = """
import json
from nsynth_edu.sound import harmonic_energy

print(json.dumps({
    "again": bool((mu_law_encode(again) == mu_law_encode(plain)).all()),
    "compiled": bool((mu_law_encode(compiled) == mu_law_encode(plain)).all()),
    "swing": float(plain.max() - plain.min()),
    "equal": float((fewer == sound).float().mean()),
    "on_c": [float(harmonic_energy(one.numpy(), 60)) for one in (sound, fewer)],
    "level": [float(one.square().mean().sqrt()) for one in (sound, fewer)],
    "scores": compare_weights(model, [note], seconds=0.5),
    "letter": test.letter("int8"),
    "sizes": sizes, "rows": [[row["engine"], row["dtype"]] for row in result["rows"]],
    "errors": [row["max_logit_error"] for row in result["rows"]],
    "calls": calls, "chain": chain, "late": list(late.values()), "pushes": pushes,
    "message": live_pad.message, "names": names, "pad": pad.corners,
}))
"""


@pytest.fixture(scope="module")
def fast():
    tries = {
        "hand-check": ["31", "32", "60", "10", "62"],
        "bytes-check": ["10.14", "2.54", "81.1", "40_563", "40.56"],
        "latency-check": ["180", "500", "32", "148", "212"],
    }
    return ask(FAST, FOUND, tries)


def test_every_way_makes_the_same_classes(fast):
    found = fast[0]
    assert found["again"] and found["compiled"] and found["swing"] > 0.02


def test_the_stack_drawn_by_hand_costs_what_is_told():
    text, four = read(FAST), Work(stages(small_stack(4)))
    assert four.receptive_field == 16 and "depends on 16 inputs" in text
    dots = [sum(four.moments(18, view)) for view in ("whole window", "tree", "queues")]
    assert dots == [64, 15, 4] and "works out 64 dots" in text and "newest sample 15" in text
    five = Work(stages(small_stack(5)))
    assert five.multiplications(five.steps - 1, "tree") == 62


def test_pocket_costs_what_is_told():
    text, work = read(FAST), Work(stages(load_model("pocket")))
    assert f"{work.receptive_field:,} for pocket" in text
    assert f"spare pocket {work.receptive_field - 1:,} of {work.receptive_field:,}" in text
    assert f"reads {work.weights:,} weights of 4 bytes" in text
    assert 4 * work.weights * 16_000 / 1e9 == pytest.approx(40.6, abs=0.1)
    larger = Work(stages(published())).weights / work.weights
    assert 85 < larger < 100 and "nearly a hundred times larger" in text
    upper = work.moments(work.steps - 1, "tree")[-5:]
    assert max(upper) <= 16, "the upper layers are wanted at few moments"


def test_multiplying_is_split_into_hundreds_of_calls(fast):
    assert 200 < fast[0]["calls"] < 1000 and "hundreds of tiny ones" in read(FAST)
    assert fast[0]["chain"] == 43
    assert 2 * fast[0]["chain"] > 1e6 / 16_000, "slower than real time at 2 µs to start each"


def test_fewer_bytes_per_weight_are_fewer_and_the_sound_is_another_take(fast):
    found = fast[0]
    sizes = [found["sizes"][f"pocket {dtype}"] for dtype in stream.DTYPES]
    assert sizes[0] > 1.85 * sizes[1] > 3.6 * sizes[2]
    assert found["sizes"]["published float32"] > 50 * sizes[0]
    assert found["equal"] < 0.5, "not the same samples"
    plain, rounded = found["on_c"]
    assert min(plain, rounded) > 0.9 and abs(plain - rounded) < 0.03, "the same note"
    # another take is as loud, more or less: 14 % apart have been seen
    assert found["level"][0] == pytest.approx(found["level"][1], rel=0.25)


def test_8_bits_move_the_chances_by_thousandths_of_a_bit(fast):
    scores = fast[0]["scores"]
    assert abs(scores["int16"]["divergence"]) < 1e-5
    assert 0.0002 < scores["int8"]["divergence"] < 0.005
    assert abs(scores["int8"]["bits"] - scores["float32"]["bits"]) < 0.01
    errors = dict(zip([row[1] for row in fast[0]["rows"]][1:], fast[0]["errors"][1:], strict=True))
    assert errors["float32"] < errors["int16"] < errors["int8"] < 0.05


def test_rounding_does_most_harm_in_the_last_layer():
    model = load_model("pocket")
    sound = torch.from_numpy(load_note("notes/flute_60"))[None, :8192]
    with torch.inference_mode():
        z, past = model.encode(sound), mu_law_decode(mu_law_encode(sound))
        true = model.logits(past, z, 60).log_softmax(1)
        harm = {}
        for last in (True, False):
            other = load_model("pocket")
            for name, module in other.decoder.named_modules():
                if isinstance(module, Convolution) and (name == "logits") is last:
                    for tap in module.weight.transpose(1, 2).unbind(1):  # outputs, inputs
                        whole, scale = rounded(tap.numpy().T, "int8")
                        tap.copy_(torch.from_numpy((whole * scale).T))
            told = other.logits(past, z, 60).log_softmax(1)
            harm[last] = float((true.exp() * (true - told)).sum(1).mean())
    assert harm[True] > 5 * harm[False] > 0


def test_a_store_never_adds_gaps_and_without_one_every_frame_is_late(fast):
    late, pushes = fast[0]["late"], fast[0]["pushes"]
    assert late[0] == len(pushes) == 62
    assert late == sorted(late, reverse=True)
    assert count_gaps([live_frame() / 2] * 62, 0) == 62, "half the time it sounds is not enough"


def test_the_latency_is_the_live_pads_own(fast):
    text, near = read(FAST), round(1000 * live.NEAR)
    assert f"begin {near} ms ahead or later" in text and f"with {near} ms" in text
    assert f"makes {round(1000 * live.AHEAD)} ms ahead" in text
    assert near + 1000 * live_frame() == 212 and "its 212 ms" in text
    more, most = round(1000 * live.MORE), round(1000 * live.MOST)
    assert f"{near} ms become {more} ms more, up to {most} ms" in text
    assert fast[0]["message"] == ""
    played = [name.replace("_", " ") for name in fast[0]["names"]]
    assert played == fast[0]["pad"], "the encodings are the corners of the rendered pad"


def live_frame():
    return load_model("pocket").config.hop_length / 16_000


@pytest.mark.parametrize(
    ("place", "answer", "sentence"),
    [
        ("hand-check", "31", "Those are the dots"),
        ("hand-check", "32", "how many inputs"),
        ("hand-check", "60", "Two trees"),
        ("hand-check", "10", "with queues"),
        ("hand-check", "62", "Right: 62 multiplications"),
        ("bytes-check", "10.14", "counts weights"),
        ("bytes-check", "2.54", "MB of one sample"),
        ("bytes-check", "81.1", "travels once"),
        ("bytes-check", "40_563", "GB has 1,000"),
        ("bytes-check", "40.56", "Right: 40.56 GB/s"),
        ("latency-check", "180", "At the earliest"),
        ("latency-check", "500", "nothing were taken back"),
        ("latency-check", "32", "one frame"),
        ("latency-check", "148", "is kept"),
        ("latency-check", "212", "Right: 212 ms"),
    ],
)
def test_a_check_of_lesson_09_knows_its_wrong_answers(fast, place, answer, sentence):
    assert sentence in fast[1][place, answer]
