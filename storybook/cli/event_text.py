"""Reads the log aloud: each event as a short sentence."""

from __future__ import annotations

from storybook.book import COVER_PAGE, Artifact, BasedOn, KeptPart, Stage
from storybook.cli.output import SHORT_ID, duration, size
from storybook.clock import MICROSECONDS, utc_text
from storybook.editions import EditionSummary
from storybook.events.catalog import (
    AbandonReason,
    ArtifactRemade,
    ArtifactsPruned,
    CastPictureGiven,
    CharacterReleased,
    CharacterSaved,
    EditionRequested,
    EngineInfo,
    Event,
    PageRefused,
    PageTranslated,
    PageWritten,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunForgotten,
    RunImported,
    RunPinned,
    RunRequested,
    RunRetried,
    RunUnpinned,
    StageAbandoned,
    StageCompleted,
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
    StageSubmitted,
)
from storybook.projections.waiting import WaitingFor
from storybook.stages.addresses import without_secrets

SHOWN_CHARACTERS = 60
"""Of a page's text, so that an event stays one line."""
SHOWN_DIGITS = 16
"""Of a key: no two that anybody meets by chance have as many in common."""


def work_name(stage: Stage, page: int | None, language: str = "") -> str:
    """`writing`, `rewriting page 1`, `translating page 1 into en`, `painting the cover`, `reading
    page 2 aloud`, `reading page 2 aloud in en`."""
    if page is None:
        return "writing"
    what = "the cover" if page == COVER_PAGE else f"page {page}"
    if stage is Stage.LLM:
        return f"translating {what} into {language}" if language else f"rewriting {what}"
    if stage.is_picture:
        return f"painting {what}"
    return f"reading {what} aloud{f' in {language}' if language else ''}"


def engine_name(engine: EngineInfo) -> str:
    """`painter 1.0`, with the model and the device where they say something."""
    words = [engine.name, engine.version, engine.model]
    device = "" if engine.device == "cpu" else f" on {engine.device}"
    return " ".join(word for word in words if word) + device


def wait_sentence(it: WaitingFor, now: int) -> str:
    """What a book waits for, since when and for how long, as seen at a time of day (microseconds
    since 1970): `waits for comfyui since 2026-01-31 09:00:00 UTC (56.0 s): nobody answers`."""
    since, long = utc_text(it.since), duration(max(now - it.since, 0) / MICROSECONDS)
    return f"waits for {it.engine.name} since {since} ({long}): {it.why}"


def sentence(event: Event) -> str:
    """What happened, on one line. Older versions recorded addresses with the passwords in them."""
    return without_secrets(_told(event))


def _told(event: Event) -> str:
    match event:
        case RunRequested(request=it):
            words = " · ".join((it.era, it.place, it.characters, it.topic))
            unread = "" if event.tts is not None else ", not to be read aloud"
            told = f"a book is asked for: {words} (seed {event.seed}{unread})"
            return told if event.based_on is None else f"{told}, {_based_on(event.based_on)}"
        case RunImported(edition=edition, imported_by=who):
            signed = f", signed by key {event.key[:SHOWN_DIGITS]}…" if event.key else ""
            by = f", as {who} asked" if who else ""
            of = f"edition {edition} of {event.origin[:SHORT_ID]}"
            return f"it was taken in from a file{by}: {of}{signed}"
        case PageWritten():
            by = " by hand" if event.attempt == 0 else ""
            if event.kept:
                return f"{_page_is(event.page)} kept: {_short(event.title or event.summary)}"
            return f"{_page_is(event.page)} written{by}: {_short(event.title or event.summary)}"
        case PageTranslated(language=language):
            how = "translated into" if event.attempt else "written by hand in"
            how = "kept in" if event.kept else how
            return (
                f"{_page_is(event.page)} {how} {language}: {_short(event.title or event.summary)}"
            )
        case PageRefused(problems=problems, language=language):
            why = "; ".join(it.message for it in problems)
            told = f" in {language}" if language else ""
            return f"{_page_is(event.page)} refused{told}: {why}"
        case RunCompleted():
            return "the book is done"
        case RunFailed(fault=fault):
            at = work_name(event.stage, event.page, event.language)
            return f"the book failed at {at}: {fault.message}"
        case RunCancelled(cancelled_by=who):
            return f"the book was cancelled{f' by {who}' if who else ''}"
        case RunRetried(retried_by=who):
            return f"the book goes on{f', as {who} asked' if who else ''}"
        case EditionRequested(edition=edition, requested_by=who):
            by = f" by {who}" if who else ""
            note = f" ({_short(event.note)})" if event.note else ""
            return f"edition {edition} is asked for{by}: {changes(event)}{note}"
        case RunPinned(pinned_by=who):
            return f"its files are to stay{f', as {who} asked' if who else ''}"
        case RunUnpinned(unpinned_by=who):
            return f"its files need not stay{f', as {who} asked' if who else ''}"
        case CastPictureGiven(member=it, given_by=who):
            return f"{it.name} got a picture{f', from {who}' if who else ''}"
        case CharacterSaved(name=name, member=it, saved_by=who):
            return f"{it.name} was saved as {name}{f', as {who} asked' if who else ''}"
        case CharacterReleased(name=name, released_by=who):
            return f"{name} is saved no more{f', as {who} asked' if who else ''}"
        case RunForgotten(forgotten_by=who):
            return f"the book was forgotten{f', as {who} asked' if who else ''}"
        case ArtifactsPruned(names=names):
            return f"removed by retention: {', '.join(names)}"
        case ArtifactRemade(artifact=it, engine=engine):
            bytes_are = "with other bytes" if event.previous_sha256 else "with the same bytes"
            return f"{it.name} was made again, {bytes_are} ({engine_name(engine)})"
    work = work_name(event.stage, event.page, event.language)
    return f"{work}{_again(event.attempt)} {_of_stage(event)}"


