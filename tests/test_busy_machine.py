"""A lesson on a machine that has more to do: threads as a user has them, and a core taken."""

import os

import pytest
import torch
from lessons import LONG, another_program, client, environment, excerpt

from nsynth_edu.models.threads import one_thread


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
def test_a_lesson_trains_while_another_program_keeps_a_core_busy():
    free = environment(threads=False)
    assert not [name for name in free if name.endswith("_NUM_THREADS")]
    training = excerpt("04_reaching_back.ipynb", ["cheat-train", "cheat-sing"])
    with another_program() as taken:
        client(training, LONG).execute(env=free)
    assert taken[0] > 1, "s of processor time: the other program was at work"
