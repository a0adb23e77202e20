"""The rules of a run, as pure functions: no I/O, no clock, no chance.

`evolve` folds a run's events into its state. A **decision** takes the state and an intention and
returns the events that follow from it, or raises `Refused`. What comes next is decided here and
nowhere else, in the same batch as the fact that causes it: a decision's own events are folded, and
the work that has become due, or the run's end, is appended to them.

A piece of work goes through these states; `attempt` counts from 1 and never goes back:

    (not due) ─► Waiting ─► InHand ─► Complete
                    ▲          ├────► Failed      (no attempts left, or trying again can't help)
                    └──────────┘ failed or abandoned, to be tried again
                 Waiting, InHand ───► Abandoned   (the run was cancelled)

`attempt` is the fence: what is reported for any attempt but the one in hand is refused.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.book import (
    PAGES,
    WRITING,
    Artifact,
    Dialogue,
    Page,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
    picture_of,
    reading_of,
)
from storybook.events.catalog import (
    AbandonReason,
    ArtifactsPruned,
    EngineInfo,
    Event,
    Fault,
    MadeFrom,
    PageRefused,
    PageWritten,
    Problem,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunRequested,
    RunRetried,
    StageAbandoned,
    StageCompleted,
    StageFailed,
    StageRequested,
    StageStarted,
    StageSubmitted,
    Submission,
)

# ---------------------------------------------------------------------------------------- tables

WAITS_FOR: Final[Mapping[Work, tuple[int, ...]]] = {
    WRITING: (),
    **{picture_of(page): (page,) for page in PAGES},
    **{reading_of(page): (page,) for page in PAGES},
}
"""All work of a book, in the order in which it is reported, and the pages whose text it waits for.
A picture or a voice needs only its own page's text."""

MAX_ATTEMPTS: Final = 3
"""Failures of one piece of work before the run does without it; a retry counts anew. More would
only keep a child waiting for something that does not come."""

MAX_CRASHES: Final = 10
"""Process deaths under one piece of work before it is taken for their cause. Far above what
restarts in a row need, and an end to a picture that kills every process that paints it."""

BACKOFF_SECONDS: Final = (1.0, 5.0)
"""How long to wait behind the first failure and behind the second, before jitter: long enough for
a server to come back, short enough for a child."""

BACKOFF_JITTER: Final = 0.5
"""The wait is stretched by up to this share, so that failed work does not come back in step."""


EXCERPT_CHARACTERS: Final = 120
"""How much of a refused page is recorded: enough to see why, too little to be the page."""


