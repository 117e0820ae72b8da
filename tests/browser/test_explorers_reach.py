"""The receptive-field explorer in a real JupyterLab: by keyboard, by pointer, light and dark.

Every read-out is compared with what the same functions say in Python.
"""

import re

import pytest
from lab import failures, in_both_themes, press, reads
from playwright.sync_api import expect

from nsynth_edu.classroom.explorers.reach import KINDS
from nsynth_edu.models import receptive_field, trace, trace_summary, unit_stack
from nsynth_edu.models.connections import VIEWS, connections
from nsynth_edu.models.paths import FIRST_TAPS


@pytest.fixture(scope="module")
def lesson(open_lesson):
    with open_lesson("04_reaching_back.ipynb", ["hand-check", "explorer"]) as page:
        yield page


@pytest.fixture
def reach(lesson):
    widget = lesson.locator(".nse-explorer.reach")
    widget.scroll_into_view_if_needed()
    return widget


def choose(page, widget, group, option):
    """One of a row of radio buttons, by keyboard: to the row, then arrows."""
    buttons = widget.get_by_role("group", name=group).get_by_role("radio")
    names = [buttons.nth(n).get_attribute("value") for n in range(buttons.count())]
    chosen = next(n for n in range(len(names)) if buttons.nth(n).is_checked())
    buttons.nth(chosen).focus()
    steps = names.index(option) - chosen
    press(page, "ArrowDown" if steps > 0 else "ArrowUp", abs(steps))
    expect(buttons.nth(names.index(option))).to_be_checked()


def test_the_explorer_of_lesson_04_opens_without_a_complaint(lesson):
    assert failures(lesson) == [] and lesson.complaints == []


@pytest.mark.parametrize(
    ("kind", "layers"),
    [
        ("3 taps, causal", 30),
        ("2 taps, causal", 20),
        ("3 taps, centred", 10),
        ("2 taps, causal", 3),
    ],
)
def test_each_stack_answers_the_keyboard_with_the_truth(lesson, reach, kind, layers):
    choose(lesson, reach, "Taps", kind)
    reach.get_by_role("slider", name="Layers").focus()
    press(lesson, "Home")
    press(lesson, "ArrowRight", layers - 1)
    kernel_size, causal = KINDS[kind]
    found = trace_summary(trace(unit_stack(kernel_size, layers, causal)))
    dilations = [2 ** (i % 10) for i in range(layers)]
    assert found["samples"] == receptive_field(kernel_size, dilations, FIRST_TAPS)
    reach.locator(".said").filter(has_text=f"{layers} layers of {kind}").wait_for()
    reads(reach, "samples", f"{found['samples']:,}")
    reads(reach, "samples", f"{found['samples']:,}")
    reads(reach, "not yet come", f"{found['future']:,}")
    reads(reach, "time", f"{found['ms']:.1f} ms")
    reads(reach, "periods of A3", f"{found['periods']:.1f}")
    reads(reach, "multiplies, all again", f"{found['naive']:,}")
    reads(reach, "with queues", f"{found['queued']:,}")
    if kind == "3 taps, causal":
        assert found["samples"] == 6_141 and f"{found['periods']:.1f}" == "84.4"
    said = reach.locator(".picture svg").get_attribute("aria-label")
    assert f"{found['samples']:,} samples" in said
    assert ("cannot play" in said) == (not causal)


def test_each_view_draws_as_many_lines_as_python_counts(lesson, reach):
    rows = trace(unit_stack(2, 3))
    low, high = int(rows[0]["places"][0]) - 2, 2
    for view in VIEWS:
        choose(lesson, reach, "Show", view)
        lines = connections(rows, view, low, high)
        for name, expected in lines.items():
            moves = re.compile(rf"^([^M]*M){{{len(expected)}}}[^M]*$")
            expect(reach.locator(f".picture path.{name}")).to_have_attribute("d", moves)
        expect(reach.locator(".key")).to_be_visible(visible=view == VIEWS[2])
    expect(reach.locator("circle.dot")).to_have_count(len(rows) * (high - low + 1))


def test_a_large_stack_is_drawn_within_the_picture(lesson, reach):
    choose(lesson, reach, "Taps", "3 taps, centred")
    reach.get_by_role("slider", name="Layers").focus()
    press(lesson, "End")
    reads(reach, "samples", "6,141")
    picture, paths = reach.locator(".picture svg"), reach.locator(".picture path[d^='M']")
    frame = picture.bounding_box()
    for n in range(paths.count()):
        box = paths.nth(n).bounding_box()
        assert box["x"] >= frame["x"] - 1
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    labels = reach.locator(".picture text")
    boxes = [labels.nth(n).bounding_box() for n in range(labels.count())]
    rows = [box for box in boxes if box["x"] < frame["x"] + 100 and box["y"] < frame["y"] + 330]
    tops = sorted(box["y"] for box in rows)
    assert min(b - a for a, b in zip(tops, tops[1:], strict=False)) >= 10, "labels do not collide"


def test_the_pointer_moves_a_control_too(reach):
    reach.get_by_role("radio", name="2 taps, causal").click()
    slider = reach.get_by_role("slider", name="Layers")
    box = slider.bounding_box()
    slider.click(position={"x": 2, "y": box["height"] / 2})
    reads(reach, "with queues", "5")
    reads(reach, "samples", "4")
    reach.get_by_role("radio", name=VIEWS[1]).click()
    expect(reach.get_by_role("radio", name=VIEWS[1])).to_be_checked()


def test_a_moved_control_is_answered_and_the_wait_is_printed(reach):
    took = reach.evaluate(
        """(root) => new Promise((done) => {
            const begin = performance.now();
            const number = root.querySelector("dd[data-name=samples]");
            new MutationObserver(() => done(performance.now() - begin))
                .observe(number, {childList: true, characterData: true, subtree: true});
            const input = root.querySelector("input[type=range]");
            input.value = 29;
            input.dispatchEvent(new Event("input"));
        })"""
    )
    print(f"answered in {took:.0f} ms")
    reads(reach, "samples", f"{receptive_field(2, [2 ** (i % 10) for i in range(29)], 3):,}")


def test_the_explorer_is_seen_in_both_themes(lesson, reach, artifacts):
    choose(lesson, reach, "Show", VIEWS[2])
    for kind, layers, name in [
        ("3 taps, centred", 12, "reach_bars"),
        ("2 taps, causal", 4, "reach"),
    ]:
        choose(lesson, reach, "Taps", kind)
        reach.get_by_role("slider", name="Layers").focus()
        press(lesson, "Home")
        press(lesson, "ArrowRight", layers - 1)
        reach.locator(".said").filter(has_text=f"{layers} layers of {kind}").wait_for()
        for path in in_both_themes(lesson, reach, artifacts, name):
            assert path.stat().st_size > 10_000
    assert lesson.complaints == []
