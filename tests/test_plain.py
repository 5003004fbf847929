"""Names as they are shown."""

from __future__ import annotations

import pytest

from scar_cp.plain import from_cell, plain_line, plain_text, to_cell


def test_nothing_that_a_terminal_obeys_is_left() -> None:
    for code in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066, 0x200B, 0xD800):
        assert chr(code) not in plain_text(f"a{chr(code)}b")
    assert plain_text("naïve ×4\tΣ\n日本") == "naïve ×4\tΣ\n日本"
    assert plain_line("a\r\n\x1bb  c") == r"a\r \x1bb c"


@pytest.mark.parametrize("name", ["", "x", "=x", "'=x", "''", "'", "-", "é", "'x", "+1"])
def test_a_cell_gives_its_name_back(name: str) -> None:
    assert from_cell(to_cell(name)) == name
