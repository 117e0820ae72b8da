"""The generation clock in a real JupyterLab: by keyboard and pointer, light and dark.

Every read-out is compared with what the same counts say in Python.
"""

import pytest
from lab import failures, in_both_themes, press, reads
from playwright.sync_api import expect

from nsynth_edu.generation import Work, published, small_stack, stages
from nsynth_edu.generation.cost import SHOWN
from nsynth_edu.models import load_model

CELLS = ["setup", "explorer", "gaps-predict", "gaps-run", "live-pad", "latency-check"]


@pytest.fixture(scope="module")
def lesson(open_lesson):
    with open_lesson("09_generating_fast.ipynb", CELLS) as page:
        yield page


@pytest.fixture
def clock(lesson):
    widget = lesson.locator(".generation-clock")
    widget.scroll_into_view_if_needed()
    return widget


@pytest.fixture(scope="module")
def works():
    models = {"4 layers": small_stack(), "pocket": load_model("pocket"), "published": published()}
    works = {name: Work(stages(model)) for name, model in models.items()}
    works["4 layers"].steps = SHOWN
    return works


def agrees(widget, work, sample, view):
    """Whether all read-outs say what Python counts."""
    reads(widget, "sample", f"{sample:,}, {sample / 16_000:.4f} s")
    now = work.multiplications(sample, view)
    reads(widget, "multiplications now", f"{now:,}")
    reads(widget, "multiplications now", f"{now:,}")
    reads(widget, "with queues", f"{work.weights:,}")
    reads(widget, "times as many", f"{now / work.weights:,.1f}")
    reads(widget, "since the first", f"{int(work.curve(view)[: sample + 1].sum()):,}")
    slots = f"{sum(work.filled(sample)):,} of {work.receptive_field - 1:,}"
    reads(widget, "slots filled", (slots if view == "queues" else "no queues"))
    widget.locator(".said").filter(has_text=f"Sample {sample:,} of").wait_for()
    return True


def test_clock_and_live_pad_of_lesson_09_open_without_a_complaint(lesson):
    assert failures(lesson) == [] and lesson.complaints == []


def test_the_clock_answers_the_keyboard_with_the_truth(lesson, clock, works):
    sample = clock.get_by_role("slider", name="Sample")
    sample.focus()
    press(lesson, "Home")
    assert agrees(clock, works["4 layers"], 0, "whole window")
    press(lesson, "ArrowRight", 9)
    assert agrees(clock, works["4 layers"], 9, "whole window")
    clock.get_by_role("radio", name="whole window").focus()
    press(lesson, "ArrowRight")
    assert agrees(clock, works["4 layers"], 9, "tree")
    press(lesson, "ArrowRight")
    assert agrees(clock, works["4 layers"], 9, "queues")
    sample.focus()
    press(lesson, "End")
    assert agrees(clock, works["4 layers"], SHOWN - 1, "queues")
    expect(sample).to_have_attribute("aria-valuetext", f"{SHOWN - 1}")


def test_dots_and_squares_are_what_is_worked_out_and_what_is_kept(lesson, clock, works):
    work = works["4 layers"]
    clock.get_by_role("slider", name="Sample").focus()
    press(lesson, "Home")
    press(lesson, "ArrowRight", 20)
    for view in ("queues", "tree", "whole window"):
        clock.get_by_role("radio", name=view).check()
        assert agrees(clock, work, 20, view)
        grid = "".join(work.grid(20, view))
        expect(clock.locator("circle.now")).to_have_count(grid.count("n"))
        expect(clock.locator("rect.kept")).to_have_count(grid.count("k"))
    drawn = clock.locator("path.link").get_attribute("d")
    assert drawn.count("M") > 64, "each dot of the window hangs on the two below it"


@pytest.mark.parametrize("name", ["pocket", "published"])
def test_real_layers_by_pointer(lesson, clock, works, name):
    work = works[name]
    clock.get_by_role("radio", name=name).click()
    clock.get_by_role("radio", name="queues").click()
    slider = clock.get_by_role("slider", name="Sample")
    lesson.wait_for_function(
        "([input, last]) => input.max === last", arg=[slider.element_handle(), f"{work.steps - 1}"]
    )
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    sample = int(slider.input_value())
    assert sample == pytest.approx(work.steps / 2, rel=0.05)
    assert agrees(clock, work, sample, "queues")
    slots = [float(b.get_attribute("width")) for b in clock.locator("rect.slots").all()]
    filled = [float(b.get_attribute("width")) for b in clock.locator("rect.full").all()]
    reaches = [(s.reach, min(sample, s.reach)) for s in work.stages]
    assert len(slots) == len(work.stages)
    for (reach, full), wide, part in zip(reaches, slots, filled, strict=True):
        assert (part == wide) == (reach == full) and part <= wide
    slider.focus()
    press(lesson, "End")
    for view in ("tree", "whole window"):
        clock.get_by_role("radio", name=view).click()
        assert agrees(clock, work, work.steps - 1, view)


def test_going_back_to_a_small_stack_goes_back_to_its_last_sample(lesson, clock, works):
    clock.get_by_role("radio", name="pocket").click()
    clock.get_by_role("slider", name="Sample").focus()
    press(lesson, "End")
    assert agrees(clock, works["pocket"], works["pocket"].steps - 1, "whole window")
    clock.get_by_role("radio", name="4 layers").click()
    assert agrees(clock, works["4 layers"], SHOWN - 1, "whole window")
    expect(clock.get_by_role("slider", name="Sample")).to_have_value(f"{SHOWN - 1}")


def test_the_live_pad_plays_or_says_why_not_and_counts_its_gaps(lesson):
    pad = lesson.locator(".live-pad")
    pad.scroll_into_view_if_needed()
    pad.locator(".surface").first.focus()
    press(lesson, "Space")
    pad.locator(".meter").filter(has_text="times real time").wait_for()
    lesson.wait_for_timeout(1_000)
    if "too slow" in pad.locator(".live").first.inner_text():
        pad.locator(".below .nse-plane").wait_for()  # the rendered sounds
    else:
        expect(pad.locator(".play").first).to_have_text("■ Stop")
        pad.locator(".surface").first.focus()
        press(lesson, "Space")
    rerun = """async () => {
        const {content, sessionContext} = window.jupyterapp.shell.currentWidget;
        const cells = [...content.model.cells];
        content.activeCellIndex = cells.findIndex((cell) => cell.id === "latency-check");
        content.deselectAll();
        await window.jupyterapp.commands.execute("notebook:run-cell");
        return cells[content.activeCellIndex].outputs.toJSON()[0].text;
    }"""
    told = lesson.evaluate(rerun)
    assert "times real time, gaps: " in told
    assert f"gaps: {told.split('gaps: ')[1].strip()}" in pad.locator(".meter").inner_text()


def test_the_clock_is_seen_in_both_themes(lesson, clock, artifacts):
    for layers, view in [("4 layers", "queues"), ("published", "queues"), ("pocket", "tree")]:
        clock.get_by_role("radio", name=layers).click()
        clock.get_by_role("radio", name=view).click()
        clock.locator(".said").filter(has_text=f"of {layers}, {view}").wait_for()
        name = f"clock_{layers.replace(' ', '_')}_{view}"
        for path in in_both_themes(lesson, clock, artifacts, name):
            assert path.stat().st_size > 10_000
    assert lesson.complaints == []
