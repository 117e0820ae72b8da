"""Lesson 10 in a real JupyterLab: its pad is played, and what was played comes back as a take."""

import json

import numpy as np
import pytest
from lab import failures, in_both_themes
from playwright.sync_api import expect

from nsynth_edu.sound import midi_to_hz

LESSON = "10_from_line_to_instrument.ipynb"
PLAYED = ("setup", "first-run", "path-run", "take-pad", "take-run")  # nothing is decoded in these
RATE = 16_000


@pytest.fixture(scope="module")
def lesson(open_lesson):
    with open_lesson(LESSON, cells=PLAYED) as page:
        yield page


@pytest.fixture
def pad(lesson):
    pad = lesson.locator(".nse-plane")
    pad.scroll_into_view_if_needed()
    return pad


def kernel(page, code):
    """What the lesson's kernel prints, from JSON."""
    said = page.evaluate(
        """async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({code});
            let said = "";
            future.onIOPub = ({content}) => { said += content.text ?? content.evalue ?? ""; };
            await future.done;
            return said;
        }""",
        code,
    )
    return json.loads(said)


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


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 1), (0.5, 0.5), (0.4, 0.7)])
def test_the_pad_plays_at_its_pitch(pad, x, y):
    for midi in (60, 67):
        heard = rendered(pad, x, y, midi)
        assert np.abs(heard).max() > 0.01
        assert partials_off(heard, midi) < 30


TAKE = """
import json
again, places = performed(stage.take)
notes = [[key.pitch, key.start, key.end] for key in again.keys]
sound, _ = play_song(again, sounds, stage.notes, places)
print(json.dumps([notes, places[0].tolist(), places[-1].tolist(), float(abs(sound).max())]))
"""


def test_a_take_from_the_keyboard_comes_back_as_notes_and_places(lesson, pad):
    pad.get_by_role("button", name="Record a take").click()
    pad.locator(".surface").focus()
    for letter, arrow in (("a", "ArrowRight"), ("g", "ArrowDown")):
        lesson.keyboard.down(letter)
        lesson.wait_for_timeout(300)
        lesson.keyboard.press(arrow)
        lesson.wait_for_timeout(200)
        lesson.keyboard.up(letter)
    pad.get_by_role("button", name="End the take").click()
    expect(pad.locator(".live")).to_contain_text("Taken: 2 notes")
    notes, begin, end, peak = kernel(lesson, TAKE)
    assert [pitch for pitch, _, _ in notes] == [60, 67] and peak == pytest.approx(0.9)
    for _, start, stop in notes:
        assert 0.45 < stop - start < 3
    assert (begin, end) == ([0.5, 0.5], [0.55, 0.55])
    expect(pad.get_by_role("button", name="Record a take")).to_be_visible()


def test_a_swelling_note_reaches_the_page_from_python(lesson, pad):
    whole = rendered(pad, 0, 0)
    kernel(lesson, "stage.attack = 0.4\nprint(1)")
    for _ in range(50):
        swelling = rendered(pad, 0, 0)
        if np.abs(swelling[:800]).max() < 0.3 * np.abs(whole[:800]).max():
            break
        lesson.wait_for_timeout(100)
    else:
        pytest.fail("the attack is not heard")
    np.testing.assert_allclose(swelling[6_400:], whole[6_400:], atol=1e-3)


def test_pad_and_paths_are_seen_in_both_themes(lesson, artifacts):
    for name, where in (("pad", ".nse-plane"), ("paths", 'figure:has(img[alt^="Both paths"])')):
        for path in in_both_themes(lesson, lesson.locator(where), artifacts, f"lesson_10_{name}"):
            assert path.stat().st_size > 2_000
