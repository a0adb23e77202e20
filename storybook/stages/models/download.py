"""A file is downloaded: into a part beside its place, which becomes the file when it is whole.

The steps: ask for what is missing, append what comes, compute the digest, compare, rename. A cut
connection leaves the part, and the next try asks for the rest with `Range`; `If-Range` makes a
server whose file has changed since send all of it anew. A part whose digest is wrong is removed:
nothing tells which of its bytes are good.

What a digest is held against is the index's; where it knows none, what the hub says in
`X-Linked-ETag`, which for big files is their SHA-256; else nothing, and the ledger keeps what came.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from storybook.stages.addresses import AccessFault, proxy_fault, shown_url
from storybook.stages.certificates import tls_fault, trusted_context
from storybook.stages.models.index import KnownModel, ModelFile
from storybook.stages.models.inventory import State, examine, part_of
from storybook.stages.models.ledger import Ledger, Step, compute_digest
from storybook.system import sync_file, sync_folder

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 15.0
SILENCE_SECONDS: Final = 60.0
"""A server that sends nothing for so long has gone."""
MOST_TRIES: Final = 20
"""Of one file in one pull; a try that brings nothing is the last one anyway."""
SPARE_BYTES: Final = 200_000_000
"""What a download leaves free on the disk: the log must still be written."""

_RANGE: Final = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_SHA256: Final = re.compile(r'"?([0-9a-f]{64})"?')


class CannotDownload(Exception):
    """A file can't be had; the message says why, and what is kept."""


class Interrupted(CannotDownload):
    """The connection was cut, or never came about: trying again may help."""


class Wrong(CannotDownload):
    """What is there, or what came, is not the file of the index."""


class NoRoom(CannotDownload):
    """The disk is too full."""


class Came(msgspec.Struct, frozen=True):
    """A file that is there now. `checked_by` is who vouched for its digest: `index`, `hub`, or
    nobody (empty)."""

    path: Path
    size: int
    sha256: str
    checked_by: str
    was_there: bool = False


class Watcher(Protocol):
    """Is told how a pull goes."""

    def checking(self, file: ModelFile) -> Step:
        """A file's digest is computed from what is on the disk."""
        ...

    def bringing(self, file: ModelFile) -> Step:
        """A file is downloaded."""
        ...


@contextmanager
def open_client() -> Iterator[httpx.Client]:
    """A client that follows the hub to where its files are, through the proxy if one is set.
    Raises `CannotDownload`."""
    import httpx

    timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    # A compressed body would have neither the length nor the ranges of the file.
    headers = {"Accept-Encoding": "identity"}
    try:
        client = httpx.Client(
            timeout=timeout, follow_redirects=True, headers=headers, verify=trusted_context()
        )
    except AccessFault as fault:
        raise CannotDownload(str(fault)) from None
    except (httpx.InvalidURL, ValueError, ImportError):  # they quote it, password and all
        raise CannotDownload(str(proxy_fault())) from None
    with client:
        yield client


def missing_bytes(model: KnownModel, files: Iterable[ModelFile], models: Path) -> int:
    """How much of a model's files is still to come, where sizes are known."""
    sizes = [(it.size, model.path(models, it)) for it in files]
    return sum(max(size - _size(path) - _size(part_of(path)), 0) for size, path in sizes)


def pull_file(
    client: httpx.Client, url: str, file: ModelFile, path: Path, ledger: Ledger, watcher: Watcher
) -> Came:
    """Bring one file to its place, or see that it is there. Raises `CannotDownload`, `OSError`."""
    if path.is_file():
        return already_there(file, path, ledger, watcher)
    path.parent.mkdir(parents=True, exist_ok=True)
    download = _Download(client, url, file, path, ledger, watcher.bringing(file))
    for _ in range(MOST_TRIES):
        before = _size(part_of(path))
        try:
            download.run()
            break
        except Interrupted:
            after = _size(part_of(path))
            if after == before or 0 < after < before:  # a part that is gone is begun anew
                raise
    else:
        raise Interrupted(f"the connection was cut {MOST_TRIES} times")
    return download.finish(watcher.checking(file))


def already_there(file: ModelFile, path: Path, ledger: Ledger, watcher: Watcher) -> Came:
    """The file that lies at its place, which is never overwritten: it may be somebody's own. Raises
    `Wrong` if it is another one."""
    step = watcher.checking(file)
    piece = examine(path, file, ledger, lambda it: ledger.digest(it, step))
    if piece.state is State.DIFFERENT:
        what = f"sha256 {piece.sha256}" if piece.sha256 else f"{piece.size:,} bytes"
        raise Wrong(f"{path} is another file ({what}); move it away first")
    checked_by = "index" if file.sha256 else ""
    return Came(path, piece.size, piece.sha256, checked_by, was_there=True)


