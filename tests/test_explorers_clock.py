"""What the generation clock of lesson 09 counts, without a browser."""

import numpy as np
import pytest
import torch
import traitlets
from torch.utils.flop_counter import FlopCounterMode

from nsynth_edu.classroom.explorers import GenerationClock
from nsynth_edu.generation import (
    WAYS,
    Work,
    best_time,
    count_calls,
    count_gaps,
    plain_step,
    published,
    small_stack,
    stages,
)
from nsynth_edu.generation.cost import SHOWN
from nsynth_edu.models import load_model
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig


@pytest.fixture(scope="module")
def pocket():
    return load_model("pocket")


@pytest.fixture(scope="module")
def wavenet():
    """Kernel size 3 and two cycles, as the published one; small."""
    torch.manual_seed(0)
    config = WaveNetConfig(
        layers=6, cycle=3, residual_channels=8, skip_channels=12, kernel_size=3,
        first_kernel_size=3,
    )  # fmt: skip
    return WaveNet(config)


@pytest.fixture(scope="module")
def clock(pocket):
    return GenerationClock({"4 layers": small_stack(), "pocket": pocket})


def multiplications(function):
    """What torch itself counts."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        function()
    return counter.get_total_flops() // 2


# --- counts -----------------------------------------------------------------------------------


def test_with_queues_a_sample_costs_what_torch_counts_in_a_real_step(pocket, wavenet):
    step = plain_step(pocket, np.zeros(16, np.float32), 60)
    assert Work(stages(pocket)).weights == multiplications(step)
    queues = wavenet.queues(1)
    sample, silent = torch.zeros(1, 1), wavenet.project(None)
    assert Work(stages(wavenet)).weights == multiplications(
        lambda: wavenet.step(sample, silent, queues)
    )


@pytest.mark.parametrize("samples", [1, 7, 31])
def test_the_whole_window_costs_what_torch_counts_in_a_real_forward(wavenet, samples):
    work = Work(stages(wavenet))
    assert work.receptive_field == 31
    assert work.multiplications(samples - 1, "whole window") == multiplications(
        lambda: wavenet(torch.zeros(1, 1, samples))
    )
    assert work.multiplications(1000, "whole window") == 31 * work.weights


def test_the_tree_is_where_the_gradient_of_the_newest_sample_arrives():
    layers = [Convolution(1, 1, 3, dilation) for dilation in (1, 2, 4, 1, 2, 4)]
    work, signal = Work(stages(layers)), torch.ones(1, 1, 40, requires_grad=True)
    seen = [signal]
    for layer in layers:
        torch.nn.init.ones_(layer.weight)
        seen.append(layer(seen[-1]))
    heard = torch.autograd.grad(seen[-1][0, 0, -1], seen)
    for arrived, used in zip(heard, [work.inputs, *work.wanted], strict=True):
        expected = np.zeros(40, bool)
        expected[: len(used)] = used
        assert ((arrived[0, 0].numpy()[::-1] != 0) == expected).all()
    assert work.multiplications(39, "tree") == 3 * sum(int(used.sum()) for used in work.wanted)


def test_one_more_layer_doubles_the_tree_and_adds_one_dot_with_queues():
    for layers in range(1, 11):
        work = Work(stages(small_stack(layers)))
        assert work.multiplications(work.steps - 1, "tree") == 2 * (2**layers - 1)
        assert work.multiplications(work.steps - 1, "queues") == 2 * layers


def test_queues_hold_what_the_real_queues_hold(pocket, wavenet):
    for decoder in (pocket.decoder, wavenet):
        work, (_, *queues) = Work(stages(decoder)), decoder.queues(1)
        assert [len(queue.slots) for queue in queues] == [s.reach for s in work.stages]
        assert work.kept == sum(queue.slots.numel() for queue in queues)
        assert work.filled(10**6) == [stage.reach for stage in work.stages]
        assert work.filled(0) == [0] * len(work.stages)
    assert Work(stages(pocket)).receptive_field == pocket.receptive_field == 2049


@pytest.mark.parametrize("view", WAYS)
def test_the_curve_is_the_count_of_each_sample(wavenet, view):
    work = Work(stages(wavenet))
    each = [work.multiplications(step, view) for step in range(work.steps)]
    np.testing.assert_array_equal(work.curve(view), each)
    assert work.steps > work.receptive_field and each[-1] == each[work.receptive_field - 1]


def test_the_published_shape_is_counted_without_its_weights():
    model = published()
    assert model.device.type == "meta"
    work = Work(stages(model))
    assert work.receptive_field == model.receptive_field == 6141
    layer = 3 * 512 * 1024 + 512 * 512 + 512 * 256
    assert work.weights == 30 * layer + 3 * 512 + 512 * 256 + 2 * 256 * 256


def test_the_grid_shows_what_is_worked_out_and_what_is_kept():
    work = Work(stages(small_stack()), SHOWN)
    for view in WAYS:
        counted = [row.count("n") for row in work.grid(20, view)[1:]]
        assert counted == work.moments(20, view)
    queues = work.grid(20, "queues")
    assert [row.count("k") for row in queues] == [1, 2, 4, 8, 0]
    assert queues[3] == "p" * 12 + "k" * 8 + "n" + "." * 11
    assert work.grid(20, "tree")[2] == "p" * 8 + "npppnpppnpppn" + "." * 11
    assert work.grid(0, "whole window") == ["n" + "." * 31] * 5


def test_an_unknown_view_is_refused(clock):
    with pytest.raises(ValueError, match="view is 'cache'; expected one of whole window"):
        Work(stages(small_stack())).moments(3, "cache")
    with pytest.raises(traitlets.TraitError, match="layers is 'paper'; expected one of 4 layers"):
        clock.layers = "paper"


# --- times ------------------------------------------------------------------------------------


def test_a_plain_step_is_the_first_of_the_model(pocket):
    z = np.random.default_rng(0).standard_normal(16).astype(np.float32)
    got = plain_step(pocket, z, 60, voices=3)()
    with torch.inference_mode():
        true = pocket.logits(torch.zeros(1, 1), torch.from_numpy(z)[None, None], 60)[..., 0]
    torch.testing.assert_close(got, true.expand(3, -1), rtol=1e-4, atol=1e-4)


def test_calls_of_torch_are_counted_and_looking_is_none():
    x = torch.ones(2)
    assert count_calls(lambda: (x + x) * x.sum()) == 3
    assert count_calls(lambda: x.shape) == 0


def test_the_quickest_turn_counts():
    turns = []
    assert best_time(lambda: turns.append(sum(range(1000))), repeats=4) > 0
    assert len(turns) == 4


def test_a_store_bridges_late_frames_and_without_one_every_frame_is_late():
    assert count_gaps([0.016] * 60, 0, frame=0.032) == 60
    assert count_gaps([0.016] * 60, 0.02, frame=0.032) == 0
    assert count_gaps([0.016] * 9 + [0.1] + [0.016] * 9, 0.02, frame=0.032) == 1
    assert count_gaps([0.016] * 9 + [0.1] + [0.016] * 9, 0.1, frame=0.032) == 0
    assert count_gaps([0.04] * 100, 0.17, frame=0.032) > 60, "too slow is too slow"


# --- the explorer -----------------------------------------------------------------------------


def test_moving_a_control_changes_the_answer(clock, pocket):
    clock.set_trait("layers", "pocket")
    clock.set_trait("sample", 2000)
    clock.set_trait("view", "tree")
    work, answer = clock.works["pocket"], clock.answer
    assert answer["now"] == work.multiplications(2000, "tree")
    assert answer["queues"] == work.weights and answer["total"] == work.curve("tree")[:2001].sum()
    assert answer["times"] == pytest.approx(answer["now"] / work.weights)
    assert answer["slots"] == 2048 and answer["filled"] == sum(work.filled(2000))
    assert f"{answer['now']:,} multiplications" in answer["sentence"] and answer["grid"] == []
    clock.set_trait("view", "queues")
    assert clock.answer["now"] == work.weights and "slots hold sound" in clock.answer["sentence"]
    clock.set_trait("layers", "4 layers")
    assert clock.last == clock.sample == clock.answer["sample"] == SHOWN - 1
    assert len(clock.answer["grid"]) == 5


def test_the_twin_says_what_the_clock_says(clock):
    twin = clock.twin()
    for name, work in clock.works.items():
        for view in WAYS:
            assert clock.read(name, work.steps - 1, view)["sentence"] in str(twin)
    assert twin.body.count('scope="row"') == 6 and "<img" in twin.body
    assert clock.read()["sentence"] in clock.summary()
    bundle, _ = clock._repr_mimebundle_()
    assert "needs a browser" in bundle["text/html"] and "widget-view" in "".join(bundle)
