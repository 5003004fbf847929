"""The text of a MAESTRO file: its constants and the entries of its network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.records.limits import MOST_YAML_BYTES
from scar_cp.records.user_csv import any_text

__all__ = ["Entry", "read_entries"]

_TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|[{}():;,]|(?:[^\s{}():;,/]|/(?![/*]))+|\n", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass
class Entry:
    """One layer as it is written; a size that is no number and no constant stays text."""

    place: str
    name: str
    type: str = ""
    dimensions: dict[str, int | str] = field(default_factory=dict)
    strides: dict[str, int | str] = field(default_factory=dict)


def read_entries(path: Path) -> list[Entry]:
    """Read the layers of all networks of a file.

    Raises
    ------
    InputError
        If it cannot be read or is no MAESTRO file, with the first place where it is none.
    """
    text = any_text(path, MOST_YAML_BYTES)
    entries = _Parser(str(path), text).entries()
    if not entries:
        raise InputError([Fault(str(path), "", None, "has no layers: Network NAME { Layer ... }")])
    return entries


class _Parser:
    """Takes one token after the other; other blocks, such as dataflows, are passed over."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._tokens = list(_tokens(text))
        self._at = 0
        self._constants: dict[str, int | str] = {}

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        while self._peek():
            word = self._word()
            if word == "Constant":
                name = self._word()
                self._constants[name] = self._size()
            elif word == "Network":
                self._word()
                for _ in self._block():
                    self._take("Layer")
                    found.append(self._layer())
            else:
                self._pass_over()
        return found

    def _layer(self) -> Entry:
        line = self._line()
        entry = Entry("", self._word())
        entry.place = f"line {line}, {entry.name}"
        for _ in self._block():
            part = self._word()
            if part == "Type":
                entry.type = self._word()
            elif part == "Dimensions":
                entry.dimensions = self._sizes()
            elif part == "Stride":
                entry.strides = self._sizes()
            else:
                self._pass_over()
        return entry

    def _sizes(self) -> dict[str, int | str]:
        sizes: dict[str, int | str] = {}
        for _ in self._block():
            name = self._word()
            if name in sizes:
                self._fail("each name once", name)
            sizes[name] = self._size()
        return sizes

    def _size(self) -> int | str:
        word = self._word()
        return int(word) if _NUMBER.fullmatch(word) else self._constants.get(word, word)

    def _block(self) -> Iterator[None]:
        """Once for every item inside braces."""
        self._take("{")
        while self._peek() != "}":
            yield
        self._take("}")

    def _pass_over(self) -> None:
        """Skip the block that opens here."""
        self._take("{")
        depth = 1
        while depth:
            token = self._take()
            depth += (token == "{") - (token == "}")

    def _word(self) -> str:
        token = self._take()
        if token in "{}()":
            self._fail("a word", token)
        return token

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or expected not in ("", token):
            self._fail(expected or "more", token)
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _line(self) -> int:
        return self._tokens[min(self._at, len(self._tokens) - 1)][0] if self._tokens else 1

    def _fail(self, expected: str, token: str) -> None:
        value = repr(token) if token else "end of file"
        raise InputError([Fault(self._file, f"line {self._line()}", value, f"expected {expected}")])


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Lines and tokens; comments, and the marks between a name and its size, are left out."""
    line = 1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token not in ("\n", ":", ";", ",") and not token.startswith(("//", "/*")):
            yield line, token
        line += token.count("\n")
