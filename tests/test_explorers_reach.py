"""What the receptive-field explorer computes, without a browser."""

import numpy as np
import pytest
import torch
from torch import nn

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import Reach, plot_sensitivity
from nsynth_edu.classroom.explorers.reach import KINDS, row_names
from nsynth_edu.generation import continue_in_windows
from nsynth_edu.models import (
    Stack,
    decoder_at,
    flat,
    free_running_surprise,
    input_sensitivity,
    late,
    load_model,
    mean_surprise,
    reached_samples,
    receptive_field,
    saliency,
    teacher_forced_logits,
    trace,
    trace_summary,
    unit_stack,
)
from nsynth_edu.models.connections import VIEWS, connections, spans
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.small_networks import next_logits
from nsynth_edu.sound import mu_law_encode
from nsynth_edu.training import train_briefly


def paths_by_hand(kernel_size, layers, causal):
    """Which places reach place 0, by sets and loops: a slow twin of the gradient."""
    shapes = [(3, 1)] + [(kernel_size, 2 ** (i % 10)) for i in range(layers)]
    rows = [{0}]
    for taps, dilation in reversed(shapes):
        shift = 0 if causal else (taps - 1) * dilation // 2
        steps = [shift - dilation * tap for tap in range(taps)]
        rows.append({place + step for place in rows[-1] for step in steps})
    return [sorted(row) for row in reversed(rows)]


# --- what is heard ----------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "layers"), [(kind, n) for kind in KINDS for n in (1, 4, 11, 30)])
def test_the_gradient_finds_the_paths_that_loops_find(kind, layers):
    kernel_size, causal = KINDS[kind]
    rows = trace(unit_stack(kernel_size, layers, causal))
    assert [row["places"].tolist() for row in rows] == paths_by_hand(kernel_size, layers, causal)


@pytest.mark.parametrize(("kernel_size", "layers"), [(2, 1), (2, 10), (2, 30), (3, 20), (3, 30)])
def test_what_is_measured_is_what_the_formula_says(kernel_size, layers):
    found = trace_summary(trace(unit_stack(kernel_size, layers)))
    dilations = [2 ** (i % 10) for i in range(layers)]
    assert found["samples"] == receptive_field(kernel_size, dilations, 3)
    assert found["future"] == 0
    assert found["queued"] == 3 + kernel_size * layers


def test_the_published_stack_in_the_units_of_the_read_outs():
    found = Reach().read("3 taps, causal", 30)
    assert found["samples"] == 6141
    assert found["ms"] == pytest.approx(383.8, abs=0.05)
    assert found["periods"] == pytest.approx(84.4, abs=0.05)
    assert found["queued"] == 93 and found["naive"] == 307_053
    rows = paths_by_hand(3, 30, True)
    assert found["naive"] == sum(3 * len(row) for row in rows[1:])


def test_a_centred_stack_wants_what_has_not_come():
    found = Reach().read("3 taps, centred", 10)
    assert found["samples"] == 2049 and found["future"] == 1024
    assert "it cannot play" in found["sentence"]
    assert "it cannot play" not in Reach().read("3 taps, causal", 10)["sentence"]


def test_heard_looks_at_the_output_s_own_place_and_both_sides():
    assert reached_samples(Convolution(1, 1, 3, 4)).tolist() == [-8, -4, 0]
    assert reached_samples(Convolution(1, 1, 3, 4, causal=False)).tolist() == [-4, 0, 4]
    assert reached_samples(nn.ConstantPad1d((1, -1), 0.0)).tolist() == [-1]
    sizes = input_sensitivity(Convolution(1, 1, 3), before=4, after=2)
    assert sizes.shape == (7,) and np.flatnonzero(sizes).tolist() == [2, 3, 4]


@pytest.mark.parametrize(("causal", "before", "after"), [(True, 8, 8), (False, 64, 4)])
def test_heard_refuses_to_stop_at_the_edge_of_what_it_looked_at(causal, before, after):
    layer = Convolution(1, 1, 3, 4, causal)
    assert len(reached_samples(layer, 64, 64)) == 3
    with pytest.raises(ValueError, match="look further"):
        reached_samples(layer, before, after)


