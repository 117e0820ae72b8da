"""Wait for what another thread, process or page does."""

import time


def until(happened, seconds=60):
    """Ask until the answer is true, and return it.

    Args:
        happened: function without arguments. seconds: patience, for a busy machine.

    Raises:
        AssertionError: it is still not true.
    """
    end = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(0.01)
    return answer
