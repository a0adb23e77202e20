"""What a new book has of another one: its pages, and its pictures, as events of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from storybook.book import (
    FIRST_EDITION,
    WRITING,
    Artifact,
    BasedOn,
    KeptPart,
    Page,
    TtsConfig,
    artifact_name,
    picture_of,
)
from storybook.events.catalog import EngineInfo, Event, MadeFrom, PageWritten, StageCompleted
from storybook.run.refusing import Refused
from storybook.run.state import Run, Status


class Making(msgspec.Struct, frozen=True):
    """By which engine a file was made and from what, as far as it is known."""

    by: EngineInfo | None = None
    made_from: MadeFrom | None = None


def edition_to_keep(run: Run, based_on: BasedOn) -> Run | None:
    """The edition of a book that another one can be based on; None if there is none of that number.
    Raises `Refused` where it is not whole, or what is to be kept of it was removed."""
    found = run.of_edition(based_on.edition or run.shown.edition)
    if found is None:
        return None
    if found.status is not Status.DONE:
        of = (
            "the book" if found.edition == FIRST_EDITION else f"edition {found.edition} of the book"
        )
        mend = "retry it" if found.status.has_ended else "wait until it is made"
        other = "" if not run.editions else f", or take edition {run.shown.edition}"
        raise Refused(
            f"{of} that it is to be based on is {found.status}, and only a whole one can be kept: "
            f"{mend}{other}"
        )
    kept = [it for _, it in kept_files(found, based_on.keep)]
    if gone := [it.name for it in kept if it.name in run.pruned]:
        raise Refused(
            f"retention has removed pictures of the book that it is to be based on "
            f"({', '.join(gone)}): keep its text, and they are painted anew"
        )
    return found


def kept_files(edition: Run, keep: KeptPart) -> list[tuple[Artifact, Artifact]]:
    """The files that are kept of an edition: each as it is called in the new book, and there."""
    if keep is not KeptPart.PICTURES:
        return []
    works = [picture_of(page) for page in range(edition.page_count)]
    made = [(work, it) for work in works if (it := edition.artifact(work)) is not None]
    return [(msgspec.structs.replace(it, name=artifact_name(work)), it) for work, it in made]


def kept_content(
    edition: Run, keep: KeptPart, tts: TtsConfig | None, makings: Mapping[str, Making]
) -> list[Event]:
    """The events that give a new book what is kept of an edition. `tts` is how the new one is read
    aloud; `makings` are those of the edition's files, by name."""
    return list(_content(edition, keep, tts, makings)) if keep.has_text else []


def _content(
    edition: Run, keep: KeptPart, tts: TtsConfig | None, makings: Mapping[str, Making]
) -> Iterator[Event]:
    for page in edition.pages:
        yield _written(page.voiced(tts))
    yield StageCompleted(WRITING.stage, WRITING.page, 0)
    for page, (new, old) in zip(edition.pages, kept_files(edition, keep), strict=False):
        work, making = picture_of(page.page), makings.get(old.name, Making())
        yield StageCompleted(work.stage, work.page, 0, new, making.made_from, making.by)


def _written(page: Page) -> PageWritten:
    return PageWritten(
        page.page,
        0,
        page.title,
        page.summary,
        page.dialogues,
        page.image_prompt,
        kept=True,
        scene=page.scene,
    )
