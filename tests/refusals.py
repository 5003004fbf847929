"""How bad input is refused: one line per fault, exit code 2, nothing written."""

from __future__ import annotations

from conftest import Command, Project


def assert_refused(project: Project, command: Command, arguments: list[str], *lines: str) -> None:
    before = {name: (project.folder / name).read_bytes() for name in _plain_files(project)}
    code, out, err = command(*arguments)
    assert err.splitlines() == list(lines)
    assert (code, out) == (2, "")
    assert {name: (project.folder / name).read_bytes() for name in _plain_files(project)} == before


def assert_refused_beginning(
    project: Project, command: Command, arguments: list[str], start: str
) -> None:
    """With one line, which goes on in the words of a library."""
    err = command(*arguments).err
    assert err.startswith(start)
    assert len(err.strip()) > len(start)
    assert_refused(project, command, arguments, err.removesuffix("\n"))


def _plain_files(project: Project) -> set[str]:
    return {name for name in project.names() if (project.folder / name).is_file()}
