"""Whatever is wrong with a file: exit code 0, 1 or 2, few lines, no traceback, nothing written."""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import Project, Ran
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

import scar_cp.cli
from fuzz.mutations import mutated_bytes, mutated_tree
from fuzz.seeds import Seed, make_seeds
from scar_cp.cli import main

MOST_LINES = 101
FORMATS = 21


def run(*arguments: object) -> Ran:
    """Run the command line in this process; what is no exit is raised."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["scar-cp", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        return Ran(int(end.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
    raise AssertionError("the command line always exits")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Seed]]:
    """The seeds, in whose folder everything runs."""
    folder = tmp_path_factory.mktemp("fuzz")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCAR_CP_RAISE", "1")
        patch.setattr(scar_cp.cli, "app", get_command(scar_cp.cli.app))  # built once for all
        project = Project(folder)
        found = make_seeds(folder, run)
        of = yaml.safe_load((folder / "instance.yaml").read_text()) | {"cost_table": "fuzzed.csv"}
        (folder / "instance-with-costs.yaml").write_text(yaml.safe_dump(of))
        assert len(found) == FORMATS
        assert project
        yield found


def mutated(seed: Seed, chance: random.Random) -> bytes:
    """A seed's content with something wrong in it, in most cases."""
    if seed.document is None or chance.random() < 0.4:
        return mutated_bytes(seed.content, chance)
    document = mutated_tree(seed.document, chance)
    if seed.name.endswith(".json"):
        return json.dumps(document).encode()
    text: str = yaml.dump(document, sort_keys=False, allow_unicode=chance.random() < 0.5)
    return text.encode(errors="surrogatepass")


def check(seeds: list[Seed], number: int, state: int) -> None:
    """Run a command on a file made from a seed."""
    chance = random.Random(state)
    seed = seeds[number]
    command = chance.choice(seed.commands)
    suffix = "".join(Path(seed.name).suffixes)
    file = Path(f"fuzzed{suffix}")
    file.write_bytes(mutated(seed, chance))
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    words = [word.replace("FILE", str(file)).replace("OUT", "out") for word in command.split()]
    ran = run(*words)
    after = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    for path in after.keys() - before.keys():
        path.unlink()
    assert ran.code in (0, 1, 2), ran
    assert len(ran.err.splitlines()) <= MOST_LINES
    assert "Traceback" not in ran.err
    assert "it is a bug" not in ran.err
    assert "\x1b" not in ran.out + ran.err
    if ran.code == 2:
        assert ran.err
        assert after == before


def cases(config: pytest.Config) -> int:
    """How many files are tried."""
    return int(config.getoption("--fuzz"))


def test_any_file_is_read_or_refused(seeds: list[Seed], request: pytest.FixtureRequest) -> None:
    many = cases(request.config)
    is_long = many > 1000

    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        derandomize=not is_long,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, FORMATS - 1), st.integers(0, 2**64 - 1))
    def any_file(number: int, state: int) -> None:
        check(seeds, number, state)

    any_file()
