"""A book as a film, MP4 or WebM: its pages turn, the camera moves softly, somebody reads aloud.

A **script** (`script`) says what is shown and heard when; `subtitles` are its cues, `camera` its
frames. All that is drawn (`leaves`, `page_turn`, `typesetting`), heard (`sound`) and written
(`writing`) is so in a process of its own, which alone loads PyAV: its wheel carries x264, which is
under the GPL.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from storybook.book import Role
from storybook.clock import MICROSECONDS
from storybook.export.content import BookContent, CannotExport
from storybook.export.credits import credits_of, notice_of, source_type_of
from storybook.export.film.job import Codec, FilmJob, Shape, Track, iso_639_2
from storybook.export.film.script import FilmScript, script_of
from storybook.export.film.subtitles import srt
from storybook.export.media import SmallMedia
from storybook.export.spoken_credits import read_credits
from storybook.export.xmp import packet, told_of_book
from storybook.processes import WorkerProcesses
from storybook.stages.extras import install_extra
from storybook.stores.artifacts import CannotKeep
from storybook.system import process_start, sync_file, sync_folder

__all__ = ["Codec", "FilmUnavailable", "Shape", "make_film", "subtitles_of"]

SHORT_SIDE: Final = 1080
"""Pixels of a film's shorter side."""
_UNFINISHED: Final = ".making-"
"""How the name of a film begins while it is written; then comes the process that writes it."""
_serial = itertools.count()


class FilmUnavailable(CannotExport):
    """No film can be made in this installation. `why` says what is missing, `mend` what helps."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(f"{why}. {mend}")
        self.why, self.mend = why, mend


async def make_film(
    book: BookContent,
    media: SmallMedia,
    target: Path,
    shape: Shape = Shape.WIDE,
    report: Callable[[float], None] = lambda fraction: None,
    codec: Codec = Codec.H264,
    *,
    short_side: int = SHORT_SIDE,
) -> None:
    """Write a book's film to `target`, which is there when it is whole, and not before. `report` is
    told how much of it is done, from 0 to 1. Cancelled, it leaves nothing.

    Raises `FilmUnavailable`, `ArtifactError` where a picture or a recording cannot be read,
    `CannotKeep` where the film cannot be written, and `ProcessDied`.
    """
    check_available()
    spoken = await read_credits(book) if book.is_read_aloud else None
    script = script_of(book, spoken)
    files = {it.name: await media.whole(book.run_id, it) for it in book.files}
    with _unfinished(target) as path:
        job = _job(book, script, files, path, shape.size(short_side), codec)
        workers = WorkerProcesses(_write, 1, yield_to_others=True)
        try:
            await workers.do(job, report)
        except LookupError as missing:
            other = next(it for it in Codec if it is not codec)
            mend = f"Install the one of the package index, or have the film as {other.ending}"
            raise FilmUnavailable(str(missing), mend) from missing
        finally:
            workers.let_go()
    report(1.0)


def subtitles_of(book: BookContent) -> str:
    """The subtitles of a book's film in its own language, as a SubRip file."""
    return srt(script_of(book).subtitles[0][1])


def check_available() -> None:
    """Raises `FilmUnavailable` where PyAV is missing, without loading it."""
    if find_spec("av") is None:
        mend = f"Install it with: {install_extra('film')}"
        raise FilmUnavailable("films are made with PyAV, which is not installed", mend)


def _write(job: FilmJob) -> Iterator[float]:
    """Runs in the process: only there are PyAV, numpy and skia imported."""
    from storybook.export.film.writing import write_film

    return write_film(job)


def _job(
    book: BookContent,
    script: FilmScript,
    files: dict[str, bytes],
    path: Path,
    size: tuple[int, int],
    codec: Codec,
) -> FilmJob:
    tracks = tuple(Track(iso_639_2(it.tag), cues) for it, cues in script.subtitles)
    language = iso_639_2(book.language.tag)
    told, xmp = _metadata(book), _xmp(book, codec)
    return FilmJob(str(path), size, codec, script.shots, files, tracks, language, told, xmp)


def _metadata(book: BookContent) -> dict[str, str]:
    """What the file says of itself: what made it, in the book's language and for machines."""
    made = datetime.fromtimestamp(book.modified // MICROSECONDS, UTC)
    told = [*(it.line for it in credits_of(book)), notice_of(book)]
    sources = [
        f"DigitalSourceType ({name}): {source_type_of(book.makers, role)}"
        for role, name in _SOURCES.items()
        if any(it.role is role for it in book.makers)
    ]
    return {
        "title": book.title,
        "language": iso_639_2(book.language.tag),
        "creation_time": made.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "description": "\n".join(it for it in (*told, *sources) if it),
        "comment": book.identifier,
    }


def _xmp(book: BookContent, codec: Codec) -> bytes:
    """As programs that handle films read who made one, and whether that was a model."""
    roles = (it for it in _SOURCES if any(maker.role is it for maker in book.makers))
    return packet(told_of_book(book, codec.media_type, notice_of(book), *roles))


_SOURCES: Final = {Role.WRITER: "text", Role.ILLUSTRATOR: "pictures", Role.NARRATOR: "voice"}


@contextlib.contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A path beside the target to write to. It gets the target's name at the end of the context,
    when it has reached the disk, and is removed if anything is raised."""
    _remove_left_over(target)
    path = target.with_name(f"{_UNFINISHED}{os.getpid()}-{next(_serial)}-{target.name}")
    try:
        yield path
        with path.open("rb+") as file:
            sync_file(file.fileno())
        path.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise CannotKeep(f"{target} could not be written: {error.strerror}") from error
    finally:
        path.unlink(missing_ok=True)


def _remove_left_over(target: Path) -> None:
    """What a process that was killed had written of it."""
    for path in target.parent.glob(f"{_UNFINISHED}*-{target.name}"):
        writer = path.name.removeprefix(_UNFINISHED).split("-")[0]
        if writer.isdigit() and process_start(int(writer)) is None:
            path.unlink(missing_ok=True)
