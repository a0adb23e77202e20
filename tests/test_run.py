"""The rules of a run: given events, when an intention, then events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from storybook.book import (
    READING,
    WRITING,
    Artifact,
    CastMember,
    Dialogue,
    Page,
    ReferencePicture,
    Role,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.events.catalog import (
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
    PageRefused,
    PageTranslated,
    PageWritten,
    Problem,
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
    StageFailed,
    StageRequested,
    StageStarted,
    StageSubmitted,
    Submission,
)
from storybook.run import (
    BACKOFF_JITTER,
    BACKOFF_SECONDS,
    EXCERPT_CHARACTERS,
    MAX_ATTEMPTS,
    MAX_CRASHES,
    InvalidHistory,
    NoSuchRun,
    Refused,
    Run,
    StaleAttempt,
    Status,
    Waiting,
    abandon_stage,
    cancel_run,
    complete_stage,
    fail_stage,
    fold,
    forget_run,
    give_cast_picture,
    import_run,
    kept_artifacts,
    pin_run,
    prune_artifacts,
    refuse_page,
    release_character,
    remake_artifact,
    request_run,
    retry_run,
    save_character,
    start_stage,
    submit_stage,
    unpin_run,
    write_page,
)
from tests.books import LAST_PAGE, PAGES

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
ENGINE = EngineInfo("test", "1")
TRANSIENT = Fault("timeout", "too slow", retryable=True)
FINAL = Fault("bad_prompt", "no such checkpoint", retryable=False)


def page(number: int) -> Page:
    """A page as a writer gives it."""
    prompt = f"A view of page {number}."
    if number == 0:
        return Page(0, title="토끼와 호랑이", image_prompt=prompt)
    line = Dialogue("토끼", "안녕!")
    return Page(number, summary='토끼가 말했어요. "안녕!"', dialogues=(line,), image_prompt=prompt)


def artifact(work: Work) -> Artifact:
    return Artifact(artifact_name(work), "image/png", 10, "ab" * 32)


class Story:
    """A run and everything that has happened to it."""

    def __init__(self, tts: TtsConfig | None = None) -> None:
        self.events: list[Event] = []
        self.run: Run | None = None
        self.do(partial(request_run, request=REQUEST, seed=7, tts=tts))

    def do(self, decide: Callable[[Run | None], list[Event]]) -> list[Event]:
        new = decide(self.run)
        self.events += new
        self.run = fold(new, self.run)
        return new

    @property
    def now(self) -> Run:
        assert self.run is not None
        return self.run

    def start(self, work: Work, attempt: int = 1) -> list[Event]:
        start = partial(start_stage, work=work, attempt=attempt, worker="w", engine=ENGINE)
        return self.do(start)

    def write(self, *numbers: int, attempt: int = 1) -> list[Event]:
        new: list[Event] = []
        for number in numbers:
            new += self.do(lambda run, n=number: write_page(run, attempt, page(n)))  # type: ignore[misc]
        return new

    def finish(self, work: Work, attempt: int = 1) -> list[Event]:
        made = None if work == WRITING else artifact(work)
        return self.do(lambda run: complete_stage(run, work, attempt, made))

    def fail(self, work: Work, fault: Fault, attempt: int = 1, chance: float = 0) -> list[Event]:
        return self.do(
            partial(fail_stage, work=work, attempt=attempt, fault=fault, now=1_000, chance=chance)
        )

    def abandon(
        self, work: Work, attempt: int, reason: AbandonReason, blame: Blame = Blame.ALONE
    ) -> list[Event]:
        return self.do(lambda run: abandon_stage(run, work, attempt, reason, blame))

    def make(self, *works: Work) -> None:
        """Start and finish pieces of work that are waiting."""
        for work in works:
            self.start(work)
            self.finish(work)


def written(tts: TtsConfig | None = None) -> Story:
    """A story whose text is whole."""
    story = Story(tts)
    story.start(WRITING)
    story.write(*PAGES)
    story.finish(WRITING)
    return story


def done() -> Story:
    story = written()
    story.make(*(picture_of(number) for number in PAGES))
    return story


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


# ------------------------------------------------------------------------------ the way of a book


def test_a_requested_run_asks_for_its_writing() -> None:
    """A request is followed by the writer's work in the same batch."""
    tts = TtsConfig()
    assert request_run(None, REQUEST, 7, tts, idempotency_key="k", requested_by="me") == [
        RunRequested(REQUEST, 7, tts, "k", "me", reading=READING),
        StageRequested(Stage.LLM, None, 1),
    ]


