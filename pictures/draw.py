"""Draw the pictures of README.md from the course's sounds: `make pictures`."""

import sys
import tempfile
from pathlib import Path
from shutil import which

from PIL import Image
from playwright.sync_api import sync_playwright

from nsynth_edu.classroom import load_note, load_plane, plot_rainbowgram
from nsynth_edu.page.instrument_page import write_page
from nsynth_edu.play import save_plane

CHROMIUM = which("chromium")
ADDRESS = "http://pad/"  # answered by the script itself
DPI = 110


def draw_rainbowgrams(path):
    """A trumpet note, and what the pocket model makes of it."""
    sounds = {
        "trumpet": load_note("notes/trumpet_60"),
        "its copy, from 16 numbers per 32 ms": load_note("reconstructions/trumpet_60"),
    }
    plot_rainbowgram(sounds).savefig(path, dpi=DPI)


def draw_pad(path):
    """The course's pad between four instruments, as a browser shows it."""
    plane = load_plane("pad")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        nw, ne, sw, se = plane["corners"]
        save_plane(
            folder, plane["sounds"], plane["notes"], plane["corners"],
            one_file_per_point=True, instruments=[[nw, ne], [sw, se]],
        )  # fmt: skip
        write_page(Path(folder), [])
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 860, "height": 700})
        page.route(
            f"{ADDRESS}**",
            lambda route: route.fulfill(
                path=Path(folder, route.request.url.removeprefix(ADDRESS) or "index.html")
            ),
        )
        page.goto(ADDRESS)
        page.add_style_tag(content="main .nse-plane .surface { width: 22rem }")  # as in a notebook
        page.get_by_text("All 75 sounds are here.").wait_for()
        page.locator(".surface").focus()
        for key in ["ArrowRight"] * 3 + ["ArrowUp"] * 4:
            page.keyboard.press(key)
        page.locator(".surface").evaluate("(surface) => surface.blur()")
        page.locator(".nse-plane").screenshot(path=path)


def shrink(path):
    """Keep 256 colours of a picture: a third of the bytes."""
    picture = Image.open(path).convert("RGB")
    palette = picture.quantize(256, Image.Quantize.FASTOCTREE)
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit("Chromium is missing; install it (Debian: apt install chromium).")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, draw in (("rainbowgrams.png", draw_rainbowgrams), ("pad.png", draw_pad)):
        draw(folder / name)
        shrink(folder / name)
