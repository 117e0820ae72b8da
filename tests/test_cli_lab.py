"""lab: the course in JupyterLab."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from nsynth_edu.studio.course_folder import FIRST_LESSON, find_course

ROOT = Path(__file__).parents[1]


def test_lab_serves_the_course_opened_at_the_first_lesson(tmp_path):
    (tmp_path / "course").mkdir()
    lesson = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "course" / FIRST_LESSON).write_text(json.dumps(lesson))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    log = tmp_path / "log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "nsynth_edu", "lab", "--no-browser", "--port", str(port)],
            cwd=tmp_path, stderr=file, env=os.environ | own | {"JUPYTER_TOKEN": "open"},
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        opened = f"http://127.0.0.1:{port}/lab/tree/{FIRST_LESSON}?token="
        while opened not in log.read_text() and time.monotonic() < until:
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
        assert opened in log.read_text()
        address = f"http://127.0.0.1:{port}/api/contents/{FIRST_LESSON}?token=open"
        while True:  # it says its address a moment before it listens there
            try:
                with urllib.request.urlopen(address, timeout=30) as answer:
                    assert json.load(answer)["content"]["nbformat"] == 4
                break
            except urllib.error.URLError:
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(30)


def test_the_course_is_found_in_the_first_checkout(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "course").mkdir(parents=True)
    (tmp_path / "two" / "course" / FIRST_LESSON).touch()
    found = find_course([tmp_path / "one", tmp_path / "two", tmp_path])
    assert found == tmp_path / "two" / "course"
    assert find_course([tmp_path]) is None
