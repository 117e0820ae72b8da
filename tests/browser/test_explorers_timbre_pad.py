"""The timbre pad in a real JupyterLab: by keyboard, by pointer, light and dark.

Every read-out is compared with what the same functions say in Python, and what the browser plays
with the waveform that Python measures.
"""

import numpy as np
import pytest
from lab import failures, in_both_themes, press, reads

from nsynth_edu.classroom import load_note, load_plane
from nsynth_edu.classroom.explorers import TimbrePad

NAMES = ("trumpet", "flute", "nylon guitar", "church organ")


@pytest.fixture(scope="module")
def lesson(open_lesson):
    with open_lesson("06_the_autoencoder.ipynb", ["abx-run", "abx-result", "pad-run"]) as page:
        yield page


@pytest.fixture
def pad(lesson):
    """The pad at its middle, silent, with the network's sounds."""
    widget = lesson.locator(".timbre-pad")
    widget.scroll_into_view_if_needed()
    if state(widget)["sounding"]:
        widget.get_by_role("button", name="Stop").click()
    widget.get_by_role("radio", name="network").check()
    widget.locator(".surface").click(position={"x": 160, "y": 160})
    widget.get_by_role("button", name="Stop").click()
    return widget


@pytest.fixture(scope="module")
def truth():
    recordings = [load_note(f"notes/{name.replace(' ', '_')}_60") for name in NAMES]
    return TimbrePad(**load_plane("pad"), recordings=recordings)


def state(widget):
    return widget.locator(".nse-plane").evaluate("(root) => root.soundPlane.state()")


def rendered(widget, x, y):
    """Half a second of what the pad plays at a place, without a loudspeaker."""
    samples = widget.locator(".nse-plane").evaluate(
        "async (root, at) => [...await root.soundPlane.render(0.5, at, 60)]", {"x": x, "y": y}
    )
    return np.array(samples)


def agrees(widget, truth, x, y, heard):
    """Wait for the truth about a place, and compare all read-outs with it."""
    found = truth.read(x, y, heard)
    widget.locator(".said").filter(has_text=found["sentence"]).wait_for()
    reads(widget, "brightness", f"{found['brightness']:.0f} Hz")
    reads(widget, "on overtones", f"{100 * found['overtones']:.0f} %")
    for name, distance in zip(NAMES, found["distances"], strict=True):
        reads(widget, f"to {name}", f"{distance:.1f}")


def test_the_pad_of_lesson_06_opens_without_a_complaint(lesson):
    assert failures(lesson) == [] and lesson.complaints == []


def test_the_arrow_keys_move_and_the_numbers_follow(lesson, pad, truth):
    pad.locator(".surface").focus()
    press(lesson, "ArrowLeft", 10)
    press(lesson, "ArrowUp", 5)
    place = state(pad)
    assert (place["x"], place["y"]) == (0, 0.25) and not place["sounding"]
    agrees(pad, truth, 0, 0.25, "network")
    assert pad.locator(".chip").all_inner_texts() == [
        "trumpet 75 %", "flute 0 %", "nylon guitar 25 %", "church organ 0 %",
    ]  # fmt: skip


def test_the_switch_changes_numbers_and_sound_while_it_plays(lesson, pad, truth):
    pad.locator(".surface").focus()
    press(lesson, "ArrowRight", 5)
    press(lesson, "Space")
    heard = rendered(pad, 0.75, 0.5)
    np.testing.assert_allclose(heard, truth.sound(0.75, 0.5, "network")[:8_000], atol=1e-3)
    pad.get_by_role("radio", name="network").focus()
    press(lesson, "ArrowRight")
    agrees(pad, truth, 0.75, 0.5, "plain mix")
    assert state(pad)["sounding"], "the sound goes on with what was chosen"
    heard = rendered(pad, 0.75, 0.5)
    np.testing.assert_allclose(heard, truth.sound(0.75, 0.5, "plain mix")[:8_000], atol=1e-3)


def test_a_pointer_moves_and_plays_and_letters_play_notes(lesson, pad, truth):
    surface = pad.locator(".surface")
    box = surface.bounding_box()
    surface.click(position={"x": box["width"] - 12, "y": box["height"] - 24})  # beyond the last
    place = state(pad)
    assert (place["x"], place["y"], place["sounding"]) == (1, 1, True)
    agrees(pad, truth, 1, 1, "network")
    lesson.wait_for_timeout(300)
    assert state(pad)["peak"] > 0.01
    pad.get_by_role("button", name="Stop").click()
    surface.focus()
    lesson.keyboard.down("g")
    assert state(pad)["note"] == 67 and state(pad)["sounding"]
    lesson.keyboard.up("g")
    assert not state(pad)["sounding"]
    lesson.keyboard.press("a")
    assert state(pad)["note"] == 60


def test_the_twin_stands_below_with_a_player_for_each_place(lesson, truth):
    table = lesson.locator("table.twin").last
    assert table.locator("tbody tr").count() == 10 and table.locator("audio").count() == 10
    found = truth.read(0.5, 0.5, "plain mix")
    cells = table.locator("tbody tr").last.locator("td").all_inner_texts()
    assert cells[:2] == [f"{found['overtones']:.0%}", f"{found['brightness']:.0f} Hz"]


def test_the_timbre_pad_is_seen_in_both_themes(lesson, pad, artifacts):
    for path in in_both_themes(lesson, pad, artifacts, "timbre_pad"):
        assert path.stat().st_size > 10_000
    assert lesson.complaints == []
