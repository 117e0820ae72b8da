"""Every number that the prose of lesson 03 states, and every refutation, computed again.

The lesson's one run is asked for what it has found, and its checks for what they answer.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from lessons import answered, ask, read

from nsynth_edu.classroom import load_note
from nsynth_edu.evaluation import Guessers
from nsynth_edu.models import surprise
from nsynth_edu.sound import mu_law_encode

COURSE = Path(__file__).parents[1] / "course"
GUESS = "03_guess_the_next_sample.ipynb"
pytestmark = pytest.mark.xdist_group(GUESS)


def found_in(lesson):
    """What the lesson's variables say; runs in its kernel."""
    import numpy as np

    chances = lesson.distribution(lesson.explorer.logits[:, 4_800:48_000])
    width = -(chances * np.log2(chances + 1e-12)).sum(0)
    jump = np.abs(np.diff(lesson.explorer.classes[4_799:48_000]))
    return {
        "near": float(np.mean(lesson.jumps <= 16)),
        "middle": float(np.mean((lesson.jumps > 16) & (lesson.jumps <= 64))),
        "shown": [int(lesson.flute[16_000:16_064].min()), int(lesson.flute[16_000:16_064].max())],
        "never": float(
            lesson.surprise((lesson.counts / lesson.counts.sum())[lesson.unseen[1]]).mean()
        ),
        "common": float(lesson.unigram.max()),
        "unigram": [
            float(lesson.surprise(lesson.unigram[c]).mean()) for c in [*lesson.unseen, lesson.flute]
        ],
        "table": [float(lesson.bits_of_table(c)) for c in [*lesson.unseen, lesson.flute]],
        "network": [lesson.bits_of_network(c) for c in [*lesson.unseen, lesson.flute]],
        "table_seen": lesson.table_bits,
        "losses": lesson.losses,
        "weights": sum(p.numel() for p in lesson.network.parameters()),
        "swing": [float(lesson.swing[t]) for t in (1, 0)],
        "on_c": {name: float(lesson.harmonic_energy(x, 60)) for name, x in lesson.sounds.items()},
        "tone": float(lesson.bits[16_000:48_000].mean()),
        "end": float(lesson.bits[57_600:].mean()),
        "most": float(lesson.bits.max()),
        "flat": float(width[jump <= 4].mean()),
        "steep": float(width[jump > 30].mean()),
    }


@pytest.fixture(scope="module")
def found():
    return ask(GUESS, found_in)


# --- 03: guess the next sample ----------------------------------------------------------------


def test_the_riddle_and_its_answer_are_as_told(found):
    text = read(GUESS)
    assert found["near"] > 0.75 and found["middle"] < 0.2
    low, high = found["shown"]
    assert f"from class {low} to class {high}" in text
    assert f"{64 / 16:.0f} ms of a flute, 64 samples" in text


def test_counting_gains_half_a_bit_where_it_gains_at_all(found):
    text = read(GUESS)
    trumpet, organ, guitar, other, flute = found["unigram"]
    assert found["never"] == float("inf"), "a class that never came costs everything"
    assert organ > 8 and flute > 8, "worse than knowing nothing"
    mean = (trumpet + organ + guitar + other) / 4
    assert 8 - mean == pytest.approx(0.5, abs=0.1) and "It gains half a bit" in text
    assert found["common"] < 0.013 and "each below 1.3 %" in text


def test_the_table_is_what_evaluation_calls_the_guesser_from_the_previous_sample():
    class Seen:
        def __init__(self, name):
            self.waveform = load_note(f"notes/{name}")[:32_000]

        def load(self):
            return self.waveform

    names = ["trumpet_60", "church_organ_60", "nylon_guitar_60", "nylon_guitar_67"]
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
    text = read(GUESS)
    table, network = (sum(found[who][:4]) / 4 for who in ("table", "network"))
    assert table == pytest.approx(5.9, abs=0.1) and 8 - table == pytest.approx(2, abs=0.25)
    assert "From 8 bits to the table's it fell by two" in text
    assert 0.75 < table - network < 1.5 and "about one bit less per sample" in text
    assert abs(found["table"][4] - found["network"][4]) < 0.5, "no advantage on the flute"
    assert found["losses"][0] == pytest.approx(8, abs=0.15)
    last = found["losses"][-100:]
    assert sum(last) / len(last) < found["table_seen"], "the figure's curve passes the table"
    assert found["weights"] == 20_800 and "Twenty thousand weights" in text


def test_temperature_0_is_not_the_cleanest_but_stands_still(found):
    warm, cold = found["swing"]
    assert cold == 0 and warm > 0.3


def test_a_lower_loss_does_not_tell_how_it_sounds(found):
    """Two bits less and still hiss, then one bit less and a tone; and silence costs nothing."""
    assert found["on_c"]["table"] < 0.2
    assert found["on_c"]["network, temperature 1"] > 0.5
    assert found["end"] < found["tone"] - 1, "least surprised where there is nothing to hear"


def test_what_is_said_of_the_trained_model_holds_for_the_one_that_is_shipped(found):
    assert found["steep"] > found["flat"] + 0.5
    assert found["most"] > 8


@pytest.mark.parametrize(
    ("place", "answer", "sentence"),
    [
        ("shares-check", "2.25", "plain mean"),
        ("shares-check", "2", "equally likely"),
        ("shares-check", "1", "commonest class alone"),
        ("shares-check", "9", "sum of the four"),
        ("shares-check", "0.5", "Got: 0.5 bits; expected 1.75 bits"),
        ("shares-check", "1.75", "Right: 1.75 bits"),
        ("wall-check", "256**2", "one sample before"),
        ("wall-check", "512", "multiply"),
        ("wall-check", "131_072", "Two tables"),
        ("wall-check", "768", "do not add"),
        ("wall-check", "256**3", "Right: 16,777,216 probabilities"),
        ("build", "20_480", "biases are missing"),
        ("build", "4_160", "first layer"),
        ("build", "16_640", "second layer"),
        ("build", "20_800", "Right: 20,800 weights"),
    ],
)
def test_a_check_of_lesson_03_knows_its_wrong_answers(found, place, answer, sentence):
    assert sentence in answered(GUESS, place, answer)
