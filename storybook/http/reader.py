"""The reader: the page that a browser gets, and the files that it loads.

The page is one document for all of its screens; which one is shown follows from the address, and a
script decides it. Its files lie in `storybook/reader/`. They are read once, compressed once, and
served under the digest of all of them, so that a browser keeps them for ever and a new version is a
new address. Nothing is told in them of any book: whoever may not read sees a page that asks for a
token.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook import __version__
from storybook.http.errors import NotFound
from storybook.http.page_safety import POLICY, page_policy
from storybook.http.requests import READ, header, shown_under
from storybook.http.responses import NOT_KEPT, RawHeaders, RawResponse, json_response

SCREENS: Final = (
    "/make",
    "/books/{run_id:str}",
    "/books/{run_id:str}/behind",
    "/books/{run_id:str}/change",
    "/operate",
)
"""The addresses of the page's screens besides `/`, as the router has them."""
FILES_PATH: Final = "/reader"
SERVICE_WORKER: Final = "/sw.js"
"""At the top: a service worker serves what lies under its own address."""
MANIFEST: Final = "/manifest.webmanifest"
READER_PATHS: Final = re.compile(
    r"/|/make|/books/[^/]*(/behind|/change)?|/operate|/sw\.js|/manifest\.webmanifest|/reader/.*"
)
"""What everybody gets: it is the same for all."""

_MEDIA_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".mp3": b"audio/mpeg",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".webmanifest": b"application/manifest+json; charset=utf-8",
    ".webp": b"image/webp",
}
"""What is served, by its ending; other files (types, licences) are not."""
_COMPRESSED: Final = (b"text/", b"image/svg", b"application/")
_FOR_EVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")
_ASKED_AGAIN: Final = (b"cache-control", b"no-cache")
_PAGE_POLICY: Final = page_policy(
    more=(
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
    )
)
_PAGE_HEADERS: Final = ((POLICY, _PAGE_POLICY.encode()), NOT_KEPT)
_HEALTH: Final = json_response(
    {"status": "ok", "version": __version__}, headers=[(b"vary", b"Accept")]
)


class ReaderFile(msgspec.Struct, frozen=True):
    """A file as it is served; `compressed` is empty where that would gain nothing."""

    content: bytes
    compressed: bytes
    media_type: bytes


class ReaderFiles(msgspec.Struct, frozen=True):
    """All files by their path, and the digest of all."""

    by_path: Mapping[str, ReaderFile]
    digest: str


@cache
def reader_files() -> ReaderFiles:
    """The files of the installed package."""
    found = dict(sorted(_found(files("storybook") / "reader", PurePosixPath())))
    named = b"".join(
        path.encode() + hashlib.sha256(it.content).digest() for path, it in found.items()
    )
    return ReaderFiles(found, hashlib.sha256(named).hexdigest()[:16])


class ReaderCalls:
    """The handlers; they need nothing of a running service."""

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route("/", http_method=READ)(self.front),
            *(route(it, http_method=READ)(self.page) for it in SCREENS),
            route(SERVICE_WORKER, http_method=READ)(self.service_worker),
            route(MANIFEST, http_method=READ)(self.manifest),
            route(f"{FILES_PATH}/{{digest:str}}/{{path:path}}", http_method=READ)(self.file),
        ]

    async def front(self, scope: Scope) -> RawResponse:
        """The page to a browser that goes there; the others ask whether the server is there."""
        return await self.page(scope) if wants_page(scope) else _HEALTH

    async def page(self, scope: Scope) -> RawResponse:
        file = _filled("index.html", shown_under(scope))
        return _answer(file, scope, [*_PAGE_HEADERS, (b"vary", b"Accept, Accept-Encoding")])

    async def service_worker(self, scope: Scope) -> RawResponse:
        return _answer(_filled("sw.js", shown_under(scope)), scope, [_ASKED_AGAIN])

    async def manifest(self, scope: Scope) -> RawResponse:
        return _answer(_filled("manifest.webmanifest", shown_under(scope)), scope, [_ASKED_AGAIN])

    async def file(self, scope: Scope) -> RawResponse:
        """A file; under the digest of another version this one's, which is not to be kept."""
        asked = scope["path_params"]
        known = reader_files()
        found = known.by_path.get(str(asked["path"]).lstrip("/"))
        if found is None:
            raise NotFound("the page has no such file")
        kept = _FOR_EVER if asked["digest"] == known.digest else NOT_KEPT
        return _answer(found, scope, [kept, (b"vary", b"Accept-Encoding")])


def page_at_no_address(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The page, which says itself that there is nothing: for a browser that goes to an address
    which no call has. None for everybody else."""
    path: str = request.scope["path"]
    if request.method not in READ or path.startswith("/api/") or not wants_page(request.scope):
        return None
    file = _filled("index.html", shown_under(request.scope))
    headers = {name.decode(): value.decode() for name, value in _PAGE_HEADERS}
    return Response(file.content, status_code=404, media_type=MediaType.HTML, headers=headers)


def wants_page(scope: Scope) -> bool:
    """Whether whoever asks is a browser that goes to an address: it names HTML, others take
    whatever comes."""
    return "text/html" in (header(scope, b"accept") or "").lower()


def _answer(file: ReaderFile, scope: Scope, headers: RawHeaders) -> RawResponse:
    if file.compressed and "gzip" in (header(scope, b"accept-encoding") or ""):
        headers = [*headers, (b"content-encoding", b"gzip")]
        return RawResponse(file.compressed, media_type=file.media_type, headers=headers)
    return RawResponse(file.content, media_type=file.media_type, headers=headers)


@lru_cache(maxsize=16)
def _filled(name: str, prefix: str) -> ReaderFile:
    """A file that says where the others are, for a server that is shown under a prefix; the service
    worker also which it is to keep at once."""
    known = reader_files()
    file = known.by_path[name]
    text = file.content.decode()
    for blank, value in (
        ("{{prefix}}", prefix),
        ("{{files}}", f"{prefix}{FILES_PATH}/{known.digest}"),
        ("{{version}}", __version__),
    ):
        text = text.replace(blank, escape(value))
    first = [it for it in known.by_path if it.endswith((".js", ".css")) and it != "sw.js"]
    text = text.replace("{{first}}", json.dumps(first))
    return _ready(text.encode(), file.media_type)


def _found(folder: Traversable, path: PurePosixPath) -> list[tuple[str, ReaderFile]]:
    found: list[tuple[str, ReaderFile]] = []
    for it in folder.iterdir():
        name = path / it.name
        if it.is_dir():
            found += _found(it, name)
        elif media_type := _MEDIA_TYPES.get(name.suffix):
            found.append((str(name), _ready(it.read_bytes(), media_type)))
    return found


def _ready(content: bytes, media_type: bytes) -> ReaderFile:
    packed = gzip.compress(content, mtime=0) if media_type.startswith(_COMPRESSED) else b""
    return ReaderFile(content, packed if len(packed) < len(content) else b"", media_type)
