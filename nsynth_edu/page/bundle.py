"""One script from several ES modules.

A widget is handed to the notebook as a single module, and a page opened as a file can import
nothing: both get the modules of `static/` joined. Each imported module becomes a constant that
holds its exports, defined once, before the modules that use it; the entry's code comes last.

Modules import by name (`import { a, b as c } from "./other.js";`) and export by name, in front of
a declaration (`export function a`, `export const b`); anything else is a `BundleError`.
"""

import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r'^import \{([^{}]+)\} from "\./([\w/]+\.js)";$', re.M)
NAME = re.compile(r"(\w+)(?: as \w+)?")
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)
UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.M)


class BundleError(ValueError):
    """A module is missing, imports itself in a circle, or has syntax the bundler does not know."""


class Module(NamedTuple):
    """A module as it is joined: what it needs, what it gives, and its code without either."""

    imports: dict  # {file: names}
    exports: list
    code: str


@cache
def static_text(*names):
    """The text of files in `page/static`, one after the other."""
    return "".join((STATIC / name).read_text(encoding="utf-8") for name in names)


def bundle(entry, folder=STATIC):
    """Join an ES module and everything it imports into one script without imports.

    Args:
        entry: file name in the folder, such as "page.js".
        folder: where the modules are.

    Returns:
        str: every module once, after those it imports.

    Raises:
        BundleError: for a missing module or name, a circular import, or syntax other than named
            imports and exports; the message names the file.
    """
    modules = _modules(entry, Path(folder))
    try:
        order = list(TopologicalSorter({n: m.imports for n, m in modules.items()}).static_order())
    except CycleError as problem:
        raise BundleError(f"modules import each other: {' <- '.join(problem.args[1])}.") from None
    return "".join(_wrapped(name, modules[name]) for name in order[:-1]) + modules[entry].code


def widget(entry, folder=STATIC):
    """The bundle of a module that exports `render`, as anywidget expects it in `_esm`."""
    return f"{bundle(entry, folder)}\nexport default {{ render }};\n"


def _modules(entry, folder):
    """{file: Module} of the entry and of all it imports."""
    found, importers = {}, {entry: None}
    while missing := [name for name in importers if name not in found]:
        for name in missing:
            found[name] = _read(name, folder, importers[name])
            for other in found[name].imports:
                importers.setdefault(other, name)
    for name, module in found.items():
        for other, names in module.imports.items():
            if unknown := [one for one in names if one not in found[other].exports]:
                raise BundleError(f"{name} imports {unknown[0]}, which {other} does not export.")
    return found


def _read(name, folder, importer):
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except OSError as problem:
        by = f", imported by {importer}," if importer else ""
        raise BundleError(f"{name}{by} is not a module in {folder}.") from problem
    imports = {file: NAME.findall(names) for names, file in IMPORT.findall(text)}
    code = EXPORT.sub("", IMPORT.sub(_as_constant, text))
    if unknown := UNKNOWN.search(code):
        raise BundleError(
            f"{name} has the line {unknown[0]!r}; expected `import {{ names }} from "
            '"./file.js";`, or `export` before a function, class or const.'
        )
    return Module(imports, EXPORT.findall(text), code)


def _wrapped(name, module):
    exports = ", ".join(module.exports)
    return f"const {_constant(name)} = (() => {{\n{module.code}return {{ {exports} }};\n}})();\n\n"


def _as_constant(found):
    names, other = found.groups()
    return f"const {{{names.replace(' as ', ': ')}}} = {_constant(other)};"


def _constant(name):
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
