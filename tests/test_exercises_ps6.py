"""Problem set 6: what the sheet says about its small networks, with seeds that it does not use."""

import importlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from problem_set import EXERCISES, source

from nsynth_edu.classroom import attempt, verdict
from nsynth_edu.sound import harmonic_energy
from nsynth_edu.training import learning_curves

PS6, SEED = "ps6_next_sample", 11


@pytest.fixture(scope="module")
def space():
    space = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(EXERCISES / "source" / PS6)
        for cell in ("target", "data", "network", "generate"):
            exec(source(PS6, cell), space)
    return space


@pytest.fixture(scope="module")
def runs(space):
    return {rate: space["trained"](rate, seed=SEED) for rate in (0.03, 0.3, 3)}


def test_the_flute_chooses_the_middle_rate_and_the_largest_is_overfitted(runs):
    least = {rate: curves["flute"].min() for rate, (_, curves) in runs.items()}
    assert least[0.3] < min(least[0.03], least[3]) - 0.1
    last = {rate: curves["flute"][-1] for rate, (_, curves) in runs.items()}
    assert last[3] > 8.5 > 8 > last[0.03] > last[0.3] + 0.8
    assert runs[3][1]["flute"].argmin() <= 2, "the run of the largest rate should stop at once"
    learned = {rate: curves["training"][-1] for rate, (_, curves) in runs.items()}
    assert learned[3] < learned[0.3] - 0.5 < learned[0.03] - 2


def test_a_copy_would_choose_the_largest_rate(space, runs):
    past, target = space["windows"](space["classes"]["trumpet_60"][32_000:48_000], 16)
    nats = {
        rate: F.cross_entropy(network(past), target).item() for rate, (network, _) in runs.items()
    }
    assert nats[3] < nats[0.3] - 0.5 < nats[0.03] - 1


def test_the_network_of_the_largest_rate_is_far_surer_than_right(space, runs):
    past, target = space["flute"]
    logits = runs[3][0](past).detach()
    guess = torch.distributions.Categorical(logits=logits)
    paid = F.cross_entropy(logits, target).item()
    assert paid > guess.entropy().mean().item() + 2


def test_the_colder_the_cleaner_while_the_flute_goes_on(space, runs):
    start = space["classes"]["flute_60"][16_000:16_064]
    sounds = space["goes_on"](runs[0.3][0], start, [1, 0.5, 0], seed=5)
    hiss, rough, clean = (harmonic_energy(sound, 60) for sound in sounds)
    assert hiss + 0.1 < rough < clean - 0.03 and clean > 0.95


def test_what_is_watched_is_not_learned(space):
    few = tuple(part[::200] for part in space["training"])

    def curves(**unseen):
        torch.manual_seed(1)
        network = torch.nn.Linear(64, 256)
        return network, learning_curves(network, few, unseen, 0.3, 20, every=5)

    network, watched = curves(flute=space["flute"])
    assert watched["training"].tolist() == curves()[1]["training"].tolist()
    assert watched["training"][-1] < watched["training"][0] and len(watched["flute"]) == 4
    past, target = space["flute"]
    bits = F.cross_entropy(network(past), target).item() / torch.log(torch.tensor(2.0)).item()
    assert watched["flute"][-1] == pytest.approx(bits, abs=1e-5)


def test_a_result_that_knows_its_gradient_is_read_like_any_other(checks):
    weights = torch.tensor([2.0, 3.0], requires_grad=True)
    for result, plain in ((2 * weights, [4, 6]), ([weights.sum(), 1.0], [5, 1])):
        assert verdict(attempt(lambda result=result: result), plain)
    answering = importlib.import_module("checks.answering")
    assert answering.reply(2 * weights) == answering.reply(np.array([4, 6], np.float32))
    assert attempt(lambda: ("a", "b")) == ("a", "b")
