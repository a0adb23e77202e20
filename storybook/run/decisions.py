"""What may be done with a run, and which events follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from storybook.book import (
    WRITING,
    Artifact,
    BasedOn,
    CastMember,
    ReferencePicture,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
)
from storybook.events.catalog import (
    BEFORE_LANGUAGES,
    BEFORE_PAGE_COUNTS,
    AbandonReason,
    ArtifactRemade,
    ArtifactsPruned,
    Blame,
    CastPictureGiven,
    CharacterReleased,
    CharacterSaved,
    EngineInfo,
    Event,
    Fault,
    MadeFrom,
    RunCancelled,
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
    Submission,
)
from storybook.run.evolution import fold
from storybook.run.follow_up import followed_up
from storybook.run.refusing import Refused, StaleAttempt, check_kept, existing, in_hand
from storybook.run.state import InHand, Run, Status, Waiting

MAX_ATTEMPTS: Final = 3
"""Failures of one piece of work before the run does without it; a retry counts anew. More would
only keep a child waiting for something that does not come."""

MAX_CRASHES: Final = 10
"""Deaths of a process in which nothing but one piece of work ran, before it is taken for their
cause. Far above what restarts in a row need, and an end to a text that kills every process that
writes it."""

MAX_SUSPICIONS: Final = 2
"""Deaths of its process after which work is tried alone. Once is chance; and alone it keeps all
other work of its process waiting, which is worth it only where it may clear that up."""

BACKOFF_SECONDS: Final = (1.0, 5.0)
"""How long to wait after the first failure and after the second, before jitter: long enough for
a server to come back, short enough for a child."""

BACKOFF_JITTER: Final = 0.5
"""The wait is stretched by up to this share, so that failed work does not come back in step."""

LONGEST_WAIT_SECONDS: Final = max(BACKOFF_SECONDS) * (1 + BACKOFF_JITTER)
"""What is asked to wait longer was asked by a clock that has been set since."""


def request_run(
    run: Run | None,
    request: StoryRequest,
    seed: int,
    tts: TtsConfig | None,
    *,
    page_count: int = BEFORE_PAGE_COUNTS,
    language: str = BEFORE_LANGUAGES,
    idempotency_key: str = "",
    requested_by: str = "",
    callback_url: str = "",
    style: str = "",
    cast: Sequence[CastMember] = (),
    characters_asked: str = "",
    age: str = "",
    based_on: BasedOn | None = None,
    variations: Mapping[int, int] | None = None,
    storyline: str = "",
    topic_known: bool | None = None,
    kept: Sequence[Event] = (),
) -> list[Event]:
    """Ask for a book. What is not said here means what it means in an event that does not say it;
    what a request gets by default is decided where it is checked (`storybook.request`). `kept` is
    what it has of the book that it is based on (`kept_content`): that is not made again."""
    if run is not None:
        raise Refused("this run has been requested already")
    requested = RunRequested(
        request,
        seed,
        tts,
        idempotency_key,
        requested_by,
        page_count,
        language,
        callback_url,
        style,
        tuple(cast),
        characters_asked,
        age,
        based_on,
        dict(variations or {}),
        storyline=storyline,
        topic_known=topic_known,
        reading=request.reading,
    )
    return followed_up(None, [requested, *kept])


def import_run(
    run: Run | None,
    requested: RunRequested,
    imported: RunImported,
    content: Sequence[Event],
) -> list[Event]:
    """Take in a book as a file has it: its pages and what was made for them, as attempt 0. One that
    is not whole is stopped as it stands; a retry has the rest made here."""
    if run is not None:
        raise Refused("this run is there already")
    events = followed_up(None, [requested, imported, *content])
    after = fold(events)
    is_whole = after is not None and after.status is Status.DONE
    return events if is_whole else [*events, *cancel_run(after, imported.imported_by)]


def start_stage(
    run: Run | None,
    work: Work,
    attempt: int,
    *,
    worker: str,
    engine: EngineInfo,
    stands_in_for: str = "",
    has_waited: bool = True,
) -> list[Event]:
    """Take waiting work in hand. Of several workers that try, one wins. `has_waited` says whether
    this one knows of it if the work waits for its engine: else it is to look at that first."""
    run = existing(run)
    state = run.work.get(work)
    if not (isinstance(state, Waiting) and state.attempt == attempt):
        raise StaleAttempt(f"{work} attempt {attempt} is not waiting: it is {state}")
    deferred = run.deferred.get(work)
    if deferred is not None and not has_waited and deferred.engine.is_same_as(engine):
        raise StaleAttempt(f"{work} waits for {engine.name}, as another worker has found it")
    return [
        StageStarted(
            *(work.stage, work.page, attempt, worker, engine, stands_in_for),
            language=work.language,
        )
    ]


def defer_stage(
    run: Run | None,
    work: Work,
    attempt: int,
    engine: EngineInfo,
    why: str,
    *,
    is_new: bool = False,
) -> list[Event]:
    """Let work that is in hand or waits wait for an engine that is away. Nothing follows if it
    waits for it already, unless this is a new outage."""
    run = existing(run)
    state = run.work.get(work)
    if not (isinstance(state, Waiting | InHand) and state.attempt == attempt):
        raise StaleAttempt(f"{work} attempt {attempt} neither waits nor is in hand: it is {state}")
    before = run.deferred.get(work)
    waits_already = before is not None and before.engine.is_same_as(engine)
    if isinstance(state, Waiting) and waits_already and not is_new:
        return []
    alone, language = is_suspect(run, work), work.language
    deferred = StageDeferred(work.stage, work.page, attempt, engine, why, alone, language=language)
    return followed_up(run, [deferred])


def give_up_waiting(run: Run | None, work: Work, attempt: int, fault: Fault) -> list[Event]:
    """Let work fail that has waited for an engine for too long."""
    run = existing(run)
    state = run.work.get(work)
    waits = isinstance(state, Waiting) and state.attempt == attempt and work in run.deferred
    if not waits:
        raise StaleAttempt(f"{work} attempt {attempt} does not wait for an engine: it is {state}")
    return followed_up(run, [_failed(work, attempt, fault)])


def submit_stage(run: Run | None, work: Work, attempt: int, submission: Submission) -> list[Event]:
    """Record that work in hand was given to an outside server."""
    in_hand(existing(run), work, attempt)
    stage, page, language = work.stage, work.page, work.language
    return [StageSubmitted(stage, page, attempt, submission, language=language)]


def complete_stage(
    run: Run | None,
    work: Work,
    attempt: int,
    artifact: Artifact | None = None,
    made_from: MadeFrom | None = None,
) -> list[Event]:
    """Finish work in hand."""
    run = existing(run)
    in_hand(run, work, attempt)
    if work == WRITING and not run.is_written:
        raise Refused(f"the writer stopped after page {len(run.pages) - 1}")
    if work.stage is Stage.LLM and work != WRITING:
        how = "`translate_page`" if work.language else "`rewrite_page`"
        raise Refused(f"page {work.page} is written anew only with its text ({how})")
    completed = StageCompleted(
        work.stage, work.page, attempt, artifact, made_from, language=work.language
    )
    return followed_up(run, [completed])


def fail_stage(
    run: Run | None, work: Work, attempt: int, fault: Fault, *, now: int, chance: float
) -> list[Event]:
    """Give up an attempt, and try again later if that can help.

    `now` is in microseconds since 1970; `chance`, from 0 to 1, spreads the waiting times.
    """
    run = existing(run)
    in_hand(run, work, attempt)
    failed = _failed(work, attempt, fault)
    failures = run.failures.get(work, 0)
    if run.is_lost or not fault.retryable or failures + 1 >= MAX_ATTEMPTS:
        return followed_up(run, [failed])
    seconds = BACKOFF_SECONDS[failures] * (1 + BACKOFF_JITTER * chance)
    not_before = now + int(seconds * 1_000_000)
    again = _once_more(work, attempt, not_before, is_suspect(run, work))
    return followed_up(run, [failed, again])


def abandon_stage(
    run: Run | None,
    work: Work,
    attempt: int,
    reason: AbandonReason,
    blame: Blame = Blame.ALONE,
) -> list[Event]:
    """Put work in hand down (its process died or stops), and request it again.

    Work that may have killed its process is tried alone at last, and fails when it has died alone
    too often: only then can nothing else have been the cause.
    """
    run = existing(run)
    in_hand(run, work, attempt)
    is_caught = reason is AbandonReason.CRASH and blame is Blame.ALONE
    if is_caught and run.crashes.get(work, 0) + 1 >= MAX_CRASHES:
        message = f"the process died {MAX_CRASHES} times during {work}, with nothing else in it"
        fault = Fault("crash", message, retryable=False)
        return followed_up(run, [_failed(work, attempt, fault)])
    put_down = StageAbandoned(work.stage, work.page, attempt, reason, blame, language=work.language)
    if run.is_lost:
        return followed_up(run, [put_down])
    is_alone = is_suspect(fold([put_down], run), work)
    return [put_down, _once_more(work, attempt, 0, is_alone)]


def _failed(work: Work, attempt: int, fault: Fault) -> StageFailed:
    return StageFailed(work.stage, work.page, attempt, fault, language=work.language)


def _once_more(work: Work, attempt: int, not_before: int, alone: bool) -> StageRequested:
    return StageRequested(
        work.stage, work.page, attempt + 1, not_before, alone, language=work.language
    )


def is_suspect(run: Run | None, work: Work) -> bool:
    """Whether processes died under this work so often that it is to be tried alone."""
    run = existing(run)
    return run.crashes.get(work, 0) + run.suspicions.get(work, 0) >= MAX_SUSPICIONS


def cancel_run(run: Run | None, cancelled_by: str = "") -> list[Event]:
    """Stop a run. Work that waits or is in hand is put down, finished pages stay."""
    run = existing(run)
    if run.status.has_ended:
        raise Refused(f"the run has ended ({run.status}); only one that goes on can be cancelled")
    put_down: list[Event] = [
        StageAbandoned(
            work.stage, work.page, state.attempt, AbandonReason.CANCEL, language=work.language
        )
        for work, state in run.work.items()
        if isinstance(state, Waiting | InHand)
    ]
    return [*put_down, RunCancelled(cancelled_by)]


def retry_run(run: Run | None, retried_by: str = "") -> list[Event]:
    """Let a failed or cancelled run go on from what is missing."""
    run = existing(run)
    if run.status not in (Status.FAILED, Status.CANCELLED):
        raise Refused(f"the run is {run.status}; only a FAILED or CANCELLED one can be retried")
    check_kept(run)
    return followed_up(run, [RunRetried(retried_by)])


def prune_artifacts(run: Run | None, names: Iterable[str]) -> list[Event]:
    """Record that files of an ended run are removed."""
    run = existing(run)
    if not run.status.has_ended:
        raise Refused(f"the run is {run.status}; only an ended one is pruned")
    if run.is_pinned:
        raise Refused("the run is pinned: its files stay")
    gone = tuple(name for name in names if name in run.files and name not in run.pruned)
    return [ArtifactsPruned(gone)] if gone else []


def pin_run(run: Run | None, pinned_by: str = "") -> list[Event]:
    """Keep a run's files from retention. Nothing follows if that is so already."""
    return [] if existing(run).is_pinned else [RunPinned(pinned_by)]


