"""Put sections together into one file that needs no other and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError, ScarError
from scar_cp.files.problem_of_result import load_problem_of
from scar_cp.judge.schedule import Schedule
from scar_cp.outcome.result import Result, schedule_of
from scar_cp.problem.compiled import Problem
from scar_cp.show.output_files import Output, is_output, read_output
from scar_cp.show.page.figure import plotly_objects
from scar_cp.show.page.page_tables import Table, table_of
from scar_cp.show.page.sections import (
    Section,
    section_of,
    section_of_result,
)
from scar_cp.show.page.side_by_side import Side, side_by_side
from scar_cp.show.text.summary import gap_text, problem_text, settings_text
from scar_cp.show.text.tables import Columns
from scar_cp.show.text.units import Units

__all__ = ["Source", "page", "page_of", "read_sources", "result_sections"]


@dataclass(frozen=True)
class Source:
    """A file, and what it holds."""

    path: Path
    output: Output
    problem: Problem | None = None
    schedule: Schedule | None = None
    note: str = ""
    """Why a result has no problem here."""
    files: tuple[Path, ...] = ()
    """What else was read, for the problem."""


def read_sources(paths: Sequence[Path], instance: Path | None = None) -> list[Source]:
    """Read files, and in folders every file that a search wrote.

    Parameters
    ----------
    paths
        Results, fronts, comparisons, splits of gaps, and folders of them.
    instance
        The instance or compiled problem of results that do not say where it is.

    Returns
    -------
    list of Source
        Results of folders whose problem is not to be found have a note instead.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    found: list[Source] = []
    faults: list[Fault] = []
    for path in paths:
        inside = path.is_dir()
        for file in _outputs_in(path) if inside else [path]:
            try:
                found.append(_read(file, instance, forgiving=inside))
            except InputError as error:
                faults += error.faults
    if faults:
        raise InputError(faults)
    return found


def _outputs_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and is_output(path)]


def _read(path: Path, instance: Path | None, forgiving: bool) -> Source:
    output = read_output(path)
    if not isinstance(output, Result):
        return Source(path, output)
    try:
        loaded = load_problem_of(output, path, instance)
        problem = loaded.problem
        schedule = schedule_of(output, problem, path) if output.schedule is not None else None
    except InputError as error:
        if not forgiving:
            raise
        return Source(path, output, note=f"no pictures: {error}")
    return Source(path, output, problem, schedule, files=loaded.files)


def page(sources: Sequence[Source]) -> str:
    """The page about all sources, as HTML.

    Raises
    ------
    ScarError
        If the libraries that draw are not installed.
    """
    return page_of(result_sections(sources), sources)


def page_of(sections: Sequence[Section], sources: Sequence[Source] = (), home: str = "") -> str:
    """A page of sections, as HTML; without figures it does without the library that draws.

    Parameters
    ----------
    sections
        What it shows, in this order.
    sources
        Where there are several results among them, a table of these comes first.
    home
        Link to the page that this one belongs to.

    Raises
    ------
    ScarError
        If the libraries that draw are not installed.
    """
    plotly_objects()
    from plotly.offline import get_plotlyjs

    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise ScarError("reports need jinja2: pip install 'scar-cp[report]'") from error

    figures = {
        f"figure-{number}-{k}": _document(figure)
        for number, section in enumerate(sections)
        for k, figure in enumerate(section.figures.values())
    }
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        title=sections[0].title if len(sections) == 1 else "Schedules and comparisons",
        overview=_overview(sources),
        sections=sections,
        figures=figures,
        library=get_plotlyjs() if figures else "",
        home=home,
        made_by=f"scar-cp {version('scar-cp')}",
    )


def result_sections(sources: Sequence[Source]) -> list[Section]:
    """What a page shows of all sources: a comparison of a few results, then each of them."""
    names = [source.path.name for source in sources]
    sides = [
        Side(
            source.path.name if names.count(source.path.name) == 1 else str(source.path),
            source.output,
            source.problem,
            source.schedule,
        )
        for source in sources
        if isinstance(source.output, Result)
    ]
    together = side_by_side(sides)
    return [*filter(None, [together]), *(_section(source) for source in sources)]


def _section(source: Source) -> Section:
    if not isinstance(source.output, Result):
        return section_of(source.output, source.path.name)
    title = f"{source.output.objective} of {problem_text(source.output)} ({source.path.name})"
    section = section_of_result(title, source.output, source.problem, source.schedule)
    section.notes.extend(filter(None, [source.note]))
    return section


def _document(figure: Any) -> dict[str, Any]:
    """A figure as plain data."""
    data: dict[str, Any] = figure.to_plotly_json()
    return data


def _overview(sources: Sequence[Source]) -> Table | None:
    """A line for each result, if there are several."""
    results = [(s.path.name, s.output) for s in sources if isinstance(s.output, Result)]
    if len(results) < 2:
        return None
    told = [
        (Units(s.problem.clock_hz if s.problem else None), s.output)
        for s in sources
        if isinstance(s.output, Result)
    ]
    columns: Columns = {
        "file": [name for name, _ in results],
        "problem": [r.problem for _, r in results],
        "with": [settings_text(r) for _, r in results],
        "solver": [r.solver for _, r in results],
        "space": [r.space for _, r in results],
        "objective": [r.objective for _, r in results],
        "value": [units.value(r.objective, r.value) for units, r in told],
        "bound": [units.value(r.objective, r.bound) for units, r in told],
        "gap": [gap_text(r.gap) for _, r in results],
        "status": [r.status for _, r in results],
        "seconds": [f"{r.seconds:.1f}" for _, r in results],
    }
    return table_of("Results", columns)
