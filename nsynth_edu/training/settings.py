"""Settings that say what they accept: types and ranges of fields, checked in sentences."""

import dataclasses
import math
import types
import typing

WORDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes",
    tuple: "a list of texts", dict: "a table",
}  # fmt: skip


def setting(default=dataclasses.MISSING, *, least=None, above=None, most=None):
    """A dataclass field with a range.

    Args:
        default: its value where it is not set; a dict or list makes a fresh one each time.
        least, most: smallest and largest value allowed. above: it must be larger than this.
    """
    limits = {"least": least, "above": above, "most": most}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=limits)
    return dataclasses.field(default=default, metadata=limits)


def make(kind, values, source):
    """Build a dataclass from a dict, every value checked.

    Args:
        kind: dataclass whose fields are made by `setting`.
        values: dict, such as a TOML file holds.
        source: name of the file, for the messages.

    Raises:
        ValueError: for a field that is missing, unknown, of another type, or out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(values.keys() - fields.keys()):
        raise ValueError(f"{source} sets {unknown}; known fields are {sorted(fields)}.")
    for name, field in fields.items():
        optional = {field.default, field.default_factory} != {dataclasses.MISSING}
        if name not in values and not optional:
            raise ValueError(f"{source} does not set {name!r}; it needs {_expected(field)}.")
    return kind(**{name: _checked(fields[name], value, source) for name, value in values.items()})


def _checked(field, value, source):
    """The value in the field's own type."""
    kinds = _kinds(field)
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, list) and tuple in kinds:
        value = tuple(value)
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds:
        value = float(value)
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if isinstance(value, tuple):
        fits = fits and all(isinstance(one, _item(field)) for one in value)
    if not fits or not _in_range(value, field.metadata):
        raise ValueError(f"{source}: {field.name} is {value!r}; expected {_expected(field)}.")
    return value


def _kinds(field):
    union = isinstance(field.type, types.UnionType)
    kinds = typing.get_args(field.type) if union else (field.type,)
    return tuple(typing.get_origin(kind) or kind for kind in kinds)


def _item(field):
    """What a list holds: texts, unless the field's type says otherwise."""
    return (*typing.get_args(field.type), str)[0]


def _in_range(value, limits):
    if not isinstance(value, int | float):
        return True
    least, above, most = (limits.get(name) for name in ("least", "above", "most"))
    return (
        math.isfinite(value)
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
    )


def _expected(field):
    """What a field accepts, in words."""
    words = WORDS | ({tuple: "a list of whole numbers"} if field.type == tuple[int, ...] else {})
    kinds = " or ".join(words[kind] for kind in _kinds(field) if kind is not type(None))
    limits = [
        f"{word} {field.metadata[name]}"
        for name, word in (("least", "at least"), ("above", "above"), ("most", "at most"))
        if field.metadata.get(name) is not None
    ]
    return kinds + (" " + " and ".join(limits) if limits else "")
