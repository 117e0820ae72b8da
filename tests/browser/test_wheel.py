"""From a wheel into a lesson, without make and without git, and a first start that asks nothing."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Error

ROOT = Path(__file__).parents[2]
SIZE = {"width": 1200, "height": 900}
STARTING = 90  # s
site = next(path for path in sys.path if path.endswith("site-packages"))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """`nsynth-edu` of a wheel in an environment of its own.

    The packages that it depends on are this environment's, so that nothing is downloaded; the
    package itself comes from the wheel alone.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    [packages] = (folder / "venv").rglob("site-packages")
    (packages / "host.pth").write_text(site)
    pip = [sys.executable, "-m", "pip", "--python", python]
    install = [*pip, "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    return python.with_name("nsynth-edu")


@contextmanager
def serving(program, where, *words):
    """The address of the lab, and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    share = Path(sys.prefix) / "share" / "jupyter"
    own = {
        name: str(where / name.lower())
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    own |= {"JUPYTER_PATH": str(share), "JUPYTERLAB_DIR": str(share / "lab")}
    own["JUPYTER_TOKEN"] = "open"
    (where / "home").mkdir()
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    log = where / "log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [program, "lab", "--no-browser", "--port", str(port), *words],
            cwd=where, stderr=file, env=kept | own,
        )  # fmt: skip
    try:
        until = time.monotonic() + STARTING
        while f":{port}/lab" not in log.read_text() and time.monotonic() < until:
            assert server.poll() is None, log.read_text()
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/?token=open", log
    finally:
        server.terminate()
        server.wait(30)


def start(browser, address):
    """A page on which the lab has come up."""
    page = browser.new_page(viewport=SIZE)
    for _ in range(50):  # it says its address a moment before it listens there
        try:
            page.goto(address)
            break
        except Error:
            time.sleep(0.3)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=STARTING * 1000)
    page.wait_for_timeout(4000)  # the questions that JupyterLab asks come late
    return page


def test_a_wheel_opens_lesson_00_and_asks_nothing(program, browser, tmp_path, artifacts):
    with serving(program, tmp_path) as (address, log):
        page = start(browser, address)
        page.screenshot(path=artifacts / "wheel_first_start.png")
        assert "Hear it first" in page.locator(".jp-Notebook").inner_text()
        assert (tmp_path / "nsynth-edu-course" / "media" / "notes" / "flute_60.wav").is_file()
        assert not list((tmp_path / "nsynth-edu-course").rglob("*solution*"))
        assert "the lessons and their sounds are in" in log.read_text()
        everything = page.locator("body").inner_text()
        assert "news" not in everything.lower() and not page.locator(".jp-Dialog").count()
        assert not commands(page) & {"nbgrader:open-formgrader", "nbgrader:open-create-assignment"}
        page.close()


def test_instructors_get_their_panels_back(program, browser, tmp_path):
    with serving(program, tmp_path, "--instructor") as (address, _):
        page = start(browser, address)
        wanted = {"nbgrader:open-formgrader", "nbgrader:open-create-assignment"}
        assert wanted <= commands(page)
        page.close()


def commands(page):
    """The commands that JupyterLab offers, by its menu of all of them."""
    page.keyboard.press("Control+Shift+C")
    page.wait_for_selector(".lm-CommandPalette-item", state="attached")
    found = page.locator(".lm-CommandPalette-item").evaluate_all(
        "(items) => items.map((item) => item.dataset.command)"
    )
    return set(found)
