"""Files that the program's searches write, whichever of them a path holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.outcome.pareto import Front
from scar_cp.outcome.result import Result
from scar_cp.records.reading import reader
from scar_cp.records.runs_csv import column_names, read_table, readable
from scar_cp.records.yaml_json import read_document, read_json_record
from scar_cp.studies.bench import Row
from scar_cp.studies.gap_splits import GapSplit, read_splits
from scar_cp.studies.judged_rows import FORMAT, JudgedRow, read_comparison

__all__ = ["RECORDS", "Benchmark", "Comparison", "Output", "Splits", "is_output", "read_output"]


@dataclass(frozen=True)
class Comparison:
    """A table of ``scar-cp compare``."""

    rows: list[JudgedRow]


@dataclass(frozen=True)
class Splits:
    """A table of ``scar-cp gaps``."""

    splits: list[GapSplit]


@dataclass(frozen=True)
class Benchmark:
    """A table of ``scar-cp bench suite``."""

    rows: list[Row]


Output = Result | Front | Comparison | Splits | Benchmark

RECORDS: dict[str, type[Result] | type[Front]] = {
    "scar-cp/result@1": Result,
    "scar-cp/pareto@1": Front,
}
"""By format."""
_COMPARISON_COLUMNS = {"solver", "ratio", "gap"}
_SPLITS_COLUMNS = {"decision", "least", "most"}
_BENCHMARK_COLUMNS = {"heuristic", "first_s", "gap"}


@reader
def is_output(path: Path) -> bool:
    """Whether a file seems to be of a kind that `read_output` reads; it may be faulty still."""
    try:
        if path.suffix == ".csv":
            names = set(column_names(path))
            kinds = _COMPARISON_COLUMNS, _SPLITS_COLUMNS, _BENCHMARK_COLUMNS
            return any(names >= columns for columns in kinds)
        return path.suffix == ".json" and _format(read_document(path)) in {*RECORDS, FORMAT}
    except (InputError, OSError, ValueError):
        return False


@reader
def read_output(path: Path) -> Output:
    """Read a result, a front, a comparison, a split of gaps or a suite's table.

    Raises
    ------
    InputError
        If the file is none of these, or faulty.
    """
    if path.suffix == ".csv":
        with readable(path, "a table of scar-cp compare, gaps or bench"):
            names = set(column_names(path))
            if names >= _BENCHMARK_COLUMNS:
                return Benchmark(read_table(path, Row))
        is_split = names >= _SPLITS_COLUMNS
        return Splits(read_splits(path)) if is_split else Comparison(read_comparison(path))
    document = read_document(path)
    kind = _format(document)
    if kind in RECORDS:
        return read_json_record(path, RECORDS[kind])
    if kind == FORMAT:
        return Comparison(read_comparison(path))
    rule = f"must be a .csv, or of one of the formats {', '.join([*RECORDS, FORMAT])}"
    raise InputError([Fault(str(path), "format", None if kind is None else kind, rule)])


def _format(document: object) -> str | None:
    found = document.get("format") if isinstance(document, dict) else None
    return None if found is None else str(found)