def test_a_run_is_requested_once() -> None:
    """A second request of the same run is refused."""
    with pytest.raises(Refused, match="already"):
        request_run(Story().run, REQUEST, 7, None)


def test_a_written_page_asks_for_its_picture_and_its_voice() -> None:
    """A picture and a voice need only their own page's text."""
    story = Story(TtsConfig())
    story.start(WRITING)
    assert story.write(0) == [
        PageWritten(0, 1, title="토끼와 호랑이", image_prompt="A view of page 0."),
        StageRequested(Stage.COVER, 0, 1),
        StageRequested(Stage.TTS, 0, 1),
    ]


def test_a_run_without_voices_asks_for_pictures_only() -> None:
    """Without a TTS configuration no page is read aloud, and the run is done without it."""
    story = written()
    assert not [e for e in story.events if isinstance(e, StageRequested) and e.stage == Stage.TTS]
    story.make(*(picture_of(number) for number in PAGES))
    assert story.now.status == Status.DONE


def test_a_dialogue_gets_the_voice_it_is_read_in() -> None:
    """The voice is the character's own, else the one for dialogue, else the narrator's."""
    for tts, voice in [
        (TtsConfig(), "M1"),
        (TtsConfig(dialogue_voice="F2"), "F2"),
        (TtsConfig(dialogue_voice="F2", character_voices={"토끼": "F5"}), "F5"),
    ]:
        story = Story(tts)
        story.start(WRITING)
        story.write(0, 1)
        assert story.now.pages[1].dialogues == (Dialogue("토끼", "안녕!", voice),)


def test_pages_come_in_order() -> None:
    """A page that is not the next one is refused, and so is a page that stands already."""
    story = Story()
    story.start(WRITING)
    with pytest.raises(Refused, match="page 0 is to be written next"):
        story.write(1)
    story.write(0)
    with pytest.raises(Refused, match="page 1 is to be written next"):
        story.write(0)


@pytest.mark.parametrize(
    ("empty", "what"),
    [(Page(0, image_prompt="A view."), "text"), (Page(0, title="제목"), "image prompt")],
)
def test_an_empty_page_is_refused(empty: Page, what: str) -> None:
    """A page needs a text and an image prompt before it stands."""
    story = Story()
    story.start(WRITING)
    with pytest.raises(Refused, match=what):
        story.do(lambda run: write_page(run, 1, empty))


def test_a_refused_page_is_recorded_and_remembered_until_one_stands() -> None:
    """What was wrong and how the text begins; a later attempt writes the page in another way."""
    story = Story()
    story.start(WRITING)
    story.write(0)
    before = story.now
    refused = Page(1, summary="가" * 1_000, image_prompt="A view.")
    problems = [Problem("length", "too long")]
    story.do(lambda run: refuse_page(run, 1, refused, problems))
    assert story.events[-1] == PageRefused(1, 1, tuple(problems), "가" * EXCERPT_CHARACTERS)
    known = msgspec.structs.replace(before, version=before.version + 1, refused=(tuple(problems),))
    assert story.now == known
    story.fail(WRITING, TRANSIENT)
    story.start(WRITING, attempt=2)
    with pytest.raises(StaleAttempt):
        story.do(lambda run: refuse_page(run, 1, refused, problems))
    assert story.now.refused == known.refused
    story.write(1, attempt=2)
    assert story.now.refused == ()


def test_each_page_has_its_own_attempts() -> None:
    """A writer that gets on is not given up; one that does not is, and what stands stays."""
    story = Story()
    attempt = 1
    for number in PAGES[:3]:
        for _ in range(MAX_ATTEMPTS - 1):
            story.start(WRITING, attempt)
            assert kinds(story.fail(WRITING, TRANSIENT, attempt)) == [
                "StageFailed",
                "StageRequested",
            ]
            attempt += 1
        story.start(WRITING, attempt)
        story.write(number, attempt=attempt)
        assert len(story.now.pages) == number + 1
        story.do(lambda run, a=attempt: abandon_stage(run, WRITING, a, AbandonReason.SHUTDOWN))  # type: ignore[misc]
        attempt += 1
    for _ in range(MAX_ATTEMPTS - 1):
        story.start(WRITING, attempt)
        story.fail(WRITING, TRANSIENT, attempt)
        attempt += 1
    story.start(WRITING, attempt)
    assert kinds(story.fail(WRITING, TRANSIENT, attempt))[0] == "StageFailed"
    assert story.now.is_lost
    assert len(story.now.pages) == 3


