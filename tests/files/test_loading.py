"""Loading leaves the process as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from conftest import Project

import scar_cp as sc


@pytest.fixture(params=[True, False])
def is_enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether cycles are searched for."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_cycles_are_searched_for_again_after_loading(project: Project, is_enabled: bool) -> None:
    sc.load_problem("instance.yaml")
    assert gc.isenabled() == is_enabled
    with pytest.raises(sc.InputError):
        sc.load_problem("absent.yaml")
    assert gc.isenabled() == is_enabled
