"""The log reads aloud."""

from __future__ import annotations

from storybook.book import (
    WRITING,
    Artifact,
    CastMember,
    StoryRequest,
    TtsConfig,
    narration_of,
    picture_of,
)
from storybook.cli.event_text import sentence
from storybook.events.catalog import (
    EVENT_TYPES,
    AbandonReason,
    ArtifactRemade,
    ArtifactsPruned,
    CastPictureGiven,
    CharacterReleased,
    CharacterSaved,
    EditionRequested,
    EngineInfo,
    Event,
    Fault,
    PageChange,
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
    StageDeferred,
    StageFailed,
    StageRequested,
    StageStarted,
    StageSubmitted,
    Submission,
)

EVENTS: list[Event] = [
    RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7),
    StageRequested(picture_of(2).stage, 2, 3),
    StageStarted(WRITING.stage, None, 1, "w", EngineInfo("painter", "1.0", device="gpu0")),
    StageStarted(WRITING.stage, None, 1, "w", EngineInfo("painter", "1.0"), "comfyui"),
    StageDeferred(picture_of(3).stage, 3, 2, EngineInfo("comfyui", "0.3"), "nobody answers"),
    StageSubmitted(picture_of(0).stage, 0, 1, Submission("http://x", "id")),
    PageWritten(0, 1, title="제목"),
    PageRefused(1, 1, (Problem("length", "too short"), Problem("names", "nobody is named"))),
    StageCompleted(narration_of(1).stage, 1, 1),
    StageFailed(narration_of(0).stage, 0, 1, Fault("kind", "why", False)),
    StageAbandoned(WRITING.stage, None, 1, AbandonReason.CRASH),
    RunCompleted(),
    RunFailed(Fault("kind", "why", False), picture_of(4).stage, 4),
    RunCancelled("somebody"),
    RunRetried(),
    EditionRequested(
        2, 1, (PageChange(0, revoice=True), PageChange(2, "더 웃기게", repaint=True)), note="why"
    ),
    EditionRequested(2, 1, tts=TtsConfig(), style="ink", requested_by="mina"),
    EditionRequested(3, 2, restores=1),
    EditionRequested(4, 3, style=""),
    EditionRequested(5, 4),
    EditionRequested(6, 5, (PageChange(1, revoice=True, language="en"),), add_language="en"),
    PageTranslated(1, "en", 1, summary="Rabbit slept."),
    PageTranslated(0, "en", 0, title="Friends"),
    PageRefused(1, 1, (Problem("language", "expected English"),), language="en"),
    StageRequested(WRITING.stage, 1, 2, language="en"),
    StageCompleted(narration_of(1).stage, 1, 1, language="en"),
    PageWritten(1, 0, summary="글"),
    StageRequested(WRITING.stage, 2, 1),
    ArtifactsPruned(("cover.png",)),
    ArtifactRemade(
        picture_of(0).stage, 0, Artifact("cover.png", "image/png", 3, "00"), EngineInfo("painter")
    ),
    RunPinned("mina"),
    RunUnpinned(),
    CastPictureGiven(CastMember("토토", "rabbit"), "mina"),
    CharacterSaved("우리토끼", CastMember("토토", "rabbit"), "mina"),
    CharacterReleased("우리토끼"),
    RunForgotten("ward"),
    RunImported("0123456789abcdef" * 2, 2, "00", "5aac62a7bd357202" * 4, imported_by="mina"),
    RunImported("0123456789abcdef" * 2, 1, "00"),
    PageTranslated(0, "en", 0, title="Friends", kept=True),
]
SENTENCES = [
    "a book is asked for: 조선 · 숲 · 토끼 · 우정 (seed 7, not to be read aloud)",
    "painting page 2, attempt 3, is wanted",
    "writing begins (painter 1.0 on gpu0)",
    "writing begins (painter 1.0, in place of comfyui)",
    "painting page 3, attempt 2, waits for comfyui: nobody answers",
    "painting the cover was given to http://x as id",
    "the cover is written: 제목",
    "page 1 is refused: too short; nobody is named",
    "reading page 1 aloud is done",
    "reading the cover aloud failed (kind): why",
    "writing was put down (crash)",
    "the book is done",
    "the book failed at painting page 4: why",
    "the book was cancelled by somebody",
    "the book goes on",
    "edition 2 is asked for: the cover read again, page 2 rewritten and repainted (why)",
    "edition 2 is asked for by mina: another voice, another style, 'ink'",
    "edition 3 is asked for: all as in edition 1",
    "edition 4 is asked for: no style",
    "edition 5 is asked for: the text that follows",
    "edition 6 is asked for: language en added, page 1 read again in en",
    "page 1 is translated into en: Rabbit slept.",
    "the cover is written by hand in en: Friends",
    "page 1 is refused in en: expected English",
    "translating page 1 into en, attempt 2, is wanted",
    "reading page 1 aloud in en is done",
    "page 1 is written by hand: 글",
    "rewriting page 2 is wanted",
    "removed by retention: cover.png",
    "cover.png was made again, with the same bytes (painter)",
    "its files are to stay, as mina asked",
    "its files need not stay",
    "토토 got a picture, from mina",
    "토토 was saved as 우리토끼, as mina asked",
    "우리토끼 is saved no more",
    "the book was forgotten, as ward asked",
    "it was taken in from a file, as mina asked: edition 2 of 01234567, signed by key "
    "5aac62a7bd357202…",
    "it was taken in from a file: edition 1 of 01234567",
    "the cover is kept in en: Friends",
]


def test_old_events_are_read_without_the_passwords_that_they_hold() -> None:
    """Older versions recorded the addresses of the settings as they were."""
    painter = EngineInfo("comfyui", device="http://me:hush@a, http://b:hush@c")
    events: list[Event] = [
        StageStarted(picture_of(1).stage, 1, 1, "w", painter),
        StageSubmitted(picture_of(0).stage, 0, 1, Submission("http://me:hush@a", "id")),
        RunFailed(Fault("kind", "http://me:hush@a: it is away", False), picture_of(4).stage, 4),
    ]
    told = [sentence(event) for event in events]
    assert told[0].endswith("(comfyui on http://a, http://c)")
    assert told[1].endswith("was given to http://a as id")
    assert "hush" not in str(told)


def test_every_event_reads_as_a_sentence() -> None:
    """The log reads aloud as a story; a new event type needs a sentence here."""
    assert {type(event) for event in EVENTS} == set(EVENT_TYPES.values())
    assert [sentence(event) for event in EVENTS] == SENTENCES
