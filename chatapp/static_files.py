"""Static files, straight from whitenoise's table: no middleware, no view, no thread."""

from collections.abc import Iterator
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.base import WhiteNoise

type Scope = dict[str, Any]

CHUNK_BYTES = 64 * 1024
# The request headers that whitenoise looks at, by their WSGI names.
LOOKED_AT = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"range": "HTTP_RANGE",
}


class StaticFiles:
    """Answers for files below STATIC_URL; everything else goes to `application`."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._table = (
            FoundFiles() if settings.DEBUG else CollectedFiles(settings.STATIC_ROOT)
        )

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer with the file of that name, or pass the request on."""
        file = self._table.file_for(scope["path"])
        if file is None:
            await self._application(scope, receive, send)
        else:
            await self._answer(file, scope, send)

    async def _answer(self, file: Any, scope: Scope, send: Any) -> None:
        environ = {
            LOOKED_AT[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in LOOKED_AT
        }
        response = file.get_response(scope["method"], environ)
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers
        ]
        await send(
            {
                "type": "http.response.start",
                "status": int(response.status),
                "headers": headers,
            }
        )
        if response.file is not None:
            with response.file as open_file:
                while chunk := open_file.read(CHUNK_BYTES):
                    await send(
                        {"type": "http.response.body", "body": chunk, "more_body": True}
                    )
        await send({"type": "http.response.body", "body": b""})


class CollectedFiles(WhiteNoise):  # type: ignore[misc]  # whitenoise is partly untyped
    """The files that collectstatic made, listed once at the start."""

    def __init__(self, root: Any) -> None:
        hashed_names = getattr(staticfiles_storage, "hashed_files", {}).values()
        self._immutable_urls = {settings.STATIC_URL + name for name in hashed_names}
        super().__init__(
            application=None,
            root=root,
            prefix=settings.STATIC_URL,
            allow_all_origins=False,
            add_headers_function=_add_headers,
        )

    def file_for(self, url: str) -> Any:
        """Return the file at `url`, or None."""
        return self.files.get(url)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Say whether the name carries a hash of the content, so that it never changes."""
        return url in self._immutable_urls


class FoundFiles(WhiteNoise):  # type: ignore[misc]  # whitenoise is partly untyped
    """The source files themselves, looked up on each request (DEBUG only)."""

    def __init__(self) -> None:
        super().__init__(
            application=None,
            autorefresh=True,
            max_age=0,
            allow_all_origins=False,
            add_headers_function=_add_headers,
        )

    def file_for(self, url: str) -> Any:
        """Return the file at `url`, or None."""
        return self.find_file(url)

    def candidate_paths_for_url(self, url: str) -> Iterator[str]:
        """Yield where Django's finders see the file."""
        if url.startswith(settings.STATIC_URL):
            path = finders.find(url.removeprefix(settings.STATIC_URL))
            if isinstance(path, str):
                yield path


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
