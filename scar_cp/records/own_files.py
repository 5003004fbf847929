"""What this program writes, and how an earlier file of the same kind is known from any other."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Final

__all__ = ["OwnFile", "of_picture"]


class OwnFile:
    """A kind of output.

    Parameters
    ----------
    what
        Its name, for messages.
    mark
        A pattern of bytes that stands somewhere near the beginning of all such files.
    """

    HEAD_BYTES: Final = 2**16

    def __init__(self, what: str, mark: bytes) -> None:
        self.what = what
        self._mark = re.compile(mark, re.MULTILINE)

    def wrote(self, head: bytes) -> bool:
        """Whether a file that begins like this is of this kind, or empty; it may be packed."""
        if head.startswith(b"\x1f\x8b"):
            unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                head = unpacked.decompress(head, self.HEAD_BYTES)
            except zlib.error:
                return False
        return not head.strip() or self._mark.search(head) is not None


def _json(kind: str) -> OwnFile:
    return OwnFile(f"a {kind} of scar-cp", rf'\A\s*\{{\s*"format":\s*"scar-cp/{kind}@'.encode())


RESULT, FRONT, PROBLEM, CERTIFICATE = map(_json, ("result", "pareto", "problem", "certificate"))
SCHEMA = OwnFile("a JSON Schema", rb'\A\s*\{\s*"\$schema"')
TRACE = OwnFile("trace events", rb'"traceEvents"')
MODEL = OwnFile("a model of scar-cp", rb"^format: scar-cp/model@")
PACKAGE = OwnFile("a package of scar-cp", rb"^format: scar-cp/package@")
REPORT = OwnFile("a report of scar-cp", rb'<meta name="generator" content="scar-cp')
COSTS = OwnFile("a cost table of scar-cp", rb"\A(\xef\xbb\xbf)?model,layer,chiplet_type,cycles,")
LAYER_COSTS = OwnFile("costs of layers", rb"\A[^\n]*\bcycles,energy_pj\b")
PAPERS = OwnFile("a table of scar-cp papers", rb"^# command: scar-cp papers ")
SWEEP_TABLE = OwnFile("a table of scar-cp sweep", rb"\A(PAR1|[^\n]*\blatency_ms\b)")

_PICTURES = {
    ".png": OwnFile("a picture", rb"\A\x89PNG"),
    ".svg": OwnFile("a picture", rb"<svg\b"),
    ".pdf": OwnFile("a picture", rb"\A%PDF-"),
}


def of_picture(path: Path | None) -> OwnFile | None:
    """The kind of a picture, by the name of its file."""
    return None if path is None else _PICTURES.get(path.suffix)
