"""The number of threads that torch uses."""

from contextlib import contextmanager

import torch


@contextmanager
def one_thread():
    """Limit torch to one thread while the block, or the decorated function, runs.

    The threads of a small network wait for each other at every layer: while another program keeps a
    core busy, two threads are far slower than one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
