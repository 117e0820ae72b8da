"""Every number that the prose of lesson 03 states, and every refutation, computed again.

The lesson's one run is asked for what it has found.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from lessons import ask, read

from nsynth_edu.classroom import load_note, questions
from nsynth_edu.evaluation import Guessers
from nsynth_edu.models import surprise
from nsynth_edu.sound import mu_law_encode

COURSE = Path(__file__).parents[1] / "course"
GUESS = "03_guess_the_next_sample.ipynb"
pytestmark = pytest.mark.xdist_group(GUESS)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np

    probabilities = lesson.distribution(lesson.explorer.logits[:, 4_800:48_000])
    width = -(probabilities * np.log2(probabilities + 1e-12)).sum(0)
    jump = np.abs(np.diff(lesson.explorer.classes[4_799:48_000]))
    raw, unseen = lesson.counts / lesson.counts.sum(), lesson.unseen
    return {
        "near": float(np.mean(lesson.jumps <= 16)),
        "middle": float(np.mean((lesson.jumps > 16) & (lesson.jumps <= 64))),
        "shown": [int(lesson.flute[16_000:16_064].min()), int(lesson.flute[16_000:16_064].max())],
        "copies": {
            name: float(
                max(
                    lesson.likeness(wave[40_000:44_000], each[:32_000])
                    for each in lesson.training.values()
                )
            )
            for name, wave in (lesson.training | lesson.others).items()
        },
        "never": {name: float(lesson.surprise(raw[c]).mean()) for name, c in unseen.items()},
        "common": float(lesson.unigram.max()),
        "came": np.flatnonzero(lesson.counts).tolist(),
        "unigram": {
            name: float(lesson.surprise(lesson.unigram[c]).mean()) for name, c in unseen.items()
        },
        "table": {name: lesson.bits_of_table(c) for name, c in unseen.items()},
        "network": {name: lesson.bits_of_network(c) for name, c in unseen.items()},
        "table_seen": lesson.table_bits,
        "network_seen": float(np.mean([lesson.bits_of_network(c) for c in lesson.seen])),
        "losses": lesson.losses,
        "weights": sum(p.numel() for p in lesson.network.parameters()),
        "spans": [lesson.spans[t] for t in (1, 0)],
        "on_c": {name: float(lesson.harmonic_energy(x, 60)) for name, x in lesson.sounds.items()},
        "low": [float(lesson.bits[at : at + 4_800].mean()) for at in (16_000, 57_600, 0)],
        "most": float(lesson.bits.max()),
        "flat": float(width[jump <= 4].mean()),
        "steep": float(width[jump > 30].mean()),
    }


def found_with_other_seeds(lesson):
    """Bits of each unseen sound, for two more networks; runs in the lesson's kernel."""
    found = []
    for seed in (2, 3):
        lesson.torch.manual_seed(seed)
        nn = lesson.nn
        network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 256))
        optimizer = lesson.torch.optim.Adam(network.parameters(), lr=3e-3)
        for _ in range(1000):
            some = lesson.torch.randint(len(lesson.pasts), (256,))
            loss = nn.functional.cross_entropy(network(lesson.pasts[some]), lesson.targets[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scores = {}
        for name, classes in lesson.unseen.items():
            past, target = lesson.windows(classes)
            bits = nn.functional.cross_entropy(network(past), target).item() / lesson.np.log(2)
            scores[name] = float(bits)
        found.append(scores)
    return found


@pytest.fixture(scope="module")
def found():
    return ask(GUESS, found_in)


# --- 03: guess the next sample ----------------------------------------------------------------


def reasons(key):
    """What there is to say about the options of a prediction."""
    return list(questions.find(key, "PREDICTIONS").options.values())


def test_the_riddle_and_its_answer_are_as_told(found):
    assert found["near"] > 0.75
    assert f"{100 * found['middle']:.0f} % of the time" in reasons("03.next")[1]
    alike = np.abs(np.subtract.outer(np.arange(256), np.arange(256))) <= 16
    assert (
        alike.mean() == pytest.approx(1 / 8, abs=0.01)
        and "one jump in eight" in (reasons("03.next")[2])
    )
    low, high = found["shown"]
    assert f"from class {low} to class {high}" in questions.find("03.riddle", "FIGURES")
    assert f"{64 / 16:.0f} ms of a flute, 64 samples" in read(GUESS)


def test_only_what_is_called_unseen_is_no_copy(found):
    copies = ("trumpet_60", "nylon_guitar_60", "electric_piano_60")
    assert min(found["copies"][name] for name in copies) > 0.999
    for name in ("church_organ_60", "nylon_guitar_67", "flute_60"):
        assert found["copies"][name] < 0.9, name
    assert "Three of the four third seconds are copies" in read(GUESS)


def test_counting_gains_little(found):
    assert found["never"]["organ"] == found["never"]["guitar on G"] == float("inf")
    assert 7.5 < min(found["unigram"].values()) and max(found["unigram"].values()) < 8
    assert questions.find("03.count", "PREDICTIONS").right == "7.5 to 8 bits"
    assert 8 - found["unigram"]["guitar on G"] < 0.1, "except for the guitar"
    first, last = found["came"][0], found["came"][-1]
    assert found["came"] == list(range(first, last + 1))
    shown = questions.find("03.unigram", "FIGURES")
    assert f"All classes from {first} to {last}" in shown
    assert found["common"] < 0.013 and "each below 1.3 %" in shown


def test_the_table_is_what_evaluation_calls_the_guesser_from_the_previous_sample():
    class Seen:
        def __init__(self, name):
            self.waveform = load_note(f"notes/{name}")[:32_000]

        def load(self):
            return self.waveform

    names = ["trumpet_60", "church_organ_60", "nylon_guitar_60", "electric_piano_60"]
    notes = [Seen(name) for name in names]
    follows, counts = np.zeros((256, 256)), np.zeros(256)
    for note in notes:
        classes = mu_law_encode(note.load())
        np.add.at(follows, (classes[:-1], classes[1:]), 1)
        counts += np.bincount(classes, minlength=256)
    pairs = follows + (counts + 1) / (counts + 1).sum()
    pairs /= pairs.sum(1, keepdims=True)
    flute = mu_law_encode(load_note("notes/flute_60"))[:48_000]
    expected = Guessers(notes).previous_bits(torch.from_numpy(flute)[None])
    assert surprise(pairs[flute[:-1], flute[1:]]).mean() == pytest.approx(expected, abs=1e-3)


def test_each_guesser_is_worth_what_the_prose_says(found):
    text, table, network = read(GUESS), found["table"], found["network"]
    assert table["organ"] - network["organ"] == pytest.approx(1.9, abs=0.15)
    assert "gains nearly two bits over the table" in text
    assert abs(table["flute"] - network["flute"]) < 0.25, "no gain on the flute"
    assert network["guitar on G"] > table["guitar on G"] + 1
    assert network["guitar on G"] > 8 and "more than knowing nothing" in reasons("03.score")[0]
    assert 8 - found["table_seen"] == pytest.approx(2.8, abs=0.1)
    assert found["table_seen"] - found["network_seen"] == pytest.approx(0.5, abs=0.15)
    assert "to the table's it fell by nearly three" in text and "from there by half a bit" in text
    assert found["losses"][0] == pytest.approx(8, abs=0.15)
    last = found["losses"][-100:]
    assert sum(last) / len(last) < found["table_seen"], "the figure's curve passes the table"
    assert found["weights"] == questions.find("03.weights", "CHECKS").expected
    assert found["weights"] == 20_800 and "Twenty thousand weights" in text


def test_the_table_overfits_too(found):
    text, table = read(GUESS), found["table"]
    assert 5 < found["table_seen"] < 5.4 and "needs just over 5 bits" in text
    assert table["organ"] > max(7.5, found["unigram"]["organ"]) and "no fewer than the" in text
    assert min(table.values()) > found["table_seen"] + 0.9
    lost = found["network"]["organ"] - found["network_seen"]
    assert lost == pytest.approx(1, abs=0.25) and table["organ"] - found["table_seen"] > 2
    assert "the table loses more than two bits by the change, the network one" in text


def test_other_seeds_score_alike(found):
    for other in ask(GUESS, found_with_other_seeds):
        assert other == pytest.approx(found["network"], abs=0.1)
    assert "two other seeds differed by less than 0.1 bits" in read(GUESS)


def test_the_gradient_at_the_logits_is_as_derived():
    logits = torch.randn(256, dtype=torch.double, requires_grad=True)
    torch.nn.functional.cross_entropy(logits[None], torch.tensor([7])).backward()
    expected = logits.detach().softmax(0)
    expected[7] -= 1
    torch.testing.assert_close(logits.grad, expected)


def test_temperature_0_is_not_the_cleanest_but_stands_still(found):
    warm, cold = found["spans"]
    assert cold == 0 and warm > 0.3


def test_a_lower_loss_does_not_tell_how_it_sounds(found):
    """Three bits less and still hiss, then half a bit less and a tone; and silence costs least."""
    assert found["on_c"]["table"] < 0.2
    assert found["on_c"]["network, temperature 1"] > 0.5
    assert found["low"][1] < min(found["low"][0], found["low"][2]) - 1, "least by silence"
    for bits, reason in zip(found["low"], reasons("03.low"), strict=True):
        assert f"{bits:.1f} bits" in reason


def test_what_is_said_of_the_trained_model_holds_for_the_one_that_is_shipped(found):
    assert found["steep"] > found["flat"] + 0.5
    assert found["most"] > 8
