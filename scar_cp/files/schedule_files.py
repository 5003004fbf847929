"""Schedules from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.files.format_faults import wrong_format
from scar_cp.judge.schedule import Schedule
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import read_document, shown, to_record

__all__ = ["read_schedule", "read_schedule_of"]


@reader
def read_schedule(path: str | Path) -> Schedule:
    """Read a schedule, on its own or inside a result file.

    Parameters
    ----------
    path
        A file of format ``scar-cp/schedule@1`` or ``scar-cp/result@1``.

    Returns
    -------
    Schedule
        Of what its file says; `scar_cp.judge.validation.validate` says whether it fits a problem.

    Raises
    ------
    InputError
        With every fault of the file, or if its result has no schedule.

    Examples
    --------
    >>> from pathlib import Path
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> result = sc.solve(problem).result
    >>> _ = Path("result.json").write_text(sc.to_json(result))
    >>> sc.read_schedule("result.json") == result.schedule
    True
    """
    return read_schedule_of(path)[0]


def read_schedule_of(path: str | Path) -> tuple[Schedule, str | None]:
    """Read a schedule, and the hash of the problem that it is about where its file says that.

    Raises
    ------
    InputError
        As `read_schedule`.
    """
    data = read_document(Path(path))
    file = str(path)
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/schedule@1"
    if kind == "scar-cp/schedule@1":
        return to_record(data, Schedule, file), None
    if kind != "scar-cp/result@1":
        rule = "must be 'scar-cp/schedule@1' or 'scar-cp/result@1'"
        raise InputError([wrong_format(file, kind, rule)])
    if data.get("schedule") is None:
        raise InputError([Fault(file, "schedule", None, "the result has no schedule")])
    about = data.get("problem_sha256")
    if not isinstance(about, str | None):
        rule = "must be a valid string"
        raise InputError([Fault(file, "problem_sha256", shown(about), rule)])
    try:
        return to_record(data["schedule"], Schedule, file), about
    except InputError as error:
        raise InputError(
            replace(fault, place=f"schedule.{fault.place}".rstrip(".")) for fault in error.faults
        ) from error
