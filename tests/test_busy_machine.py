"""A lesson on a machine that has more to do: threads as a user has them, and a core taken."""

import os
import subprocess
import sys

import pytest
import torch
from lessons import COURSE, read_notebook, run_notebook

from nsynth_edu.models.threads import one_thread


@pytest.fixture
def as_a_user(monkeypatch):
    """No number of threads is set, and a program computes without rest."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield
    busy.kill()
    busy.wait()


def test_small_networks_are_trained_on_one_thread_and_the_number_is_put_back():
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(before + 1)
    try:
        one_thread()(lambda: seen.append(torch.get_num_threads()))()
        assert seen == [1] and torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.timeout(600)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs a core for the other program")
def test_a_lesson_that_trains_runs_while_another_program_keeps_a_core_busy(as_a_user):
    run_notebook(read_notebook(COURSE / "04_reaching_back.ipynb"))  # 120 s for a cell
