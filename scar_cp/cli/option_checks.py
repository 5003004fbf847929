"""What is checked of options before anything is done with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from scar_cp.errors import Fault, InputError
from scar_cp.plugins import Registry
from scar_cp.terms import MEMORY_LIMIT_GB

__all__ = ["check_request", "given", "known", "parse_grid", "parse_set", "together"]


def given(**options: Any) -> dict[str, Any]:
    """The options that were set, with plain values."""
    return {
        key: value.value if isinstance(value, StrEnum) else value
        for key, value in options.items()
        if value is not None
    }


def known(option: str, registry: Registry, *names: str) -> None:
    """Refuse names that stand for nothing, and plug-ins that are broken."""
    faults = [
        Fault(option, "", name, registry.rule) for name in names if registry.get(name) is None
    ]
    if faults:
        raise InputError(faults)


def check_request(
    time_limit: float,
    objective: StrEnum | None,
    weights: str | None,
    memory_limit: float = MEMORY_LIMIT_GB,
    gap: float = 0.0,
) -> tuple[int, int] | None:
    """Refuse limits out of range, and weights without their use; return the weights."""
    faults = []
    for option, value, unit in (
        ("--time-limit", time_limit, "seconds"),
        ("--memory-limit", memory_limit, "GB"),
    ):
        if not 0 < value < float("inf"):
            faults.append(Fault(option, "", str(value), f"must be a positive number of {unit}"))
    if not 0 <= gap < 1:
        faults.append(Fault("--gap", "", str(gap), "must be at least 0 and below 1"))
    parsed = None
    if weights is not None:
        parsed = _parse_weights(weights)
        if parsed is None:
            rule = "must be latency=A,energy=B with integers from 0 to 1000000, not both 0"
            faults.append(Fault("--weights", "", weights, rule))
        if objective not in (None, "weighted"):
            faults.append(Fault("--weights", "", weights, "needs --objective weighted"))
    elif objective == "weighted":
        faults.append(Fault("--weights", "", None, "is required with --objective weighted"))
    if faults:
        raise InputError(faults)
    return parsed


def parse_grid(settings: Sequence[str]) -> dict[str, list[Any]]:
    """Values by setting, of options such as ``package.dram.gb_per_s=16,32``."""
    from scar_cp.records.yaml_json import parse_flow

    faults, grid = [], dict[str, list[Any]]()
    for text in settings:
        key, given, values = text.partition("=")
        try:
            parsed = parse_flow(f"[{values}]") if given and key and values.strip() else None
        except ValueError:
            parsed = None
        if not parsed:
            rule = "must be KEY=VALUE,..., such as package.dram.gb_per_s=16,32"
            faults.append(Fault("--set", "", text, rule))
        elif key in grid:
            faults.append(Fault("--set", "", text, "is set twice"))
        else:
            grid[key] = parsed
    if faults:
        raise InputError(faults)
    return grid


def parse_set(settings: Sequence[str]) -> dict[str, Any]:
    """The value of each setting, where there may be one only."""
    grid = parse_grid(settings)
    faults = [
        Fault("--set", key, ",".join(map(str, values)), "must be one value; sweep takes several")
        for key, values in grid.items()
        if len(values) > 1
    ]
    if faults:
        raise InputError(faults)
    return {key: value for key, (value,) in grid.items()}


def _parse_weights(text: str) -> tuple[int, int] | None:
    given = dict(re.findall(r"(latency|energy)=(\d{1,7})(?:,|$)", text))
    if ",".join(f"{k}={v}" for k, v in given.items()) != text or not given:
        return None
    weights = int(given.get("latency", 0)), int(given.get("energy", 0))
    return weights if any(weights) and max(weights) <= 1_000_000 else None


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step, then report the faults of all of them."""
    faults: list[Fault] = []
    results = []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return results
