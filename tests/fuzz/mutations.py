"""Sound files of every format, and what may be wrong with them."""

from __future__ import annotations

import copy
import random
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 10**9, 2**31, 2**63, -(2**63), 10**70, 10**400),
    *(0.5, -0.0, 1e308, 1e-320, float("inf"), float("nan")),
    *("", " ", "0", "-", "a" * 300, "=1+1", "[/x]", "\x1b[2J", "$x_1$", "<b>", "in0", "a", "big"),
    *("\ud800", "é\n", "../x", "/dev/null", "."),
    *([], {}, [[]], [None], {"": 0}, ["a"] * 40, {"a": {"b": [1]}}, [[1, 2], [3]], [0, 0]),
)

_LINES = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"&a [*a]\n",
        b"<<: *a\n",
        b"- - -\n",
        b"!!int x\n",
        b"!!timestamp y\n",
    ),
    *(
        b"!!python/object:os.system {}\n",
        b"? [a]\n: b\n",
        b"---\n",
        b"%YAML 9.9\n",
        b'"',
        b"'",
        b",",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"\n",
        b"\r",
        b"\t",
        b"9" * 500,
        b"nan",
        b"-5",
        b"1e999",
        b"#",
        b"=x",
    ),
    *(b"\\ud800", b'"\\ud800"', b"[" * 150, b'{"a":' * 150, b"x" * 140_000, b";", b":"),
)


def mutated_tree(document: Any, chance: random.Random) -> Any:
    """A document with one to three values replaced, removed, repeated or moved."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(document))
        if not places:
            break
        inside, key = chance.choice(places)
        match chance.randrange(5):
            case 0:
                del inside[key]
            case 1:
                other, at = chance.choice(places)
                inside[key] = copy.deepcopy(other[at]) if at in _keys(other) else None
            case 2 if isinstance(inside, list):
                more = [inside[key]] * chance.choice((1, 3, 30))
                inside.extend(copy.deepcopy(more))
            case 3 if isinstance(inside, dict):
                inside[chance.choice(("x", "", "format", "name", "K", "\x1b", "window"))] = 1
            case _:
                inside[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return document


def _keys(inside: Any) -> Any:
    return inside if isinstance(inside, dict) else range(len(inside))


def _places(document: Any) -> Any:
    if isinstance(document, dict | list):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from _places(document[key])


def mutated_bytes(content: bytes, chance: random.Random) -> bytes:
    """Bytes with one to four parts cut, repeated, moved, or put in."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(content))
        end = min(len(content), at + chance.choice((1, 1, 2, 8, 60, 1000)))
        match chance.randrange(6):
            case 0:
                content = content[:at] + content[end:]
            case 1:
                content = content[:at] + content[at:end] * chance.choice((2, 9)) + content[end:]
            case 2:
                content = content[:at]
            case 3:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            case _:
                content = content[:at] + chance.choice(_LINES) + content[end:]
    return content
