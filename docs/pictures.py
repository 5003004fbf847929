"""Draws the pictures of the concepts: ``python docs/pictures.py`` writes ``docs/pictures/*.svg``.

Each has a background of its own, light or dark as the reader's page is. ``python docs/pictures.py
gallery`` runs the commands of the gallery, minutes long, and keeps the pictures that they make.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).with_name("pictures")

STYLE = """
  text { font: 13px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink); }
  .small { font-size: 11px; } .dim { fill: var(--dim); } .strong { font-weight: 600; }
  .middle { text-anchor: middle; } .end { text-anchor: end; } .on { fill: #111; }
  .page { fill: var(--page); } .box { fill: var(--box); stroke: var(--dim); }
  .a { fill: #56b4e9; stroke: #111; } .b { fill: #e69f00; stroke: #111; }
  .open { fill: none; stroke: var(--dim); } .line { stroke: var(--dim); fill: none; }
  .mark { stroke: var(--ink); stroke-width: 2; fill: none; } .dash { stroke-dasharray: 5 4; }
  .gap { fill: #d55e00; fill-opacity: 0.35; } .proven { fill: #009e73; fill-opacity: 0.35; }
  svg { --page: #ffffff; --box: #eef1f4; --ink: #1c2127; --dim: #6a737d; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #1b1f24; --box: #2a3038; --ink: #e6e9ec; --dim: #98a2ad; }
  }
""".strip("\n")


def box(x: float, y: float, w: float, h: float, look: str, label: str = "", below: str = "") -> str:
    """A rectangle with a text in its middle, and perhaps a second line."""
    inked = " on" if look in ("a", "b") else ""
    middle = y + h / 2 + 4.5 - (8 if below else 0)
    parts = [f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="3" class="{look}"/>']
    if label:
        parts.append(text(x + w / 2, middle, label, "middle" + inked))
    if below:
        parts.append(text(x + w / 2, middle + 16, below, "middle small" + inked))
    return "\n".join(parts)


def text(x: float, y: float, words: str, look: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:g}" y="{y:g}" class="{look}">{escape(words)}</text>'


def line(points: Iterable[tuple[float, float]], look: str = "line") -> str:
    """A line through points."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" class="{look}"/>'


def arrow(x: float, y: float, to: float) -> str:
    """An arrow to the right."""
    return line([(x, y), (to, y)]) + line([(to - 6, y - 4), (to, y), (to - 6, y + 4)])


def inputs() -> tuple[int, int, str, list[str]]:
    """What is given: models with layers, and a package of chiplets."""
    parts = [text(20, 30, "two models: layers in order", "strong")]
    for y, look, name, layers in ((50, "a", "A", 5), (110, "b", "B", 3)):
        parts.append(text(20, y + 21, f"model {name}"))
        for i in range(layers):
            parts.append(box(86 + 58 * i, y, 44, 32, look, str(i)))
            if i + 1 < layers:
                parts.append(arrow(130 + 58 * i, y + 16, 144 + 58 * i))
    parts.append(text(20, 168, "A handles 4 samples, B handles 2", "small dim"))
    parts.append(text(430, 30, "a package: 2 x 2 chiplets of two types", "strong"))
    for row in range(2):
        for column in range(2):
            x, y = 470 + 130 * column, 50 + 70 * row
            kind = "type p" if (row, column) != (1, 1) else "type q"
            parts.append(box(x, y, 96, 48, "box", f"chiplet {2 * row + column}", kind))
        parts.append(line([(566, 74 + 70 * row), (600, 74 + 70 * row)], "mark"))
        parts.append(text(440, 79 + 70 * row, "◂", "dim"))
        parts.append(text(713, 79 + 70 * row, "▸", "dim"))
    for x in (518, 648):
        parts.append(line([(x, 98), (x, 120)], "mark"))
    below = "◂ ▸ ports to memory; lines: the network between chiplets"
    parts.append(text(430, 192, below, "small dim"))
    title = "Two models as chains of layers, and a package of four chiplets of two types"
    return 760, 206, title, parts


def schedule() -> tuple[int, int, str, list[str]]:
    """A schedule: windows, and in them segments on chiplets."""
    parts = []
    for i in range(4):
        y = 52 + 40 * i
        parts += [text(20, y + 20, f"chiplet {i}"), line([(90, y + 34), (730, y + 34)])]
    for x, w, name in ((100, 350, "window 0"), (460, 260, "window 1")):
        end = x + w + 5
        parts += [box(x, 16, w, 26, "box", name), line([(end, 12), (end, 212)], "line dash")]
    rows = (
        (100, 0, 350, "a", "A: layers 0-1"),
        (100, 1, 350, "a", "A: layer 2"),
        (100, 3, 230, "b", "B: layer 0"),
        (460, 0, 260, "a", "A: layers 3-4"),
        (460, 2, 200, "b", "B: layer 1"),
        (460, 3, 200, "b", "B: layer 2"),
    )
    parts += [box(x, 54 + 40 * c, w, 28, look, label) for x, c, w, look, label in rows]
    parts += [
        text(345, 193, "idle", "small dim"),
        text(100, 238, "coloured bar: a segment, consecutive layers of one model on one chiplet"),
        text(100, 256, "a window is as long as its slowest model; then the next one starts"),
    ]
    return 760, 270, "A schedule of two windows: segments of both models on four chiplets", parts


def pipeline() -> tuple[int, int, str, list[str]]:
    """The passes of three segments in a pipeline."""
    unit, left, times, passes = 30, 110, (2, 4, 3), 4
    parts = []
    starts = [left + unit * sum(times[:k]) for k in range(3)]
    for k, (start, time) in enumerate(zip(starts, times, strict=True)):
        y = 28 + 44 * k
        right = left + 21 * unit
        parts += [text(20, y + 20, f"segment {k}"), line([(left, y + 32), (right, y + 32)])]
        for q in range(passes):
            parts.append(box(start + 4 * unit * q, y, unit * time, 28, "a", f"{q + 1}"))
    first, end = left + 9 * unit, left + 21 * unit
    parts += [line([(x, 16), (x, 176)], "line dash") for x in (first, end)]
    parts += [
        text(left + 4.5 * unit, 176, "2 + 4 + 3 ms: the first pass", "middle"),
        text((first + end) / 2, 176, "3 more passes, each 4 ms: the slowest segment", "middle"),
        text(left, 204, "pipeline latency = 9 + 3 x 4 = 21 ms", "strong"),
        text(left + 270, 204, "(numbers in the bars: which pass)", "dim"),
    ]
    return 760, 220, "Three segments work on four passes like a pipeline", parts


def spaces() -> tuple[int, int, str, list[str]]:
    """Each space within the next."""
    rows = (
        ("full", "every schedule with at most the given windows"),
        ("adjacent", "consecutive segments of a model sit on neighbours"),
        ("windowed", "and every layer is in the window the packing gives it"),
        ("scar", "and no model has more segments than provisioned"),
    )
    parts = []
    for i, (name, words) in enumerate(rows):
        x, y, w, h = 20 + 22 * i, 16 + 40 * i, 720 - 44 * i, 190 - 48 * i
        parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="14" class="box"/>')
        parts += [text(x + 16, y + 26, name, "strong"), text(x + 110, y + 26, words)]
    title = "Four spaces, each inside the one before: full, adjacent, windowed, scar"
    return 760, 222, title, parts


def gap() -> tuple[int, int, str, list[str]]:
    """Bound, value and gap on a line."""
    parts = [
        '<rect x="40" y="60" width="387" height="26" class="proven"/>',
        '<rect x="427" y="60" width="83" height="26" class="gap"/>',
        line([(40, 86), (720, 86)], "mark"),
        line([(427, 50), (427, 94)], "mark"),
        line([(510, 50), (510, 94)], "mark"),
        text(422, 40, "bound 84 ms", "middle strong"),
        text(510, 24, "value 102 ms", "middle strong"),
        line([(510, 30), (510, 48)]),
        text(233, 78, "proven: no schedule is here", "middle"),
        text(468, 78, "gap", "middle"),
        text(615, 78, "worse schedules", "middle dim"),
        text(40, 108, "0", "middle small dim"),
        text(720, 108, "latency", "end small dim"),
        text(40, 140, "gap = (102 - 84) / 102 = 18 %: no schedule saves more than that."),
        text(40, 160, "Gap 0: bound and value meet, and the schedule is proven optimal."),
    ]
    title = "A line of latencies: below the bound there is no schedule, the value is known"
    return 760, 176, title, parts


PICTURES: dict[str, Callable[[], tuple[int, int, str, list[str]]]] = {
    "inputs": inputs,
    "schedule": schedule,
    "pipeline": pipeline,
    "spaces": spaces,
    "gap": gap,
}


def drawn(name: str) -> str:
    """The text of a picture's file."""
    width, height, title, parts = PICTURES[name]()
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" class="page"/>\n{inside}\n</svg>\n'
    )


def make_gallery() -> None:
    """Run the commands that the gallery shows, as they stand there."""
    page = FOLDER.with_name("gallery.md").read_text(encoding="utf-8")
    code = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    program = f"{sys.executable} -c 'from scar_cp.cli import main; main()'"
    sources = {"SOURCES": str(FOLDER.parents[1])}
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["bash", "-eux"],
            input=f'scar-cp() {{ {program} "$@"; }}\n{code}',
            cwd=folder,
            env=os.environ | sources,
            text=True,
            check=True,
        )
        (FOLDER / "gallery").mkdir(exist_ok=True)
        for made in Path(folder).glob("*.png"):
            shutil.copy(made, FOLDER / "gallery" / made.name)


if __name__ == "__main__":
    if sys.argv[1:] == ["gallery"]:
        make_gallery()
        sys.exit()
    for picture in PICTURES:
        (FOLDER / f"{picture}.svg").write_text(drawn(picture), encoding="utf-8")
