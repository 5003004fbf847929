"""Documents checked against records: faults with their file, place, value and rule."""

from __future__ import annotations

import json
import re
import reprlib
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from scar_cp.errors import Fault, InputError
from scar_cp.records.record import Record

__all__ = ["json_record", "place_of", "rule_of", "shown", "to_record"]

R = TypeVar("R", bound=Record)


def to_record(data: Any, cls: type[R], file: str) -> R:
    """Check a document against a record.

    Raises
    ------
    InputError
        With every fault.
    """
    if not isinstance(data, dict):
        rule = f"must be a mapping with the keys of {cls.__name__}"
        # A text may be anybody's file.
        raise InputError([Fault(file, "", "text" if isinstance(data, str) else shown(data), rule)])
    _check_format(data, cls, file)
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        found = _first_of(error)
        inner = {details["loc"][:k] for details in found for k in range(len(details["loc"]))}
        raise InputError(
            _fault(file, cls, details)
            for details in found  # a list also counts as too short when its items are at fault
            if details["type"] != "too_short" or details["loc"] not in inner
        ) from error


def _check_format(data: dict[str, Any], cls: type[Record], file: str) -> None:
    """Refuse another kind of file before its keys, which tell nothing, and may be secret."""
    (expected,) = get_args(cls.model_fields["format"].annotation)
    if data.get("format", expected) != expected:
        raise InputError([Fault(file, "format", shown(data["format"]), f"must be {expected!r}")])
    if "format" not in data and not set(data) & set(cls.model_fields):
        raise InputError([Fault(file, "format", None, f"is required: {expected}")])


_MOST_FAULTS = 1000
"""Of one record: more tell nothing."""


def _first_of(error: ValidationError) -> list[Any]:
    return list(error.errors(include_url=False)[:_MOST_FAULTS])


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
    "too_long": "must have at most {max_length} items, not {actual_length}",
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


def place_of(loc: tuple[str | int, ...]) -> str:
    """A place inside a record, from pydantic's, whose own parts are in brackets."""
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not part.startswith("["):
            place += f".{part}" if place else part
    return place


def _fault(file: str, cls: type[Record], details: Any) -> Fault:
    *_, key = loc = details["loc"]
    place = place_of(loc)
    kind = details["type"]
    if kind == "extra_forbidden":
        known = {name.lower(): name for name in _keys_at(cls, loc)}
        close = get_close_matches(str(key).lower()[:_LONGEST_KEY], known, n=1)
        rule = f"unknown key, did you mean {known[close[0]]}?" if close else "unknown key"
    else:
        rule = rule_of(details)
    return Fault(file, place, None if kind == "missing" else shown(details["input"]), rule)


_LONGEST_KEY = 100
"""Of a key that may be a slip of the pen."""


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
        raise InputError(_fault(file, cls, details) for details in _first_of(error)) from error
