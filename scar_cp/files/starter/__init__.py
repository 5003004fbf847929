"""A first project: an instance with everything that it refers to, small and with comments."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.records.yaml_json import write_text

__all__ = ["STARTER_FILES", "write_starter"]

STARTER_FILES = ("instance.yaml", "scenario.yaml", "package.yaml", "profile.yaml", "model.yaml")


def write_starter(folder: Path) -> list[Path]:
    """Write the starter, all of it or nothing; the folder is made if its own folder is there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        With every file that exists already, or if the folder cannot be made or has no room.
    """
    targets = {name: folder / name for name in STARTER_FILES}
    rule = "exists already: the starter does not replace it"
    faults = [Fault(str(t), "", None, rule) for t in targets.values() if t.exists()]
    if faults:
        raise InputError(faults)
    with ExitStack() as undo:
        if not folder.is_dir():
            _make(folder)
            undo.callback(folder.rmdir)
        for name, target in targets.items():
            write_text(target, (files(__name__) / name).read_text(encoding="utf-8"))
            undo.callback(target.unlink)
        undo.pop_all()
    return list(targets.values())


def _make(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError([Fault(str(folder), "", None, rule)]) from error
