"""What a bug report needs to know of an installation; no paths."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

__all__ = ["version_lines"]

_PACKAGES = ("scar-cp", "ortools", "numpy", "numba", "networkx", "pydantic", "pyyaml", "typer")
_EXTRAS = ("onnx", "matplotlib", "plotly", "jinja2", "pyarrow", "distributed")


def version_lines() -> list[str]:
    """Versions of this program, of what it stands on and of the system, a line each."""
    return [f"{name} {text}" for name, text in _versions()]


def _versions() -> Iterator[tuple[str, str]]:
    yield _PACKAGES[0], version(_PACKAGES[0])
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    for name in (*_PACKAGES[1:], *_EXTRAS):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "is not installed"
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "cores", f"{os.cpu_count()}, {_usable()} for this process"
    yield "encoding", f"{sys.stdout.encoding}, of files {sys.getfilesystemencoding()}"


def _usable() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
