"""What the examiner makes of an answer from a student's kernel: data, and never code."""

import ast
import base64
import json
import tempfile
from pathlib import Path

import numpy as np

LARGEST = 16 << 20  # characters of an answer
LONGEST = 10_000  # characters of a text in it


class Other:
    """An answer of a kind that no test asks for."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def read(answer):
    """Read an answer as the kernel has sent it.

    Args:
        answer: str, as Python writes a str of JSON; None if there was none.

    Returns:
        dict.

    Raises:
        TimeoutError, ValueError: if there is none, or none that can be read.
    """
    if answer is None:
        raise TimeoutError("the kernel has not answered in time")
    try:
        if len(answer) > LARGEST:
            raise MemoryError
        return dict(json.loads(ast.literal_eval(answer)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError("the kernel's answer cannot be read") from None


def restored(found, function=None):
    """Build a value from what `answering.described` has made of it.

    Args:
        found: from JSON.
        function: called with the name of a function, makes what stands for it.

    Returns:
        None, bool, int, float, str, ..., NumPy's array or number; list, tuple, dict of these; Path
        of a temporary folder with the files of an answered one; `Other`.

    Raises:
        ValueError, TypeError: if it is none of these.
    """
    if isinstance(found, str) and len(found) > LONGEST:
        raise ValueError(f"a text of {len(found):,} characters")
    if not isinstance(found, dict):
        return found
    [(kind, content)] = found.items()
    match kind:
        case "blank":
            return ...
        case "list":
            return [restored(one) for one in content]
        case "tuple":
            return tuple(restored(one) for one in content)
        case "dict":
            return {restored(name): restored(value) for name, value in content}
        case "array":
            return _array(*content)
        case "folder":
            return _folder(content)
        case "function":
            return function(str(content))
    name, text = content
    return type(str(name), (Other,), {})(str(text))


def _array(dtype, shape, values):
    if np.dtype(dtype).kind not in "biufc":
        raise ValueError(f"an array of {dtype}")
    return np.frombuffer(base64.b64decode(values), dtype).reshape(shape)[()].copy()


def _folder(files):
    folder = Path(tempfile.mkdtemp())
    for name, content in files.items():
        if Path(name).name != name:
            raise ValueError("a file's name leads out of its folder")
        (folder / name).write_bytes(base64.b64decode(content))
    return folder
