"""The command explore: results and databases in a browser, page by page."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli.result_problems import InstanceOfResult, naming_instance
from scar_cp.cli.runs import termination_as_interrupt
from scar_cp.errors import Fault, InputError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(explore)


def explore(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT|DATABASE...",
            help="Databases of sweep or codesign; or what report takes: results, fronts, tables,"
            " folders of them.",
        ),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1; 0 for any that is free.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser on it.")
    ] = True,
    instance: InstanceOfResult = None,
) -> None:
    r"""Show results, and the points of a sweep or co-design, in a browser on this machine.

    A database is a table that sorts, of the points done by now; each leads to the report of its
    result. Only this machine can reach it, and it serves nothing but these pages. Ctrl-C ends it.
    Needs the extra: pip install 'scar-cp\[report]'

    For example:

    scar-cp explore sweep.db

    scar-cp explore result.json --port 8000 --no-browser
    """
    from scar_cp.show.page.local_server import LocalServer

    page = _pages(sources, instance)
    page("/")  # what is wrong is told here, not in a browser
    with LocalServer(page, port) as server, termination_as_interrupt():
        print(f"serving: {server.address} until Ctrl-C", flush=True)
        if browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")


def _pages(sources: Sequence[Path], instance: Path | None) -> Callable[[str], str | None]:
    """What makes the page of a path: the first for /, and one for each point of a database."""
    from scar_cp.show.page.database_pages import is_database, point_section, points_section
    from scar_cp.show.page.document import page_of, read_sources, result_sections
    from scar_cp.sweeps.point_store import PointStore

    stores = [PointStore(path, is_there=True) for path in sources if is_database(path)]
    others = [path for path in sources if not is_database(path)]
    with naming_instance():
        found = read_sources(others, instance)
    if not found and not stores:
        rule = "holds no result, front, table or database of scar-cp"
        raise InputError([Fault(str(source), "", None, rule) for source in sources])

    def page(path: str) -> str | None:
        if path == "/":
            tables = [points_section(store, f"/{k}/") for k, store in enumerate(stores)]
            return page_of([*tables, *result_sections(found)], found)
        number, _, key = path.removeprefix("/").partition("/")
        if not number.isdecimal() or int(number) >= len(stores):
            return None
        section = point_section(stores[int(number)], key)
        return None if section is None else page_of([section], home="/")

    return page