def test_measuring_leaves_the_network_as_it_was():
    layer = Convolution(1, 4, 2)
    weights = layer.weight.detach().clone()
    reached_samples(layer)
    assert layer.weight.dtype == torch.float32 and layer.weight.requires_grad
    assert torch.equal(layer.weight, weights) and layer.weight.grad is None


# --- the picture ------------------------------------------------------------------------------


def test_the_queue_view_splits_the_lines_that_reach_the_output():
    rows = trace(unit_stack(2, 4))
    low, high = int(rows[0]["places"][0]) - 2, 2
    every, reaching, queues = (connections(rows, view, low, high) for view in VIEWS)
    assert set(reaching["now"]) <= set(every["plain"])
    assert sorted(queues["now"] + queues["queued"]) == sorted(reaching["now"])
    assert len(queues["now"]) == trace_summary(rows)["queued"], "one new value per layer"
    assert {place for _, place, _ in queues["now"]} == {0}
    assert queues["unknown"] == []
    assert len(reaching["now"]) == trace_summary(rows)["naive"]


def test_of_a_centred_stack_the_newest_outputs_are_not_known():
    rows = trace(unit_stack(3, 3, causal=False))
    lines = connections(rows, VIEWS[2], -20, 20)
    assert all(place + rows[row]["ahead"] > 0 for row, place, _ in lines["unknown"])
    assert (4, 0, 4) in lines["unknown"] and lines["queued"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", VIEWS)
def test_the_bars_of_a_large_stack_cover_the_places_of_its_rows(kind, view):
    rows = trace(unit_stack(KINDS[kind][0], 12, KINDS[kind][1]))
    low, high = int(rows[0]["places"][0]), max(0, int(rows[0]["places"][-1]))
    bars = [bar for of_kind in spans(rows, view, low, high).values() for bar in of_kind]
    for number, row in enumerate(rows):
        mine = [(first, last) for n, first, last in bars if n == number]
        places = row["places"] if view != VIEWS[0] else [low, high]
        assert min(first for first, _ in mine) == places[0]
        assert max(last for _, last in mine) == places[-1]


def test_rows_are_called_by_their_dilation():
    rows = trace(unit_stack(2, 3))
    assert row_names(rows) == ["sound", "first", "dilation 1", "dilation 2", "dilation 4"]
    plain = trace(unit_stack(2, 2, first_kernel_size=1))
    assert row_names(plain, first=False) == ["sound", "dilation 1", "dilation 2"]


def test_moving_a_control_changes_the_answer():
    explorer = Reach()
    assert explorer.answer["samples"] == 10 and explorer.answer["small"]
    explorer.set_trait("kind", "3 taps, causal")
    explorer.set_trait("layers", 30)
    assert explorer.answer["samples"] == 6141 and not explorer.answer["small"]
    assert explorer.answer["low"] == -6140 and explorer.answer["high"] == 0
    assert len(explorer.answer["names"]) == 32
    explorer.set_trait("view", VIEWS[2])
    assert len(explorer.answer["lines"]["now"]) == 32, "the newest value of every row"


def test_another_note_has_other_periods():
    explorer = Reach(frequency=440.0, note="A4", kind="3 taps, causal", layers=30)
    assert explorer.answer["periods"] == pytest.approx(2 * 84.4, abs=0.1)
    assert "periods of A4" in explorer.answer["sentence"]


def test_the_twin_says_what_the_explorer_says():
    explorer = Reach()
    twin = explorer.twin(layers=(2, 30))
    for kind in KINDS:
        for layers in (2, 30):
            assert explorer.read(kind, layers)["sentence"] in str(twin)
    assert twin.body.count('scope="row"') == 6 and twin.body.count("<img") == 2
    assert "6,141" in twin.body and "84.4" in twin.body
    assert explorer.read()["sentence"] in explorer.summary()
    bundle, _ = explorer._repr_mimebundle_()
    assert "needs a browser" in bundle["text/html"] and "widget-view" in "".join(bundle)


# --- what is leaned on ------------------------------------------------------------------------


def test_leaning_is_the_slope_of_the_surprise():
    torch.manual_seed(1)
    network = late(Stack(2, [1, 2])).double()
    windows = torch.randint(256, (1, 12), generator=torch.Generator().manual_seed(1))

    def surprise(moved):
        x = (windows[:, None].double() - 128) / 128 + moved
        return nn.functional.cross_entropy(network(x)[..., -1], windows[:, -1])

    sizes = saliency(network.float(), windows)
    network.double()
    for lag in range(1, 12):
        step = torch.zeros(12).double()
        step[-1 - lag] = 1e-6
        slope = (surprise(step) - surprise(-step)).item() / 2e-6
        assert sizes[lag - 1] == pytest.approx(abs(slope), abs=1e-4)
    assert np.flatnonzero(sizes).tolist() == [0, 1, 2, 3]


def test_a_moment_of_a_note_is_heard_with_its_own_z_and_clock():
    """The explorer of lesson 03 hears the note from its start: only the past's length differs."""
    model, note = load_model("pocket"), load_note("notes/flute_60")[:16_384]
    network, windows = decoder_at(model, note, 60, starts=[8192, 10_240], frames=6)
    classes = model.classes(torch.from_numpy(note)[None])[0]
    assert windows[1].tolist() == classes[10_240 : 10_240 + 3072].tolist()
    with torch.inference_mode():
        logits = network((windows[:, None].float() - 128) / 128)[1, :, -1]
    whole = teacher_forced_logits(model, note, pitch=60)[:, 10_240 + 3071]
    np.testing.assert_allclose(logits.numpy(), whole, atol=2e-3)


def test_periods_further_back_are_heard_when_the_note_is_lower():
    model, note = load_model("pocket"), load_note("notes/flute_60")
    reach = {}
    for pitch in (None, 84, 48):
        sizes = saliency(*decoder_at(model, note, pitch, starts=[16_384], frames=6))
        reach[pitch] = int(np.flatnonzero(sizes)[-1]) + 1
    assert reach[None] == model.receptive_field == 2049
    for pitch in (84, 48):
        period = 16_000 / (440 * 2 ** ((pitch - 69) / 12))
        assert reach[pitch] == pytest.approx(2049 + 4 * period, abs=1.5)


def test_the_picture_keeps_the_mean_of_each_stretch():
    line = plot_sensitivity({"a": np.full(1000, 0.5), "b": np.zeros(10)}).axes[0].lines
    assert set(np.round(line[0].get_ydata(), 9)) == {0.5}
    assert len(line[1].get_ydata()) == 0, "0 has no place on a logarithmic axis"


# --- small networks ---------------------------------------------------------------------------


def test_the_flat_network_is_that_of_lesson_03_slid_along():
    torch.manual_seed(1)
    network = late(flat())
    wide, _, last = list(network[1])[1:]
    past = torch.randn(1, 1, 64)
    direct = last.weight[..., 0] @ torch.relu(wide.weight[:, 0] @ past[0, 0] + wide.bias)
    slid = network(nn.functional.pad(past, (0, 1)))[0, :, 64]
    torch.testing.assert_close(slid, direct + last.bias)
    assert reached_samples(network, 80).tolist() == list(range(-64, 0))


def test_in_play_the_sample_to_be_guessed_and_all_after_it_are_missing():
    network = Stack(3, [1, 2], causal=False)  # hears the sample itself and three after it
    past = torch.randint(256, (2, 32), generator=torch.Generator().manual_seed(1))
    expected = network(torch.cat([(past[:, None].float() - 128) / 128, torch.zeros(2, 1, 4)], -1))
    torch.testing.assert_close(next_logits(network, past), expected[..., 32])


def test_an_honest_network_is_as_good_in_play_as_in_training():
    classes = torch.from_numpy(mu_law_encode(load_note("notes/trumpet_60")))[None, 8000:12_000]
    torch.manual_seed(1)
    network = late(Stack(2, [1, 2, 4]))
    losses = train_briefly(network, classes, 30)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.5
    teacher = mean_surprise(network, classes, start=64)
    assert free_running_surprise(network, classes, every=1) == pytest.approx(teacher, abs=1e-4)


def test_the_same_seed_sings_the_same():
    torch.manual_seed(1)
    network, past = late(Stack(2, [1, 2])), torch.full((16,), 128)
    once = continue_in_windows(network, past, 50)
    assert np.array_equal(once, continue_in_windows(network, past, 50)) and len(once) == 50
    assert not np.array_equal(once, continue_in_windows(network, past, 50, seed=2))
