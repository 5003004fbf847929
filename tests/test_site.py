"""The pages in docs/: what they name exists, and what they show happens. CI builds the site."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from conftest import ROOT

import scar_cp as sc
from scar_cp.cli import app

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
READ = [*PAGES, ROOT / "README.md", ROOT / "scar_cp/TUTORIAL.md"]
BLOCK = re.compile(r"^```([\w{}:-]*).*?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    return [code for kind, code in found if kind == language]


@pytest.mark.parametrize("page", READ, ids=named)
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(
        r"^```{(?:literal)?include} (\S+)", text, re.MULTILINE
    )
    within = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in within if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_page_is_linked_to_by_another(page: Path) -> None:
    name = page.with_suffix("").relative_to(DOCS)
    others = (other for other in PAGES if other != page)
    words = {word for other in others for word in re.findall(r"[\w/.-]+", other.read_text())}
    assert str(name) == "index" or words & {str(name), f"{name}.md", name.name, page.name}


def test_every_public_name_stands_in_the_reference() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))
    documented = re.findall(r"^\.\. auto\w+:: scar_cp\.(\w+)$", texts, re.MULTILINE)
    assert sorted(documented) == sorted(sc.__all__)


@pytest.mark.parametrize("name", sorted(path.stem for path in (DOCS / "pictures").glob("*.svg")))
def test_the_pictures_are_those_of_their_script(name: str) -> None:
    script: dict[str, Any] = runpy.run_path(str(DOCS / "pictures.py"))
    if name not in script["PICTURES"]:
        assert name.startswith("sc4-")  # made by scar-cp plot, as the page says
        return
    stored = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    assert script["drawn"](name) == stored


def test_every_picture_of_the_gallery_stands_below_its_command() -> None:
    """Mend with: python docs/pictures.py gallery."""
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    found = re.findall(r" (?:-o|--picture) (\w+\.png)|\(pictures/gallery/(\w+\.png)\)", page)
    made, shown = (list(filter(None, names)) for names in zip(*found, strict=True))
    assert made == shown
    assert {path.name for path in (DOCS / "pictures/gallery").iterdir()} == {*made}


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks(DOCS / "how-to/from-python.md", "python"))
def test_the_examples_in_python_run(shipped: Path, code: str) -> None:
    if "plot_" in code:
        pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    exec(code, {})


def commands(path: Path) -> Iterator[list[str]]:
    """The words of every scar-cp command in the blocks of a page, without what is piped."""
    for code in (*blocks(path, "sh"), *blocks(path, "bash")):
        code = re.sub(r"<<'END'.*?^END$", "", code, flags=re.DOTALL | re.MULTILINE)
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            words = [Path(word).name if word.endswith("/scar-cp") else word for word in words]
            starts = [i for i, word in enumerate(words) if word == "scar-cp"]
            for start, end in zip(starts, [*starts[1:], None][: len(starts)], strict=True):
                yield words[start + 1 : end]


@pytest.mark.parametrize("page", [page for page in READ if any(commands(page))], ids=named)
def test_every_command_and_option_exists(page: Path) -> None:
    for words in commands(page):
        command: Any = typer.main.get_command(app)
        for word in words:
            if not hasattr(command, "commands"):
                break
            command = command.commands.get(word) or command.commands["run"]  # of sweep
        known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        given = {word for word in words if word.startswith("-") and len(word) > 1}
        assert given - {"--help", "-h", "-e"} <= known, words


ALONE = ("your-own-model", "language-models", "your-own-costs", "verify")


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_the_blocks_of_a_page_run_one_after_the_other(name: str, tmp_path: Path) -> None:
    code = "".join(blocks(DOCS / f"how-to/{name}.md", "sh"))
    program = f"{sys.executable} -c 'from scar_cp.cli import main; main()'"
    ran = subprocess.run(
        ["bash", "-eu"],
        input=f'scar-cp() {{ {program} "$@"; }}\n{code}',
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