def _of_stage(
    event: StageRequested
    | StageStarted
    | StageDeferred
    | StageSubmitted
    | StageCompleted
    | StageFailed
    | StageAbandoned,
) -> str:
    match event:
        case StageRequested():
            return "is wanted"
        case StageStarted(engine=engine, stands_in_for=other):
            return f"begins ({engine_name(engine)}{f', in place of {other}' if other else ''})"
        case StageDeferred(engine=engine, why=why):
            return f"waits for {engine.name}: {why}"
        case StageSubmitted(submission=to):
            return f"was given to {to.endpoint} as {to.prompt_id}"
        case StageCompleted(attempt=0, artifact=artifact):
            return "is kept" + (f": {artifact.name}, {_measure(artifact)}" if artifact else "")
        case StageCompleted(artifact=artifact):
            return "is done" + (f": {artifact.name}, {_measure(artifact)}" if artifact else "")
        case StageFailed(fault=fault):
            return f"failed ({fault.kind}): {fault.message}"
        case StageAbandoned(reason=AbandonReason.FAILURE):
            return "is not begun: the book fails anyway"
        case StageAbandoned(reason=reason):
            return f"was put down ({reason})"


def _based_on(it: BasedOn) -> str:
    what = {KeptPart.TEXT: "the text", KeptPart.PICTURES: "text and pictures"}
    kept = what.get(it.keep, "the characters")
    return f"with {kept} of {it.run_id[:SHORT_ID]}, edition {it.edition}"


def changes(event: EditionRequested | EditionSummary) -> str:
    """What an edition is to have otherwise."""
    if event.restores:
        return f"all as in edition {event.restores}"
    found = [f"language {event.add_language} added"] if event.add_language else []
    found += ["another voice"] if event.tts is not None else []
    if event.style is not None:
        found.append(f"another style, {event.style!r}" if event.style else "no style")
    for it in event.pages:
        again = f"read again in {it.language}" if it.language else "read again"
        asked = {"rewritten": it.rewrite, "repainted": it.repaint, again: it.revoice}
        found.append(
            f"{_page(it.page)} {' and '.join(word for word, is_so in asked.items() if is_so)}"
        )
    if isinstance(event, EditionSummary):
        found += [f"{_page(page)} by hand" for page in event.texts]
        found += [f"{_page(it.page)} by hand in {it.language}" for it in event.translations]
    return ", ".join(found) or "the text that follows"


def _again(attempt: int) -> str:
    return f", attempt {attempt}," if attempt > 1 else ""


def _page_is(page: int) -> str:
    return f"{_page(page)} is"


def _page(page: int) -> str:
    return "the cover" if page == COVER_PAGE else f"page {page}"


def _measure(artifact: Artifact) -> str:
    if artifact.seconds:
        return f"{duration(artifact.seconds)} of audio"
    return f"{artifact.width} × {artifact.height}, {size(artifact.size)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"
