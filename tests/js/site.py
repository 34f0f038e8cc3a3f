"""A tiny web site that serves our modules under the product's content policy."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

TESTS = Path(__file__).parent
ROOT = TESTS.parent.parent
FOLDERS = {"/static/": ROOT / "static", "/tests-js/": TESTS}
NONCE = "bm9uY2U"
# The product's policy; no HTML policy for Trusted Types at all.
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self'; "
    "img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker"
)
PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tests</title>
<link rel="icon" href="/static/img/none.svg">
<meta name="katex-css" content="/static/vendor/katex/katex.min.css">
<script type="importmap" nonce="{NONCE}">{{"imports": {{}}}}</script>
</head><body><main id="root"></main></body></html>"""


class Site:
    """The address of a running server and what it was asked for."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.pages: dict[str, str] = {"/": PAGE}  # what tests add: path -> HTML
        self.requests: list[str] = []  # every path asked for, in order

    def unexpected(self) -> list[str]:
        """Return requests for anything but our own pages and files."""
        return [
            path
            for path in self.requests
            if path not in self.pages and not path.startswith(tuple(FOLDERS))
        ]


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.requests.append(path)
        if path in self.site.pages:
            self._send(200, "text/html; charset=utf-8", self.site.pages[path].encode())
            return
        file = _find_file(path)
        if file is None:
            self._send(404, "text/plain", b"")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if file.suffix in (".js", ".mjs"):
            kind = "text/javascript; charset=utf-8"
        self._send(200, kind, file.read_bytes())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest's output is for failures."""


def _find_file(path: str) -> Path | None:
    for prefix, folder in FOLDERS.items():
        file = (folder / path.removeprefix(prefix)).resolve()
        if path.startswith(prefix) and file.is_relative_to(folder) and file.is_file():
            return file
    return None


@contextmanager
def running_site() -> Iterator[Site]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    site = Site("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site))
    server.daemon_threads = True
    site.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
