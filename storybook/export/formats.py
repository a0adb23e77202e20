"""The formats that a book can be taken along in: one table, for HTTP, the command line and pages.

A **format** has a name, which is its ending, too; it may have a **choice** (the size of a PDF's
pages, the shape of a film). What makes it is imported when it is used. A format that needs packages
which are not installed says so, with the command that installs them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec

from storybook.events.log import Recorded
from storybook.export.content import BookContent
from storybook.export.html import make_html
from storybook.export.media import SmallMedia
from storybook.stages.extras import install_extra

if TYPE_CHECKING:
    from storybook.export.archive.signing import SigningKey

Report = Callable[[float], None]
"""Told how far a making is, from 0 to 1."""


class CannotTakeAlong(Exception):
    """This program cannot make books in a format now; the message says why and what mends it."""


class BadChoice(ValueError):
    """There is no such format, or it has no such choice; `option` is what was chosen."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class Material(msgspec.Struct, frozen=True):
    """All that a format is made of: `name` is the format's, `choice` one of its choices.
    `workspace` is a folder of this making alone, which goes when it ends; `key` is what the
    installation signs with, for a format that is signed."""

    name: str
    book: BookContent
    media: SmallMedia
    choice: str
    workspace: Path
    report: Report
    key: SigningKey | None = None
    events: Sequence[Recorded] = ()


class BookFormat(msgspec.Struct, frozen=True):
    """One of them. `choices` are the values of `option`, the first of which is meant where nothing
    is chosen. `make` gives the bytes, or a file in the material's workspace that has them: what may
    be large is never in memory. `is_long` says that it takes longer than anybody waits for an
    answer, `has_events` that it has the run's history in it, `is_signed` that the installation
    signs it. `packages` are those of the extra `extra` that it needs. A higher `version` has what
    was kept of an earlier one made anew."""

    name: str
    media_type: str
    make: Callable[[Material], Awaitable[bytes | Path]]
    option: str = ""
    choices: tuple[str, ...] = ()
    is_long: bool = False
    has_events: bool = False
    is_signed: bool = False
    packages: tuple[str, ...] = ()
    extra: str = ""
    version: int = 1

    def chosen(self, choice: str) -> str:
        """A choice, or the one that is meant by none. Raises `BadChoice`."""
        if choice and choice not in self.choices:
            known = f"one of {', '.join(self.choices)}" if self.choices else "no choice"
            message = f"expected {known} for {self.name}, found {choice[:40]!r}"
            raise BadChoice(self.option, message)
        return choice or (self.choices[0] if self.choices else "")

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that it needs and that are not installed."""
        return tuple(it for it in self.packages if importlib.util.find_spec(it) is None)

    @property
    def why_not(self) -> str:
        """Why it cannot be made here; "" if it can."""
        missing = ", ".join(self.missing)
        return f"{self.name} needs packages that are not installed: {missing}" if missing else ""

    @property
    def mend(self) -> str:
        """What installs what is missing; "" if nothing is."""
        return f"`{install_extra(self.extra)}` installs them" if self.missing else ""

    def check_ready(self) -> None:
        """Raises `CannotTakeAlong` unless it can be made here."""
        if self.missing:
            raise CannotTakeAlong(f"{self.why_not}; {self.mend}")


async def _html(material: Material) -> bytes:
    return await make_html(material.book, material.media)


async def _epub(material: Material) -> bytes:
    from storybook.export.epub import make_epub

    return await make_epub(material.book, material.media)


async def _pdf(material: Material) -> bytes:
    from storybook.export.pdf import PaperSize, make_pdf

    return await make_pdf(material.book, material.media, PaperSize(material.choice))


async def _film(material: Material) -> Path:
    from storybook.export.film import Codec, Shape, make_film

    codec = Codec(material.name)
    target = material.workspace / f"film.{codec.ending}"
    shape, report = Shape(material.choice), material.report
    await make_film(material.book, material.media, target, shape, report, codec)
    return target


async def _srt(material: Material) -> bytes:
    from storybook.export.film import subtitles_of

    return subtitles_of(material.book).encode()


async def _zip(material: Material) -> bytes:
    from storybook.export.archive import make_archive

    assert material.key is not None  # the format is signed
    return await make_archive(material.book, material.media, material.events, material.key)


async def signing_key(keys: Path) -> SigningKey:
    """What the installation signs with, made if there is none; `keys` is the folder that it is in.
    Raises `CannotTakeAlong`."""
    from storybook.export.archive.signing import KeyUnusable, own_key

    try:
        return await anyio.to_thread.run_sync(own_key, keys)
    except (KeyUnusable, OSError) as error:
        raise CannotTakeAlong(f"zip is signed, and there is no key for that: {error}") from error


def _film_format(name: str, media_type: str, version: int = 1) -> BookFormat:
    return BookFormat(
        *(name, media_type, _film, "shape", ("wide", "tall")),
        is_long=True,
        packages=("av",),
        extra="film",
        version=version,
    )


FORMATS: Final = {
    it.name: it
    for it in (
        BookFormat("html", "text/html; charset=utf-8", _html),
        BookFormat("epub", "application/epub+zip", _epub),
        BookFormat("pdf", "application/pdf", _pdf, "size", ("a4", "a5", "square", "booklet")),
        _film_format("mp4", "video/mp4", version=2),
        _film_format("webm", "video/webm"),
        BookFormat("srt", "application/x-subrip; charset=utf-8", _srt),
        BookFormat("zip", "application/zip", _zip, has_events=True, is_signed=True),
    )
}
"""All of them, by name, in the order in which they are offered."""


def format_named(name: str) -> BookFormat:
    """A format. Raises `BadChoice`."""
    found = FORMATS.get(name)
    if found is None:
        known = ", ".join(FORMATS)
        raise BadChoice("format", f"expected one of {known}, found {name[:40]!r}")
    return found
