"""Pages for a browser on this machine: made when they are asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scar_cp.errors import Fault, InputError, ScarError

__all__ = ["LocalServer"]

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LocalServer(ThreadingHTTPServer):
    """Serves pages to this machine alone.

    Parameters
    ----------
    page
        The HTML of a path, or None where there is no such page.
    port
        Of 127.0.0.1; 0 for any that is free.

    Raises
    ------
    InputError
        If the port cannot be used.
    """

    daemon_threads = True

    def __init__(self, page: Callable[[str], str | None], port: int = 0) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            rule = f"cannot be used: {getattr(error, 'strerror', None) or error}"
            raise InputError([Fault("port", "", str(port), rule, is_parameter=True)]) from error
        self.page = page

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: LocalServer

    def do_GET(self) -> None:
        """Answer with a page."""
        # Another site's name that was made to lead here (DNS rebinding) is not ours.
        own = {f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")}
        if self.headers.get("Host") not in own:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "this is not the server's name\n")
            return
        try:
            html = self.server.page(self.path)
        except ScarError as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", f"{error}\n")
            return
        if html is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "there is no such page\n")
        else:
            self._answer(HTTPStatus.OK, "text/html", html)

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""
