"""What stands in an archive: made of a book's content, and of the run's events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from storybook import __version__
from storybook.book import (
    WRITING,
    Artifact,
    CastMember,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.events.log import Recorded
from storybook.export.archive.history import Makings, archived_events, makings_of
from storybook.export.archive.licences import licences_of
from storybook.export.archive.shapes import (
    BOOK,
    EVENTS,
    FORMAT,
    LICENCES,
    VERSION,
    ArchivedArtifact,
    ArchivedBook,
    ArchivedFile,
    ArchivedPage,
    ArchivedText,
    ArchiveManifest,
    Signature,
    WrittenBy,
)
from storybook.export.archive.signing import ALGORITHM, SigningKey
from storybook.export.content import BookContent, CannotExport, PageContent, PageText
from storybook.export.credits import credits_of, notice_of
from storybook.run import Run, read_history


def archived_book(book: BookContent, recorded: Sequence[Recorded]) -> ArchivedBook:
    """All of `book.json`. What is told of the book is its content's; what it was made from, and
    what is needed to go on with it, is told by the run's events. Raises `CannotExport`."""
    history = read_history(recorded)
    run = history.run.shown if history.run is not None else None
    if history.run is not None and book.edition is not None:
        run = history.run.of_edition(book.edition)
    if run is None:
        raise CannotExport("the events are of another book: they have no such edition")
    makings = makings_of((it.event for it in history.readable), run.edition)
    return ArchivedBook(
        format=FORMAT,
        version=VERSION,
        identifier=book.identifier,
        run_id=book.run_id,
        edition=run.edition,
        modified=book.modified,
        title=book.title,
        language=book.added or run.language,
        request=book.request,
        reading=run.request.reading,
        page_count=book.page_count,
        seed=run.seed,
        tts=_voices(run.tts, book),
        style=run.style,
        age=run.age,
        characters_asked=run.characters_asked,
        storyline=run.storyline,
        topic_known=run.topic_known,
        variations=run.variations,
        cast=tuple(map(_without_pictures, run.cast)),
        makers=book.makers,
        credits=tuple(it.line for it in credits_of(book)),
        notice=notice_of(book),
        written=makings.texts.get(WRITING),
        pages=tuple(_page(it, book.added, run, makings) for it in book.pages),
    )


def _voices(tts: TtsConfig | None, book: BookContent) -> TtsConfig | None:
    """As a book of its own has them that is in this language first."""
    return replace(tts, lang=book.added) if tts is not None and book.added else tts


def _without_pictures(member: CastMember) -> CastMember:
    """Pictures that people gave of a character may be of themselves, and are not the book's."""
    return replace(member, pictures=(), saved_as="", origin="")


def _page(it: PageContent, added: str, run: Run, makings: Makings) -> ArchivedPage:
    own, page = run.pages[it.number], it.text.page
    written = translation_of(it.number, added) if added else rewriting_of(it.number)
    return ArchivedPage(
        it.number,
        page.title,
        page.summary,
        page.dialogues,
        it.described,
        own.image_prompt,
        own.scene,
        _file(it.picture, picture_of(it.number), makings),
        _file(it.narration, narration_of(it.number), makings),
        makings.texts.get(written),
        tuple(_text(it.number, text, makings) for text in it.others),
    )


def _text(number: int, it: PageText, makings: Makings) -> ArchivedText:
    tag = it.language.tag
    return ArchivedText(
        tag,
        it.page.title,
        it.page.summary,
        it.page.dialogues,
        _file(it.narration, narration_of(number, tag), makings),
        makings.texts.get(translation_of(number, tag)),
    )


def _file(found: Artifact | None, work: Work, makings: Makings) -> ArchivedArtifact | None:
    """A file under the name that it has in a book of one edition."""
    if found is None:
        return None
    making = makings.files.get(found.name, WrittenBy())
    named = replace(found, name=artifact_name(work))
    return ArchivedArtifact(named, making.made_by, making.made_from)


def stored_files(book: BookContent) -> Iterator[tuple[str, Artifact]]:
    """The book's pictures and recordings: of each the name that it has in the archive, and the
    artifact as it is kept."""
    for page in book.pages:
        others = ((narration_of(page.number, it.language.tag), it.narration) for it in page.others)
        of = (picture_of(page.number), page.picture), (narration_of(page.number), page.narration)
        yield from ((artifact_name(work), it) for work, it in (*of, *others) if it is not None)


def texts_of(
    told: ArchivedBook, book: BookContent, recorded: Sequence[Recorded]
) -> list[tuple[str, bytes]]:
    """The files that are text, by name."""
    lines = b"".join(msgspec.json.encode(it) + b"\n" for it in archived_events(recorded))
    return [
        (BOOK, _readable(told)),
        (LICENCES, licences_of(book).encode()),
        (EVENTS, lines),
    ]


def manifest_of(
    told: ArchivedBook, recorded: Sequence[Recorded], files: Iterable[tuple[str, bytes]]
) -> bytes:
    """The bytes of `manifest.json`, which are signed."""
    manifest = ArchiveManifest(
        format=FORMAT,
        version=VERSION,
        storybook=__version__,
        run_id=told.run_id,
        edition=told.edition,
        files=tuple(
            ArchivedFile(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in files
        ),
        events=tuple(hashlib.sha256(it.data).hexdigest() for it in recorded),
    )
    return _readable(manifest)


def signature_of(manifest: bytes, key: SigningKey) -> bytes:
    """The bytes of `signature.json`."""
    signature = key.sign(manifest).hex()
    return _readable(Signature(algorithm=ALGORITHM, public_key=key.public_key, signature=signature))


def _readable(told: msgspec.Struct) -> bytes:
    """As JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
