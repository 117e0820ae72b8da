"""What all commands share: sentences, a progress bar, and care with the files they write."""

import os
import sys
import warnings
from contextlib import contextmanager


def say(sentence):
    """Tell the person, on stderr."""
    print(f"nsynth-edu: {sentence}", file=sys.stderr)


def warn_in_sentences():
    """Say the package's own warnings plainly; leave those of others as they are."""
    elsewhere = warnings.showwarning

    def show(message, category, *where, **more):
        if category.__module__.startswith("nsynth_edu"):
            say(message)
        else:
            elsewhere(message, category, *where, **more)

    warnings.showwarning = show


@contextmanager
def progress(unit):
    """A progress bar on stderr -> the function that moves it, report(done, total)."""
    from tqdm import tqdm

    with tqdm(unit=f" {unit}", leave=False) as bar:

        def report(done, total):
            bar.total = total
            bar.update(done - bar.n)

        yield report


def check_output(path, ending="", inputs=(), folder=False):
    """Refuse, before any long work, an output that cannot be written or would destroy an input.

    Args:
        path: where the result shall go.
        ending: what its name has to end in.
        inputs: files that are read.
        folder: whether the result is a folder, which may exist.

    Raises:
        ValueError: with what is wrong.
    """
    from pathlib import Path  # here, as --help would wait for it

    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(
            f"there is no folder {path.parent} to put {path.name} into; make it first, "
            "or choose another place."
        )
    if path.exists() and path.is_dir() != folder:
        kinds = ("file", "folder")
        raise ValueError(
            f"{path} is a {kinds[not folder]}; expected the name of a {kinds[folder]} to write."
        )
    if ending and path.suffix.lower() != ending:
        raise ValueError(f"{path} would hold {ending} data; choose a name that ends in {ending}.")
    if any(path.exists() and Path(each).exists() and path.samefile(each) for each in inputs):
        raise ValueError(f"{path} is also an input and would be lost; choose another name.")
    home = path if path.is_dir() else path.parent
    if not os.access(home, os.W_OK):
        raise ValueError(f"{home} may not be written to; choose another folder.")
