"""A real JupyterLab, driven through a real Chromium."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from lab import STARTING, TOKEN, serve
from lessons import excerpt
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RUNNING = 240  # s for all cells
SIZE = {"width": 1200, "height": 900}


@pytest.fixture(scope="session")
def artifacts():
    """Where screenshots are kept; git ignores them."""
    return ROOT / "tests" / "artifacts"


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the course with its sounds: nothing in the checkout is touched."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("course", "media"):
        shutil.copytree(ROOT / name, folder / name)
    return folder / "course"


@pytest.fixture(scope="session")
def jupyter(course, tmp_path_factory):
    """The address of a JupyterLab that serves the course; gone when the tests are done."""
    with serve(course, tmp_path_factory.mktemp("jupyter")) as address:
        yield address


@pytest.fixture(scope="session")
def launch(require):
    """`launch(flag, ...)` gives a Chromium with more flags than usual; gone at the end."""
    with sync_playwright() as playwright:
        launched = []

        def launch(*flags):
            launched.append(
                playwright.chromium.launch(
                    executable_path=require("chromium"), args=[*CHROMIUM, *flags]
                )
            )
            return launched[-1]

        yield launch
        for chromium in launched:
            chromium.close()


@pytest.fixture(scope="session")
def browser(launch):
    return launch()


@pytest.fixture(scope="session")
def open_lesson(browser, jupyter, course):
    """`open_lesson(name)` gives a page with the lesson, all of its cells run.

    Or only those `cells`, by their ids. It may be opened in another browser, and with more of a
    page's options.
    """

    @contextmanager
    def open_lesson(name, cells=(), theme="JupyterLab Light", browser=browser, **options):
        if cells:
            part = excerpt(name, cells)
            name = f"part_of_{name}"
            nbformat.write(part, course / name)
        page = browser.new_page(viewport=SIZE, **options)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: said.type == "error" and page.complaints.append(said.text),
        )
        try:
            page.goto(f"{jupyter}/doc/tree/{name}?token={TOKEN}&reset")
            run_all_cells(page, theme)
            yield page
        finally:
            page.close()

    return open_lesson


def run_all_cells(page, theme):
    """Run a lesson as its reader would with Run, Run All Cells, and wait until all is done."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=STARTING * 1000)
    page.evaluate(
        """async (theme) => {
            const app = window.jupyterapp;
            await app.commands.execute('apputils:change-theme', {theme});
            const panel = app.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
        }""",
        theme,
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp.shell.currentWidget;
            const cells = [...panel.content.model.cells].filter((cell) => cell.type === 'code');
            return cells.every((cell) => cell.executionCount !== null)
                && panel.sessionContext.session.kernel.status === 'idle';
        }""",
        timeout=RUNNING * 1000,
    )
