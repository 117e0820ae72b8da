"""Messages, a progress bar, and checks of output paths, for all commands."""

import os
import sys
import warnings
from contextlib import contextmanager


def say(sentence):
    """Print a message on stderr; what names of files hold of control characters is escaped."""
    signs = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(sentence))
    print("nsynth-edu:", "".join(signs), file=sys.stderr)


def counted(number, noun):
    """A number with its noun in the right number: 1 group, 2 groups, 1,200 points."""
    return f"{number:,} {noun}" + "s" * (number != 1)


def warn_in_sentences(all_of_them=False):
    """Print the package's own warnings as messages.

    Args:
        all_of_them: print those of other packages, too, which say nothing that a user can act on.
    """
    elsewhere = warnings.showwarning

    def show(message, category, *where, **more):
        if category.__module__.startswith("nsynth_edu"):
            say(message)
        elif all_of_them:
            elsewhere(message, category, *where, **more)

    warnings.showwarning = show


@contextmanager
def progress(unit, leave=False):
    """Show a progress bar on stderr as soon as there is something to count.

    Args:
        unit: what is counted, in the plural.
        leave: whether the finished bar stays.

    Yields:
        function report(done, total, note="") that moves the bar; its first call may come from work
        that goes on where it was, and the rate counts from there.
    """
    from tqdm import tqdm

    bars = []

    def report(done, total, note=""):
        if not bars:
            bars.append(tqdm(unit=f" {unit}", leave=leave, total=total, initial=max(done - 1, 0)))
        bars[0].set_postfix_str(note, refresh=False)
        bars[0].update(done - bars[0].n)

    try:
        yield report
    finally:
        for bar in bars:
            bar.close()


def check_output(path, ending="", inputs=(), folder=False):
    """Refuse, before any long work, an output that cannot be written or would overwrite an input.

    Args:
        path: of the result.
        ending: required suffix, such as ".wav"; "" = any.
        inputs: paths of the inputs.
        folder: whether the result is a folder, which may exist already.

    Raises:
        ValueError: if the output cannot be used.
    """
    from pathlib import Path  # here, as --help would wait for it

    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(
            f"there is no folder {path.parent} for {path.name}; create it first, "
            "or choose another one."
        )
    if path.exists() and path.is_dir() != folder:
        kinds = ("file", "folder")
        raise ValueError(
            f"{path} is a {kinds[not folder]}; expected the name of a {kinds[folder]} to write."
        )
    if ending and path.suffix.lower() != ending:
        raise ValueError(f"{path} would hold {ending} data; choose a name that ends in {ending}.")
    if any(path.exists() and Path(each).exists() and path.samefile(each) for each in inputs):
        raise ValueError(f"{path} is also an input and would be overwritten; choose another name.")
    home = path if path.is_dir() else path.parent
    if not os.access(home, os.W_OK):
        raise ValueError(f"{home} is not writable; choose another folder.")
