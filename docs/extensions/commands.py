"""The command reference, from the command line itself: the directive ``commands``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from scar_cp.cli import app

_CODE = re.compile(r"((?<![\w-])--[a-z][\w-]*|[\w./-]+\.(?:csv|json|yaml|png|svg|html)\b)")
"""Options and files in a text."""


class Commands(SphinxDirective):
    """Every command: what it does, how it is called, its arguments and options by group."""

    def run(self) -> list[nodes.Node]:
        """Parse the reference as Markdown where the directive stands."""
        text = "\n".join(reference())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def reference() -> Iterator[str]:
    """The lines of the reference."""
    top: Any = typer.main.get_command(app)
    yield from _described(top, typer.Context(top, info_name="scar-cp"), 2)


def _described(command: Any, context: Any, depth: int) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if depth > 2:
        yield from ("#" * (depth - 1) + f" `{context.command_path}`", "")
        yield from (*_prose(command.help or "", _usage(command, context)), "")
    if not inner:
        for panel, rows in _panels(command, context).items():
            yield from (f"| {panel} | |", "|:---|:---|")
            yield from (f"| {name} | {text} |" for name, text in rows)
            yield ""
    for name, further in inner.items():
        within = typer.Context(further, parent=context, info_name=name)
        yield from _described(further, within, depth + 1)


def _usage(command: Any, context: Any) -> str:
    """How a command is called: arguments in brackets may be left out."""
    pieces = " ".join(command.collect_usage_pieces(context))
    for written, meant in (("{", ""), ("}", ""), ("......", "..."), ("[[", "["), ("]]", "]")):
        pieces = pieces.replace(written, meant)
    return f"{context.command_path} {pieces}"


def _prose(text: str, usage: str) -> Iterator[str]:
    """A command's help: paragraphs, how it is called, and examples to copy."""
    examples: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        one_line = " ".join(paragraph.replace("\\[", "[").split())
        example = re.fullmatch(r"(?:Examples?: )?(scar-cp .*)", one_line)
        if example:
            examples += example[1].split("; ")
        elif one_line != "For example:":
            yield from (_literal(one_line), "")
    yield from ("```text", usage, "```", "")
    if examples:
        yield from ("For example:", "", "```sh", *examples, "```", "")


def _panels(command: Any, context: Any) -> dict[str, list[tuple[str, str]]]:
    """Arguments and options by the group they stand in."""
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or "--help" in parameter.opts:
            continue
        is_option = parameter.param_type_name == "option"
        usual = "Options" if is_option else "Arguments"
        panel = getattr(parameter, "rich_help_panel", None) or usual
        name, text = record
        cells = ("`" + _cell(name) + "`", _literal(_cell(text.replace("\\[", "["))))
        panels.setdefault(panel, []).append(cells)
    return dict(sorted(panels.items(), key=lambda item: item[0] != "Arguments"))


def _cell(text: str) -> str:
    text = re.sub(r"<list\[(\w+)\]>", lambda found: f"<{found[1].lower()}>", text)
    return " ".join(text.replace("<list[", "<").replace("]>", ">").split()).replace("|", "\\|")


def _literal(text: str) -> str:
    """Options and files in the type of code; what is left is no markup."""
    parts = _CODE.split(text)
    plain = [re.sub(r"([_*<\[`])", r"\\\1", part) for part in parts[::2]]
    code = [f"`{part}`" for part in parts[1::2]]
    return "".join(part for pair in zip(plain, [*code, ""], strict=True) for part in pair)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
