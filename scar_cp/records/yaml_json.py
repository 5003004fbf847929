"""YAML and JSON in, records out, and back: faults with their file, place, value and rule."""

from __future__ import annotations

import json
import os
import re
import reprlib
from collections import Counter
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import ValidationError

from scar_cp.errors import Fault, InputError
from scar_cp.records.record import Record

__all__ = [
    "check_writable",
    "flow_yaml",
    "json_record",
    "read_document",
    "read_json_record",
    "read_record",
    "rule_of",
    "shown",
    "to_json",
    "to_record",
    "write_bytes",
    "write_text",
]

R = TypeVar("R", bound=Record)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, which by itself lets the last of two equal keys win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for i, (key, _) in enumerate(node.value):
            if key.value in keys[:i]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} stands twice", key.start_mark
                )
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep=deep)
            if isinstance(value, int):
                str(value)  # Python prints no integer of more than 4300 digits
        except ValueError as error:  # also dates that no calendar has
            reason = str(error).partition(";")[0]
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark) from error
        return value


# YAML 1.1 takes 1e3 for a string.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)

_MAX_NESTING = 100
"""Deepest nesting of brackets or indents: far beyond any record, far below the parser's stack."""


def read_document(path: str | Path) -> Any:
    """The data of a YAML or JSON file, whatever it says.

    Raises
    ------
    InputError
        With one fault, if the file cannot be read or parsed.
    """
    path = Path(path)

    def fail(rule: str, place: str = "") -> InputError:
        return InputError([Fault(str(path), place, None, rule)])

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            raise fail(f"malformed JSON: key {twice[0]!r} stands twice")
        return dict(pairs)

    if os.path.isdir(path):
        raise fail("is a directory, not a file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            raise fail("the file is empty")
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=mapping)
        _check_nesting(text)
        return yaml.load(text, Loader=_Loader)
    except FileNotFoundError as error:
        raise fail("no such file") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise fail(f"malformed JSON: {error.msg}", place) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise fail(f"malformed YAML: {problem}", place) from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except RecursionError as error:  # JSON; the nesting of YAML is limited
        raise fail("cannot be read: nested too deeply") from error
    except ValueError as error:  # not UTF-8, endless digits
        raise fail(f"cannot be read: {str(error).partition(';')[0]}") from error


def _check_nesting(text: str) -> None:
    """Refuse what would overflow the stack of the C parser."""
    try:
        _limit_nesting(text, _Loader)
    except yaml.YAMLError:
        # The C parser reads ahead, and in some versions to a limit of its own; Python's has none.
        with suppress(yaml.YAMLError):
            _limit_nesting(text, yaml.SafeLoader)
        raise


def _limit_nesting(text: str, loader: Any) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise ValueError(f"nested deeper than {_MAX_NESTING} levels")


def to_record(data: Any, cls: type[R], file: str) -> R:
    """Check a document against a record.

    Raises
    ------
    InputError
        With every fault.
    """
    if not isinstance(data, dict):
        rule = f"must be a mapping with the keys of {cls.__name__}"
        raise InputError([Fault(file, "", shown(data), rule)])
    _check_format(data, cls, file)
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        found = error.errors()
        inner = {details["loc"][:k] for details in found for k in range(len(details["loc"]))}
        raise InputError(
            _fault(file, cls, details)
            for details in found  # a list also counts as too short when its items are at fault
            if details["type"] != "too_short" or details["loc"] not in inner
        ) from error


def _check_format(data: dict[str, Any], cls: type[Record], file: str) -> None:
    """Refuse another kind of file before its keys, which tell nothing."""
    (expected,) = get_args(cls.model_fields["format"].annotation)
    if data.get("format", expected) != expected:
        raise InputError([Fault(file, "format", shown(data["format"]), f"must be {expected!r}")])


_RULES = {
    "missing": "is required",
    "invalid_key": "keys must be strings",
    "int_type": "must be a valid integer",
    "float_type": "must be a valid number",
    "finite_number": "must be a finite number",
    "string_type": "must be a valid string",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "recursion_loop": "must not contain itself",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "too_short": "must have at least {min_length} item, not {actual_length}",
}
"""Our words for the types of pydantic's errors: types stay, messages change with its versions."""