def test_writing_is_complete_with_the_last_page() -> None:
    """A writer that stops early has not completed its work."""
    story = Story()
    story.start(WRITING)
    story.write(0, 1, 2)
    with pytest.raises(Refused, match="stopped after page 2"):
        story.finish(WRITING)


def test_a_book_is_done_when_everything_is_made() -> None:
    """The last piece of work ends the run, whichever it is, in the same batch."""
    story = written(TtsConfig())
    story.make(*(picture_of(number) for number in PAGES))
    story.make(*(narration_of(number) for number in PAGES[:-1]))
    story.start(narration_of(LAST_PAGE))
    assert kinds(story.finish(narration_of(LAST_PAGE))) == ["StageCompleted", "RunCompleted"]
    assert story.now.status == Status.DONE
    assert story.now.stage == Stage.TTS


def test_stage_and_ready_pages_follow_the_work() -> None:
    """The reported stage is the first that is not complete; ready pages have no gap."""
    story = Story(TtsConfig())
    assert (story.now.status, story.now.stage) == (Status.QUEUED, Stage.LLM)
    story.start(WRITING)
    assert story.now.status == Status.RUNNING
    story.write(*PAGES)
    story.make(picture_of(1), picture_of(2), narration_of(0))
    assert (story.now.stage, story.now.ready_max_page) == (Stage.LLM, -1)
    assert story.now.ready_max_audio_page == 0
    story.finish(WRITING)
    assert story.now.stage == Stage.COVER
    story.make(picture_of(0))
    assert (story.now.stage, story.now.ready_max_page) == (Stage.PANEL_3, 2)


# ----------------------------------------------------------------------------- attempts as a fence


def test_of_two_workers_one_takes_the_work() -> None:
    """Work that is in hand, or never waited, cannot be started."""
    story = Story()
    story.start(WRITING)
    for work, attempt in [(WRITING, 1), (WRITING, 2), (picture_of(0), 1)]:
        with pytest.raises(StaleAttempt):
            story.start(work, attempt)


def test_a_run_knows_who_began_the_work_of_each_role() -> None:
    """By name, the first one first, whatever it has come to since; and in whose place."""
    story = Story()
    begin = partial(start_stage, work=WRITING, attempt=1, worker="w")
    story.do(partial(begin, engine=EngineInfo("scribe")))
    story.write(0)
    begin = partial(start_stage, work=picture_of(0), worker="w")
    (started,) = story.do(
        partial(begin, attempt=1, engine=EngineInfo("brush"), stands_in_for="camera")
    )
    assert isinstance(started, StageStarted) and started.stands_in_for == "camera"
    story.abandon(picture_of(0), 1, AbandonReason.SHUTDOWN)
    story.do(partial(begin, attempt=2, engine=EngineInfo("pencil")))
    assert story.now.engines_of(Role.WRITER) == ("scribe",)
    assert story.now.engines_of(Role.ILLUSTRATOR) == ("brush", "pencil")
    assert story.now.engines_of(Role.NARRATOR) == ()


def test_a_late_attempt_is_refused_whatever_it_reports() -> None:
    """After an abandoned attempt only the new one may report."""
    story = Story()
    story.start(WRITING)
    story.abandon(WRITING, 1, AbandonReason.CRASH)
    story.start(WRITING, 2)
    submission = Submission("http://127.0.0.1:8188", "p")
    for late in (
        lambda run: write_page(run, 1, page(0)),
        lambda run: complete_stage(run, WRITING, 1),
        lambda run: submit_stage(run, WRITING, 1, submission),
        lambda run: abandon_stage(run, WRITING, 1, AbandonReason.CRASH),
        partial(fail_stage, work=WRITING, attempt=1, fault=TRANSIENT, now=0, chance=0),
    ):
        with pytest.raises(StaleAttempt):
            story.do(late)


