"""Everything that scar-cp raises on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scar_cp.plain import plain_line

__all__ = [
    "ClaimError",
    "CrashError",
    "Fault",
    "InputError",
    "ModelOverflowError",
    "PluginError",
    "ScarError",
    "collecting",
]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Attributes
    ----------
    file
        The file, parameter or command-line option the user has to mend.
    place
        Path inside the file, such as ``layers[3].K``; empty for the file as a whole.
    value
        What stands there, shortened; ``None`` where nothing does.
    rule
        What must hold.
    is_parameter
        Whether ``file`` is the name of a parameter, or of a key of ``overrides``: the command
        line says which option that is.
    """

    file: str
    place: str
    value: str | None
    rule: str
    is_parameter: bool = False

    def __str__(self) -> str:
        parts = [self.file]
        if self.place:
            parts.append(self.place)
        if self.value is not None:
            parts.append(self.value if len(self.value) <= 100 else self.value[:97] + "...")
        return plain_line(": ".join([*parts, self.rule]))  # whatever it quotes

    @property
    def sort_key(self) -> tuple[str, list[str | int], str, str]:
        """Order by file, then by place with ``layers[2]`` before ``layers[10]``."""
        parts = re.split(r"([0-9]+)", self.place)
        place = [int(p) if k % 2 else p for k, p in enumerate(parts)]
        return self.file, place, self.value or "", self.rule


class ScarError(Exception):
    """Root of the exceptions of scar-cp."""


class InputError(ScarError):
    """The user's input breaks a rule; carries every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda f: f.sort_key))
        super().__init__("\n".join(map(str, self.faults)))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Fault, ...]]]:
        """Travel whole between processes; by default only the message would."""
        return type(self), (self.faults,)


@contextmanager
def collecting(faults: list[Fault]) -> Iterator[None]:
    """Add the faults of an `InputError` to a list, so that others are found beside them."""
    try:
        yield
    except InputError as error:
        faults += error.faults


class ClaimError(ScarError):
    """A solver's claim and the evaluator disagree: a bug, never hidden."""


class CrashError(ScarError):
    """A process that was started for a piece of work died without an answer."""


class PluginError(ScarError):
    """A plug-in raised something, or what it said proved untrue: no fault of scar-cp.

    Parameters
    ----------
    plugin
        Its kind, name and package.
    reason
        What was raised, in one line.
    """

    def __init__(self, plugin: str, reason: str) -> None:
        self.plugin = plugin
        self.reason = reason
        super().__init__(plugin, reason)  # as which it travels between processes

    def __str__(self) -> str:
        return f"{self.plugin}: {self.reason}"


class ModelOverflowError(ScarError):
    """The exact model's sums may pass 64 bits: it cannot be solved as it is."""
