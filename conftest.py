"""Examples in docstrings write files: into a folder of their own, whoever runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to write to, the current one, with what is shipped."""
    for name in ("instances", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _examples_elsewhere(request: pytest.FixtureRequest) -> None:
    """Also with ``pytest --doctest-modules scar_cp``."""
    if isinstance(request.node, pytest.DoctestItem):
        request.getfixturevalue("shipped")
