"""References by the module where a name is defined, or by the bare name, reach its public name."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import scar_cp


def _public(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element
) -> Element | None:
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or not target:
        return None
    domain = env.get_domain("py")
    for name in _names(target, domain.objects):  # type: ignore[attr-defined]
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, content)
    return None


def _names(target: str, documented: Any) -> list[str]:
    last = target.rpartition(".")[2]
    if "." not in target:
        public = [f"scar_cp.{last}"] if last in scar_cp.__all__ else []
        inner = [name for name in documented if name.endswith(f".{last}")]
        return public or (inner if len(inner) == 1 else [])
    wanted = _object(target)
    same = [name for name in documented if name.endswith(f".{last}")]
    return [name for name in same if wanted is not None and _object(name) is wanted]


def _object(name: str) -> Any:
    try:
        return resolve_name(name)
    except (AttributeError, ImportError, ValueError):
        return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen for references that nothing else resolves."""
    app.connect("missing-reference", _public)
    return {"parallel_read_safe": True}
