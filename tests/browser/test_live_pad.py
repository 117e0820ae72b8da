"""The live pad in a real JupyterLab with a real kernel: made, sent, stored, played, moved."""

import time

import nbformat
import numpy as np
import pytest
from playwright.sync_api import expect
from waiting import until

SETUP = """\
import numpy as np
import nsynth_edu.classroom.live
from nsynth_edu.classroom import LivePad, load_note
nsynth_edu.classroom.live.ENOUGH = 0  # a busy machine plays with gaps, but it plays
from nsynth_edu.models import load_model
model = load_model("pocket")
trumpet = model.encode(load_note("notes/trumpet_60"))
quiet = np.repeat(model.encode(np.zeros(16000, np.float32))[10:11], 60, 0)
live = LivePad(model, [trumpet, quiet] * 2, ["trumpet", "silence", "trumpet", "silence"])
live"""
PAD = ".live-pad"

WATCH = """(quiet) => { window.heardAfter = (async () => {
  const pad = document.querySelector('.live-pad');
  const begin = await new Promise((done) => pad.addEventListener(
    'pointerdown', () => done(performance.now()), { once: true }));
  while (performance.now() - begin < 3000) {
    await new Promise((done) => setTimeout(done, 10));
    const level = Math.max(...pad.livePad.heard().slice(-512).map(Math.abs));
    if (quiet ? level < 0.02 : level > 0.05) break;
  }
  return performance.now() - begin; // ms
})(); return 0; }"""


@pytest.fixture(scope="module")
def lab(course, open_lesson):
    """A notebook with a live pad between a sound and silence, open in JupyterLab."""
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(SETUP),
        nbformat.v4.new_code_cell("import time\ntime.sleep(15)\nprint('awake')"),
    ])  # fmt: skip
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, course / "live.ipynb")
    with open_lesson("live.ipynb") as page:
        page.wait_for_selector(PAD)
        yield page


def state(page):
    return page.evaluate("() => document.querySelector('.live-pad').livePad.state()")


def heard(page):
    return np.array(page.evaluate("() => document.querySelector('.live-pad').livePad.heard()"))


def sounds_like_c4(sound):
    """Whether it is loud, and loudest at a partial of C4; a gap of a busy machine is neither."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    peak = np.argmax(spectrum) * 16000 / len(sound)
    return np.abs(sound).max() > 0.05 and min(abs(peak - k * 261.6) for k in range(1, 9)) < 16


def heard_before_the_store_is_played(page, tries=5):
    """Whether one of some moves is: on a busy machine some may come late."""
    box = page.locator(f"{PAD} .surface").bounding_box()
    for _ in range(tries):
        for side, quiet in [(0, False), (1, True)]:
            until(lambda: state(page)["kept"] > 0.35 * 16000)  # the hand rests
            store = state(page)["kept"] / 16
            page.evaluate(WATCH, quiet)
            x = box["x"] + 3 + side * (box["width"] - 6)
            page.mouse.click(x, box["y"] + box["height"] / 2)
            delay = page.evaluate("() => window.heardAfter")
            if quiet and delay < store:
                return True
    return False


def test_the_pad_plays_what_the_kernel_makes_and_a_move_is_heard(lab, artifacts):
    lab.focus(f"{PAD} .surface")
    for _ in range(20):
        lab.keyboard.press("ArrowLeft")  # to the trumpet
    lab.keyboard.press("Space")
    until(lambda: state(lab)["played"] > 16000)
    until(lambda: sounds_like_c4(heard(lab)))
    artifacts.mkdir(exist_ok=True)
    lab.locator(PAD).screenshot(path=artifacts / "live_pad.png")
    assert heard_before_the_store_is_played(lab)
    for _ in range(20):
        lab.keyboard.press("ArrowRight")  # to the silence
    until(lambda: np.abs(heard(lab)).max() < 0.02)
    assert state(lab)["x"] == 1
    lab.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    lab.keyboard.press("Control+Enter")
    before = state(lab)["played"]
    until(lambda: state(lab)["played"] > before + 16000)
    lab.focus(f"{PAD} .surface")
    for _ in range(20):
        lab.keyboard.press("ArrowLeft")  # to the trumpet
    until(lambda: sounds_like_c4(heard(lab)))
    assert not lab.get_by_text("awake", exact=True).count()  # the cell runs; the pad plays, obeys
    lab.get_by_text("awake", exact=True).wait_for()
    lab.focus(f"{PAD} .surface")
    lab.keyboard.press("Space")
    until(lambda: not state(lab)["playing"])
    played = state(lab)["played"]
    time.sleep(0.5)
    assert state(lab)["played"] in (0, played)
    expect(lab.locator(f"{PAD} .play")).to_have_text("▶ Play live")
    assert not lab.complaints