class _Download:
    """One file on its way."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        file: ModelFile,
        path: Path,
        ledger: Ledger,
        step: Step,
    ) -> None:
        self._client, self._url, self._file = client, url, file
        self._path, self._part = path, part_of(path)
        self._ledger, self._step = ledger, step
        self._total, self._said = file.size, ""

    def run(self) -> None:
        """Ask for what is missing, and append it. Raises `Interrupted` if not all of it came."""
        import httpx

        have = self._resumable()
        if have and have == self._total:
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and (etag := self._ledger.etag(self._path)):
            headers["If-Range"] = etag
        try:
            with self._client.stream("GET", self._url, headers=headers) as response:
                self._receive(response, have)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            if fault := tls_fault(error, "HF_ENDPOINT"):
                raise CannotDownload(f"{self._host}: {fault}") from error
            raise Interrupted(f"{self._host} cannot be reached ({_why(error)})") from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise CannotDownload(f"{self._shown} is no address ({_why(error)})") from error
        except httpx.HTTPError as error:
            raise Interrupted(f"the connection to {self._host} was cut ({_why(error)})") from error
        if self._total and _size(self._part) < self._total:
            raise Interrupted(f"the connection to {self._host} was cut")

    @property
    def _host(self) -> str:
        return urlsplit(self._shown).netloc

    @property
    def _shown(self) -> str:
        return shown_url(self._url)

    def _resumable(self) -> int:
        """Bytes of the part that can be gone on with: the server can tell whether they are still
        good, or the digest will."""
        have = _size(self._part)
        is_too_long = bool(self._total) and have > self._total
        if not (self._file.sha256 or self._ledger.etag(self._path)) or is_too_long:
            return 0
        return have

    def _receive(self, response: httpx.Response, have: int) -> None:
        if response.status_code == 416:  # there is nothing after what we have
            if _range(response.headers)[1] != have:
                self._part.unlink()
                raise Interrupted("the file has another length now")
            self._total = have
            return
        if response.status_code not in (200, 206):
            raise _refusal(response)
        start = _range(response.headers)[0] if response.status_code == 206 else 0
        if start not in (0, have):
            raise Interrupted(f"the server sends from byte {start:,}, not from {have:,}")
        self._meet(response, start)
        with self._part.open("ab" if start else "wb") as part:
            done = start
            for chunk in response.iter_raw():
                part.write(chunk)
                done += len(chunk)
                self._step(done, self._total)
            part.flush()
            sync_file(part.fileno())

    def _meet(self, response: httpx.Response, start: int) -> None:
        """Look at what the server says of the file before anything is written."""
        for answer in [*response.history, response]:
            if match := _SHA256.fullmatch(answer.headers.get("x-linked-etag", "")):
                self._said = match[1]
        total = _total(response)
        if self._file.size and total and total != self._file.size:
            raise Wrong(
                f"{self._shown} has {total:,} bytes, and the index says {self._file.size:,}: "
                "it is another file"
            )
        self._total = self._total or total
        check_room(self._path.parent, self._total - start)
        etag = response.headers.get("etag", "")
        # A weak validator does not promise the same bytes (RFC 9110, 13.1.5).
        self._ledger.begun(self._path, "" if etag.startswith("W/") else etag)
        self._ledger.save()

    def finish(self, step: Step) -> Came:
        """Compare, and put the file to its place."""
        sha256 = compute_digest(self._part, step)
        expected = self._file.sha256 or self._said
        checked_by = "index" if self._file.sha256 else "hub" if self._said else ""
        if expected and sha256 != expected:
            self._part.unlink()
            raise Wrong(
                f"what came from {self._shown} has sha256 {sha256}, expected {expected}: removed"
            )
        self._part.replace(self._path)
        sync_folder(self._path.parent)
        self._ledger.downloaded(self._path, sha256)
        self._ledger.save()
        return Came(self._path, _size(self._path), sha256, checked_by)


def check_room(folder: Path, needed: int) -> None:
    """Raise `NoRoom` if the disk has none for so many bytes more."""
    there = next(it for it in (folder, *folder.parents) if it.exists())
    free = shutil.disk_usage(there).free
    if needed > 0 and free < needed + SPARE_BYTES:
        raise NoRoom(
            f"the disk is too full: {needed / 1e9:.1f} GB are to come, and "
            f"{free / 1e9:.1f} GB are free at {there}; make room, or name another folder with "
            "--data"
        )


def _why(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _refusal(response: httpx.Response) -> CannotDownload:
    url = shown_url(str(response.url))  # where a hub's files are, the query is a signature
    said = f"{url} answers {response.status_code} {response.reason_phrase}"
    return Interrupted(said) if response.status_code >= 500 else CannotDownload(said)


def _range(headers: Mapping[str, str]) -> tuple[int, int]:
    """Where a partial answer begins, and how long the whole is; 0 if that is not said."""
    match = _RANGE.fullmatch(headers.get("content-range", ""))
    if match is None:
        return 0, 0
    return int(match[1] or 0), int(match[2]) if match[2] != "*" else 0


def _total(response: httpx.Response) -> int:
    if response.status_code == 206:
        return _range(response.headers)[1]
    return int(response.headers.get("content-length", 0))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
