"""What stands in the archive's JSON files, as values.

`manifest.json` is an `ArchiveManifest`: the digest of every other file, and of every event.
`signature.json` is a `Signature` of it. `book.json` is an `ArchivedBook`: pages, segments, and what
everything was made from. Each line of `events.jsonl` is an `ArchivedEvent`.

What is read from a file may have been written by anybody: kinds and ranges of values are checked
here, by msgspec, and what they mean to each other in `checking`.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from storybook.book import (
    AGES,
    FEWEST_PAGES,
    MOST_PAGES,
    Artifact,
    CastMember,
    Dialogue,
    Page,
    StoryRequest,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.export.content import Maker
from storybook.request import EDITION_RANGE, SEED_RANGE
from storybook.scene import PageScene

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
BOOK: Final = "book.json"
EVENTS: Final = "events.jsonl"
LICENCES: Final = "licences.txt"

FORMAT: Final = "storybook book"
VERSION: Final = 1
"""Of the form. One more for each change that a reader has to know of; new members need none."""

MOST_FILES: Final = 200
MOST_BYTES: Final = 200_000_000
"""Of an archive, unpacked: a book of 13 pages has some 40 files and 50 MB."""

RunIdText = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}\\Z")]
Sha256Text = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]
KeyText = Sha256Text
"""A public key of Ed25519 has 32 bytes, as a digest has."""
SignatureText = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}\\Z")]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=MOST_BYTES)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What a log keeps of whole numbers."""
EditionNumber = Annotated[int, msgspec.Meta(ge=EDITION_RANGE[0], le=EDITION_RANGE[1])]
SeedNumber = Annotated[int, msgspec.Meta(ge=SEED_RANGE[0], le=SEED_RANGE[1])]
PageNumber = Annotated[int, msgspec.Meta(ge=0, lt=MOST_PAGES)]
PageCount = Annotated[int, msgspec.Meta(ge=FEWEST_PAGES, le=MOST_PAGES)]
Age = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(AGES)}|)\\Z")]


class ArchivedFile(msgspec.Struct, frozen=True):
    """A file beside the manifest: its name, bytes and SHA-256."""

    name: str
    size: Bytes
    sha256: Sha256Text


class ArchiveManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to an archive, by digests. `events` are the SHA-256 of what each event said, as
    it was recorded, in order."""

    format: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    storybook: str
    run_id: RunIdText
    edition: EditionNumber
    files: tuple[ArchivedFile, ...]
    events: tuple[Sha256Text, ...]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who vouches for the bytes of the manifest: an installation, by its public key."""

    algorithm: str
    public_key: KeyText
    signature: SignatureText


class ArchivedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event of the run. `payload_digest` and `digest` are as in its log. What it says of whoever
    asked, and of machines, is left out: `withheld` names it, and then `data` is not all that was
    recorded."""

    position: Number
    version: Number
    type: str
    schema: Number
    recorded_at: Number
    payload_digest: Sha256Text
    digest: Sha256Text
    data: msgspec.Raw
    withheld: tuple[str, ...] = ()


class ArchivedArtifact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture or a recording, with its digest and segments, and what made it from what."""

    artifact: Artifact
    made_by: EngineInfo | None = None
    made_from: MadeFrom | None = None


class WrittenBy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What wrote a text, and from what."""

    made_by: EngineInfo | None = None
    made_from: MadeFrom | None = None


class ArchivedText(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page in a language beside the book's own."""

    language: str
    title: str = ""
    summary: str = ""
    dialogues: tuple[Dialogue, ...] = ()
    narration: ArchivedArtifact | None = None
    written: WrittenBy | None = None


class ArchivedPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page: its text, what its picture shows (`described` for people, `image_prompt` and `scene`
    for who paints it), its files, and its text in other languages. `written` is only there if the
    page was written anew."""

    page: PageNumber
    title: str = ""
    summary: str = ""
    dialogues: tuple[Dialogue, ...] = ()
    described: str = ""
    image_prompt: str = ""
    scene: PageScene | None = None
    picture: ArchivedArtifact | None = None
    narration: ArchivedArtifact | None = None
    written: WrittenBy | None = None
    others: tuple[ArchivedText, ...] = ()

    @property
    def text(self) -> Page:
        """As a run has it."""
        told = self.title, self.summary, self.dialogues, self.image_prompt
        return Page(self.page, *told, self.scene)

    @property
    def files(self) -> dict[str, ArchivedArtifact]:
        """Its pictures and recordings, by the names that they are to have."""
        page, others = self.page, self.others
        of: list[tuple[Work, ArchivedArtifact | None]] = [
            (picture_of(page), self.picture),
            (narration_of(page), self.narration),
            *((narration_of(page, it.language), it.narration) for it in others),
        ]
        return {artifact_name(work): made for work, made in of if made is not None}


class ArchivedBook(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of a book, complete: what is shown of it, and what is needed to change it.

    `reading` are the rules by which the words of the `request` are understood. `modified` is in
    microseconds since 1970 (UTC)."""

    format: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    identifier: str
    run_id: RunIdText
    edition: EditionNumber
    modified: Number
    title: str
    language: str
    request: StoryRequest
    reading: Annotated[int, msgspec.Meta(ge=1)]
    page_count: PageCount
    seed: SeedNumber
    tts: TtsConfig | None
    style: str = ""
    age: Age = ""
    characters_asked: str = ""
    storyline: str = ""
    topic_known: bool | None = None
    variations: dict[PageNumber, SeedNumber] = {}
    cast: tuple[CastMember, ...] = ()
    makers: tuple[Maker, ...] = ()
    credits: tuple[str, ...] = ()
    notice: str = ""
    written: WrittenBy | None = None
    pages: Annotated[tuple[ArchivedPage, ...], msgspec.Meta(min_length=1, max_length=MOST_PAGES)]

    @property
    def files(self) -> dict[str, ArchivedArtifact]:
        """All pictures and recordings, by the names that they are to have."""
        return {name: it for page in self.pages for name, it in page.files.items()}

    @property
    def languages(self) -> tuple[str, ...]:
        """Those beside its own."""
        return tuple(dict.fromkeys(it.language for page in self.pages for it in page.others))
