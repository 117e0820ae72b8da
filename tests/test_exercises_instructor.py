"""What instructors get: every number in the exam's solutions, computed, and links that lead on."""

import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from problem_set import EXERCISES, SETS, sheet

from nsynth_edu.classroom import questions
from nsynth_edu.classroom.outcomes import objectives_of
from nsynth_edu.generation import Work, small_stack, stages
from nsynth_edu.models import load_model, receptive_field
from nsynth_edu.models.wavenet import ResidualLayer, WaveNetConfig, gate
from nsynth_edu.play import Multigrid
from nsynth_edu.sound import (
    decibels,
    mu_law_encode,
    multi_scale_spectral_distance,
    quantize,
    signal_to_noise,
)

FOLDER = EXERCISES / "instructor"
EXAM = (FOLDER / "exam.md").read_text()


def solution(number):
    """What the exam gives as the solution of a question."""
    return re.search(rf"^\*\*{number}\.\*\*.*?\n\*(.+)\*$", EXAM, flags=re.MULTILINE)[1]


def test_every_question_has_points_and_a_solution():
    numbers = [int(n) for n in re.findall(r"^\*\*(\d+)\.\*\* \(\d\) ", EXAM, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 20
    assert all(solution(number) for number in numbers)


def test_sound_as_numbers():
    time = np.arange(16_000) / 16_000
    heard = np.abs(np.fft.rfft(np.sin(2 * np.pi * 13_000 * time))).argmax()
    assert heard == 3000 and "3,000 Hz" in solution(1)
    assert mu_law_encode(0.1) == 203 and "= 203." in solution(2)
    sine = np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000)
    for level, told in ((1, "74.0 dB"), (0.1, "54.0 dB")):
        measured = signal_to_noise(level * sine, quantize(level * sine, 12))
        assert measured == pytest.approx(float(told[:4]), abs=0.5) and told in solution(3)
    assert decibels(sine) - decibels(0.1 * sine) == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize(("window", "seen"), [(4096, False), (8192, True)])
def test_two_tones_need_a_window(window, seen):
    time, dips = np.arange(window) / 16_000, []
    for phase in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        tones = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 446 * time + phase)
        power = np.abs(np.fft.rfft(tones * np.hanning(window), 16 * window)) ** 2
        low, middle, high = (power[round(f * window / 1000)] for f in (440, 443, 446))
        dips.append(middle < 0.5 * min(low, high))
    assert np.mean(dips) == 1 if seen else np.mean(dips) < 0.7, dips


def test_probability_and_learning():
    p, guess = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8]), np.full(4, 1 / 4)
    cross, entropy = -(p * np.log2(guess)).sum(), -(p * np.log2(p)).sum()
    assert (cross, entropy, cross - entropy) == (2, 1.75, 0.25)
    assert all(word in solution(6) for word in ("2 bits", "1.75 bits", "0.25 bits"))
    logits = torch.tensor([[0, math.log(3)]], requires_grad=True)
    F.cross_entropy(logits, torch.tensor([0])).backward()
    np.testing.assert_allclose(logits.grad[0], [-0.75, 0.75], atol=1e-6)


def test_wavenet():
    assert receptive_field(3, [2 ** (i % 10) for i in range(30)], 3) == 6141
    assert 6141 / 16 == pytest.approx(383.8, abs=0.05) and "383.8 ms" in solution(9)
    assert receptive_field(2, [2**i for i in range(6)]) == 64 >= 61 > 32
    config = WaveNetConfig(
        layers=1, cycle=1, residual_channels=64, skip_channels=128, kernel_size=2,
        first_kernel_size=2,
    )  # fmt: skip
    layer = ResidualLayer(config, 1)
    counts = [sum(w.numel() for w in part.parameters())
              for part in (layer.dilated, layer.residual, layer.skip, layer)]  # fmt: skip
    assert counts == [16_512, 4_160, 8_320, 28_992]
    assert all(f"{count:,}" in solution(11) for count in counts)
    passed = gate(torch.tensor([[0.0, 0.5]])).item()  # the gate's input comes first
    assert passed == pytest.approx(0.231, abs=5e-4) and "0.231" in solution(12)


def test_instruments():
    work = Work(stages(small_stack(10)))
    assert work.multiplications(work.steps - 1, "tree") == 2046
    assert work.multiplications(work.steps - 1, "queues") == 20
    weights = Work(stages(load_model("pocket"))).weights
    assert f"{weights:,}" in EXAM
    assert weights * 4 * 16_000 / 1e9 == pytest.approx(40.6, abs=0.05)
    assert weights * 16_000 / 1e9 == pytest.approx(10.1, abs=0.05)
    z = np.zeros((3, 3, 1, 16), np.float32)
    assert Multigrid([list(row) for row in z], 5).encodings.shape[:2] == (9, 9)
    assert 81 * 7 == 567 and "567 sounds" in solution(18)
    assert 2 / math.comb(6, 3) == 0.1
    assert 2 / math.comb(10, 5) == pytest.approx(0.008, abs=5e-4) and "0.8 %" in solution(19)


def test_magnitudes():
    a, b, c = -1, 1, 1
    assert (abs(a + b), abs(a - b), abs(b + c), abs(b - c)) == (0, 2, 2, 0)
    assert "−1, 1, 1" in solution(21)
    noise = np.random.default_rng(0).normal(size=16_000) / 10
    assert multi_scale_spectral_distance(noise, -noise) == pytest.approx(0, abs=1e-6)
    assert "upside down" in solution(22)


def test_the_plan_names_every_problem_set_and_its_links_lead_somewhere():
    for path in FOLDER.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (FOLDER / target).exists(), target
    plan = (FOLDER / "README.md").read_text()
    assert all(name in plan for name in SETS)
    weeks = plan.partition("## What students know by then")[0]
    assert len(re.findall(r"^\| [1-9]\d? \|", weeks, flags=re.MULTILINE)) == 12


def test_the_table_has_every_objective_the_questions_that_show_it_and_where_they_are_marked():
    told = (FOLDER / "README.md").read_text().partition("## What students know by then")[2]
    plan = told.partition("## Three paths")[0]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in re.findall(r"^\| \d\d \|.*$", plan, flags=re.MULTILINE)
    ]
    numbers = sorted(number for number in questions.lessons() if number.isdigit())
    assert [row[:3] for row in rows] == [
        [number, objective, ", ".join(names)]
        for number in numbers
        for objective, names in objectives_of(number).items()
    ]
    for *_, sets, rubric in rows:
        asked = re.findall(r"(ps\d): ([\d, ]+)", sets)
        for short, told in asked:
            [name] = [each for each in SETS if each.startswith(f"{short}_")]
            text = "\n".join(cell.source for cell in sheet(name).cells)
            assert {*told.split(", ")} <= {*re.findall(r"\*\*(\d+)\.\*\* ", text)}, (name, told)
        names = [each for each in SETS if each.partition("_")[0] in dict(asked)]
        heads = "".join((EXERCISES / "rubrics" / f"{name}.md").read_text() for name in names)
        for answer in filter(None, rubric.split(", ")):
            assert f"## {answer} (" in heads, answer
