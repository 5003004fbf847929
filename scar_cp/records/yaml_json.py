"""YAML and JSON in, records out, and back."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml

from scar_cp.errors import Fault, InputError
from scar_cp.records.record import Record
from scar_cp.records.record_faults import json_record, rule_of, shown, to_record
from scar_cp.records.writing import check_writable, is_stream, write_bytes, write_text

__all__ = [
    "check_writable",
    "flow_yaml",
    "is_stream",
    "json_record",
    "parse_flow",
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
    """The data of a YAML or JSON file, whatever it says; ``-`` is standard input.

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
        text = sys.stdin.read() if is_stream(path) else path.read_text(encoding="utf-8-sig")
        if not text.strip():
            raise fail("the file is empty")
        if path.suffix == ".json" or (is_stream(path) and text.lstrip()[0] == "{"):
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


def read_json_record(path: str | Path, cls: type[R]) -> R:
    """Read a JSON file into a record that has JSON's own types (pairs, maps by number).

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return json_record(read_document(path), cls, str(path))


def read_record(path: str | Path, cls: type[R]) -> R:
    """Read one YAML or JSON file into a record; rules between its parts are checked elsewhere.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return to_record(read_document(Path(path)), cls, str(path))


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


def parse_flow(text: str) -> Any:
    """The data of one line of YAML.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> parse_flow("[16, 1e3, [a, b]]")
    [16, 1000.0, ['a', 'b']]
    """
    try:
        _check_nesting(text)
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError("malformed YAML") from error


def flow_yaml(data: Any) -> str:
    """Serialise as YAML on one line, in the order given."""
    text: str = yaml.safe_dump(
        data, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("...\n").rstrip("\n")
