"""A first project: an instance with everything that it refers to, small and with comments."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.records.yaml_json import write_text

__all__ = ["STARTER_FILES", "write_starter"]

STARTER_FILES = ("instance.yaml", "scenario.yaml", "package.yaml", "profile.yaml", "model.yaml")


def write_starter(folder: Path) -> list[Path]:
    """Write the starter into a folder, which is made if its own folder is there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        With every file that exists already, or if the folder cannot be made.
    """
    targets = {name: folder / name for name in STARTER_FILES}
    rule = "exists already: the starter does not replace it"
    faults = [Fault(str(t), "", None, rule) for t in targets.values() if t.exists()]
    if faults:
        raise InputError(faults)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError([Fault(str(folder), "", None, rule)]) from error
    for name, target in targets.items():
        write_text(target, (files(__name__) / name).read_text(encoding="utf-8"))
    return list(targets.values())
