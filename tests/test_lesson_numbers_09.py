"""Every number that the prose of lesson 09 states, and every refutation, computed again.

The lesson's one run is asked for what it has found, and its checks for what they answer.
How fast this machine was is no matter of right and wrong, and is not asked.
"""

import pytest
import torch
from lessons import ask, read

from nsynth_edu.classroom import live, load_note, questions
from nsynth_edu.generation import Work, count_gaps, published, small_stack, stages, stream
from nsynth_edu.generation.packing import rounded
from nsynth_edu.models import load_model
from nsynth_edu.models.convolution import Convolution

FAST = "09_generating_fast.ipynb"
pytestmark = pytest.mark.xdist_group(FAST)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    from nsynth_edu.sound import harmonic_energy

    return {
        "again": bool((lesson.past_again == lesson.companded(lesson.plain[:, None])).all()),
        "compiled": bool(
            (lesson.mu_law_encode(lesson.compiled) == lesson.mu_law_encode(lesson.plain)).all()
        ),
        "swing": float(lesson.plain.max() - lesson.plain.min()),
        "equal": float((lesson.fewer == lesson.sound).float().mean()),
        "on_c": [float(harmonic_energy(one.numpy(), 60)) for one in (lesson.sound, lesson.fewer)],
        "level": [float(one.square().mean().sqrt()) for one in (lesson.sound, lesson.fewer)],
        "scores": lesson.compare_weights(lesson.model, [lesson.note], seconds=0.5),
        "sizes": lesson.sizes,
        "rows": [[row["engine"], row["dtype"]] for row in lesson.result["rows"]],
        "errors": [row["max_logit_error"] for row in lesson.result["rows"]],
        "calls": lesson.calls,
        "chain": lesson.chain,
        "late": list(lesson.late.values()),
        "pushes": lesson.pushes,
        "message": lesson.live_pad.message,
        "names": lesson.names,
        "pad": lesson.pad.corners,
    }


@pytest.fixture(scope="module")
def found():
    return ask(FAST, found_in)


def test_every_way_makes_the_same_classes(found):
    assert found["again"] and found["compiled"] and found["swing"] > 0.005


def test_the_stack_drawn_by_hand_costs_what_is_told():
    text, four = read(FAST), Work(stages(small_stack(4)))
    assert four.receptive_field == 16 and "depends on 16 inputs" in text
    dots = [sum(four.moments(18, view)) for view in ("whole window", "tree", "queues")]
    assert dots == [64, 15, 4] and "computes 64 dots" in text and "newest sample 15" in text
    five = Work(stages(small_stack(5)))
    assert five.multiplications(five.steps - 1, "tree") == expected("tree") == 62


def test_pocket_costs_what_is_told():
    text, work = read(FAST), Work(stages(load_model("pocket")))
    assert f"{work.receptive_field:,} for pocket" in text
    assert f"save pocket {work.receptive_field - 1:,} of {work.receptive_field:,}" in text
    assert f"reads {work.weights:,} weights of 4 bytes" in text
    assert 4 * work.weights * 16_000 / 1e9 == pytest.approx(expected("bytes"), abs=0.1)
    larger = Work(stages(published())).weights / work.weights
    assert 85 < larger < 100 and "nearly a hundred times larger" in text
    upper = work.moments(work.steps - 1, "tree")[-5:]
    assert max(upper) <= 16, "the upper layers are needed at few moments"


def test_multiplying_is_split_into_hundreds_of_calls(found):
    assert 200 < found["calls"] < 1000 and "hundreds of tiny ones" in read(FAST)
    assert found["chain"] == 43
    assert 2 * found["chain"] > 1e6 / 16_000, "slower than real time at 2 µs to start each"


def test_fewer_bytes_per_weight_are_fewer_and_the_sound_is_another_take(found):
    sizes = [found["sizes"][f"pocket {dtype}"] for dtype in stream.DTYPES]
    assert sizes[0] > 1.85 * sizes[1] > 3.6 * sizes[2]
    assert found["sizes"]["published float32"] > 50 * sizes[0]
    assert found["equal"] < 0.5, "not the same samples"
    plain, rounded = found["on_c"]
    assert min(plain, rounded) > 0.9 and abs(plain - rounded) < 0.03, "the same note"
    assert "Neither hisses more." in questions.find("09.ear", "LISTENING").found
    # another take is as loud, more or less: 14 % apart have been seen
    assert found["level"][0] == pytest.approx(found["level"][1], rel=0.25)


def test_8_bits_move_the_chances_by_thousandths_of_a_bit(found):
    scores = found["scores"]
    assert abs(scores["int16"]["divergence"]) < 1e-5
    assert 0.0002 < scores["int8"]["divergence"] < 0.005
    assert abs(scores["int8"]["bits"] - scores["float32"]["bits"]) < 0.01
    errors = dict(zip([row[1] for row in found["rows"]][1:], found["errors"][1:], strict=True))
    assert errors["float32"] < errors["int16"] < errors["int8"] < 0.05


def test_rounding_does_most_harm_in_the_last_layer():
    model = load_model("pocket")
    past = torch.from_numpy(load_note("notes/flute_60"))[None, :8192]
    with torch.inference_mode():
        z = model.encode(past)
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


def test_a_store_never_adds_gaps_and_without_one_every_frame_is_late(found):
    late, pushes = found["late"], found["pushes"]
    assert late[0] == len(pushes) == 62
    assert late == sorted(late, reverse=True)
    assert count_gaps([live_frame() / 2] * 62, 0) == 62, "half the time it sounds is not enough"


def test_the_latency_is_the_live_pads_own(found):
    text, near = read(FAST), round(1000 * live.NEAR)
    assert f"begin {near} ms ahead or later" in text
    assert f"makes {round(1000 * live.AHEAD)} ms ahead" in text
    assert near + 1000 * live_frame() == expected("latency") == 212
    more, most = round(1000 * live.MORE), round(1000 * live.MOST)
    assert f"the {near} ms grow by {more} ms, up to {most} ms" in text
    assert found["message"] == ""
    played = [name.replace("_", " ") for name in found["names"]]
    assert played == found["pad"], "the encodings are the corners of the rendered pad"


def expected(name):
    return questions.find(f"09.{name}", "CHECKS").expected


def live_frame():
    return load_model("pocket").config.hop_length / 16_000