def rule_of(details: Any) -> str:
    """What one of pydantic's errors says that a value must be."""
    rule = _RULES.get(details["type"])
    if rule is None:
        return re.sub(r"^\w+ should ", "must ", details["msg"])
    limits = {
        name: int(limit) if isinstance(limit, float) and limit.is_integer() else limit
        for name, limit in details.get("ctx", {}).items()
    }
    return rule.format(**limits)


def _fault(file: str, cls: type[Record], details: Any) -> Fault:
    *_, key = loc = details["loc"]
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part != "[key]":
            place += f".{part}" if place else str(part)
    kind = details["type"]
    if kind == "extra_forbidden":
        known = {name.lower(): name for name in _keys_at(cls, loc)}
        close = get_close_matches(str(key).lower(), known, n=1)
        rule = f"unknown key, did you mean {known[close[0]]}?" if close else "unknown key"
    else:
        rule = rule_of(details)
    return Fault(file, place, None if kind == "missing" else shown(details["input"]), rule)


def _keys_at(cls: type[Record], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a record knows at a place inside it."""

    def record_in(annotation: Any) -> type[Record] | None:
        if isinstance(annotation, type) and issubclass(annotation, Record):
            return annotation
        return next(filter(None, map(record_in, get_args(annotation))), None)

    for part in loc[:-1]:
        if part in cls.model_fields:
            cls = record_in(cls.model_fields[str(part)].annotation) or cls
    return list(cls.model_fields)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2  # aliases may repeat a value beyond all bounds


def shown(value: Any) -> str:
    """A value as a fault's line shows it: short, on one line."""
    text = _SHORT.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def read_json_record(path: str | Path, cls: type[R]) -> R:
    """Read a JSON file into a record that has JSON's own types (pairs, maps by number).

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return json_record(read_document(path), cls, str(path))


def json_record(document: Any, cls: type[R], file: str) -> R:
    """Check a document of a JSON file against a record, as `read_json_record` does.

    Raises
    ------
    InputError
        With every fault.
    """
    if not isinstance(document, dict):
        return to_record(document, cls, file)
    _check_format(document, cls, file)
    try:
        return cls.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise InputError(_fault(file, cls, details) for details in error.errors()) from error


def read_record(path: str | Path, cls: type[R]) -> R:
    """Read one YAML or JSON file into a record; rules between its parts are checked elsewhere.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return to_record(read_document(Path(path)), cls, str(path))


def check_writable(path: Path | None, *inputs: Path) -> None:
    """Refuse an output path, if there is one, before work is spent on it.

    Raises
    ------
    InputError
        If it is a folder or, by whatever name, one of the inputs; or lies in a folder that does
        not exist or cannot be written.
    """
    if path is None:
        return
    if os.path.isdir(path):
        rule = "is a directory, not a file"
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        rule = "its folder must exist and be writable"
    else:
        try:
            place = _place(path)
        except OSError as error:
            rule = f"cannot be written: {error.strerror}"
        else:
            if place not in map(os.path.realpath, inputs):
                return
            rule = "must not be a file that is read"
    raise InputError([Fault(str(path), "", None, rule)])


def _place(path: Path) -> str:
    """Where a file is, or would be, behind all links.

    Raises
    ------
    OSError
        If links lead in a circle, or the current folder is gone.
    """
    with suppress(FileNotFoundError):
        path.stat()
    return os.path.realpath(path)


def to_json(record: Record) -> str:
    """Serialise a record: stable key order, two-space indent, a newline at the end.

    Parameters
    ----------
    record
        A problem, schedule, result, front or any other record.

    Returns
    -------
    str
        JSON that the readers of files take.

    Examples
    --------
    >>> import scar_cp as sc
    >>> segment = sc.Segment(model=0, first=0, last=3, chiplet=2)
    >>> print(sc.to_json(segment), end="")
    {
      "model": 0,
      "first": 0,
      "last": 3,
      "chiplet": 2
    }
    """
    return json.dumps(record.model_dump(), indent=2, allow_nan=False) + "\n"


def flow_yaml(data: Any) -> str:
    """Serialise as YAML on one line, in the order given."""
    text: str = yaml.safe_dump(
        data, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("...\n").rstrip("\n")


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole or not at all, as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written there.
    """
    path = Path(path)
    check_writable(path)
    whole = Path(_place(path))
    try:
        if path.exists() and not path.is_file():  # a device or pipe is written to, not replaced
            path.write_bytes(content)
            return
        part = whole.with_name(f".{whole.name}.{os.getpid()}")
        try:
            part.write_bytes(content)
            os.replace(part, whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be written: {error}")]) from error
