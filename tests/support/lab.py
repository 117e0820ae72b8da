"""Serve a JupyterLab, drive an explorer on a page of it, and read off what it shows."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=30_000)  # ms; a busy machine answers late
ROOT = Path(__file__).parents[2]
TOKEN = "hear-it-first"
STARTING = 60  # s for the server
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},  # no network
    # all cells on the page at once, not only those within the window
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@contextmanager
def serve(root, home):
    """The address of a JupyterLab that serves a folder, and keeps all that is its own in `home`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for extension, setting in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{extension}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
    }
    log = home / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                "--expose-app-in-browser", f"--port={port}", "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env=environment, cwd=root, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api?token={TOKEN}", server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:  # on a busy machine
            server.kill()
            server.wait()


def _wait_for(address, server, log):
    end = time.monotonic() + STARTING
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def reads(widget, name, text):
    """Wait until the read-out of that name is the text, or matches the pattern."""
    expect(widget.locator(f"dd[data-name='{name}']")).to_have_text(text)


def failures(page):
    """What the cells that failed have said."""
    return page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.model.cells]"
        ".filter((cell) => cell.type === 'code').flatMap((cell) => cell.outputs.toJSON())"
        ".filter((output) => output.output_type === 'error').map((output) => output.evalue)"
    )


def press(page, key, times=1):
    """A key, several times."""
    for _ in range(times):
        page.keyboard.press(key)


def in_both_themes(page, widget, artifacts, name):
    """Screenshots of a widget in the dark and in the light theme, one path after another."""
    for theme in ("Dark", "Light"):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {theme}",
        )
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light",
            arg=f"{theme == 'Light'}".lower(),
        )
        page.wait_for_timeout(500)
        path = artifacts / f"{name}_{theme.lower()}.png"
        widget.screenshot(path=path)
        yield path
