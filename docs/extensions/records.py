"""Records and dataclasses in the API reference: fields with plain types, and no signature."""

from __future__ import annotations

from dataclasses import is_dataclass
from inspect import get_annotations
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from sphinx.application import Sphinx

from scar_cp.records.record import Record


def _plain(app: Sphinx, what: str, name: str, shown: Any, *_: Any) -> tuple[str, str] | None:
    """Take the rules of fields (at least 0, not empty) out of their types."""
    if what != "class" or not isinstance(shown, type):
        return None
    if not issubclass(shown, Record):
        return ("", "") if is_dataclass(shown) else None
    own = get_annotations(shown)
    fields = shown.model_fields
    shown.__annotations__ = {
        field: _without_rules(fields[field].annotation) for field in own if field in fields
    }
    return "", ""


def _without_rules(hint: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _without_rules(inner[0])
    if origin in (UnionType, Union):
        return Union[tuple(map(_without_rules, inner))]  # noqa: UP007
    if origin in (tuple, dict, list):
        return GenericAlias(origin, tuple(map(_without_rules, inner)))
    return hint


def _skip(app: Sphinx, what: str, name: str, *_: Any) -> bool | None:
    """What pydantic keeps in a class is not the class's."""
    return True if name in ("model_config", "model_post_init") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to autodoc."""
    app.connect("autodoc-process-signature", _plain)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True}
