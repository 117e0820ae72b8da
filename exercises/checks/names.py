"""Names that others choose: which ones are taken, and how they are shown and stand in a table."""

import re
import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

from nbgrader.plugins import CsvExportPlugin

STUDENT = re.compile(r"\w[\w.@+-]*")
CODE = (".py", ".pyc", ".so", ".pyd")
AT_START = ("sitecustomize", "usercustomize", "ipython_config", "checks")  # looked for by programs


def shown(name):
    """A name in a line on a terminal: as it is if it is a student's name, else in quotes."""
    if STUDENT.fullmatch(name):
        return name
    return ascii(name if len(name) <= 60 else f"{name[:57]}...")


def few(names):
    """The first six names, and how many more there are; in words."""
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(map(shown, names[:6])) + more


def printed(text):
    """A text for a terminal, line by line; characters that cannot be shown are escaped."""
    return "\n".join(map(_visible, text.split("\n")))


def _visible(line):
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


class Cell(str):
    """A text that stands in a table as text, and in one cell, whatever it holds."""

    __slots__ = ()

    def __format__(self, spec):
        text = _visible(self)
        if unicodedata.normalize("NFKC", text).lstrip()[:1] in set("=+-@"):
            text = f"'{text}"
        quoted = text.replace('"', '""')
        return f'"{quoted}"' if quoted != text or "," in text else text


class Table(CsvExportPlugin):
    """nbgrader's table of grades; what a spreadsheet would take for a formula stands as text."""

    def export(self, gradebook):
        columns = ("id", "last_name", "first_name", "email")
        students = [
            SimpleNamespace(**{name: Cell(getattr(one, name) or "") for name in columns})
            for one in gradebook.students
        ]
        super().export(
            SimpleNamespace(
                students=students,
                assignments=gradebook.assignments,
                find_submission=gradebook.find_submission,
            )
        )


def shadows(folder):
    """List the files of a hand-in that a program could take for a module of another's.

    Args:
        folder: with the notebook.

    Returns:
        list of names.
    """
    return sorted(path.name for path in Path(folder).iterdir() if _shadows(path))


def _shadows(path):
    name = path.name.partition(".")[0]
    if path.suffix == ".pth" or path.name == ".ipython":
        return True
    if path.suffix not in CODE and not (path.is_dir() and any(path.glob("*.py"))):
        return False
    if name in AT_START or name in sys.stdlib_module_names:
        return True
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        return True
    return found is not None and found.origin is not None
