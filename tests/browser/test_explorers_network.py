"""Next sample and receptive field in a real JupyterLab: by keyboard, light and dark.

Every read-out is compared with what the same functions say in Python.
"""

import re

import numpy as np
import pytest
from lab import failures, in_both_themes, press, reads
from playwright.sync_api import expect

from nsynth_edu.classroom import load_note
from nsynth_edu.models import distribution, entropy, load_model, surprise, teacher_forced_logits
from nsynth_edu.sound import mu_law_encode


@pytest.fixture(scope="module")
def guessing(open_lesson):
    with open_lesson("03_guess_the_next_sample.ipynb", ["explorer", "low-predict"]) as page:
        yield page


@pytest.fixture
def next_sample(guessing):
    widget = guessing.locator(".next-sample")
    widget.scroll_into_view_if_needed()
    return widget


@pytest.fixture(scope="module")
def truth():
    note = load_note("notes/flute_60")
    return teacher_forced_logits(load_model("pocket@1"), note, pitch=60), mu_law_encode(note)


def test_the_explorer_of_lesson_03_opens_without_a_complaint(guessing):
    assert failures(guessing) == [] and guessing.complaints == []


# --- the next sample --------------------------------------------------------------------------


def test_the_next_sample_answers_the_keyboard_with_the_truth(guessing, next_sample, truth):
    logits, classes = truth
    moment, sample, temperature = (
        next_sample.get_by_role("slider", name=name) for name in ("Moment", "Sample", "Temperature")
    )
    moment.focus()
    press(guessing, "Home")
    press(guessing, "ArrowRight", 30)
    sample.focus()
    press(guessing, "ArrowRight", 7)
    place = 30 * 160 + 7
    temperature.focus()
    for steps, value in [(0, 1.0), (5, 0.5)]:
        press(guessing, "ArrowLeft", steps)
        chances = distribution(logits[:, place], value)
        came, likeliest = classes[place], chances.argmax()
        reads(next_sample, "width", f"{entropy(chances):.1f} bits")
        reads(next_sample, "surprise", f"{surprise(chances[came]):.1f} bits")
        reads(next_sample, "sample", f"{place:,}, {place / 16_000:.4f} s")
        reads(next_sample, "class that came", f"{came}")
        reads(next_sample, "its probability", f"{100 * chances[came]:.1f} %")
        reads(next_sample, "likeliest", f"{likeliest}, {100 * chances.max():.1f} %")
    next_sample.locator(".said").filter(has_text=f"Sample {place:,} at temperature 0.5").wait_for()
    expect(moment).to_have_attribute("aria-valuetext", "0.30 s")
    expect(sample).to_have_attribute("aria-valuetext", "+ 7 samples")


def test_each_bar_is_as_long_as_its_probability(next_sample, truth):
    answer = next_sample.locator("path.probability").get_attribute("d")
    bars = [float(part.split("h")[1]) for part in answer.split("M")[1:]]
    assert max(bars) == pytest.approx(212, abs=0.1), "the likeliest fills the room"
    assert len(bars) > 1
    expect(next_sample.locator("circle.dot")).to_have_count(64)


def test_temperature_0_says_that_a_miss_costs_everything(guessing, next_sample, truth):
    logits, classes = truth
    missed = int(np.flatnonzero(logits[:, 16_000:16_160].argmax(0) != classes[16_000:16_160])[0])
    next_sample.get_by_role("slider", name="Moment").focus()
    press(guessing, "Home")
    press(guessing, "PageUp")  # about a tenth: the browser's own step
    moment = int(next_sample.get_by_role("slider", name="Moment").input_value())
    press(guessing, "ArrowRight" if moment < 100 else "ArrowLeft", abs(100 - moment))
    next_sample.get_by_role("slider", name="Sample").focus()
    press(guessing, "Home")
    press(guessing, "ArrowRight", missed)
    next_sample.get_by_role("slider", name="Temperature").focus()
    press(guessing, "Home")
    reads(next_sample, "surprise", "infinite")
    reads(next_sample, "width", "0.0 bits")
    next_sample.locator(".said").filter(has_text="probability zero").wait_for()


def test_a_touch_on_a_slider_moves_it(next_sample):
    slider = next_sample.get_by_role("slider", name="Temperature")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert float(slider.input_value()) == pytest.approx(1, abs=0.11)
    next_sample.locator(".said").filter(has_text="bits").wait_for()


def test_a_moved_moment_is_answered_and_the_wait_is_printed(next_sample):
    took = next_sample.evaluate(
        """(root) => new Promise((done) => {
            const begin = performance.now();
            const number = root.querySelector("dd[data-name=sample]");
            new MutationObserver(() => done(performance.now() - begin))
                .observe(number, {childList: true, characterData: true, subtree: true});
            const input = root.querySelector("input[type=range]");
            input.value = input.value === "50" ? 60 : 50;
            input.dispatchEvent(new Event("input"));
        })"""
    )
    print(f"answered in {took:.0f} ms")
    reads(next_sample, "sample", re.compile("^(8,[01]|9,[67])"))


def test_the_next_sample_is_seen_in_both_themes(guessing, next_sample, artifacts):
    for path in in_both_themes(guessing, next_sample, artifacts, "next_sample"):
        assert path.stat().st_size > 10_000
