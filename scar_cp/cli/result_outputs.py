"""Where a result goes: to a file, to standard output, or to both."""

from __future__ import annotations

from pathlib import Path

from scar_cp.cli.options import STANDARD
from scar_cp.errors import InputError

__all__ = ["write_outputs"]


def _outputs(output: Path | None, as_json: bool) -> list[Path]:
    """Where a result goes: to a file, to standard output, to both or to none."""
    asked = [output] if output is not None else []
    return [*asked, STANDARD] if as_json and output != STANDARD else asked


def write_outputs(output: Path | None, as_json: bool, text: str) -> bool:
    """Write a result to where it goes; a place that fails by then costs no result.

    Returns
    -------
    bool
        Whether standard output has it.

    Raises
    ------
    InputError
        If a file cannot be written, once the text is on standard output instead.
    """
    from scar_cp.records.yaml_json import write_text

    paths = _outputs(output, as_json)
    try:
        for path in paths:
            write_text(path, text)
    except InputError:
        write_text(STANDARD, text)
        raise
    return STANDARD in paths
