"""What the documentation shows in Python is what happens."""

from __future__ import annotations

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import scar_cp as sc

SOURCE = Path(sc.__file__).parent
MODULES = [
    ".".join(("scar_cp", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
FUNCTIONS = [name for name in sc.__all__ if inspect.isfunction(getattr(sc, name))]


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_examples_run(shipped: Path, module: str) -> None:
    if module.startswith("scar_cp.show.plots"):
        pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    tried = doctest.testmod(import_module(module))
    assert tried.attempted
    assert not tried.failed


@pytest.mark.parametrize("name", sc.__all__)
def test_every_public_name_is_described(name: str) -> None:
    assert len(inspect.getdoc(getattr(sc, name)) or "") > 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_and_returns(name: str) -> None:
    function: Any = getattr(sc, name)
    signature = inspect.signature(function)
    sections = dict(
        re.findall(r"\n(\w+)\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", _doc(function), re.DOTALL)
    )
    described = re.findall(r"^(?:\*\*)?([\w, ]+)", sections.get("Parameters", ""), re.MULTILINE)
    assert {word for line in described for word in line.split(", ")} >= {*signature.parameters}
    assert ("Returns" in sections) == (signature.return_annotation not in (None, "None"))
    assert "Examples" in sections


def _doc(function: object) -> str:
    return inspect.getdoc(function) or ""


def test_the_example_of_the_readme_runs(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out
