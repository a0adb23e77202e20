"""How events change a run. Facts are not judged here: they have happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from storybook.book import FIRST_EDITION, WRITING, Page
from storybook.events.catalog import (
    AbandonReason,
    ArtifactRemade,
    ArtifactsPruned,
    Blame,
    CastPictureGiven,
    CharacterReleased,
    CharacterSaved,
    EditionRequested,
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
from storybook.run.draft import Draft, InvalidHistory
from storybook.run.editions import (
    edition_requested,
    page_translated,
    put_in_place,
    replace_page,
)
from storybook.run.state import Abandoned, Complete, Deferred, Failed, InHand, Run, Status, Waiting


def fold(events: Iterable[Event], run: Run | None = None) -> Run | None:
    """The state after these events."""
    remaining = iter(events)
    if run is None:
        first = next(remaining, None)
        if first is None:
            return None
        run = _begin(first)
    # One draft for all of them: a copy of the run for each event takes three times as long.
    draft = Draft(run)
    for event in remaining:
        draft.version += 1
        _EVOLVE[type(event)](draft, event)
    return draft.finish()


def evolve(run: Run | None, event: Event) -> Run:
    """The state after one more event. Facts are not judged here: they have happened."""
    after = fold((event,), run)
    assert after is not None  # a fold of at least one event
    return after


def _begin(event: Event) -> Run:
    if not isinstance(event, RunRequested):
        raise InvalidHistory(f"a run begins with RunRequested, found {type(event).__name__}")
    return Run(
        1,
        Status.QUEUED,
        replace(event.request, reading=event.reading),
        event.seed,
        event.tts,
        event.idempotency_key,
        page_count=event.page_count,
        language=event.language,
        callback_url=event.callback_url,
        style=event.style,
        cast=event.cast,
        characters_asked=event.characters_asked,
        age=event.age,
        based_on=event.based_on,
        variations=event.variations,
        storyline=event.storyline,
        topic_known=event.topic_known,
    )


def _requested_twice(draft: Draft, event: RunRequested) -> None:
    raise InvalidHistory("RunRequested stands twice in one run")


def _run_imported(draft: Draft, event: RunImported) -> None:
    """It is in these languages from the first edition on; their texts follow."""
    added: dict[str, dict[int, Page]] = {language: {} for language in event.languages}
    draft.translations = {**draft.translations, **added}


def _stage_requested(draft: Draft, event: StageRequested) -> None:
    draft.work[event.work] = Waiting(event.attempt, event.not_before, event.alone)


def _stage_started(draft: Draft, event: StageStarted) -> None:
    draft.status = Status.RUNNING
    draft.work[event.work] = InHand(event.attempt, event.worker, event.engine)
    began = event.stage.role, event.engine.name
    if began not in draft.engines:
        draft.engines = (*draft.engines, began)


def _stage_deferred(draft: Draft, event: StageDeferred) -> None:
    work = event.work
    before = draft.deferred.get(work)
    # Begun once more and turned away again before anything came of it: the same outage goes on.
    goes_on = (
        before is not None
        and before.engine.is_same_as(event.engine)
        and isinstance(draft.work.get(work), InHand)
    )
    version = before.version if before is not None and goes_on else draft.version
    draft.work[work] = Waiting(event.attempt, 0, event.alone)
    draft.deferred[work] = Deferred(event.engine, event.why, version)


def _stage_submitted(draft: Draft, event: StageSubmitted) -> None:
    draft.submissions[event.work] = event.submission


def _page_written(draft: Draft, event: PageWritten) -> None:
    told = event.title, event.summary, event.dialogues, event.image_prompt
    page = Page(event.page, *told, event.scene)
    if page.page < len(draft.pages):
        replace_page(draft, page)
    else:
        draft.pages.append(page)
    draft.cast = event.cast or draft.cast
    draft.deferred.pop(WRITING, None)
    draft.failures.pop(WRITING, None)  # each page has its own attempts
    draft.refused = ()


def _page_refused(draft: Draft, event: PageRefused) -> None:
    draft.refused = (*draft.refused, event.problems)


def _stage_completed(draft: Draft, event: StageCompleted) -> None:
    work = event.work
    draft.work[work] = Complete(event.attempt, event.artifact)
    draft.submissions.pop(work, None)
    draft.deferred.pop(work, None)
    if draft.edition != FIRST_EDITION and event.artifact is not None:
        draft.made = {**draft.made, event.artifact.name: (work, event.artifact)}


def _stage_failed(draft: Draft, event: StageFailed) -> None:
    work = event.work
    draft.work[work] = Failed(event.attempt, event.fault)
    draft.failures[work] = draft.failures.get(work, 0) + 1
    draft.submissions.pop(work, None)
    draft.deferred.pop(work, None)


def _stage_abandoned(draft: Draft, event: StageAbandoned) -> None:
    work = event.work
    draft.work[work] = Abandoned(event.attempt)
    draft.deferred.pop(work, None)
    if event.reason is AbandonReason.CRASH and event.blame is not Blame.NONE:
        deaths = draft.crashes if event.blame is Blame.ALONE else draft.suspicions
        deaths[work] = deaths.get(work, 0) + 1


def _run_completed(draft: Draft, event: RunCompleted) -> None:
    draft.status = Status.DONE


def _run_failed(draft: Draft, event: RunFailed) -> None:
    draft.status, draft.fault = Status.FAILED, event.fault


def _run_cancelled(draft: Draft, event: RunCancelled) -> None:
    draft.status = Status.CANCELLED


def _run_retried(draft: Draft, event: RunRetried) -> None:
    draft.status, draft.fault = Status.QUEUED, None
    draft.failures, draft.crashes, draft.suspicions = {}, {}, {}


def _artifacts_pruned(draft: Draft, event: ArtifactsPruned) -> None:
    draft.pruned = draft.pruned.union(event.names)


def _artifact_remade(draft: Draft, event: ArtifactRemade) -> None:
    if event.work not in draft.work:
        raise InvalidHistory(f"{event.artifact.name} was made again, and never made")
    put_in_place(draft, event.work, event.artifact)


def _run_pinned(draft: Draft, event: RunPinned) -> None:
    draft.is_pinned = True


def _run_unpinned(draft: Draft, event: RunUnpinned) -> None:
    draft.is_pinned = False


def _cast_picture_given(draft: Draft, event: CastPictureGiven) -> None:
    by_name = {it.name: it for it in draft.cast} | {event.member.name: event.member}
    draft.cast = tuple(by_name.values())


def _character_saved(draft: Draft, event: CharacterSaved) -> None:
    draft.saved = draft.saved | {event.name: event.member}


def _character_released(draft: Draft, event: CharacterReleased) -> None:
    draft.saved = {name: it for name, it in draft.saved.items() if name != event.name}


def _run_forgotten(draft: Draft, event: RunForgotten) -> None:
    """Nothing that a fold could show: whoever reads a run that was forgotten finds no events."""


_EVOLVE: Final[dict[type[Event], Callable[[Draft, Any], None]]] = {
    RunRequested: _requested_twice,
    RunImported: _run_imported,
    StageRequested: _stage_requested,
    StageStarted: _stage_started,
    StageDeferred: _stage_deferred,
    StageSubmitted: _stage_submitted,
    PageWritten: _page_written,
    PageTranslated: page_translated,
    PageRefused: _page_refused,
    StageCompleted: _stage_completed,
    StageFailed: _stage_failed,
    StageAbandoned: _stage_abandoned,
    RunCompleted: _run_completed,
    RunFailed: _run_failed,
    RunCancelled: _run_cancelled,
    RunRetried: _run_retried,
    EditionRequested: edition_requested,
    ArtifactsPruned: _artifacts_pruned,
    ArtifactRemade: _artifact_remade,
    RunPinned: _run_pinned,
    RunUnpinned: _run_unpinned,
    CastPictureGiven: _cast_picture_given,
    CharacterSaved: _character_saved,
    CharacterReleased: _character_released,
    RunForgotten: _run_forgotten,
}