def test_a_new_writer_goes_on_behind_the_pages_that_stand() -> None:
    """Pages outlive the attempt that wrote them, and are not asked for again."""
    story = Story()
    story.start(WRITING)
    story.write(0, 1)
    story.abandon(WRITING, 1, AbandonReason.CRASH)
    story.start(WRITING, 2)
    assert kinds(story.write(2, attempt=2)) == ["PageWritten", "StageRequested"]
    assert [it.page for it in story.now.pages] == [0, 1, 2]


def test_a_submission_outlives_its_attempt() -> None:
    """What was given away can be adopted after a crash, and is forgotten when it failed."""
    story = written()
    cover, submission = picture_of(0), Submission("http://127.0.0.1:8188", "p")
    story.start(cover)
    new = story.do(lambda run: submit_stage(run, cover, 1, submission))
    assert new == [StageSubmitted(Stage.COVER, 0, 1, submission)]
    story.abandon(cover, 1, AbandonReason.CRASH)
    assert story.now.submissions == {cover: submission}
    story.start(cover, 2)
    story.fail(cover, TRANSIENT, 2)
    assert story.now.submissions == {}


# ----------------------------------------------------------------------------- failing and retries


def test_a_retryable_failure_is_tried_again_later() -> None:
    """The wait grows with each failure, is stretched by chance, and stands in the log."""
    story = written()
    cover = picture_of(0)
    story.start(cover)
    first = 1_000 + int(BACKOFF_SECONDS[0] * 1e6)
    assert story.fail(cover, TRANSIENT, 1) == [
        StageFailed(Stage.COVER, 0, 1, TRANSIENT),
        StageRequested(Stage.COVER, 0, 2, first),
    ]
    story.start(cover, 2)
    second = 1_000 + int(BACKOFF_SECONDS[1] * (1 + BACKOFF_JITTER) * 1e6)
    assert story.fail(cover, TRANSIENT, 2, chance=1)[1] == StageRequested(Stage.COVER, 0, 3, second)


def test_attempts_run_out() -> None:
    """After the last attempt the run is lost: what waits is put down, and it fails."""
    story = written()
    cover = picture_of(0)
    for attempt in range(1, MAX_ATTEMPTS):
        story.start(cover, attempt)
        story.fail(cover, TRANSIENT, attempt)
    story.start(cover, MAX_ATTEMPTS)
    assert story.fail(cover, TRANSIENT, MAX_ATTEMPTS) == [
        StageFailed(Stage.COVER, 0, MAX_ATTEMPTS, TRANSIENT),
        *(put_down(picture_of(number)) for number in PAGES[1:]),
        RunFailed(TRANSIENT, Stage.COVER, 0),
    ]
    assert (story.now.status, story.now.fault) == (Status.FAILED, TRANSIENT)


def put_down(work: Work, attempt: int = 1) -> StageAbandoned:
    """Waiting work of a lost run is not begun."""
    return StageAbandoned(work.stage, work.page, attempt, AbandonReason.FAILURE)


def test_a_lost_run_lets_work_in_hand_finish() -> None:
    """Its page stays readable, and a retry need not make it again; the last to end ends the run."""
    story = written()
    story.start(picture_of(0))
    story.start(picture_of(3))
    assert story.fail(picture_of(0), FINAL)[1:] == [put_down(picture_of(n)) for n in (1, 2, 4)]
    assert story.now.status is Status.RUNNING
    assert story.finish(picture_of(3))[1:] == [RunFailed(FINAL, Stage.COVER, 0)]
    assert story.now.is_complete(picture_of(3))


def test_a_lost_run_tries_nothing_again() -> None:
    """Neither what fails for a while nor what a dying or stopping process had in hand."""
    story = written()
    works = [picture_of(number) for number in range(4)]
    for work in works:
        story.start(work)
    story.fail(works[0], FINAL)
    assert kinds(story.fail(works[1], TRANSIENT)) == ["StageFailed"]
    assert kinds(story.abandon(works[2], 1, AbandonReason.CRASH)) == ["StageAbandoned"]
    last = story.abandon(works[3], 1, AbandonReason.SHUTDOWN)
    assert kinds(last) == ["StageAbandoned", "RunFailed"]


