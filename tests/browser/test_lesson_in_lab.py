"""Lesson 00 in a real JupyterLab: it runs, sounds, is played by keyboard, and nothing complains."""

import time
from pathlib import Path

import numpy as np
import pytest
from listeners import LISTEN, answer
from playwright.sync_api import expect

from nsynth_edu.classroom import load_plane

LESSON = "00_hear_it_first.ipynb"
LONGEST = 180  # s for all cells
RATE = 16_000
CELLS = "[...window.jupyterapp.shell.currentWidget.content.model.cells]"


@pytest.fixture(scope="module")
def lesson(open_lesson):
    begin = time.monotonic()
    with open_lesson(LESSON) as page:
        page.took = time.monotonic() - begin
        yield page


@pytest.fixture
def pad(lesson):
    """The pad on the page, scrolled into view."""
    pad = lesson.locator(".nse-plane:not(.line)")
    pad.scroll_into_view_if_needed()
    return pad


def outputs(page):
    """What the cells have put out, as (cell id, output)."""
    return page.evaluate(
        f"() => {CELLS}.flatMap((cell) => cell.type !== 'code' ? []"
        " : cell.outputs.toJSON().map((output) => [cell.id, output]))"
    )


def state(pad):
    return pad.evaluate("(root) => root.soundPlane.state()")


def dominant_hz(waveform):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)), 4 * len(waveform)))
    return spectrum.argmax() * RATE / (4 * len(waveform))


def test_all_cells_run_without_an_error_in_under_three_minutes(lesson):
    failed = [(cell, said["evalue"]) for cell, said in outputs(lesson)
              if said["output_type"] == "error"]  # fmt: skip
    assert failed == [] and lesson.took < LONGEST


def test_every_player_holds_a_sound_has_a_name_and_waits(lesson):
    players = lesson.locator("audio").evaluate_all(
        """(players) => Promise.all(players.map(async (player) => {
            if (!player.duration) await new Promise((done) => { player.onloadedmetadata = done; });
            return [player.getAttribute("aria-label"), player.duration, player.paused];
        }))"""
    )
    assert len(players) > 10
    for name, seconds, paused in players:
        assert name and 1 <= seconds <= 4.1 and paused


def test_every_picture_says_what_it_shows_and_one_of_two_is_seen(lesson):
    pictures = lesson.locator(".nse img").evaluate_all(
        "(all) => all.map((img) => [img.alt, img.className, img.checkVisibility()])"
    )
    assert len(pictures) >= 6
    assert all(len(alt) > 20 and seen == (kind == "day") for alt, kind, seen in pictures)


def test_line_and_pad_are_there(lesson):
    expect(lesson.get_by_role("slider", name="Line between")).to_be_visible()
    expect(lesson.get_by_role("application", name="Pad between")).to_be_visible()
    expect(lesson.locator("table.twin")).to_have_count(2)


def test_the_pad_sounds_at_its_corners_as_its_files_do(pad):
    stored = load_plane("pad")
    for index, midi in enumerate(stored["notes"]):
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
            expected = stored["sounds"][index, -y, -x]
            heard = np.array(
                pad.evaluate(
                    "async (root, [s, at, midi]) => [...await root.soundPlane.render(s, at, midi)]",
                    [len(expected) / RATE, {"x": x, "y": y}, midi],
                )
            )
            np.testing.assert_allclose(heard, expected, atol=1e-3)
            assert dominant_hz(heard) == pytest.approx(dominant_hz(expected), rel=1e-3)


def test_keyboard_alone_reaches_and_plays_the_pad_and_changes_no_cell(lesson, pad):
    before = lesson.evaluate(f"() => {CELLS}.map((cell) => cell.id)")
    lesson.evaluate(
        f"(id) => {{ const content = window.jupyterapp.shell.currentWidget.content;"
        f" content.activeCellIndex = {CELLS}.findIndex((cell) => cell.id === id);"
        " content.mode = 'command'; content.activate(); }",
        "pad",
    )
    surface = pad.locator(".surface")
    for _ in range(30):
        lesson.keyboard.press("Tab")
        if surface.evaluate("(element) => element === document.activeElement"):
            break
    else:
        pytest.fail("30 presses of Tab do not reach the pad")
    place = state(pad)
    lesson.keyboard.press("ArrowRight")
    lesson.keyboard.press("ArrowUp")
    moved = state(pad)
    assert (moved["x"], moved["y"]) == pytest.approx((place["x"] + 0.05, place["y"] - 0.05))
    lesson.keyboard.down("a")
    lesson.wait_for_timeout(400)
    assert state(pad)["sounding"] and state(pad)["peak"] > 0.01
    lesson.keyboard.up("a")
    assert not state(pad)["sounding"]
    for key in ("d", "d", "w", "y"):  # in JupyterLab: delete the cell, and worse
        lesson.keyboard.press(key)
    assert lesson.evaluate(f"() => {CELLS}.map((cell) => cell.id)") == before


def run_cell(lesson, name):
    lesson.evaluate(
        f"""(name) => {{
            const content = window.jupyterapp.shell.currentWidget.content;
            content.activeCellIndex = {CELLS}.findIndex((cell) => cell.id === name);
            return window.jupyterapp.commands.execute("notebook:run-cell");
        }}""",
        name,
    )


def test_a_guess_reaches_python_and_is_answered(lesson):
    question = lesson.locator(".nse-predict").first
    question.get_by_role("radio").first.check()
    question.get_by_text("Kept: A").wait_for()
    run_cell(lesson, "reveal-samples")
    lesson.get_by_text("You predicted").first.wait_for()
    question.get_by_text("Your guess was A").wait_for()


def test_a_listening_test_hands_its_score_to_python_and_keeps_the_keys_to_itself(lesson):
    before = lesson.evaluate(f"() => {CELLS}.map((cell) => cell.id)")
    lesson.get_by_text("Not taken yet: take the test above").wait_for()
    lesson.evaluate(f"() => {{ {LISTEN} }}")
    lesson.get_by_role("button", name="Begin with practice").press("Enter")
    for number in range(12):  # two of them practice
        if number == 2:
            lesson.get_by_role("button", name="Begin", exact=True).press("Enter")
        answer(lesson)
    lesson.get_by_text("10 of 10: guessing alone does as well in less than 0.1 %").wait_for()
    run_cell(lesson, "abx-result")
    lesson.locator(".card").get_by_text("10 of 10: guessing alone does as well in less").wait_for()
    assert lesson.evaluate(f"() => {CELLS}.map((cell) => cell.id)") == before


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_the_lesson_is_seen_in_both_themes(lesson, artifacts, theme):
    lesson.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme}",
    )
    kind = "day" if theme == "Light" else "night"
    lesson.wait_for_function(
        "(kind) => [...document.querySelectorAll('.nse img')].every("
        "(img) => img.checkVisibility() === (img.className === kind))",
        arg=kind,
    )
    scroller = lesson.locator(".jp-WindowedPanel-outer")
    height = scroller.evaluate("(element) => element.scrollHeight")
    size = lesson.viewport_size
    lesson.set_viewport_size({"width": 1100, "height": height + 150})
    scroller.evaluate("(element) => { element.scrollTop = 0; }")
    lesson.wait_for_timeout(800)
    path = artifacts / f"{Path(LESSON).stem}_{theme.lower()}.png"
    lesson.screenshot(path=path)
    lesson.set_viewport_size(size)
    assert path.stat().st_size > 100_000


def test_the_browser_has_nothing_to_complain_about(lesson):
    assert lesson.complaints == []
