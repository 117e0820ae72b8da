"""Switching off parts of a layer: what the switches change, and what they leave alone."""

import numpy as np
import pytest
import torch

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import GatedUnit, plot_costs, plot_gates, plot_unit
from nsynth_edu.generation import continue_sound, generate
from nsynth_edu.models import (
    WaveNet,
    WaveNetConfig,
    cut_shortcut,
    gradient_sizes,
    hold_gates,
    load_model,
    look_inside,
    mute,
    teacher_forced_surprise,
)
from nsynth_edu.models.likelihood import bits_per_sample
from nsynth_edu.models.wavenet import ResidualLayer
from nsynth_edu.sound import mu_law_encode
from nsynth_edu.training import overfit


@pytest.fixture(scope="module")
def model():
    return load_model("pocket")


@pytest.fixture(scope="module")
def trumpet():
    return load_note("notes/trumpet_60")[:2048]


@pytest.fixture
def small():
    torch.manual_seed(3)
    network = WaveNet(WaveNetConfig(4, 4, 8, 12, kernel_size=2, first_kernel_size=3))
    torch.nn.init.normal_(network.logits.weight)
    return network.eval()


def test_mean_surprise_is_the_loss_of_training(model, trumpet):
    waveform = torch.from_numpy(trumpet)[None]
    with torch.inference_mode():
        clock = model.clock_offset(waveform, 60)
        logits = model.logits(waveform, model.encode(waveform), 60, clock_offset=clock)
    surprise = teacher_forced_surprise(model, trumpet, pitch=60)
    assert surprise.shape == trumpet.shape
    assert surprise.mean() == pytest.approx(
        bits_per_sample(logits, model.classes(waveform)).item(), abs=1e-4
    )


def test_a_rest_of_less_than_a_frame_is_left_out_and_z_may_be_longer(model, trumpet):
    z = model.encode(load_note("notes/trumpet_60"))
    assert teacher_forced_surprise(model, trumpet[:1500], z, 60).shape == (1024,)
    with pytest.raises(ValueError, match="z only 1 frames"):
        teacher_forced_surprise(model, trumpet, z[:1], 60)


def test_inside_are_filter_gate_and_report_of_the_very_layer(model, trumpet):
    seen = look_inside(model, trumpet, pitch=60, layers=[0, 7])
    assert list(seen) == [0, 7] and seen[7].gate.shape == (64, 2048)
    for index, inside in seen.items():
        layer = model.decoder.layers[index]
        with torch.inference_mode():
            report = layer.skip(torch.from_numpy(inside.product)[None])[0]
        np.testing.assert_allclose(report, inside.skip, atol=1e-4)
    assert not any(layer.skip._forward_hooks for layer in model.decoder.layers), "hooks are gone"


def test_held_gates_no_longer_listen_and_all_else_stays(model, trumpet):
    levels = {3: np.linspace(0.1, 0.9, 64)}
    inside = look_inside(hold_gates(model, levels), trumpet, 60, [2, 3])
    np.testing.assert_allclose(inside[3].gate, levels[3][:, None] + 0 * inside[3].gate, atol=1e-4)
    before = look_inside(model, trumpet, 60, [2])[2]
    np.testing.assert_array_equal(inside[2].skip, before.skip)
    wide = look_inside(hold_gates(model, layers=[3]), trumpet, 60, [3])[3]
    assert wide.gate.min() > 0.999
    np.testing.assert_allclose(wide.filter, inside[3].filter)


@pytest.mark.parametrize("path", ["residual", "skip"])
def test_a_muted_path_is_silent_and_the_other_is_not(small, path):
    muted, x = mute(small, path, [1]), torch.randn(1, 8, 50)
    (signal, report), (old_signal, old_report) = muted.layers[1](x), small.layers[1](x)
    if path == "residual":
        torch.testing.assert_close(signal, x)
        torch.testing.assert_close(report, old_report)
    else:
        torch.testing.assert_close(signal, old_signal)
        assert not report.any()
    torch.testing.assert_close(muted.layers[0](x)[0], small.layers[0](x)[0])


def test_another_path_is_refused(small):
    with pytest.raises(ValueError, match="expected 'residual' or 'skip'"):
        mute(small, "gate")


def test_without_the_shortcut_a_layer_hands_on_what_it_made(small):
    x = torch.randn(1, 8, 50)
    signal, report = cut_shortcut(small, [2]).layers[2](x)
    whole, same = small.layers[2](x)
    torch.testing.assert_close(signal, whole - x)
    torch.testing.assert_close(report, same)


