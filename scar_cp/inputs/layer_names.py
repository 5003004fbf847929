"""Names of layers: how repeated ones are told apart, and which spellings are alike."""

from __future__ import annotations

import re

__all__ = ["spelling", "unique_name"]


def unique_name(name: str, taken: set[str]) -> str:
    """The name, or one like it that is not taken and no model input's; taken from now on."""
    while name in taken or (name.startswith("in") and name[2:].isdigit()):
        name += "_"
    taken.add(name)
    return name


def spelling(name: str) -> str:
    """What is left of a name in whatever tool: some write slashes or dots as underscores.

    Examples
    --------
    >>> spelling("/stem/Conv") == spelling("_stem_Conv") == spelling("stem.conv")
    True
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
