"""A learner's own small NSynth, `course/my_nsynth.py`, compared with the course's network.

Both get the same random weights, of the published architecture in a small shape. Each function is
called by itself; the first place where it differs is named, and the usual mistake, if it is one.
"""

import types
import warnings
from pathlib import Path

import numpy as np
import torch

from .my_nsynth_tasks import small_model, tasks

TOLERANCE = 1e-4  # of a value, and of its share
AGREES = "agrees."
OPEN = ("not yet", "waits")


def compare_my_nsynth(path):
    """Compare each function of a learner's own NSynth with the course's network.

    Args:
        path: of the learner's file.

    Returns:
        {name of the function: AGREES, or a sentence that says what is wrong}, in the order of
        the lessons.

    Raises:
        ValueError: if there is no such file, or it does not run.
    """
    module = _loaded(Path(path))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = tasks(small_model())
        found = {name: _found(name, task, module) for name, task in asked.items()}
    return {name: _in_words(name, found, module) for name in found}


def _in_words(name, found, module):
    """The line of a function, and where to begin if it calls one that is wrong itself."""
    if not found[name]:
        return AGREES
    code = getattr(getattr(module, name, None), "__code__", None)
    called = code.co_names if code else ()
    wrong = [each for each in found if each in called and each != name and found[each]]
    if wrong and not found[name].startswith(OPEN):
        return f"{found[name]} It calls `{wrong[0]}`, which does not agree yet: begin there."
    return found[name]


def _loaded(path):
    """The learner's file as a module, read anew each time."""
    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        module = types.ModuleType(path.stem)
        exec(code, module.__dict__)
    except FileNotFoundError:
        raise ValueError(
            f"there is no {path} here; expected the course's file, which lies next to the lessons. "
            "Give its path, as in check_my_nsynth('course/my_nsynth.py')."
        ) from None
    except SyntaxError as error:
        raise ValueError(
            f"{path.name} cannot be read: {error.msg} in line {error.lineno}. Mend it, check again."
        ) from None
    except Exception as error:  # whatever a learner's lines may raise
        raise ValueError(
            f"{path.name} stops when it is read: {type(error).__name__}: {error}. "
            "Outside its functions it should only import and define."
        ) from None
    return module


def _found(name, task, module):
    """What to say about a function; "" where it agrees."""
    if not callable(getattr(module, name, None)):
        return f"is not in the file; expected `def {name}(...)`, as lesson {task.lesson} has it."
    try:
        got = task.run(module)
    except NotImplementedError as gap:
        return _gap(name, gap, task)
    except Exception as error:  # whatever a learner's lines may raise
        if "ellipsis" in str(error).lower():  # dots within a line that was begun
            return f"not yet: lesson {task.lesson} builds it."
        return f"stops: {type(error).__name__}: {error} (line {_line(error, module)})."
    if any(part is None or part is ... for part in (got if isinstance(got, tuple) else [got])):
        return f"not yet: lesson {task.lesson} builds it."
    problem = difference(got, task.expected)
    if not problem:
        return ""
    for wrong, cause in task.known:
        if not difference(got, wrong() if callable(wrong) else wrong):
            return f"{problem} Likely cause: {cause}"
    return problem


def _gap(name, error, task):
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    inner = place.tb_frame.f_code.co_name
    if inner == name:
        return f"not yet: lesson {task.lesson} builds it."
    return f"waits for `{inner}`."


def _line(error, module):
    """The last line of the learner's own file on the way to an error."""
    place, line = error.__traceback__, 0
    while place:
        if place.tb_frame.f_globals is module.__dict__:
            line = place.tb_lineno
        place = place.tb_next
    return line


def difference(got, expected):
    """Name the first difference of two tensors, or of several.

    Args:
        got: of the learner. expected: a tensor, or a tuple of them.

    Returns:
        str: one sentence; "" where there is none.
    """
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            count = len(got) if isinstance(got, tuple | list) else 1
            return f"gives {count} result{'s' * (count != 1)}; expected {len(expected)}."
        for number, (one, other) in enumerate(zip(got, expected, strict=True), 1):
            if problem := difference(one, other):
                return f"result {number} {problem}"
        return ""
    if isinstance(got, float | int | np.ndarray | np.generic):
        got = torch.as_tensor(got)
    if not torch.is_tensor(got):
        return f"gives a {type(got).__name__}; expected a tensor of shape {_shape(expected)}."
    if got.shape != expected.shape:
        return f"has the shape {_shape(got)}; expected {_shape(expected)}."
    got, expected = got.double(), expected.double()
    wrong = ~((got - expected).abs() <= TOLERANCE * (1 + expected.abs()))
    if not wrong.any():
        return ""
    place = tuple(wrong.nonzero()[0].tolist())
    where = f" at {list(place)}" if place else ""
    return f"is {got[place]:.6g}{where}; expected {expected[place]:.6g}."


def _shape(tensor):
    return f"({', '.join(map(str, tensor.shape))})"