class Status(enum.StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def has_ended(self) -> bool:
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


# ----------------------------------------------------------------------------------------- state


class Waiting(msgspec.Struct, frozen=True):
    """Requested; to be started at `not_before` (microseconds since 1970) or later."""

    attempt: int
    not_before: int


class InHand(msgspec.Struct, frozen=True):
    """A worker is at it."""

    attempt: int
    worker: str
    engine: EngineInfo


class Complete(msgspec.Struct, frozen=True):
    """Done, with its artifact (the writer's work makes none)."""

    attempt: int
    artifact: Artifact | None


class Failed(msgspec.Struct, frozen=True):
    """Given up."""

    attempt: int
    fault: Fault


class Abandoned(msgspec.Struct, frozen=True):
    """Put down; whether it is taken up again is told by the next event."""

    attempt: int


WorkState = Waiting | InHand | Complete | Failed | Abandoned


class Run(msgspec.Struct, frozen=True):
    """The fold of a run's events. `version` is how many there are."""

    version: int
    status: Status
    request: StoryRequest
    seed: int
    tts: TtsConfig | None
    idempotency_key: str = ""
    pages: tuple[Page, ...] = ()
    """The pages whose text stands, in order from page 0."""
    work: dict[Work, WorkState] = {}
    failures: dict[Work, int] = {}
    """Failed attempts since the run was requested or retried."""
    crashes: dict[Work, int] = {}
    submissions: dict[Work, Submission] = {}
    """Work given away that may come back finished, also to a later attempt."""
    pruned: frozenset[str] = frozenset()
    """Names of artifacts whose files retention has removed."""
    fault: Fault | None = None
    """Why the run failed."""

    @property
    def plan(self) -> Iterator[Work]:
        """All work of this run, in the order in which it is reported."""
        return (work for work in WAITS_FOR if self.tts is not None or work.stage is not Stage.TTS)

    def is_complete(self, work: Work) -> bool:
        return isinstance(self.work.get(work), Complete)

    @property
    def stage(self) -> Stage:
        """The first stage that is not complete; the last one once all are."""
        return next((w.stage for w in self.plan if not self.is_complete(w)), Stage.TTS)

    @property
    def ready_max_page(self) -> int:
        """The largest n such that pages 0 to n have their picture, -1 if page 0 has none."""
        return self._ready_up_to(picture_of)

    @property
    def ready_max_audio_page(self) -> int:
        """The same for audio."""
        return self._ready_up_to(reading_of)

    def _ready_up_to(self, work_of: Callable[[int], Work]) -> int:
        for page in PAGES:
            if not isinstance(self.work.get(work_of(page)), Complete):
                return page - 1
        return PAGES[-1]

    def artifact(self, work: Work) -> Artifact | None:
        """The finished file of a piece of work, if there is one."""
        match self.work.get(work):
            case Complete(artifact=artifact):
                return artifact
        return None

    @property
    def artifacts(self) -> Iterator[Artifact]:
        """Every finished file of the run, retention's victims included."""
        return (found for work in self.plan if (found := self.artifact(work)) is not None)


# ---------------------------------------------------------------------------------------- evolve


class InvalidHistory(Exception):
    """Recorded events do not make a run; the log was written by something else."""


def fold(events: Iterable[Event], run: Run | None = None) -> Run | None:
    """The state behind these events."""
    remaining = iter(events)
    if run is None:
        first = next(remaining, None)
        if first is None:
            return None
        run = _begin(first)
    # One draft for all of them: a copy of the run for each event takes three times as long.
    draft = _Draft(run)
    count = 0
    for event in remaining:
        _EVOLVE[type(event)](draft, event)
        count += 1
    return draft.finish(run, count)


def evolve(run: Run | None, event: Event) -> Run:
    """The state after one more event. Facts are not judged here: they have happened."""
    after = fold((event,), run)
    assert after is not None  # a fold of at least one event
    return after


def _begin(event: Event) -> Run:
    if not isinstance(event, RunRequested):
        raise InvalidHistory(f"a run begins with RunRequested, found {type(event).__name__}")
    return Run(1, Status.QUEUED, event.request, event.seed, event.tts, event.idempotency_key)


class _Draft:
    """What events change of a run, while they are folded; the run itself stays as it is."""

    __slots__ = ("crashes", "failures", "fault", "pages", "pruned", "status", "submissions", "work")

    def __init__(self, run: Run) -> None:
        self.status, self.fault, self.pruned, self.pages = (
            run.status,
            run.fault,
            run.pruned,
            list(run.pages),
        )
        self.work, self.submissions = dict(run.work), dict(run.submissions)
        self.failures, self.crashes = dict(run.failures), dict(run.crashes)

    def finish(self, run: Run, events: int) -> Run:
        return Run(
            run.version + events,
            self.status,
            run.request,
            run.seed,
            run.tts,
            run.idempotency_key,
            tuple(self.pages),
            self.work,
            self.failures,
            self.crashes,
            self.submissions,
            self.pruned,
            self.fault,
        )


def _requested_twice(draft: _Draft, event: RunRequested) -> None:
    raise InvalidHistory("RunRequested stands twice in one run")


def _stage_requested(draft: _Draft, event: StageRequested) -> None:
    draft.work[event.work] = Waiting(event.attempt, event.not_before)


def _stage_started(draft: _Draft, event: StageStarted) -> None:
    draft.status = Status.RUNNING
    draft.work[event.work] = InHand(event.attempt, event.worker, event.engine)


def _stage_submitted(draft: _Draft, event: StageSubmitted) -> None:
    draft.submissions[event.work] = event.submission


def _page_written(draft: _Draft, event: PageWritten) -> None:
    draft.pages.append(
        Page(event.page, event.title, event.summary, event.dialogues, event.image_prompt)
    )


def _page_refused(draft: _Draft, event: PageRefused) -> None:
    """Nothing yet: what changes the run is the failure of the attempt, which follows."""


def _stage_completed(draft: _Draft, event: StageCompleted) -> None:
    work = event.work
    draft.work[work] = Complete(event.attempt, event.artifact)
    draft.submissions.pop(work, None)


def _stage_failed(draft: _Draft, event: StageFailed) -> None:
    work = event.work
    draft.work[work] = Failed(event.attempt, event.fault)
    draft.failures[work] = draft.failures.get(work, 0) + 1
    draft.submissions.pop(work, None)


def _stage_abandoned(draft: _Draft, event: StageAbandoned) -> None:
    work = event.work
    draft.work[work] = Abandoned(event.attempt)
    if event.reason is AbandonReason.CRASH:
        draft.crashes[work] = draft.crashes.get(work, 0) + 1


def _run_completed(draft: _Draft, event: RunCompleted) -> None:
    draft.status = Status.DONE


def _run_failed(draft: _Draft, event: RunFailed) -> None:
    draft.status, draft.fault = Status.FAILED, event.fault


def _run_cancelled(draft: _Draft, event: RunCancelled) -> None:
    draft.status = Status.CANCELLED


def _run_retried(draft: _Draft, event: RunRetried) -> None:
    draft.status, draft.fault = Status.QUEUED, None
    draft.failures, draft.crashes = {}, {}


def _artifacts_pruned(draft: _Draft, event: ArtifactsPruned) -> None:
    draft.pruned = draft.pruned.union(event.names)


_EVOLVE: Final[dict[type[Event], Callable[[_Draft, Any], None]]] = {
    RunRequested: _requested_twice,
    StageRequested: _stage_requested,
    StageStarted: _stage_started,
    StageSubmitted: _stage_submitted,
    PageWritten: _page_written,
    PageRefused: _page_refused,
    StageCompleted: _stage_completed,
    StageFailed: _stage_failed,
    StageAbandoned: _stage_abandoned,
    RunCompleted: _run_completed,
    RunFailed: _run_failed,
    RunCancelled: _run_cancelled,
    RunRetried: _run_retried,
    ArtifactsPruned: _artifacts_pruned,
}


# ------------------------------------------------------------------------------------- decisions


class Refused(Exception):
    """The intention contradicts the run's state. The message says what the state is."""


class NoSuchRun(Refused):
    """There is no such run."""

    def __init__(self) -> None:
        super().__init__("no such run")


class StaleAttempt(Refused):
    """The report is for an attempt that is not the one expected: its sender was overtaken."""


def request_run(
    run: Run | None,
    request: StoryRequest,
    seed: int,
    tts: TtsConfig | None,
    *,
    idempotency_key: str = "",
    requested_by: str = "",
) -> list[Event]:
    """Ask for a book."""
    if run is not None:
        raise Refused("this run has been requested already")
    requested = RunRequested(request, seed, tts, idempotency_key, requested_by)
    return _followed_up(None, [requested])


def start_stage(
    run: Run | None, work: Work, attempt: int, *, worker: str, engine: EngineInfo
) -> list[Event]:
    """Take waiting work in hand. Of several workers that try, one wins."""
    state = _existing(run).work.get(work)
    if not (isinstance(state, Waiting) and state.attempt == attempt):
        raise StaleAttempt(f"{work} attempt {attempt} is not waiting: it is {state}")
    return [StageStarted(work.stage, work.page, attempt, worker, engine)]


def submit_stage(
    run: Run | None, work: Work, attempt: int, submission: Submission
) -> list[Event]:
    """Record that work in hand was given to an outside server."""
    _in_hand(_existing(run), work, attempt)
    return [StageSubmitted(work.stage, work.page, attempt, submission)]


def write_page(run: Run | None, attempt: int, page: Page) -> list[Event]:
    """Let a page stand. Pages come in order; each dialogue gets the voice that it is read in."""
    run = _existing(run)
    _in_hand(run, WRITING, attempt)
    if page.page != len(run.pages):
        raise Refused(f"page {len(run.pages)} is to be written next, not page {page.page}")
    if not page.text.strip() or not page.image_prompt.strip():
        raise Refused(f"page {page.page} has no {'text' if page.image_prompt else 'image prompt'}")
    voices = run.tts or TtsConfig()
    dialogues = tuple(
        Dialogue(line.character, line.text, voices.voice_of(line.character))
        for line in page.dialogues
    )
    written = PageWritten(
        page.page, attempt, page.title, page.summary, dialogues, page.image_prompt
    )
    return _followed_up(run, [written])


def refuse_page(
    run: Run | None, attempt: int, page: Page, problems: Sequence[Problem]
) -> list[Event]:
    """Record that a page did not pass the check, and why. The attempt is then to fail."""
    run = _existing(run)
    _in_hand(run, WRITING, attempt)
    return [PageRefused(page.page, attempt, tuple(problems), page.text[:EXCERPT_CHARACTERS])]


def complete_stage(
    run: Run | None,
    work: Work,
    attempt: int,
    artifact: Artifact | None = None,
    made_from: MadeFrom | None = None,
) -> list[Event]:
    """Finish work in hand."""
    run = _existing(run)
    _in_hand(run, work, attempt)
    if work == WRITING and len(run.pages) < len(PAGES):
        raise Refused(f"the writer stopped behind page {len(run.pages) - 1}")
    return _followed_up(
        run, [StageCompleted(work.stage, work.page, attempt, artifact, made_from)]
    )


def fail_stage(
    run: Run | None, work: Work, attempt: int, fault: Fault, *, now: int, chance: float
) -> list[Event]:
    """Give up an attempt, and try again later if that can help.

    `now` is in microseconds since 1970; `chance`, from 0 to 1, spreads the waiting times.
    """
    run = _existing(run)
    _in_hand(run, work, attempt)
    failed = StageFailed(work.stage, work.page, attempt, fault)
    failures = run.failures.get(work, 0)
    if not fault.retryable or failures + 1 >= MAX_ATTEMPTS:
        return _followed_up(run, [failed])
    seconds = BACKOFF_SECONDS[failures] * (1 + BACKOFF_JITTER * chance)
    again = StageRequested(work.stage, work.page, attempt + 1, now + int(seconds * 1_000_000))
    return _followed_up(run, [failed, again])


def abandon_stage(
    run: Run | None, work: Work, attempt: int, reason: AbandonReason
) -> list[Event]:
    """Put work in hand down (its process died or stops), and request it again."""
    run = _existing(run)
    _in_hand(run, work, attempt)
    if reason is AbandonReason.CRASH and run.crashes.get(work, 0) + 1 >= MAX_CRASHES:
        fault = Fault("crash", f"the process died {MAX_CRASHES} times during {work}", False)
        return _followed_up(run, [StageFailed(work.stage, work.page, attempt, fault)])
    return [
        StageAbandoned(work.stage, work.page, attempt, reason),
        StageRequested(work.stage, work.page, attempt + 1),
    ]


def cancel_run(run: Run | None, cancelled_by: str = "") -> list[Event]:
    """Stop a run. Work that waits or is in hand is put down, finished pages stay."""
    run = _existing(run)
    if run.status.has_ended:
        raise Refused(f"the run has ended ({run.status}); only one that goes on can be cancelled")
    put_down: list[Event] = [
        StageAbandoned(work.stage, work.page, state.attempt, AbandonReason.CANCEL)
        for work, state in run.work.items()
        if isinstance(state, Waiting | InHand)
    ]
    return [*put_down, RunCancelled(cancelled_by)]


def retry_run(run: Run | None, retried_by: str = "") -> list[Event]:
    """Let a failed or cancelled run go on from what is missing."""
    run = _existing(run)
    if run.status not in (Status.FAILED, Status.CANCELLED):
        raise Refused(f"the run is {run.status}; only a FAILED or CANCELLED one can be retried")
    return _followed_up(run, [RunRetried(retried_by)])


def prune_artifacts(run: Run | None, names: Iterable[str]) -> list[Event]:
    """Record that files of an ended run are removed."""
    run = _existing(run)
    if not run.status.has_ended:
        raise Refused(f"the run is {run.status}; only an ended one is pruned")
    known = {artifact.name for artifact in run.artifacts} - run.pruned
    gone = tuple(name for name in names if name in known)
    return [ArtifactsPruned(gone)] if gone else []


def _existing(run: Run | None) -> Run:
    if run is None:
        raise NoSuchRun
    return run


def _in_hand(run: Run, work: Work, attempt: int) -> InHand:
    state = run.work.get(work)
    if not (isinstance(state, InHand) and state.attempt == attempt):
        raise StaleAttempt(f"{work} attempt {attempt} is not in hand: it is {state}")
    return state


# ------------------------------------------------------------------------------- what comes next


def _followed_up(run: Run | None, events: list[Event]) -> list[Event]:
    """The events, the work that they make due, and the run's end if nothing is left to do."""
    after = fold(events, run)
    assert after is not None  # a fold of at least one event
    due: list[Event] = [
        StageRequested(work.stage, work.page, _last_attempt(after, work) + 1)
        for work in _due(after)
    ]
    return [*events, *(due or _end(after))]


def _due(run: Run) -> Iterator[Work]:
    """Work that nobody has requested yet, or not since the retry, and that need not wait."""
    just_retried = run.status is Status.QUEUED
    for work in run.plan:
        state = run.work.get(work)
        is_open = state is None or (just_retried and isinstance(state, Failed | Abandoned))
        if is_open and all(page < len(run.pages) for page in WAITS_FOR[work]):
            yield work


def _last_attempt(run: Run, work: Work) -> int:
    state = run.work.get(work)
    return 0 if state is None else state.attempt


def _end(run: Run) -> list[Event]:
    states = list(run.work.items())
    if any(isinstance(state, Waiting | InHand) for _, state in states):
        return []
    if all(run.is_complete(work) for work in run.plan):
        return [RunCompleted()]
    for work in sorted(run.work, key=list(WAITS_FOR).index):
        match run.work[work]:
            case Failed(fault=fault):
                return [RunFailed(fault, work.stage, work.page)]
    return []


