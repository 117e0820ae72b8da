"""Long work in a cell: how far it is, and in the end how long it took."""

import time

from IPython.display import DisplayHandle

from nsynth_edu.page import Markup, attribute, escape

EVERY = 0.2  # s between two updates


def show_progress(what):
    """A progress bar for `generate(..., progress=show_progress("generating"))`.

    Args:
        what: what is going on, shown and read aloud.

    Returns:
        a function of (done, total), to be called as the work goes on.
    """
    start, last, handle = time.monotonic(), None, DisplayHandle()

    def report(done, total):
        nonlocal last
        now = time.monotonic()
        if last is not None and now - last < EVERY and done < total:
            return
        (handle.display if last is None else handle.update)(_bar(what, done, total, now - start))
        last = now

    return report


def _bar(what, done, total, seconds):
    state = f"{done} of {total}, {seconds:.1f} s" if done < total else f"done in {seconds:.1f} s"
    bar = f'<progress aria-label="{attribute(what)}" max="{total}" value="{done}"></progress>'
    return Markup(f"<p>{escape(what)} {bar} {state}</p>", f"{what}: {state}")
