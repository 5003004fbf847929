"""Pages that are served to a browser on this machine, and to nobody else."""

from __future__ import annotations

import http.client
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused

from scar_cp.cli.explore_command import _pages
from scar_cp.errors import InputError
from scar_cp.show.page.local_server import LocalServer
from scar_cp.sweeps.point_store import PointStore

pytest.importorskip("plotly", reason="reports need plotly: the extra report")
pytest.importorskip("jinja2", reason="reports need jinja2: the extra report")


@pytest.fixture
def swept(project: Project, command: Command) -> Path:
    """A sweep of two points: one and two windows."""
    arguments = ["--set", "windows=1,2", "--solver", "scar", "--jobs", "1", "--quiet"]
    assert command("sweep", "instance.yaml", *arguments, "-o", "sweep.db").code == 0
    return Path("sweep.db")


@pytest.fixture
def served(swept: Path) -> Iterator[LocalServer]:
    with LocalServer(_pages([swept], None)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(server: LocalServer, path: str, host: str = "", method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_each_point_of_a_sweep_leads_to_its_report(served: LocalServer, swept: Path) -> None:
    status, html = get(served, "/")
    assert status == 200
    rows = PointStore(swept).rows()
    links = re.findall(r'<a href="(/0/\w+)">(\d)</a>', html)
    assert links == [(f"/0/{row.key}", str(row.parameters["windows"])) for row in rows]
    assert len(html) < 100_000, "nothing is drawn here"
    for (link, windows), row in zip(links, rows, strict=True):
        status, html = get(served, link)
        assert status == 200
        assert f"pair: windows {windows}" in html or f"windows {windows}" in html
        assert "Schedule over time" in html
        assert f"sha256 {row.problem_sha256}" in html
        assert '<a href="/">all points</a>' in html


def test_a_point_without_its_problem_has_a_note_and_a_failed_one_no_link(
    served: LocalServer, swept: Path
) -> None:
    first, second = PointStore(swept).rows()
    with sqlite3.connect(swept) as db:
        db.execute("delete from problems where sha256 = ?", (first.problem_sha256,))
        failed = "update points set status = 'failed', result = null, message = 'no luck'"
        db.execute(f"{failed} where key = ?", (second.key,))
    status, html = get(served, f"/0/{first.key}")
    assert status == 200
    assert f"no pictures: sweep.db: holds no problem with the hash {first.problem_sha256}" in html
    assert "Schedule over time" not in html
    _, html = get(served, "/")
    assert re.findall(r'href="/0/(\w+)"', html) == [first.key]
    assert "no luck" in html
    assert get(served, f"/0/{second.key}")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/instance.yaml",
        "/sweep.db",
        "/../instance.yaml",
        "/etc/passwd",
        "/0/",
        "/0/x",
        "/7/x",
    ],
)
def test_no_file_is_served(served: LocalServer, path: str) -> None:
    assert get(served, path) == (404, "there is no such page\n")


def test_only_its_own_name_leads_to_it(served: LocalServer) -> None:
    port = served.server_port
    assert served.server_address[0] == "127.0.0.1"
    assert get(served, "/", f"localhost:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1:{port + 1}", "localhost"):
        assert get(served, "/", host)[0] == 403
    assert get(served, "/", method="POST")[0] == 501


def test_results_and_databases_share_a_page(
    swept: Path, project: Project, command: Command
) -> None:
    command("solve", "instance.yaml", "--solver", "scar", "--quiet", "-o", "result.json")
    page = _pages([swept, Path("result.json")], None)("/")
    assert page is not None
    assert "sweep.db: 2 points" in page
    assert "Schedule over time" in page
    alone = _pages([Path("result.json")], None)
    assert "Schedule over time" in str(alone("/"))
    assert alone("/0/x") is None


def test_an_interrupt_ends_it_in_a_line(
    swept: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def interrupted(server: LocalServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalServer, "serve_forever", interrupted)
    monkeypatch.setattr("webbrowser.open", opened.append)
    code, out, err = command("explore", swept, "--no-browser")
    assert (code, err, opened) == (0, "", [])
    assert re.fullmatch(r"serving: http://127\.0\.0\.1:\d+/ until Ctrl-C\nended\n", out)
    out = command("explore", swept).out
    assert opened == [out.split()[1]]


def test_what_cannot_be_served_is_refused(swept: Path, project: Project, command: Command) -> None:
    with LocalServer(lambda _: None) as other:
        port = str(other.server_port)
        line = f"--port: {port}: cannot be used: Address already in use"
        assert_refused(project, command, ["explore", "sweep.db", "--port", port], line)
    with sqlite3.connect("other.db") as db:
        db.execute("create table t (x)")
    line = "other.db: must be a database of scar-cp sweep"
    assert_refused(project, command, ["explore", "other.db"], line)
    Path("empty").mkdir()
    line = "empty: holds no result, front, table or database of scar-cp"
    assert_refused(project, command, ["explore", "empty"], line)
    with pytest.raises(InputError):
        LocalServer(lambda _: None, 10**6)
