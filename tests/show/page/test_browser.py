"""A page in a real browser: pointing, zooming, sliding, clicking, sorting, and no network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from problems import schedule, tiny_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.outcome.result import Origin
from scar_cp.outcome.solving import solve
from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import to_json, write_text
from scar_cp.show.page.document import page, read_sources
from scar_cp.solvers import Request
from scar_cp.studies.judged_rows import table_text
from show.plots import examples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("plotly", reason="a page needs plotly: the extra report")
playwright = pytest.importorskip("playwright.sync_api", reason="a browser is driven by playwright")

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="there is no browser: chromium"),
]

ODD_NAME = '</script><b>net</b> & "co"'


def write_result(folder: Path, name: str, problem: Problem, plan: Schedule) -> None:
    """Write a result and its problem."""
    outcome = solve(problem, Request(time_limit_s=5, workers=1), "standalone")
    evaluation = evaluate(problem, plan)
    result = outcome.result.replace(
        schedule=plan, evaluation=evaluation, value=evaluation.latency_cycles, status="feasible"
    )
    write_text(folder / f"problem_of_{name}.json", to_json(problem))
    origin = Origin(file=f"problem_of_{name}.json")
    write_text(folder / f"{name}.json", to_json(result.replace(origin=origin)))


def write_page(folder: Path) -> Path:
    """Write the page of all that is in a folder."""
    write_text(folder / "page.html", page(read_sources([folder])))
    return folder / "page.html"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page about a result with two windows, and a comparison."""
    folder = tmp_path_factory.mktemp("page")
    problem, plan = examples.example()
    first = problem.models[0].replace(name=ODD_NAME)
    problem = problem.replace(models=(first, *problem.models[1:]))
    write_result(folder, "result", problem, plan)
    write_text(folder / "table.csv", table_text(examples.COMPARISON))
    return write_page(folder)


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page about two results that differ in size: 36 chiplets, all at work, and four."""
    folder = tmp_path_factory.mktemp("pages")
    problem, plan = examples.example()
    write_result(folder, "small", problem, plan)
    large = tiny_problem(
        [examples.chain([30, 20], 1 + m) for m in range(18)],
        types="ab" * 18,
        links=[(c, c + 1) for c in range(36) if c % 6 < 5] + [(c, c + 6) for c in range(30)],
        cells=[(c // 6, c % 6) for c in range(36)],
        ports=[0, 35],
    )
    places = [(m, layer, layer, 2 * m + layer) for m in range(18) for layer in range(2)]
    write_result(folder, "large", large, schedule(places))
    return write_page(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: each has a page of its own."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(path: Path, browser: Browser, **look: Any) -> Iterator[Page]:
    """A page on a screen; whatever it asks for or complains of is a failure."""
    view = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **look})
    asked, complaints = [], []
    view.on("request", lambda request: asked.append(request.url))
    view.on("pageerror", lambda error: complaints.append(str(error)))
    view.on("console", lambda message: complaints.append(message.text))
    view.goto(path.as_uri())
    view.wait_for_function("document.querySelectorAll('.main-svg').length >= 12")
    yield view
    view.close()
    assert (asked, complaints) == ([path.as_uri()], [])


@pytest.fixture
def view(report: Path, browser: Browser) -> Iterator[Page]:
    """The page of one result and a comparison."""
    with opened(report, browser) as view:
        yield view


def hovered(view: Page) -> str:
    view.wait_for_selector(".hovertext")
    return " ".join(view.locator(".hovertext").all_text_contents())


def middle(view: Page, selector: str, number: int = 0) -> tuple[float, float]:
    box = view.locator(selector).nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def time_range(view: Page) -> list[float]:
    shown: list[float] = view.evaluate("document.getElementById('figure-0-0').layout.xaxis.range")
    return shown


def test_passes_layers_and_chiplets_say_what_they_are(view: Page) -> None:
    view.mouse.move(*middle(view, "#figure-0-0 .barlayer .point path"))
    text = hovered(view)
    assert "pass 1 of 4: " in text
    assert f"{ODD_NAME} x4, layers 0" in text
    assert "bytes" in text
    assert "nJ" in text
    view.locator("#figure-0-1").scroll_into_view_if_needed()
    view.mouse.move(*middle(view, "#figure-0-1 .scatterlayer .trace:last-child .point"))
    assert "chiplet 0 a" in hovered(view)


def test_names_stand_as_they_are_and_nothing_offers_to_send_a_chart_away(
    view: Page,
) -> None:
    legend = view.locator("#figure-0-0 .legendtext").first
    assert legend.text_content() == f"{ODD_NAME} x4"
    titles = [b.get_attribute("data-title") for b in view.locator(".modebar-btn").all()]
    assert not [title for title in titles if "hare" in title]
    legend, bars = (view.locator(f"#figure-0-0 .{part}").first for part in ("legend", "barlayer"))
    above = legend.bounding_box()
    assert above["y"] + above["height"] <= bars.bounding_box()["y"]


def test_dragging_zooms_and_a_double_click_goes_back(view: Page) -> None:
    whole = time_range(view)
    x, y = middle(view, "#figure-0-0 .nsewdrag")
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x + 150, y, steps=5)
    view.mouse.up()
    view.wait_for_function(
        f"document.getElementById('figure-0-0').layout.xaxis.range[0] > {whole[0]}"
    )
    low, high = time_range(view)
    assert whole[0] < low < high < whole[1]
    view.mouse.dblclick(x, y)
    view.wait_for_function(
        f"document.getElementById('figure-0-0').layout.xaxis.range[0] == {whole[0]}"
    )


OVERLAPS = """() => {
  const found = [];
  for (const figure of document.querySelectorAll(".figure")) {
    const boxes = [...figure.querySelectorAll("text, .modebar-btn")]
      .filter((one) => one.textContent.trim() || one.matches(".modebar-btn"))
      .filter((one) => getComputedStyle(one).opacity !== "0")
      .map((one) => [one.textContent || "tool", one.getBoundingClientRect()])
      .filter(([, box]) => box.width && box.height);
    for (const [k, [text, a]] of boxes.entries())
      for (const [other, b] of boxes.slice(k + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 2) found.push(`${figure.id}: ${text} / ${other}`);
      }
  }
  return found;
}"""


@pytest.mark.parametrize("name", ["report", "side_by_side"])
def test_no_two_texts_of_a_figure_overlap(
    name: str, browser: Browser, request: pytest.FixtureRequest
) -> None:
    with opened(request.getfixturevalue(name), browser) as view:
        for width in (1400, 500, 1400):
            view.set_viewport_size({"width": width, "height": 900})
            view.wait_for_timeout(500)
            found = view.evaluate(OVERLAPS)
            assert not found, f"{width}: " + "\n".join(found)
            wide = view.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, "the page itself needs no sideways scrolling"


def test_paper_is_light_and_wide_enough_whatever_the_screen_is(
    side_by_side: Path, browser: Browser
) -> None:
    narrow = {"width": 500, "height": 900}
    with opened(side_by_side, browser, viewport=narrow, color_scheme="dark") as view:
        widths = (
            "[...document.querySelectorAll('.main-svg')].map(s => s.getBoundingClientRect().width)"
        )
        back = "getComputedStyle(document.querySelector('.main-svg')).backgroundColor"
        before = view.evaluate(widths)
        for event, light in (("beforeprint", True), ("afterprint", False)):
            view.evaluate(f"dispatchEvent(new Event('{event}'))")
            assert (view.evaluate(back) == "rgb(255, 255, 255)") == light
            assert max(view.evaluate(widths)) <= 960
            assert not view.evaluate(OVERLAPS)
        assert view.evaluate(widths) == before


def test_a_comparison_comes_first_and_says_that_problems_differ(
    side_by_side: Path, browser: Browser
) -> None:
    with opened(side_by_side, browser) as view:
        section = view.locator("section").first
        assert section.locator("h2").text_content() == "small.json compared with large.json"
        assert section.locator(".note").text_content().startswith("small.json is about another")
        captions = section.locator("h3").all_text_contents()
        assert {"Numbers", "Lengths of windows", "Settings that differ"} < set(captions)


def test_the_legend_hides(view: Page) -> None:
    bars = view.locator("#figure-0-0 .barlayer .point")
    before = bars.count()
    view.locator("#figure-0-0 .legendtoggle").first.click()
    view.wait_for_function(
        f"document.querySelectorAll('#figure-0-0 .barlayer .point').length < {before}"
    )


def test_tables_sort_both_ways_with_what_is_unknown_at_the_end(view: Page) -> None:
    table = view.locator("section:last-of-type table").last
    names = [name.split(" ")[0] for name in table.locator("th").all_text_contents()]
    column = names.index("value")
    head = table.locator("th button").nth(column)

    def values() -> list[str]:
        return table.locator(f"td:nth-child({column + 1})").all_text_contents()

    assert values() == ["120", "100", "200", "180", "-", "70"]
    head.click()
    assert values() == ["70", "100", "120", "180", "200", "-"]
    head.click()
    assert values() == ["200", "180", "120", "100", "70", "-"]
    assert view.locator("h2").first.text_content() == "latency of tiny (result.json)"


def test_units_and_words_do_not_keep_numbers_from_their_order(view: Page) -> None:
    """What compares two cells of a page."""
    for cells in (
        ["2 ms", "9.5 ms", "12.3 ms", "1,200 ms", "-"],
        ["at most 2 %", "at most 10 %"],
        ["sc2", "sc10", "sc10_rt"],
    ):
        shuffled = [*cells[1::2], *cells[::2]]
        ordered = view.evaluate("cells => cells.sort((a, b) => compare(a, b, 1))", shuffled)
        assert ordered == cells
