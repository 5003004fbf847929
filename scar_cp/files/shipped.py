"""Files that are installed with the package, and the names that stand for them."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Final

from scar_cp.errors import Fault, InputError
from scar_cp.inputs.schemas import SchemaKind

__all__ = [
    "KINDS",
    "file_of",
    "is_name",
    "named_file",
    "shipped_files",
    "shipped_root",
    "unknown_name",
]

_FOLDERS: Final[dict[SchemaKind, str]] = {
    "instance": "instances",
    "scenario": "instances/scenarios",
    "package": "instances/packages",
    "profile": "instances/profiles",
    "model": "models",
}
"""Where the files of each kind stand, in the repository and where the package is installed."""

KINDS: Final = tuple(_FOLDERS)
"""Where a file of any kind may be named, an earlier kind wins."""


def shipped_files(kind: SchemaKind) -> dict[str, Path]:
    """The shipped files of a kind by name.

    Parameters
    ----------
    kind
        ``instance``, ``scenario``, ``package``, ``profile`` or ``model``.

    Returns
    -------
    dict of str to Path

    Examples
    --------
    >>> sorted(shipped_files("profile"))
    ['physical', 'published']
    """
    return {path.stem: path for path in sorted((shipped_root() / _FOLDERS[kind]).glob("*.yaml"))}


def shipped_root() -> Path:
    """The folder where files of the repository are installed; in a checkout, the repository."""
    installed = Path(__file__).parents[1] / "shipped"
    return installed if installed.is_dir() else Path(__file__).parents[2]


def is_name(given: str) -> bool:
    """Whether a text is a plain name: no folder, no suffix."""
    path = PurePath(given)
    return bool(given) and path.name == given and not path.suffix and given != "-"


def file_of(path: Path, given: str, *kinds: SchemaKind) -> Path:
    """The file that is meant: a path that exists, else the shipped file of that name, if any.

    Parameters
    ----------
    path
        Where the file is if what was given is a path.
    given
        A path or a name, as it was written.
    *kinds
        What may be named.

    Returns
    -------
    Path
        ``path`` itself where nothing is found.
    """
    if os.path.lexists(path) or not is_name(given):
        return path
    found = (shipped_files(kind).get(given) for kind in kinds)
    return next(filter(None, found), path)


def named_file(given: str | Path, *kinds: SchemaKind) -> Path:
    """The file that a path, relative to the current folder, or a name stands for.

    Raises
    ------
    InputError
        If it is a name that stands for nothing.

    Examples
    --------
    >>> named_file("instances/sc4.yaml", "instance").as_posix()
    'instances/sc4.yaml'
    >>> named_file("het_bc_3x3", "package")
    Traceback (most recent call last):
    scar_cp.errors.InputError: het_bc_3x3: no such file, and no shipped package of that name; did you mean het_cb_3x3?
    """  # noqa: E501
    path = file_of(Path(given), str(given), *kinds)
    if is_name(str(given)) and not os.path.lexists(path):
        raise InputError([Fault(str(given), "", None, unknown_name(str(given), *kinds))])
    return path


def unknown_name(given: str, *kinds: SchemaKind) -> str:
    """What a fault says of a name that stands for nothing."""
    names = dict.fromkeys(name for kind in kinds for name in shipped_files(kind))
    rule = f"no such file, and no shipped {kinds[0] if len(kinds) == 1 else 'file'} of that name"
    close = get_close_matches(given.lower(), names, n=1)
    return f"{rule}; did you mean {close[0]}?" if close else rule
