"""The result files of listening tests: small JSON, one listener each, no names of people.

They come from anybody's browser, so each is read with suspicion: what does not fit is refused in
one sentence, and the rest of the class counts all the same.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .listening import ANCHOR, FEWEST, MODES, MOST, MOST_SOUNDS, REFERENCE

FORMAT = "nsynth-edu listening test 1"
LARGEST = 500_000  # bytes
LONGEST = 100  # characters of a name


class ResultError(ValueError):
    """A file is not the result of a listening test."""


@dataclass(frozen=True)
class Result:
    """One listener's answers, checked.

    Attributes:
        name: of the file. test: says which test it was, and with which sounds. title: of the test.
        mode: "abx", "preference" or "rating". listener: random, drawn by the page.
        systems: names of the sounds that are compared.
        trials: dicts, each with `item`, and by mode `x` and `answer`, `answer`, or `ratings`.
    """

    name: str
    test: str
    title: str
    mode: str
    listener: str
    systems: tuple
    trials: tuple

    def kind(self):
        """What has to be the same for two results to be of one test."""
        items = frozenset(trial["item"] for trial in self.trials)
        return self.test, self.mode, self.systems, len(self.trials), items


def pool(paths):
    """Read a class's files; keep those that are whole, of one test, and of a listener each.

    Args:
        paths: of files, or of folders with files that end in .json.

    Returns:
        (list of `Result`, list of str: a sentence for each file that is refused, by its name).
        Where files of several tests are mixed, the test with most files counts.
    """
    read, refused = [], []
    for path in _files(paths):
        try:
            read.append(read_result(path))
        except (ResultError, OSError) as problem:
            why = problem if isinstance(problem, ResultError) else problem.strerror
            refused.append(f"{path.name}: {why}")
    kept, listeners = [], {}
    tests = Counter(result.kind() for result in read)
    for result in read:
        if tests.most_common(1)[0][0] != result.kind():
            why = f"is of another test ({result.title}); expected the one most files are of."
        elif result.listener in listeners:
            why = f"is of the same listener as {listeners[result.listener]}; each counts once."
        else:
            listeners[result.listener] = result.name
            kept.append(result)
            continue
        refused.append(f"{result.name}: {why}")
    return kept, refused


def _files(paths):
    for path in map(Path, paths):
        yield from sorted(path.glob("*.json")) if path.is_dir() else [path]


def read_result(path):
    """Read one listener's file.

    Args:
        path: of the JSON file that the test's page saved.

    Raises:
        ResultError: if it is not the whole result of a first attempt; the sentence goes after the
            name of the file. OSError if it cannot be read.
    """
    path = Path(path)
    if path.stat().st_size > LARGEST:
        raise ResultError(f"is larger than {LARGEST:,} bytes; expected one listener's result.")
    try:
        found = json.loads(path.read_bytes(), parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise ResultError(
            "is not JSON; expected the file as the test's page saved it."
        ) from problem
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultError(f"does not say {FORMAT!r}; expected the file of a listening test.")
    return checked(found, path.name)


def checked(found, name):
    """A result that was read, as `Result`.

    Args:
        found: dict, as JSON. name: of the file.

    Raises:
        ResultError: as for `read_result`.
    """
    for key in ("test", "title", "listener"):
        _expect(_is_name(found.get(key)), f"has no proper {key!r}; expected a short text.")
    mode, systems, trials = (found.get(key) for key in ("mode", "systems", "trials"))
    _expect(mode in MODES, f"has the mode {str(mode):.20}; expected one of {', '.join(MODES)}.")
    fit = isinstance(systems, list) and all(map(_is_name, systems))
    fit = fit and len(set(systems)) == len(systems) <= MOST_SOUNDS
    if fit and mode == "rating":
        fit = len(systems) > 2 and {REFERENCE, ANCHOR} <= set(systems)
    _expect(
        fit and (len(systems) == 2 or mode == "rating"),
        "has no proper list of sounds; expected their names, each once.",
    )
    _expect(
        found.get("attempt") == 1,
        "is a later attempt; expected the first, or the luckiest would be chosen.",
    )
    planned = found.get("planned")
    _expect(
        _is_count(planned) and FEWEST <= planned <= MOST,
        f"plans {str(planned):.20} trials; expected {FEWEST} to {MOST}.",
    )
    _expect(isinstance(trials, list), "has no trials; expected a list of them.")
    _expect(
        len(trials) == planned,
        f"holds {len(trials)} of {planned} trials; expected a test taken to its end.",
    )
    kept = tuple(_trial(trial, number, mode, systems) for number, trial in enumerate(trials, 1))
    names = (found[key] for key in ("test", "title"))
    return Result(name, *names, mode, found["listener"], tuple(systems), kept)


def _trial(trial, number, mode, systems):
    fits = isinstance(trial, dict) and _is_name(trial.get("item"))
    if fits and mode == "rating":
        ratings = trial.get("ratings")
        fits = isinstance(ratings, dict) and set(ratings) == set(systems)
        fits = fits and all(map(_is_rating, ratings.values()))
    elif fits:
        wanted = ["answer", "x"] if mode == "abx" else ["answer"]
        fits = all(isinstance(trial.get(key), str) and trial[key] in systems for key in wanted)
    _expect(fits, f"has a trial {number} that does not fit; expected answers to this test.")
    return trial


def _expect(fits, sentence):
    if not fits:
        raise ResultError(sentence)


def _is_name(text):
    return isinstance(text, str) and 0 < len(text.strip()) <= LONGEST and text.isprintable()


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_rating(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= 100


def _no_number(name):
    raise ValueError(name)
