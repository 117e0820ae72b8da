"""Sounds are saved by keyboard, in JupyterLab, in an exported notebook and from a pad's page."""

import numpy as np
import pytest
import soundfile
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pads import pad

from nsynth_edu.classroom import Pad, compare, listen, load_note
from nsynth_edu.sound.pcm import from_int16, to_int16

RATE = 16_000
NOTES = {name: load_note(f"notes/{name}_60") for name in ("flute", "trumpet")}
CAPTION = "Two recorded notes."


def press(page, button, key):
    """Press a button by keyboard; the file it saves, as (name, samples, rate, comment)."""
    button.focus()
    with page.expect_download() as waiting:
        page.keyboard.press(key)
    with soundfile.SoundFile(waiting.value.path()) as file:
        comment = file.comment
        return waiting.value.suggested_filename, file.read(), file.samplerate, comment


def assert_saved(saved, name, waveform):
    file, samples, rate, comment = saved
    assert (file, rate) == (f"{name}.wav", RATE)
    np.testing.assert_array_equal(samples, from_int16(to_int16(waveform)))
    assert "Saved with nsynth-edu" in comment and "Frank Wen" in comment
    return comment


@pytest.fixture(scope="module")
def exported(browser, tmp_path_factory):
    """`exported(theme, width)` opens a notebook with players as a file, exported to HTML."""
    shown = [
        compare(NOTES, caption=CAPTION, reference="trumpet", descriptions={"flute": "Breathy."}),
        listen(NOTES["flute"], caption="The flute alone."),
        Pad(**pad(seconds=0.2)).twin(),
    ]
    cells = [
        new_code_cell(
            f"sounds({i})",
            outputs=[new_output("display_data", {"text/html": one._repr_html_()})],
        )
        for i, one in enumerate(shown)
    ]
    folder, contexts = tmp_path_factory.mktemp("exported"), []

    def exported(theme="light", width=1100):
        text, _ = HTMLExporter(theme=theme).from_notebook_node(new_notebook(cells=cells))
        path = folder / f"{theme}.html"
        path.write_text(text)
        contexts.append(browser.new_context(offline=True, viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        return page

    yield exported
    for context in contexts:
        context.close()


def test_an_exported_notebook_saves_its_sounds_without_a_kernel(exported):
    page = exported()
    flute = page.get_by_role("button", name="Save flute.wav")
    comment = assert_saved(press(page, flute, "Enter"), "flute", NOTES["flute"])
    assert comment.startswith(f"flute. {CAPTION} ")
    trumpet = page.get_by_role("button", name="Save trumpet.wav")
    assert_saved(press(page, trumpet, "Space"), "trumpet", NOTES["trumpet"])
    alone = page.get_by_role("button", name="Save The_flute_alone.wav")
    comment = assert_saved(press(page, alone, "Enter"), "The_flute_alone", NOTES["flute"])
    assert comment.startswith("The flute alone. ")
    middle = press(page, page.get_by_role("button", name="Save middle_60.wav"), "Enter")
    assert middle[3].startswith("middle: dull 25 %, odd 25 %, even 25 %, bright 25 %. Saved")


def test_tab_leads_from_a_player_to_its_button(exported):
    page = exported()
    page.locator("audio").first.focus()
    for _ in range(8):  # the player's own controls first
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.className") == "save":
            break
    assert page.evaluate("() => document.activeElement.dataset.file") == "trumpet.wav"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_a_page_with_players_fits_and_its_buttons_are_seen(exported, artifacts, theme, width):
    page = exported(theme, width)
    for button in page.get_by_role("button", name="Save").all():
        box = button.bounding_box()
        assert box["height"] >= 24 and box["width"] >= 24
        assert button.evaluate("(it) => getComputedStyle(it).opacity") == "1"
    for player in page.locator(".sound .player").all():
        box = player.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.screenshot(path=artifacts / f"saving_{theme}_{width}.png", full_page=True)


def test_jupyterlab_saves_a_sound_and_keeps_the_keys_to_itself(open_lesson):
    with open_lesson("00_hear_it_first.ipynb", ["two-notes-run"]) as page:
        flute = page.get_by_role("button", name="Save flute.wav")
        for key in ("Enter", "Space"):
            assert_saved(press(page, flute, key), "flute", NOTES["flute"])
        assert flute.evaluate("(it) => it === document.activeElement"), "no cell took the key"
        assert page.complaints == []
