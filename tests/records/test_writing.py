"""What is replaced, and how."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scar_cp.errors import InputError
from scar_cp.records.own_files import RESULT, OwnFile
from scar_cp.records.reading import noting_files, read_bytes
from scar_cp.records.writing import alone, check_writable, write_text


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_that_is_replaced_keeps_its_mode() -> None:
    path = Path("r.json")
    path.write_text("before")
    path.chmod(0o640)
    write_text(path, "after")
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in Path().iterdir()] == ["r.json"]


def test_what_has_been_read_is_not_written_to_by_any_name() -> None:
    path = Path("in.yaml")
    path.write_text("a: 1")
    os.link(path, "hard.yaml")
    Path("soft.yaml").symlink_to(path)
    with noting_files():
        for name in ("in.yaml", "hard.yaml", "soft.yaml"):
            check_writable(Path(name))
        read_bytes(path, 100)
        for name in ("in.yaml", "hard.yaml", "soft.yaml"):
            with pytest.raises(InputError, match="must not be a file that is read"):
                write_text(name, "b: 2")
    assert path.read_text() == "a: 1"
    write_text(path, "b: 2")  # another command


def test_an_input_is_known_by_a_hard_link_to_it() -> None:
    Path("in.yaml").write_text("a: 1")
    os.link("in.yaml", "hard.yaml")
    with pytest.raises(InputError, match="must not be a file that is read"):
        check_writable(Path("hard.yaml"), Path("in.yaml"))


def test_a_file_larger_than_it_may_be_is_read_no_further() -> None:
    with pytest.raises(InputError, match="at most"):
        read_bytes("/dev/zero", 2**20)


@pytest.mark.parametrize(
    ("content", "is_own"),
    [
        (b"", True),
        (b"\n", True),
        (b'{\n  "format": "scar-cp/result@1",', True),
        (b'{"format": "scar-cp/problem@1"}', False),
        (b"notes", False),
        (b"\x1f\x8bbroken", False),
    ],
)
def test_a_result_replaces_a_result(content: bytes, is_own: bool) -> None:
    assert RESULT.wrote(content) is is_own
    Path("r.json").write_bytes(content)
    if is_own:
        check_writable(Path("r.json"), replaces=RESULT)
    else:
        with pytest.raises(InputError, match="it is not replaced"):
            check_writable(Path("r.json"), replaces=RESULT)


def test_a_packed_bomb_is_looked_at_no_further_than_its_head() -> None:
    import gzip

    bomb = gzip.compress(b"0" * 50_000_000)
    assert not RESULT.wrote(bomb[: OwnFile.HEAD_BYTES])


HOLDER = """
import sys, time
from pathlib import Path
from scar_cp.records.writing import alone
with alone(Path("t.csv")):
    print("held", flush=True)
    sys.stdin.readline()
    Path("t.csv").write_text("theirs")
"""


def test_who_writes_a_table_keeps_others_out() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        other.stdin.write("\n")
        other.stdin.flush()
        with alone(Path("t.csv")):
            assert Path("t.csv").read_text() == "theirs"
