"""How a student's kernel answers the examiner: with data, which `receive.py` reads.

`conversation.py` sends this source to the kernel with each question; the kernel may answer what it
likes. So what is here protects nothing: it is the examiner that does not believe it.
"""

import base64
import builtins
import hashlib
import json
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
from IPython import get_ipython
from IPython.core.inputtransformer2 import TransformerManager

LARGEST = 4 << 20  # bytes of a file
# what a change in a kernel would touch to switch tests off
WATCHED = (
    "nsynth_edu.classroom.grading",
    "nsynth_edu.classroom.feedback",
    "nsynth_edu.classroom.questions",
    "IPython.core.interactiveshell",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
)


def reply(value, arguments=None):
    """Describe a value, or what a function returns.

    Args:
        value: anything.
        arguments: of the function, pickled, in base64; without them it is not called.

    Returns:
        str, JSON: {"value": ...} or {"error": [kind, sentence]}.
    """
    try:
        if arguments is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = value(*pickle.loads(base64.b64decode(arguments)))
        return json.dumps({"value": described(value)})
    except Exception as error:  # whatever a learner's lines may raise
        return json.dumps({"error": [type(error).__name__, str(error)]})


def described(value):
    """A value as JSON can hold it: {kind: content} where JSON has no such kind."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if value is ...:
        return {"blank": True}
    if isinstance(value, list | tuple):
        return {type(value).__mro__[-2].__name__: [described(one) for one in value]}
    if isinstance(value, dict):
        return {"dict": [[described(name), described(one)] for name, one in value.items()]}
    if isinstance(value, Path):
        files = sorted(path for path in value.iterdir() if path.is_file())
        small = [path for path in files if path.stat().st_size <= LARGEST]
        return {"folder": {path.name: _text(path.read_bytes()) for path in small}}
    if callable(value):
        return {"function": getattr(value, "__name__", "it")}
    return _array(value)


def _array(value):
    """NumPy's arrays and numbers, PyTorch's tensors, and all that turns into them."""
    try:
        array = np.asarray(value.detach() if getattr(value, "requires_grad", False) else value)
    except Exception:  # a type of the learner's own
        array = np.asarray(None)
    if array.dtype.kind in "biufc":
        return {"array": [array.dtype.str, array.shape, _text(array.tobytes())]}
    if array.dtype.kind in "US":
        return described(array.tolist())
    return {"other": [type(value).__name__, repr(value)[:200]]}


def _text(content):
    return base64.b64encode(content).decode()


def look():
    """The fingerprint as JSON."""
    return json.dumps(fingerprint())


def fingerprint():
    """Digests of what runs the tests, as far as it is loaded.

    Returns:
        {module: {function: digest of its code}}; "builtins" and "transformers" of input likewise.
    """
    loaded = {place: sys.modules[place] for place in WATCHED if place in sys.modules}
    found = {place: dict(_functions(module)) for place, module in loaded.items()}
    found["builtins"] = {name: type(part).__name__ for name, part in vars(builtins).items()}
    shell = get_ipython()
    steps = shell.input_transformer_manager if shell else TransformerManager()
    found["transformers"] = {
        kind: " ".join(getattr(step, "__qualname__", "?") for step in getattr(steps, kind))
        for kind in ("cleanup_transforms", "line_transforms", "token_transformers")
    }
    found["transformers"]["ast_transformers"] = str(len(shell.ast_transformers if shell else ()))
    return found


def _functions(module):
    """(name, digest) of the functions of a module, and of the methods of its classes."""
    for name, part in vars(module).items():
        inner = vars(part) if isinstance(part, type) else {"": part}
        if getattr(part, "__module__", None) == module.__name__:
            for method, function in inner.items():
                if code := getattr(function, "__code__", None):
                    yield f"{name}.{method}".rstrip("."), _digest(code)


def _digest(code):
    inner = [_digest(part) for part in code.co_consts if isinstance(part, type(code))]
    return hashlib.sha256(repr((code.co_code, code.co_names, inner)).encode()).hexdigest()
