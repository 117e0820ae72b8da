"""Lesson 10 in a real JupyterLab: the job runs from the page, and what it made is played there."""

import numpy as np
import pytest
from lab import failures, in_both_themes
from playwright.sync_api import expect

from nsynth_edu.sound import midi_to_hz

LESSON = "10_from_line_to_instrument.ipynb"
RATE = 16_000


@pytest.fixture(scope="module")
def lesson(open_lesson):
    with open_lesson(LESSON) as page:
        yield page


def cell(page, name):
    """A cell of the lesson on the page."""
    index = page.evaluate(
        "(id) => [...window.jupyterapp.shell.currentWidget.content.model.cells]"
        ".findIndex((cell) => cell.id === id)",
        name,
    )
    return page.locator(".jp-Cell").nth(index)


def rendered(plane, x, y, midi=60, seconds=0.5):
    return np.array(
        plane.evaluate(
            "async (root, [s, at, midi]) => [...await root.soundPlane.render(s, at, midi)]",
            [seconds, {"x": x, "y": y}, midi],
        )
    )


def partials_off(waveform, midi):
    """How far, in cents, the strongest partial lies from the nearest overtone of a note."""
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)), 8 * len(waveform)))
    ratio = spectrum.argmax() * RATE / (8 * len(waveform)) / midi_to_hz(midi)
    assert ratio > 0.9, "not below the note"
    return abs(1200 * np.log2(ratio / round(ratio)))


def test_all_cells_run_and_nobody_complains(lesson):
    assert failures(lesson) == [] and lesson.complaints == []


@pytest.mark.parametrize("name", ["run-submit", "wide-run"])
def test_the_view_of_the_job_reaches_the_end(lesson, name):
    view = cell(lesson, name).locator(".jp-OutputArea-output")
    bar = view.get_by_role("progressbar", name="points made").first
    bar.wait_for()
    made, wanted = bar.evaluate("(bar) => [bar.value, bar.max]")
    assert made == wanted and wanted in ((40,) if name == "wide-run" else (25, 40))
    assert view.get_by_text(f"{made} of {wanted} points made.").count()
    expect(view.get_by_role("button", name="Cancel")).to_be_disabled()


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5), (0.4, 0.7)])
def test_the_exported_pad_plays_at_its_pitch(lesson, x, y):
    pad = cell(lesson, "pad-run").locator(".nse-plane")
    for midi in (60, 65):
        heard = rendered(pad, x, y, midi)
        assert np.abs(heard).max() > 0.01
        assert partials_off(heard, midi) < 30


def test_the_six_stand_in_two_rows_and_play(lesson):
    board = cell(lesson, "wide-pad").locator(".nse-plane.tiled")
    names = [text.split(" ")[0] for text in board.locator(".chip").all_inner_texts()]
    assert names == [
        "trumpet", "flute", "glockenspiel", "nylonguitar", "churchorgan", "electricpiano",
    ]  # fmt: skip
    for x, y in ((0, 0), (0.5, 0), (0.5, 1), (1, 1)):
        assert partials_off(rendered(board, x, y), 60) < 30
    board.scroll_into_view_if_needed()
    board.locator(".surface").focus()
    lesson.keyboard.press("ArrowRight")
    lesson.keyboard.down("a")
    lesson.wait_for_timeout(300)
    state = board.evaluate("(root) => root.soundPlane.state()")
    assert state["sounding"] and state["peak"] > 0.005 and state["x"] == pytest.approx(0.55)
    lesson.keyboard.up("a")


def test_a_swelling_note_reaches_the_page_from_python(lesson):
    pad = cell(lesson, "pad-run").locator(".nse-plane")
    whole = rendered(pad, 0, 0)
    lesson.evaluate(
        """async () => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            await kernel.requestExecute({code: "pad.attack = 0.4"}).done;
        }"""
    )
    for _ in range(50):
        swelling = rendered(pad, 0, 0)
        if np.abs(swelling[:800]).max() < 0.3 * np.abs(whole[:800]).max():
            break
        lesson.wait_for_timeout(100)
    else:
        pytest.fail("the attack is not heard")
    np.testing.assert_allclose(swelling[6_400:], whole[6_400:], atol=1e-3)


def test_view_and_multigrid_are_seen_in_both_themes(lesson, artifacts):
    for name in ("run-submit", "wide-pad"):
        where = cell(lesson, name).locator(".jp-Cell-outputArea")
        for path in in_both_themes(lesson, where, artifacts, f"lesson_10_{name}"):
            assert path.stat().st_size > 2_000
