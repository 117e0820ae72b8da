"""A page in which the decoder plays live, opened as a file in a real Chromium."""

from pathlib import Path

import numpy as np
from playwright.sync_api import expect
from waiting import until

from nsynth_edu import load_model, load_note
from nsynth_edu.cli import main
from nsynth_edu.generation.page_weights import page_weights
from nsynth_edu.page.live_page import write_live_page

NOTES = Path(__file__).parents[2] / "media" / "notes"


def test_a_page_opened_as_a_file_plays_and_follows_the_hand(browser, tmp_path):
    model = load_model("pocket")
    trumpet = model.encode(load_note("notes/trumpet_60"))[:63]
    quiet = np.repeat(model.encode(np.zeros(16000, np.float32))[10:11], len(trumpet), 0)
    names = ["trumpet", "silence", "trumpet", "silence"]
    weights = page_weights(model, "pocket")
    write_live_page(tmp_path / "live.html", weights, [trumpet, quiet] * 2, names, ["The course."])
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "live.html").as_uri())

    def pad(what):
        return page.evaluate(f"document.querySelector('.live-pad').livePad.{what}")

    page.focus(".surface")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")  # to the trumpet
    page.keyboard.press("Space")
    until(lambda: np.abs(pad("heard()")).max() > 0.05)
    expect(page.locator(".meter")).to_contain_text("gaps: ")
    for _ in range(20):
        page.keyboard.press("ArrowRight")  # to the silence
    until(lambda: pad("state()")["move"] == 30)  # of which the sound is; a gap is silent, too
    until(lambda: np.abs(pad("heard()")).max() < 0.02)
    page.keyboard.press("Space")
    expect(page.locator(".play")).to_have_text("▶ Play live")
    assert not complaints
    page.close()


def test_a_browser_without_what_it_needs_is_answered_in_a_sentence(browser, tmp_path):
    sounds = [
        str(NOTES / f"{name}_60.wav") for name in ("flute", "trumpet", "flute", "nylon_guitar")
    ]
    assert main(["live", *sounds, "-o", str(tmp_path / "live.html")]) == 0
    page = browser.new_page()
    page.add_init_script("WebAssembly.validate = () => false")
    page.goto((tmp_path / "live.html").as_uri())
    expect(page.locator("h1")).to_have_text(
        "Live between flute 60, trumpet 60, flute 60 and nylon guitar 60"
    )
    assert page.locator("main li").count() == 3  # who made these sounds: each once
    expect(page.locator("main > [role=alert]")).to_contain_text("lacks WebAssembly SIMD")
    page.click(".play")
    expect(page.locator(".play")).to_have_text("▶ Play live")
    page.close()