def unpin_run(run: Run | None, unpinned_by: str = "") -> list[Event]:
    """Give a run's files back to retention. Nothing follows if it may have them."""
    return [RunUnpinned(unpinned_by)] if existing(run).is_pinned else []


def give_cast_picture(
    run: Run | None, member: CastMember, picture: ReferencePicture, given_by: str = ""
) -> list[Event]:
    """Show what a character looks like. `member` is the character as it stands; nothing follows if
    that is its picture already."""
    existing(run)
    if member.pictures[:1] == (picture,):
        return []
    return [CastPictureGiven(msgspec.structs.replace(member, pictures=(picture,)), given_by)]


def save_character(
    run: Run | None, name: str, member: CastMember, saved_by: str = ""
) -> list[Event]:
    """Let requests for other books name a character. Also where this run says so already: another
    book's may have got the name since."""
    existing(run)
    return [CharacterSaved(name, member, saved_by)]


def release_character(run: Run | None, name: str, released_by: str = "") -> list[Event]:
    """Let no request name a character so any more. Nothing follows if none can."""
    return [CharacterReleased(name, released_by)] if name in existing(run).saved else []


def forget_run(run: Run | None, forgotten_by: str = "") -> list[Event]:
    """Erase a run, which stops first if it goes on. `run` is as far as its events can be read, and
    may be None: also what cannot be read can be forgotten."""
    goes_on = run is not None and not run.status.has_ended
    stopped = cancel_run(run, forgotten_by) if goes_on else []
    return [*stopped, RunForgotten(forgotten_by)]


def kept_artifacts(run: Run | None) -> dict[str, tuple[Work, Artifact]]:
    """What an ended run has made in all its editions and retention has not removed, by name: what
    may be made again."""
    run = existing(run)
    if not run.status.has_ended:
        raise Refused(f"the run is {run.status}; the files of an ended one can be repaired")
    return {name: made for name, made in run.files.items() if name not in run.pruned}


def remake_artifact(
    run: Run | None,
    work: Work,
    remade: Artifact,
    *,
    previous: Artifact,
    engine: EngineInfo,
    made_from: MadeFrom | None = None,
    damage: str = "",
    requested_by: str = "",
) -> list[Event]:
    """Record that a lost or damaged file was made again. `previous` is what was recorded of it when
    that began: of two who repair the same file at the same time, one wins."""
    if kept_artifacts(run).get(previous.name) != (work, previous):
        raise StaleAttempt(f"{previous.name} is no longer the file that was to be made again")
    assert work.page is not None  # the writer's work makes no file
    differs = previous.sha256 if previous.sha256 != remade.sha256 else ""
    return [
        ArtifactRemade(
            *(work.stage, work.page, remade, engine, made_from, differs, damage, requested_by),
            language=work.language,
        )
    ]
