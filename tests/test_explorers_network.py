"""What the explorers of lessons 03 and 04 compute, without a browser."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nsynth_edu.classroom import load_note
from nsynth_edu.classroom.explorers import NextSample
from nsynth_edu.generation.reference import sample_classes
from nsynth_edu.models import distribution, entropy, load_model, surprise, teacher_forced_logits
from nsynth_edu.models.likelihood import bits_per_sample


@pytest.fixture(scope="module")
def flute():
    return load_note("notes/flute_60")[:8192]


@pytest.fixture(scope="module")
def next_sample(flute):
    return NextSample(load_model("pocket"), flute, pitch=60, name="flute")


# --- the next sample --------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_a_distribution_is_the_softmax_that_generation_draws_from(temperature):
    logits = torch.randn(256, 7, generator=torch.Generator().manual_seed(1)) * 5
    chances = distribution(logits, temperature)
    np.testing.assert_allclose(chances, (logits.double() / temperature).softmax(0), rtol=1e-6)
    uniforms = torch.linspace(0.01, 0.99, 2000)
    drawn = sample_classes(logits[:, :1].T.expand(2000, -1), uniforms, temperature)
    counted = np.bincount(drawn.numpy(), minlength=256) / 2000
    np.testing.assert_allclose(counted, chances[:, 0], atol=0.012)  # the ladder's ends are cut


def test_temperature_0_is_sure_of_the_likeliest():
    logits = np.random.default_rng(1).normal(size=(256, 4))
    chances = distribution(logits, 0)
    assert chances.shape == logits.shape and (chances.argmax(0) == logits.argmax(0)).all()
    assert (chances.max(0) == 1).all() and (chances.sum(0) == 1).all()
    assert distribution(logits[:, 0], 0).shape == (256,)


@pytest.mark.parametrize("wrong", [-0.1, float("nan")])
def test_a_temperature_below_0_is_refused(wrong):
    with pytest.raises(ValueError, match="expected 0 or more"):
        distribution(np.zeros(256), wrong)


def test_surprise_and_entropy_in_bits():
    np.testing.assert_allclose(surprise([1, 0.5, 1 / 256, 0]), [0, 1, 8, np.inf])
    assert entropy(np.full(256, 1 / 256)) == pytest.approx(8)
    assert entropy([1, 0, 0]) == 0
    assert entropy([0.5, 0.25, 0.125, 0.125]) == pytest.approx(1.75)


def test_the_mean_surprise_is_the_loss_of_training(next_sample, flute):
    model, waveform = load_model("pocket"), torch.from_numpy(flute)[None]
    with torch.inference_mode():
        clock = model.clock_offset(waveform, 60)
        logits = model.logits(waveform, model.encode(waveform), 60, clock_offset=clock)
    chances = distribution(next_sample.logits)
    mine = surprise(chances[next_sample.classes, np.arange(len(next_sample.classes))]).mean()
    assert mine == pytest.approx(bits_per_sample(logits, model.classes(waveform)).item(), abs=1e-4)
    assert mine == pytest.approx(
        F.cross_entropy(torch.from_numpy(next_sample.logits.T), torch.from_numpy(
            next_sample.classes)).item() / np.log(2), abs=1e-4)  # fmt: skip


def test_what_follows_a_sample_does_not_change_its_guess(flute):
    """z and the clock hear the whole note, so they are held; the decoder hears the past alone."""
    model = load_model("pocket")
    whole = torch.from_numpy(flute)[None]
    other = whole.clone()
    other[:, 5000:] = 0
    with torch.inference_mode():
        z, clock = model.encode(whole), model.clock_offset(whole, 60)
        a = model.logits(whole, z, 60, clock_offset=clock)
        b = model.logits(other, z, 60, clock_offset=clock)
    torch.testing.assert_close(a[..., :5001], b[..., :5001])
    assert not torch.allclose(a[..., 5001], b[..., 5001])


def test_logits_leave_out_a_rest_of_less_than_one_frame(flute):
    assert teacher_forced_logits(load_model("pocket"), flute[:1500], pitch=60).shape == (256, 1024)


def test_moving_a_control_changes_the_answer(next_sample):
    next_sample.set_trait("moment", 20)
    next_sample.set_trait("sample", 7)
    next_sample.set_trait("temperature", 0.5)
    answer, place = next_sample.answer, 20 * 160 + 7
    assert answer["position"] == next_sample.position == place
    assert answer["true"] == next_sample.classes[place]
    assert answer["past"] == next_sample.classes[place - 64 : place].tolist()
    chances = distribution(next_sample.logits[:, place], 0.5)
    np.testing.assert_allclose(answer["probabilities"], chances, atol=1e-6)
    assert answer["surprise"] == pytest.approx(-np.log2(chances[answer["true"]]))
    assert f"{answer['probability']:.1%}" in answer["sentence"]
    next_sample.temperature = 0.0
    wrong = answer["true"] != answer["likeliest"]
    assert (next_sample.answer["surprise"] is None) == wrong
    next_sample.temperature = 1.0


def test_before_the_note_there_is_silence(next_sample):
    assert next_sample.read(0)["position"] == 0
    next_sample.moment = next_sample.sample = 0
    assert next_sample.answer["past"] == [128] * 64


def test_the_twin_says_what_the_explorer_says(next_sample):
    twin = next_sample.twin(seconds=(0.1, 0.3), temperatures=(0.0, 1.0))
    for place in (1600, 4800):
        for temperature in (0.0, 1.0):
            assert next_sample.read(place, temperature)["sentence"] in str(twin)
    assert twin.body.count('scope="row"') == 4 and twin.body.count("<img") == 2
    assert next_sample.read()["sentence"] in next_sample.summary()
    bundle, _ = next_sample._repr_mimebundle_()
    assert "needs a browser" in bundle["text/html"] and "widget-view" in "".join(bundle)