def test_a_lost_run_asks_for_no_picture_of_what_is_written_still() -> None:
    """The writer, who is in hand, finishes; a retry has the pictures made."""
    story = Story()
    story.start(WRITING)
    story.write(0)
    story.start(picture_of(0))
    story.fail(picture_of(0), FINAL)
    assert kinds(story.write(*PAGES[1:])) == ["PageWritten"] * 4
    assert kinds(story.finish(WRITING)) == ["StageCompleted", "RunFailed"]
    requested = [it.stage for it in story.do(retry_run)[1:] if isinstance(it, StageRequested)]
    assert requested == [picture_of(number).stage for number in PAGES]


def test_what_cannot_be_helped_is_not_tried_again() -> None:
    """A failure that is not retryable is final at once."""
    story = Story()
    story.start(WRITING)
    assert kinds(story.fail(WRITING, FINAL)) == ["StageFailed", "RunFailed"]


def test_retry_asks_for_what_is_missing() -> None:
    """What is complete stays; what failed or was put down gets new attempts after its old ones."""
    story = Story()
    story.start(WRITING)
    story.write(0, 1, 2)
    story.make(picture_of(0))
    story.start(picture_of(1))
    assert story.fail(WRITING, FINAL)[1:] == [put_down(picture_of(2))]
    assert kinds(story.fail(picture_of(1), FINAL)) == ["StageFailed", "RunFailed"]
    assert story.do(partial(retry_run, retried_by="me")) == [
        RunRetried("me"),
        StageRequested(Stage.LLM, None, 2),
        StageRequested(Stage.PANEL_1, 1, 2),
        StageRequested(Stage.PANEL_2, 2, 2),
    ]
    assert (story.now.status, story.now.fault) == (Status.QUEUED, None)
    assert story.now.ready_max_page == 0


def test_a_retry_counts_failures_anew() -> None:
    """After a retry a piece of work may fail as often as at first."""
    story = written()
    cover = picture_of(0)
    story.make(*(picture_of(number) for number in PAGES[1:]))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        story.start(cover, attempt)
        story.fail(cover, TRANSIENT, attempt)
    story.do(retry_run)
    story.start(cover, MAX_ATTEMPTS + 1)
    new = story.fail(cover, TRANSIENT, MAX_ATTEMPTS + 1)
    assert kinds(new) == ["StageFailed", "StageRequested"]


@pytest.mark.parametrize("story", [Story(), done()], ids=["queued", "done"])
def test_only_failed_and_cancelled_runs_are_retried(story: Story) -> None:
    """A retry of any other run is refused, and says what the run is."""
    with pytest.raises(Refused, match=story.now.status):
        retry_run(story.run)


# ------------------------------------------------------------------------- crash, shutdown, cancel


@pytest.mark.parametrize("reason", [AbandonReason.CRASH, AbandonReason.SHUTDOWN])
def test_abandoned_work_is_requested_again(reason: AbandonReason) -> None:
    """Work of a process that died or stopped waits again, under a new attempt."""
    story = Story()
    story.start(WRITING)
    assert story.abandon(WRITING, 1, reason) == [
        StageAbandoned(Stage.LLM, None, 1, reason),
        StageRequested(Stage.LLM, None, 2),
    ]


def test_work_that_ran_outside_of_the_process_that_died_is_never_to_blame() -> None:
    """A picture painted elsewhere is requested again however often the server is killed."""
    story = Story()
    for attempt in range(1, 3 * MAX_CRASHES):
        story.start(WRITING, attempt)
        new = story.abandon(WRITING, attempt, AbandonReason.CRASH, Blame.NONE)
        assert new[-1] == StageRequested(Stage.LLM, None, attempt + 1)
    assert story.now.status == Status.RUNNING


def test_what_is_suspected_twice_is_tried_alone_from_then_on() -> None:
    """Also after a failure, and until the run is retried; suspicion alone never fails it."""
    story = Story()
    alone = []
    for attempt in range(1, 3 * MAX_CRASHES):
        story.start(WRITING, attempt)
        new = story.abandon(WRITING, attempt, AbandonReason.CRASH, Blame.SHARED)
        alone += [it.alone for it in new if isinstance(it, StageRequested)]
    assert alone == [False, *[True] * (3 * MAX_CRASHES - 2)]
    story.start(WRITING, attempt + 1)
    assert story.now.suspicions == {WRITING: attempt} and not story.now.crashes
    story.do(
        lambda run: fail_stage(
            run, WRITING, attempt + 1, Fault("kind", "why", True), now=0, chance=0.0
        )
    )
    waiting = story.now.work[WRITING]
    assert isinstance(waiting, Waiting) and waiting.alone


