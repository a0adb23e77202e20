"""Books to be taken along, as the command line has them made: beside the run, or in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import rich_click as click

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.options import GlobalOptions
from storybook.cli.progress_bar import part_bar
from storybook.events.log import Recorded
from storybook.export.content import book_of
from storybook.export.formats import FORMATS, BadChoice, BookFormat, format_named
from storybook.export.keeping import KeptCopies
from storybook.export.media import SmallMedia
from storybook.stores.artifacts import ArtifactStore

_OPTIONS: Final = tuple(dict.fromkeys(it.option for it in FORMATS.values() if it.option))
"""What can be chosen of some format, by its option: its size, its shape."""


class CopiesWanted(msgspec.Struct, frozen=True):
    """Which formats, each with its choice; `out` is the folder that they are written to, None for
    beside the run."""

    formats: tuple[tuple[BookFormat, str], ...]
    out: Path | None = None
    language: str = ""
    edition: int | None = None
    partial: bool = False


def formats_option(default: str) -> Callable[[Any], Any]:
    """`--format epub,pdf`, with what can be chosen of them, and the folder that they go to."""
    names = ", ".join(FORMATS)
    options = [
        click.option(
            "--format",
            "formats",
            metavar="LIST",
            default=default,
            help=f"In which formats, with commas between them: {names}.",
        ),
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="The folder to write them to, under the book's title; beside the book's files if "
            "not given.",
        ),
        *(
            click.option(
                f"--{option}",
                type=click.Choice(_choices_of(option)),
                help=f"Of {', '.join(_with(option))}.",
            )
            for option in _OPTIONS
        ),
    ]

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def wanted_formats(text: str, chosen: dict[str, str | None]) -> tuple[tuple[BookFormat, str], ...]:
    """What `--format` and the choices say. Raises `UsageError`."""
    names = [it.strip().lower() for it in text.split(",") if it.strip()]
    try:
        formats = [format_named(it) for it in dict.fromkeys(names)]
        for option, choice in chosen.items():
            if choice and option not in {it.option for it in formats}:
                raise click.UsageError(f"--{option} is for {' and '.join(_with(option))}.")
        return tuple((it, it.chosen(chosen.get(it.option) or "")) for it in formats)
    except BadChoice as error:
        raise click.UsageError(f"--{error.option}: {error}.") from error


async def make_copies(
    options: GlobalOptions,
    store: ArtifactStore,
    run_id: RunId,
    recorded: Sequence[Recorded],
    wanted: CopiesWanted,
    media: SmallMedia,
    *,
    silent: bool = False,
) -> dict[str, str]:
    """Make a book in each format that is wanted; where each lies, by its name. Raises
    `CannotExport`, `CannotTakeAlong`, `ArtifactError`, and OSError for the folder."""
    copies = KeptCopies(store, options.folder.keys)
    book = book_of(run_id, recorded, wanted.language, wanted.edition, partial=wanted.partial)
    for format_, _ in wanted.formats:
        format_.check_ready()
    found: dict[str, str] = {}
    for format_, choice in wanted.formats:
        copy = await copies.wanted(book, format_, choice, recorded, partial=wanted.partial)
        if copy.book.missing and not found:
            say_missing(copy.book.missing)
        with part_bar(format_.name, shown=format_.is_long and not silent) as told:
            # What is soon made is made: whoever asks by hand hears of files that are lost.
            kept = await copies.find(copy) if format_.is_long else None
            kept = kept or await copies.make(copy, media, told)
        found[format_.name] = store.location(run_id, copy.name)
        if wanted.out is not None:
            async with store.open(run_id, kept.artifact.name) as pieces:
                with whole_file(wanted.out, copy.file_name) as (path, file):
                    async for piece in pieces:
                        file.write(piece)
            found[format_.name] = str(path)
    return found


def say_missing(missing: str) -> None:
    """What a book that is not whole is exported without."""
    say(f"Not whole; missing: {missing}.", err=True)


@contextmanager
def whole_file(folder: Path, name: str) -> Iterator[tuple[Path, BinaryIO]]:
    """A file to be written in a folder, which is there at the end of the context, whole, or not at
    all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path, half = folder / name, folder / f".writing-{name}"
    try:
        with half.open("wb") as file:
            yield path, file
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _with(option: str) -> list[str]:
    return [it.name for it in FORMATS.values() if it.option == option]


def _choices_of(option: str) -> list[str]:
    choices = (it.choices for it in FORMATS.values() if it.option == option)
    return list(dict.fromkeys(it for some in choices for it in some))
