"""How much a file may hold (SPEC section 8), and the checks of documents while they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import yaml

from scar_cp.errors import Fault
from scar_cp.plain import plain_text
from scar_cp.records.record_faults import shown

__all__ = [
    "MOST_CELL_CHARACTERS",
    "MOST_COLUMNS",
    "MOST_CSV_BYTES",
    "MOST_DIGITS",
    "MOST_JSON_BYTES",
    "MOST_KEYS",
    "MOST_NESTING",
    "MOST_ONNX_BYTES",
    "MOST_ROWS",
    "MOST_YAML_BYTES",
    "check_events",
    "check_json_text",
    "tree_fault",
]

MOST_YAML_BYTES: Final = 8 * 2**20
MOST_JSON_BYTES: Final = 64 * 2**20
MOST_ONNX_BYTES: Final = 2**31 - 1
"""The most that the format can have, weights included."""
MOST_CSV_BYTES: Final = 64 * 2**20
MOST_ROWS: Final = 500_000
MOST_COLUMNS: Final = 1000
MOST_CELL_CHARACTERS: Final = 2**17
MOST_NESTING: Final = 100
"""Deepest nesting of brackets or indents: far beyond any record, far below any stack."""
MOST_KEYS: Final = 10_000
"""Of one mapping."""
MOST_DIGITS: Final = 1000
"""Of an integer while it is read; of one that is of use, see `tree_fault`."""

_MOST_YAML_NODES = 500_000
"""Values and keys, counted again wherever an alias or a merge repeats them."""
_MOST_JSON_MARKS = 5_000_000
_MOST_INTEGER = 10**60
"""Beyond any product of a latency and an energy; quotients of larger ones pass a float's range."""


class _Open:
    """A collection that has begun."""

    __slots__ = ("anchor", "depth", "keys", "nodes_before", "parts")

    def __init__(self, event: yaml.CollectionStartEvent, nodes_before: int) -> None:
        self.anchor = event.anchor
        self.nodes_before = nodes_before
        self.keys: set[str] | None = set() if isinstance(event, yaml.MappingStartEvent) else None
        self.parts = 0
        self.depth = 1

    def take(self, event: yaml.Event) -> None:
        """Count a part, and refuse a key that is there already."""
        is_key = self.keys is not None and self.parts % 2 == 0
        self.parts += 1
        if not is_key or self.keys is None:
            return
        if self.parts > 2 * MOST_KEYS:
            raise ValueError(f"has a mapping of more than {MOST_KEYS} keys")
        if isinstance(event, yaml.ScalarEvent):
            if event.value in self.keys:
                mark: Any = event.start_mark
                problem = f"key {shown(event.value)} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, mark)
            self.keys.add(event.value)


def check_events(events: Iterable[yaml.Event]) -> None:
    """Refuse YAML that is nested too deeply, or too large once its aliases are followed.

    Raises
    ------
    YAMLError
        If a key stands twice.
    ValueError
        If it passes a limit.
    """
    nodes = 0
    open_: list[_Open] = []
    known: dict[str | None, tuple[int, int]] = {}
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            ended = open_.pop()
            if ended.anchor is not None:
                known[ended.anchor] = nodes - ended.nodes_before, ended.depth
            if open_:
                open_[-1].depth = max(open_[-1].depth, ended.depth + 1)
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        if open_:
            open_[-1].take(event)
        size, depth = 1, 0
        if isinstance(event, yaml.AliasEvent):  # of what it stands in itself: counts once
            size, depth = known.get(event.anchor, (1, 0))
        elif isinstance(event, yaml.CollectionStartEvent):
            known.pop(event.anchor, None)
            open_.append(_Open(event, nodes))
        elif isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            known[event.anchor] = 1, 0
        nodes += size
        if open_:
            open_[-1].depth = max(open_[-1].depth, depth + 1)
        if len(open_) + depth > MOST_NESTING:
            raise ValueError(f"nested deeper than {MOST_NESTING} levels")
        if nodes > _MOST_YAML_NODES:
            rule = f"has more than {_MOST_YAML_NODES} values, counted again for each alias"
            raise ValueError(rule)


def check_json_text(text: str) -> None:
    """Refuse JSON of too many values, by the marks between them, before it is parsed.

    Raises
    ------
    ValueError
        If there are.
    """
    if sum(map(text.count, "[{,")) > _MOST_JSON_MARKS:
        raise ValueError(f"has more than {_MOST_JSON_MARKS} values")


_HALF = re.compile("[\ud800-\udfff]")


def tree_fault(document: Any, file: str) -> Fault | None:
    """The first thing in a document that no record can hold: a rule that all kinds of files share.

    Parameters
    ----------
    document
        Mappings and lists of plain values.
    file
        Where it stands.

    Returns
    -------
    Fault or None
        Of nesting, of an integer of too many digits, or of half a character.
    """
    waiting: list[tuple[Any, str, int]] = [(document, "", 0)]
    seen: set[int] = set()  # what aliases repeat
    while waiting:
        value, place, depth = waiting.pop()
        if isinstance(value, dict | list | tuple):
            if id(value) in seen:
                continue
            seen.add(id(value))
            if depth == MOST_NESTING:
                return Fault(file, "", None, f"cannot be read: nested deeper than {depth} levels")
            if isinstance(value, dict):
                for key, part in value.items():
                    if isinstance(key, str) and _is_broken(key):
                        return Fault(
                            file, plain_text(place), shown(key), "must be whole characters"
                        )
                    if _is_worth(part):
                        waiting.append((part, f"{place}.{key}" if place else str(key), depth + 1))
            else:
                for k, part in enumerate(value):
                    if _is_worth(part):
                        waiting.append((part, f"{place}[{k}]", depth + 1))
        elif isinstance(value, str):
            if _is_broken(value):
                return Fault(file, plain_text(place), shown(value), "must be whole characters")
        elif isinstance(value, int) and abs(value) >= _MOST_INTEGER:
            return Fault(file, plain_text(place), shown(value), "must be a valid number")
    return None


def _is_worth(value: Any) -> bool:
    """Whether a value has to be looked at: most are short texts and small numbers."""
    if isinstance(value, int):
        return abs(value) >= _MOST_INTEGER
    return not isinstance(value, float) and not (isinstance(value, str) and value.isascii())


def _is_broken(text: str) -> bool:
    return not text.isascii() and _HALF.search(text) is not None