def test_an_event_without_a_blame_counts_as_it_always_did() -> None:
    """What was recorded before there was a blame is a death alone."""
    story = Story()
    story.start(WRITING)
    story.do(lambda run: [StageAbandoned(Stage.LLM, None, 1, AbandonReason.CRASH)])
    assert story.now.crashes == {WRITING: 1}


def test_work_that_keeps_killing_its_process_alone_is_given_up() -> None:
    """Crashes are counted, and far more of them are borne than failures."""
    story = Story()
    for attempt in range(1, MAX_CRASHES + 1):
        story.start(WRITING, attempt)
        new = story.abandon(WRITING, attempt, AbandonReason.CRASH)
    assert kinds(new) == ["StageFailed", "RunFailed"]


def test_stopping_the_server_is_no_crash() -> None:
    """However often a server is stopped, its work is never given up for it."""
    story = Story()
    for attempt in range(1, MAX_CRASHES + 3):
        story.start(WRITING, attempt)
        story.abandon(WRITING, attempt, AbandonReason.SHUTDOWN)
    assert story.now.status == Status.RUNNING


def test_cancel_puts_down_all_work_and_keeps_what_is_made() -> None:
    """Work in hand and work that waits is abandoned in the same batch; finished pages stay."""
    story = Story()
    story.start(WRITING)
    story.write(0, 1)
    story.make(picture_of(0))
    assert story.do(partial(cancel_run, cancelled_by="me")) == [
        StageAbandoned(Stage.LLM, None, 1, AbandonReason.CANCEL),
        StageAbandoned(Stage.PANEL_1, 1, 1, AbandonReason.CANCEL),
        RunCancelled("me"),
    ]
    assert story.now.status == Status.CANCELLED
    assert story.now.ready_max_page == 0
    with pytest.raises(StaleAttempt):
        story.write(2)


def test_a_cancelled_run_can_be_retried() -> None:
    """It goes on with the work that was put down."""
    story = Story()
    story.start(WRITING)
    story.write(0)
    story.do(cancel_run)
    assert [(e.stage, e.attempt) for e in story.do(retry_run) if isinstance(e, StageRequested)] == [
        (Stage.LLM, 2),
        (Stage.COVER, 2),
    ]


def test_an_ended_run_cannot_be_cancelled() -> None:
    """A second cancel is refused, and so is one that comes too late."""
    with pytest.raises(Refused, match="DONE"):
        cancel_run(done().run)


# --------------------------------------------------------------------------------- retention, rest


def test_only_files_of_ended_runs_are_pruned_and_only_once() -> None:
    """Pruning names files that exist; nothing follows from pruning them again."""
    with pytest.raises(Refused):
        prune_artifacts(written().run, ["cover.png"])
    story = done()
    prune = partial(prune_artifacts, names=["cover.png", "elsewhere.png"])
    assert story.do(prune) == [ArtifactsPruned(("cover.png",))]
    assert story.do(prune) == []
    assert story.now.ready_max_page == LAST_PAGE


def test_a_run_whose_files_are_gone_is_not_retried() -> None:
    """It would never become a whole book again."""
    story = Story()
    story.start(WRITING)
    story.write(0)
    story.make(picture_of(0))
    story.do(cancel_run)
    story.do(partial(prune_artifacts, names=["cover.png"]))
    with pytest.raises(Refused, match="retention"):
        story.do(retry_run)


def test_a_pinned_run_is_not_pruned_until_it_is_given_back() -> None:
    """Nothing follows from pinning it twice, or from giving back what is not pinned."""
    story = done()
    assert story.do(partial(unpin_run, unpinned_by="mina")) == []
    assert story.do(partial(pin_run, pinned_by="mina")) == [RunPinned("mina")]
    assert story.do(pin_run) == []
    prune = partial(prune_artifacts, names=["cover.png"])
    with pytest.raises(Refused, match="pinned"):
        story.do(prune)
    assert story.do(unpin_run) == [RunUnpinned()]
    assert story.do(prune) == [ArtifactsPruned(("cover.png",))]