def test_the_compiled_engine_sings_what_the_changed_layers_say(model):
    """Both engines draw from one row of lots: what was muted is muted in both."""
    z = model.encode(load_note("notes/trumpet_60"))[:2]
    changed = hold_gates(mute(model, "skip", [4]), level=0.3, layers=[1, 2])
    drawn = {"pitch": 60, "sampling": "random", "temperature": 0.2, "seed": 1}
    sounds = [
        generate(changed, z, **drawn, engine=engine) for engine in ("stream-float32", "reference")
    ]
    assert np.mean(sounds[0] == sounds[1]) > 0.9
    whole = generate(model, z, **drawn, engine="stream-float32")
    assert np.mean(sounds[0] == whole) < 0.5


def test_the_first_layer_of_a_deep_stack_learns_only_by_residual_or_skip():
    both, skip = gradient_sizes(layers=12), gradient_sizes(residual=False, layers=12)
    neither = gradient_sizes(residual=False, skip_from=[11], layers=12)
    assert both.max() < 10 * both.min()
    assert 1e-3 * both[0] < skip[0]
    assert 0 < neither[0] < 1e-6 * neither[-1]
    np.testing.assert_array_equal(both, gradient_sizes(layers=12))


def test_a_note_is_learned_by_heart_from_exactly_8_bits_on():
    note = load_note("notes/trumpet_60")
    network, losses = overfit(note, layers=4, steps=12)
    assert losses[0] == pytest.approx(8, abs=1e-4) and losses[-1] < 7.5
    assert len(network.layers) == 4 and isinstance(network.layers[0], ResidualLayer)
    np.testing.assert_array_equal(losses, overfit(note, layers=4, steps=12)[1])


def test_what_is_sung_is_what_the_layers_guess_after_that_past(small):
    past = np.random.default_rng(1).integers(0, 256, 40)
    sung = mu_law_encode(continue_sound(small, past, 5, temperature=0))
    classes = list(past)
    for _ in range(5):
        signal = (torch.tensor([[[*classes, 128]]]).float() - 128) / 128
        with torch.inference_mode():
            classes.append(int(small(signal)[0, :, -1].argmax()))
    assert sung.tolist() == classes[-5:]


def test_pictures_show_the_numbers_they_are_given(model, trumpet):
    inside = look_inside(model, trumpet, 60, [5])[5]
    lines = [ax.lines[-1].get_ydata() for ax in plot_unit(inside, 7, 100, 50).axes]
    for line, values in zip(lines, (inside.filter, inside.gate, inside.product), strict=True):
        np.testing.assert_array_equal(line, values[7, 100:150])
    gates = plot_gates(trumpet, {"a": inside.gate[7]}).axes[1].lines[0].get_ydata()
    np.testing.assert_allclose(gates[0], inside.gate[7, :160].mean(), rtol=1e-5)
    bars = plot_costs({"a": [1, 2, 3], "b": [3, 0, -1]}).axes[1].patches
    assert [bar.get_height() for bar in bars] == [3, 0, -1]


# --- one unit, heard ---------------------------------------------------------------------------


def test_a_unit_does_what_the_formula_says():
    made = GatedUnit(filter=2, follows=-3, bias=0.5).waveforms()
    x = made["input"]
    gate = 1 / (1 + np.exp(3 * x - 0.5))
    np.testing.assert_allclose(made["gate"], gate, atol=1e-6)
    np.testing.assert_allclose(made["product"], np.tanh(2 * x) * gate, atol=1e-6)


def test_the_filter_adds_odd_overtones_the_moving_gate_even_ones_and_the_bias_none():
    """Against symmetry: tanh is odd, so its output has no even overtones."""
    filtered, biased, following = (
        GatedUnit(**turned).read() for turned in ({"filter": 8}, {"bias": -4}, {"follows": 6})
    )
    assert filtered["odd"] > 0.1 and filtered["even"] < 1e-6
    assert following["even"] > 0.1 and following["odd"] < 0.01
    assert biased["odd"] + biased["even"] < 0.01 and biased["level"] < -30
    assert GatedUnit(filter=0).read()["level"] == -99


def test_the_slope_is_that_of_the_product_at_0():
    unit = GatedUnit(filter=3, follows=2, bias=-1)
    made = unit.waveforms()
    near = made["product"][1] / made["input"][1], made["product"][-1] / made["input"][-1]
    assert unit.read()["slope"] == pytest.approx(np.mean(near), rel=0.03)


def test_the_unit_on_paper_has_a_player_for_each_setting():
    twin = GatedUnit().twin()
    assert twin.body.count("<audio") == 4 and "one half of the wave passes" in twin.body
