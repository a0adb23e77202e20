"""An exported archive of a book, for the commands that look at one: no data folder is needed."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import msgspec
import rich_click as click
from rich.text import Text

from storybook.cli.called_as import say
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions
from storybook.cli.output import console, print_json
from storybook.export.archive.checking import BookArchive, open_archive
from storybook.export.archive.signing import KeyUnusable, read_key
from storybook.export.archive.zipping import ArchiveRefused


class ArchiveVerdict(msgspec.Struct, frozen=True):
    """What `verify FILE --json` prints. `key` is the public key that has signed it, "" for nobody;
    `is_ours` whether that is this installation's."""

    faults: list[str]
    key: str = ""
    is_ours: bool = False
    run_id: str = ""
    edition: int = 0
    title: str = ""
    files: int = 0
    events: int = 0
    manifest_sha256: str = ""


def look_at(opened: BinaryIO, file: Path) -> BookArchive:
    """An archive that can be taken. Raises `Failure` with all that is wrong with it."""
    try:
        archive = open_archive(opened)
    except ArchiveRefused as error:
        raise Failure(f"{file} is not taken: {error}") from error
    if archive.faults:
        raise Failure(f"{file} is not taken: {'; '.join(archive.faults)}")
    return archive


def verify_archive(
    options: GlobalOptions, file: Path, expected: str | None, *, as_json: bool
) -> None:
    """Say that an archive is whole, and who says so; or raise `Failure`. `expected` is the key that
    is to have signed it."""
    try:
        with file.open("rb") as opened:
            verdict = _verdict(options, open_archive(opened))
    except ArchiveRefused as error:
        verdict = ArchiveVerdict([str(error)])
    if expected is not None and not verdict.faults and verdict.key != expected:
        by = f"by key {verdict.key}" if verdict.key else "by nobody"
        verdict = msgspec.structs.replace(
            verdict, faults=[f"it is signed {by}, expected key {expected}"]
        )
    if as_json:
        print_json(verdict)
    elif not verdict.faults:
        _print_whole(verdict)
    else:
        for fault in verdict.faults:
            say(fault)
    if count := len(verdict.faults):
        raise Failure(f"{file} is not whole: {count} fault{'s' * (count > 1)} found")


def _verdict(options: GlobalOptions, archive: BookArchive) -> ArchiveVerdict:
    manifest, book = archive.manifest, archive.book
    return ArchiveVerdict(
        list(archive.faults),
        archive.key,
        bool(archive.key) and archive.key == _own_key(options),
        manifest.run_id,
        manifest.edition,
        book.title if book is not None else "",
        len(manifest.files),
        len(manifest.events),
        archive.sha256,
    )


def _own_key(options: GlobalOptions) -> str:
    """This installation's public key; "" where there is none, or nobody may read it."""
    try:
        return read_key(options.folder.keys).public_key
    except (OSError, KeyUnusable):
        return ""


def _print_whole(it: ArchiveVerdict) -> None:
    whole = f"whole, by key {it.key}" if it.key else "whole"
    whose = ", which is of this installation" if it.is_ours else ""
    out = console()
    out.print(Text.assemble(("✓ ", "green"), whole, whose), soft_wrap=True)
    told = f"  {it.title}: edition {it.edition} of run {it.run_id}"
    out.print(Text(f"{told}, {it.files} files, {it.events:,} events", "dim"), soft_wrap=True)
    if not it.key:
        out.print(Text("  nobody has signed it: so anybody may have made it", "dim"))


def key_of(ctx: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """A public key, in hexadecimal, as an option has it."""
    if text is None:
        return None
    key = text.strip().lower()
    if len(key) != 64 or set(key) - set("0123456789abcdef"):
        raise click.BadParameter("expected a public key, 64 hexadecimal digits")
    return key
