"""Settings inside the files that an instance refers to, such as ``package.dram.gb_per_s``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from scar_cp.errors import Fault
from scar_cp.records.yaml_json import shown

__all__ = ["InnerSettings", "is_inner"]

_ROOTS = ("scenario", "package", "profile", "types")
_TYPES = {"package": ("chiplet_types",), "profile": ("domains", None)}
"""Where chiplet types stand in a file; None stands for every key."""


def is_inner(key: str) -> bool:
    """Whether a setting is inside a file that an instance refers to."""
    return "." in key


class InnerSettings:
    """Changes of documents before they are read as records.

    A key is a path from ``scenario``, ``package`` or ``profile``, as in ``package.nop.hop_ns``;
    parts of a list are named by their number, models of a scenario also by their name, as in
    ``scenario.models.resnet50.batch``. ``types.NAME.KEY`` is about a chiplet type wherever it
    stands.

    Parameters
    ----------
    settings
        Values by key; keys without a dot are left out.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = {key: value for key, value in settings.items() if is_inner(key)}
        self._made: dict[tuple[str, str], str] = {}
        self._found: set[str] = set()

    def changed(self, kind: str, document: Any, file: str) -> Any:
        """A document of a kind of file with what is to be replaced in it."""
        document = deepcopy(document) if self._settings else document
        for key, value in self._settings.items():
            root, *path = key.split(".")
            places = [path] if root == kind else self._places_of_types(root, kind, path, document)
            for place in places:
                made = _put(document, place, value)
                self._found |= {key} if made else set()
                self._made |= {(file, at): key for at in made}
        return document

    def _places_of_types(
        self, root: str, kind: str, path: Sequence[str], document: Any
    ) -> list[list[str]]:
        if root != "types" or kind not in _TYPES or not path:
            return []
        return [[*place, *path] for place in _expanded(document, _TYPES[kind], path[0])]

    def faults(self) -> Iterator[Fault]:
        """Say which settings have no place in any document."""
        for key, value in self._settings.items():
            root = key.partition(".")[0]
            if root not in _ROOTS:
                close = get_close_matches(root, _ROOTS, n=1)
                hint = f", did you mean {close[0]}?" if close else ""
                rule = f"must begin with {', '.join(_ROOTS[:-1])} or {_ROOTS[-1]}{hint}"
            elif key not in self._found:
                rule = "there is no such place in the files of this instance"
            else:
                continue
            yield Fault(key, "", shown(value), rule, is_parameter=True)

    def blamed(self, fault: Fault) -> Fault:
        """Name the setting where what it put into a file is at fault."""
        for (file, place), key in self._made.items():
            inside = fault.place == place or fault.place.startswith((f"{place}.", f"{place}["))
            if fault.file == file and inside:
                rest = fault.place[len(place) :].lstrip(".")
                return replace(fault, file=key, place=rest, is_parameter=True)
        return fault


def _expanded(document: Any, pattern: Sequence[str | None], name: str) -> Iterator[list[str]]:
    """Places of a pattern in a document where something of a name stands."""
    if not isinstance(document, dict):
        return
    if not pattern:
        if name in document:
            yield []
        return
    first, *rest = pattern
    for key in document if first is None else [first]:
        for place in _expanded(document.get(key), rest, name):
            yield [key, *place]


def _put(document: Any, path: Sequence[str], value: Any) -> list[str]:
    """Put a value at a path; return the places that are new, as faults name them."""
    place, inside, made = "", document, list[str]()
    for depth, part in enumerate(path):
        is_last = depth == len(path) - 1
        if isinstance(inside, list):
            index = _index(inside, part)
            if index is None:
                return []
            place += f"[{index}]"
            if is_last:
                inside[index] = value
            inside = inside[index]
        elif isinstance(inside, dict):
            place += f".{part}" if place else part
            if is_last:
                inside[part] = value
            # What is left out stands for defaults, so there is room for keys of its own.
            elif inside.get(part) is None:
                inside[part] = {}
                made.append(place)
            inside = inside[part]
        else:
            return []
    return [place, *made] if path else []


def _index(items: Sequence[Any], part: str) -> int | None:
    """Which of a list is meant: by number, or the only model of that name."""
    if part.isdecimal():
        return int(part) if int(part) < len(items) else None
    named = [
        i
        for i, item in enumerate(items)
        if isinstance(item, dict) and PurePath(str(item.get("model"))).stem == part
    ]
    return named[0] if len(named) == 1 else None
