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
from scar_cp.records.limits import (
    MOST_DIGITS,
    MOST_JSON_BYTES,
    MOST_KEYS,
    MOST_YAML_BYTES,
    check_events,
    check_json_text,
    tree_fault,
)
from scar_cp.records.reading import limited, read_bytes, reader
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
    """PyYAML's safe loader; a value that does not fit its tag is an error of YAML."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag == "tag:yaml.org,2002:int" and len(str(node.value)) > MOST_DIGITS:
            raise _at(node, "a number of too many digits")
        try:
            return super().construct_object(node, deep=deep)
        except (yaml.YAMLError, MemoryError, RecursionError):
            raise
        except ValueError as error:  # dates that no calendar has
            raise _at(node, str(error).partition(";")[0]) from error
        except Exception as error:  # such as !!timestamp of a word
            raise _at(node, f"a value that does not fit the tag {node.tag}") from error


def _at(node: yaml.Node, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


# YAML 1.1 takes 1e3 for a string.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


@reader
def read_document(path: str | Path) -> Any:
    """The data of a YAML or JSON file, whatever it says; ``-`` is standard input.

    Raises
    ------
    InputError
        With one fault, if the file cannot be read or parsed, or passes a limit of
        `scar_cp.records.limits`.
    """
    path = Path(path)

    def fail(rule: str, place: str = "") -> InputError:
        return InputError([Fault(str(path), place, None, rule)])

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MOST_KEYS:
            raise fail(f"has a mapping of more than {MOST_KEYS} keys")
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            raise fail(f"malformed JSON: key {shown(twice[0])} stands twice")
        return dict(pairs)

    try:
        if os.path.isdir(path):
            raise fail("is a directory, not a file")
        text = _text(path)
        if not text.strip():
            raise fail("the file is empty")
        if path.suffix == ".json" or (is_stream(path) and text.lstrip()[0] == "{"):
            check_json_text(text)
            document = json.loads(text, object_pairs_hook=mapping)
        else:
            document = _load_yaml(text)
        fault = tree_fault(document, str(path))
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
    except RecursionError as error:  # JSON; the nesting of YAML is limited before
        raise fail("cannot be read: nested too deeply") from error
    except MemoryError as error:
        raise fail("cannot be read: there is too little memory") from error
    except ValueError as error:  # not UTF-8, endless digits
        raise fail(f"cannot be read: {str(error).partition(';')[0]}") from error
    if fault is not None:
        raise InputError([fault])
    return document


def _text(path: Path) -> str:
    if is_stream(path):
        return limited(sys.stdin.read(MOST_JSON_BYTES + 1), MOST_JSON_BYTES, path)
    most = MOST_JSON_BYTES if path.suffix == ".json" else MOST_YAML_BYTES
    return read_bytes(path, most).decode("utf-8-sig")


def _load_yaml(text: str) -> Any:
    """The data of YAML.

    Raises
    ------
    YAMLError
        If it is none.
    ValueError
        If it passes a limit.
    """
    try:
        check_events(yaml.parse(text, Loader=_Loader))
    except yaml.YAMLError:
        # The C parser reads ahead, and in some versions to a limit of its own; Python's has none.
        with suppress(yaml.YAMLError):
            check_events(yaml.parse(text[:_READ_AHEAD], Loader=yaml.SafeLoader))
        raise
    return yaml.load(text, Loader=_Loader)


_READ_AHEAD = 2**16
"""Characters in which nesting that stops the C parser shows; Python's is slow."""


@reader
def read_json_record(path: str | Path, cls: type[R]) -> R:
    """Read a JSON file into a record that has JSON's own types (pairs, maps by number).

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return json_record(read_document(path), cls, str(path))


@reader
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
        return _load_yaml(text)
    except yaml.YAMLError as error:
        raise ValueError("malformed YAML") from error


def flow_yaml(data: Any) -> str:
    """Serialise as YAML on one line, in the order given."""
    text: str = yaml.safe_dump(
        data, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("...\n").rstrip("\n")