def test_a_run_that_is_forgotten_stops_first() -> None:
    """What is in hand is put down; one that has ended, or cannot be read, only is forgotten."""
    stopped = forget_run(written().run, "ward")
    assert stopped[-2:] == [RunCancelled("ward"), RunForgotten("ward")]
    assert {type(it) for it in stopped[:-2]} == {StageAbandoned}
    assert forget_run(done().run) == forget_run(None) == [RunForgotten()]


# ------------------------------------------------------------------------------------------ repair


def test_the_cast_comes_with_the_cover_and_stays() -> None:
    """Who comes from another book is there from the request on, everybody from the cover on; a
    picture is of one of them, and is the same once."""
    hero, other = CastMember("토끼", "rabbit", saved_as="우리토끼"), CastMember("곰", "bear")
    run = fold(request_run(None, REQUEST, 7, None, cast=(hero,)))
    assert run is not None and run.cast == (hero,)
    run = fold(start_stage(run, WRITING, 1, worker="w", engine=ENGINE), run)
    run = fold(write_page(run, 1, page(0), (hero, other)), run)
    run = fold(write_page(run, 1, page(1)), run)
    assert run is not None and run.cast == (hero, other)
    picture = ReferencePicture("cast_1.png", "ab" * 32, 3)
    (given,) = give_cast_picture(run, other, picture, "mina")
    shown = msgspec.structs.replace(other, pictures=(picture,))
    assert given == CastPictureGiven(shown, "mina")
    run = fold([given], run)
    assert run is not None and run.cast == (hero, shown)
    assert give_cast_picture(run, shown, picture) == []


def test_a_character_is_saved_and_released() -> None:
    """Saved as often as that is said: the name may be another book's meanwhile. Nobody who is not
    saved is released."""
    hero = CastMember("토끼", "rabbit")
    run = fold(request_run(None, REQUEST, 7, None))
    assert release_character(run, "해피") == []
    saved = save_character(run, "해피", hero, "mina")
    assert saved == [CharacterSaved("해피", hero, "mina")]
    run = fold(saved, run)
    assert run is not None and run.saved == {"해피": hero}
    assert save_character(run, "해피", hero) == [CharacterSaved("해피", hero)]
    released = release_character(run, "해피")
    assert released == [CharacterReleased("해피")]
    after = fold(released, run)
    assert after is not None and after.saved == {}


def remake(work: Work, remade: Artifact) -> Callable[[Run | None], list[Event]]:
    return partial(
        remake_artifact,
        work=work,
        remade=remade,
        previous=artifact(work),
        engine=ENGINE,
        made_from=MadeFrom("a view", 7),
        damage="is missing",
    )


@pytest.mark.parametrize("end", ["DONE", "FAILED", "CANCELLED"])
def test_a_file_of_an_ended_run_is_made_again(end: str) -> None:
    """One event with the new file; the run stands as before, and serves the new digest."""
    cover = picture_of(0)
    story = written()
    story.make(*(picture_of(number) for number in PAGES if number != LAST_PAGE))
    last = picture_of(LAST_PAGE)
    story.start(last)
    match end:
        case "DONE":
            story.finish(last)
        case "FAILED":
            story.fail(last, FINAL)
        case _:
            story.do(cancel_run)
    before = story.now
    assert before.status == end
    other = msgspec.structs.replace(artifact(cover), size=11, sha256="cd" * 32)
    assert story.do(remake(cover, other)) == [
        ArtifactRemade(
            *(cover.stage, 0, other, ENGINE, MadeFrom("a view", 7)),
            previous_sha256="ab" * 32,
            damage="is missing",
        )
    ]
    assert story.now.artifact(cover) == other
    assert msgspec.structs.replace(story.now, version=0, work={}) == msgspec.structs.replace(
        before, version=0, work={}
    )
    assert story.now.ready_max_page == before.ready_max_page
    assert list(story.now.work) == list(before.work)


def test_a_file_that_comes_out_the_same_has_one_digest() -> None:
    """`previous_sha256` is told where it differs."""
    (event,) = done().do(remake(picture_of(1), artifact(picture_of(1))))
    assert isinstance(event, ArtifactRemade) and event.previous_sha256 == ""


def test_a_file_is_not_made_again_while_the_run_goes_on() -> None:
    """Its files are in the runner's hand."""
    story = written()
    story.make(picture_of(0))
    with pytest.raises(Refused, match="RUNNING"):
        story.do(remake(picture_of(0), artifact(picture_of(0))))


