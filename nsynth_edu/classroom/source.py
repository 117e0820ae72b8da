"""The course's own code, shown where a lesson speaks of it."""

import html
import inspect
from pathlib import Path

from nsynth_edu.page import Markup

PACKAGE = Path(__file__).parents[1]  # nsynth_edu


def show_source(thing, *, folded=False):
    """A function or class as it is written in the course's library, with its file and line.

    Args:
        thing: function, method or class of `nsynth_edu`.
        folded: whether it waits to be unfolded.

    Raises:
        ValueError: for what has no Python source in this package, such as a number.
    """
    thing = inspect.unwrap(thing) if callable(thing) else thing  # what a decorator wraps
    try:
        lines, first = inspect.getsourcelines(thing)
        file = Path(inspect.getsourcefile(thing)).relative_to(PACKAGE)
    except (TypeError, OSError, ValueError) as problem:
        raise ValueError(
            f"{thing!r} has no source to show here; expected a function or class of nsynth_edu, "
            "such as nsynth_edu.models.wavenet.gate."
        ) from problem
    code = inspect.cleandoc("\n" + "".join(lines))
    title = f"{thing.__qualname__}, {PACKAGE.name}/{file.as_posix()}, line {max(first, 1)}"
    body = (
        f"<details{'' if folded else ' open'}><summary>{html.escape(title)}</summary>"
        f'<pre tabindex="0">{html.escape(code)}</pre></details>'
    )
    return Markup(body, f"{title}\n\n{code}")
