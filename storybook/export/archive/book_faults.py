"""What is wrong with a book as an archive tells it: each fault as a sentence.

msgspec has checked kinds and ranges of single values; this is about what they are to each other, to
the files, and about texts: nothing is taken in that a request or a change could not have asked for.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from storybook.book import Artifact, base_language
from storybook.export.archive.shapes import (
    BOOK,
    FORMAT,
    VERSION,
    ArchivedArtifact,
    ArchivedBook,
    ArchivedPage,
    ArchiveManifest,
)
from storybook.request import CheckedFields, is_control
from storybook.stages.illustrator.comfyui import png

PICTURE: Final = "image/png"
VOICE: Final = "audio/wav"
MOST_CHARACTERS: Final = 10_000
"""Of a text: ten pages in one; what is longer was never read aloud."""
MOST_MEMBERS: Final = 1_000
"""Of a list or an object: segments of a page are some 30."""
LONGEST_SECONDS: Final = 3_600.0
_AFTER_THE_END: Final = 1.0
"""Seconds by which a segment may go on after its recording, and that may be another length than is
told: narrators round."""
_BREAKS: Final = frozenset("\n\r\t")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS: Final = ("coat", "belly", "accent", "cloth", "cloth2", "hair", "shell")


def book_faults(book: ArchivedBook, manifest: ArchiveManifest) -> Iterator[str]:
    """What is wrong with a book beside the manifest."""
    yield from (f"{BOOK}: {it}" for it in _faults(book, manifest))


def _faults(book: ArchivedBook, manifest: ArchiveManifest) -> Iterator[str]:
    if (book.format, book.version) != (FORMAT, VERSION):
        yield f"expected form {VERSION} of {FORMAT!r}"
    if (book.run_id, book.edition) != (manifest.run_id, manifest.edition):
        yield "it is another book than the manifest says"
    yield from _text_faults(msgspec.to_builtins(book), "")
    yield from _request_faults(book)
    yield from _page_faults(book)
    yield from _cast_faults(book)
    yield from _named_faults(book, manifest)


def _text_faults(value: Any, path: str) -> Iterator[str]:
    """Texts that are too long, or hold what no text may have, wherever they stand."""
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            yield f"{path} has {len(value):,} characters, and at most {MOST_CHARACTERS:,} are taken"
        if signs := sorted(it for it in {*value} if it not in _BREAKS and is_control(it)):
            yield f"{path} has control characters: {', '.join(f'U+{ord(it):04X}' for it in signs)}"
    elif isinstance(value, dict | list | tuple) and len(value) > MOST_MEMBERS:
        yield f"{path} has {len(value):,} members, and at most {MOST_MEMBERS:,} are taken"
    elif isinstance(value, dict):
        for name, it in value.items():
            yield from _text_faults(name, f"{path}.name") if isinstance(name, str) else ()
            yield from _text_faults(it, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for place, it in enumerate(value):
            yield from _text_faults(it, f"{path}[{place}]")


def _request_faults(book: ArchivedBook) -> Iterator[str]:
    """What no request for a book could have said."""
    checked = CheckedFields()
    for tag in (book.language, *book.languages):
        checked.language(tag, ("language",))
    if book.tts is not None:
        tts = msgspec.structs.asdict(book.tts)
        named = ("narrator_voice", "dialogue_voice", "character_voices")
        told = {it: tts[it] for it in (*named, "lang", "speed", "segment_pause_ms")}
        checked.tts(told, book.language, book.age)
        checked.tts({"character_voices": tts["casting"]}, book.language, book.age)
    yield from (f"{'.'.join(map(str, it.loc))}: {it.msg}" for it in checked.faults)
    languages = [base_language(it) for it in (book.language, *book.languages)]
    if len({*languages}) < len(languages):
        yield "it is in one language twice"


def _page_faults(book: ArchivedBook) -> Iterator[str]:
    if len(book.pages) > book.page_count:
        yield f"it has {len(book.pages)} pages and not {book.page_count}"
    for place, page in enumerate(book.pages):
        if page.page != place:
            yield f"expected page {place}, found page {page.page}"
            return
        told = [(f"page {place}", page.text.text)]
        told += [
            (f"page {place} in {it.language}", it.summary if place else it.title)
            for it in page.others
        ]
        yield from (f"{of} has no text" for of, text in told if not text.strip())
        tags = [it.language for it in page.others]
        if len({*tags}) < len(tags):
            yield f"page {place} is in one language twice"
        yield from _made_faults(page)
    if any(number >= book.page_count for number in book.variations):
        yield "variations names a page that the book does not have"


def _made_faults(page: ArchivedPage) -> Iterator[str]:
    for name, it in page.files.items():
        artifact = it.artifact
        if artifact.name != name:
            yield f"expected {name}, found {artifact.name[:100]!r}"
        expected = PICTURE if it is page.picture else VOICE
        if artifact.media_type != expected:
            yield f"{name}: expected {expected}, found {artifact.media_type[:40]!r}"
        if not 0 <= artifact.seconds <= LONGEST_SECONDS:
            yield f"{name}: expected at most {LONGEST_SECONDS:g} s, found {artifact.seconds:g}"
        yield from (f"{name}: {it}" for it in _segment_faults(artifact))


def _segment_faults(artifact: Artifact) -> Iterator[str]:
    before = 0.0
    for it in artifact.segments:
        if not before <= it.start <= it.end <= artifact.seconds + _AFTER_THE_END:
            yield f"a segment is spoken from {it.start:g} to {it.end:g} s, which cannot be"
            return
        before = it.start


def _cast_faults(book: ArchivedBook) -> Iterator[str]:
    names = [it.name for it in book.cast]
    if len({*names}) < len(names):
        yield "two of the cast have one name"
    for member in book.cast:
        if member.pictures or member.origin or member.saved_as:
            yield f"{member.name[:40]!r} of the cast comes from another book"
        figure = member.figure
        if figure and not all(_COLOUR.fullmatch(getattr(figure, it)) for it in _COLOURS):
            yield f"{member.name[:40]!r} of the cast has a colour that is none"


def _named_faults(book: ArchivedBook, manifest: ArchiveManifest) -> Iterator[str]:
    """Files that only the book or only the manifest names."""
    told = {it.name: (it.size, it.sha256) for it in manifest.files}
    media = {name for name in told if name.endswith((".png", ".wav"))}
    for name, it in book.files.items():
        if told.get(name) != (it.artifact.size, it.artifact.sha256):
            yield f"{name} is another file than the manifest says"
    for name in sorted(media.difference(book.files)):
        yield f"{name} is on no page"


# ---------------------------------------------------------------------------------------- the files


def file_fault(book: ArchivedBook, name: str, content: bytes) -> Iterator[str]:
    """What is wrong with a picture's or a recording's bytes."""
    made: ArchivedArtifact | None = book.files.get(name)
    if made is not None and name.endswith(".png"):
        yield from _picture_fault(made.artifact, content)
    elif made is not None:
        yield from voice_fault(made.artifact, content)


def _picture_fault(told: Artifact, content: bytes) -> Iterator[str]:
    try:
        width, height = png.size(content)
    except png.BadPicture:
        yield f"{told.name} is no PNG that can be taken"
        return
    if (width, height) != (told.width, told.height):
        yield f"{told.name} has {width} × {height} pixels and not {told.width} × {told.height}"


def voice_fault(told: Artifact, content: bytes) -> Iterator[str]:
    """What is wrong with the bytes of a recording."""
    import soundfile  # type: ignore[import-untyped]  # it has no type information

    found = None
    if (content[:4], content[8:12]) == (b"RIFF", b"WAVE"):
        with contextlib.suppress(RuntimeError):  # what libsndfile cannot read
            found = soundfile.info(io.BytesIO(content))
    if found is None or not found.frames:
        yield f"{told.name} is no WAV that can be played"
    elif abs(found.duration - told.seconds) > _AFTER_THE_END:
        yield f"{told.name} lasts {found.duration:g} s and not {told.seconds:g}"