def test_what_retention_has_removed_is_not_made_again() -> None:
    """It was not lost; and neither can be what was never made."""
    story = done()
    story.do(partial(prune_artifacts, names=["cover.png"]))
    kept = [work for work, _ in kept_artifacts(story.run).values()]
    assert kept == [picture_of(number) for number in PAGES if number]
    for work in (picture_of(0), narration_of(0)):
        with pytest.raises(StaleAttempt):
            story.do(remake(work, artifact(work)))


def test_of_two_repairs_of_a_file_one_wins() -> None:
    """The other one began from a digest that is history."""
    story = done()
    other = msgspec.structs.replace(artifact(picture_of(0)), sha256="cd" * 32)
    story.do(remake(picture_of(0), other))
    with pytest.raises(StaleAttempt):
        story.do(remake(picture_of(0), msgspec.structs.replace(other, sha256="ef" * 32)))


def test_there_must_be_a_run() -> None:
    """Every decision but a request needs an existing run."""
    for decide in (cancel_run, retry_run):
        with pytest.raises(NoSuchRun):
            decide(None)


def test_events_that_make_no_run_are_told() -> None:
    """It begins with its request and has one, and nothing is made again that was never made."""
    requested = RunRequested(REQUEST, 7)
    remade = ArtifactRemade(Stage.COVER, 0, artifact(picture_of(0)), EngineInfo("painter"))
    with pytest.raises(InvalidHistory):
        fold([RunCompleted()])
    with pytest.raises(InvalidHistory):
        fold([requested, requested])
    with pytest.raises(InvalidHistory, match=r"cover\.png was made again, and never made"):
        fold([requested, remade])


def test_the_run_is_the_fold_of_its_events() -> None:
    """Folding from the start gives what folding batch by batch gave."""
    story = done()
    assert fold(story.events) == story.run
    assert isinstance(story.events[-1], RunCompleted)
    assert isinstance(story.events[2], StageStarted)
    assert isinstance(story.events[-2], StageCompleted)


# ------------------------------------------------------------------------------------ taken in


IMPORTED = RunImported("f" * 32, 2, "ab" * 32, languages=("en",))


def file_has(*works: Work) -> list[Event]:
    """What a file has of a book: all its text, and what was made by these works."""
    told: list[Event] = [
        PageWritten(it.page, 0, it.title, it.summary, image_prompt=it.image_prompt, kept=True)
        for it in map(page, PAGES)
    ]
    told.append(StageCompleted(WRITING.stage, None, 0))
    for number in PAGES:
        told.append(PageTranslated(number, "en", 0, summary="Hello.", kept=True))
    made = [
        StageCompleted(it.stage, it.page, 0, artifact(it), language=it.language) for it in works
    ]
    return [*told, *made]


def test_a_book_from_a_file_is_done_at_once() -> None:
    """With all its languages, in one append; it is changed, pruned and forgotten like any other."""
    works = [*map(picture_of, PAGES), *map(narration_of, PAGES)]
    works += [narration_of(number, "en") for number in PAGES]
    asked = RunRequested(REQUEST, 7, TtsConfig())
    events = import_run(None, asked, IMPORTED, file_has(*works))
    assert (events[:2], events[-1]) == ([asked, IMPORTED], RunCompleted())
    run = fold(events)
    assert run is not None
    assert (run.status, run.languages, run.is_whole) == (Status.DONE, ("ko", "en"), True)
    assert prune_artifacts(run, ["page_1.en.wav"]) == [ArtifactsPruned(("page_1.en.wav",))]
    assert forget_run(run) == [RunForgotten()]
    with pytest.raises(Refused, match="there already"):
        import_run(run, asked, IMPORTED, file_has(*works))


def test_a_file_without_all_of_a_book_is_stopped_as_it_is() -> None:
    """Nothing is made of it before somebody asks for that; then what is missing is."""
    works = list(map(picture_of, PAGES[1:]))
    events = import_run(None, RunRequested(REQUEST, 7), IMPORTED, file_has(*works))
    assert events[-1] == RunCancelled()
    run = fold(events)
    assert run is not None and run.status is Status.CANCELLED
    wanted = [it.work for it in retry_run(run) if isinstance(it, StageRequested)]
    assert wanted == [picture_of(0)]
