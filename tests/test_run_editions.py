"""The rules of changing a finished book: given an edition, when a change, then events."""

from __future__ import annotations

from functools import partial

import pytest

from storybook.book import (
    Artifact,
    Dialogue,
    Page,
    Stage,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
    rewriting_of,
    split_edition,
    with_edition,
)
from storybook.events.catalog import (
    EditionRequested,
    Event,
    PageChange,
    PageWritten,
    Problem,
    RunCompleted,
    StageRequested,
    Submission,
)
from storybook.run import (
    EditionRequest,
    PageEdit,
    Refused,
    StaleAttempt,
    StaleEdition,
    Status,
    cancel_run,
    complete_stage,
    edited,
    prune_artifacts,
    request_edition,
    restore_edition,
    retry_run,
    rewrite_page,
    submit_stage,
)
from tests.books import LAST_PAGE, PAGES
from tests.test_run import TRANSIENT, Story, done, page, written

GIVEN = Submission("http://127.0.0.1:8188", "p1")


def read_aloud() -> Story:
    """A finished book with voices."""
    story = written(TtsConfig())
    story.make(*map(picture_of, PAGES), *map(narration_of, PAGES))
    return story


def ask(story: Story, *pages: PageEdit, base: int | None = None, **others: object) -> list[Event]:
    edition = story.now.edition if base is None else base
    asked = EditionRequest(edition, pages, **others)  # type: ignore[arg-type]
    return story.do(partial(request_edition, asked=asked, seed=9, requested_by="me"))


def wanted(events: list[Event]) -> list[Work]:
    return [it.work for it in events if isinstance(it, StageRequested)]


def make(story: Story, work: Work, attempt: int = 2) -> Artifact:
    """Start and finish work of the edition in hand."""
    made = Artifact(artifact_name(work, story.now.edition), "image/png", 11, "cd" * 32)
    story.start(work, attempt)
    story.do(lambda run: complete_stage(run, work, attempt, made))
    return made


def test_a_repaint_asks_for_one_picture() -> None:
    """Its attempts go on counting; nothing else is made, and the old picture is shown meanwhile."""
    story = done()
    before = story.now.artifact(picture_of(2))
    assert ask(story, PageEdit(2, repaint=True)) == [
        EditionRequested(2, 1, (PageChange(2, repaint=True, seed=9),), requested_by="me"),
        StageRequested(Stage.PANEL_2, 2, 2),
    ]
    assert (story.now.status, story.now.stage) == (Status.QUEUED, Stage.PANEL_2)
    assert story.now.shown.artifact(picture_of(2)) == before
    assert story.now.ready_max_page == LAST_PAGE
    assert story.now.file_of(picture_of(2), 2) == story.now.file_of(picture_of(2)) == before
    made = make(story, picture_of(2))
    assert story.now.file_of(picture_of(2), 2) == story.now.file_of(picture_of(2)) == made
    assert story.now.file_of(picture_of(2), 1) == before
    assert story.now.file_of(picture_of(2), 3) is None
    assert story.events[-1] == RunCompleted()
    assert made.name == "panel_2.e2.png"
    assert story.now.shown.artifact(picture_of(2)) == made
    assert story.now.shown.artifact(picture_of(1)) == story.now.editions[0].artifact(picture_of(1))
    assert story.now.variations == {2: 9}


def test_a_seed_that_is_named_is_taken() -> None:
    """Also 0, which is the book's own chance."""
    story = done()
    ask(story, PageEdit(1, repaint=True, seed=0), PageEdit(2, repaint=True, seed=5))
    assert story.now.variations == {1: 0, 2: 5}


def test_a_text_by_hand_stands_at_once_and_is_read_anew() -> None:
    """Its picture stays; the lines that are still said in it stay, in their voices."""
    story = read_aloud()
    text = '토끼가 웃었어요. "안녕!"'
    new = ask(story, PageEdit(1, summary=text))
    line = Dialogue("토끼", "안녕!", "M1")
    prompt = page(1).image_prompt
    assert new[1] == PageWritten(1, 0, summary=text, dialogues=(line,), image_prompt=prompt)
    assert wanted(new) == [narration_of(1)]
    assert story.now.shown.pages[1] != story.now.pages[1]


def test_a_line_that_is_no_longer_said_goes() -> None:
    """A line stands word for word in its page's text."""
    assert edited(page(1), PageEdit(1, summary="토끼가 잤어요.")).dialogues == ()


def test_a_text_of_a_silent_book_needs_no_work() -> None:
    """The edition is whole at once."""
    story = done()
    assert isinstance(ask(story, PageEdit(0, title="새 제목"))[-1], RunCompleted)
    assert story.now.shown.pages[0].title == "새 제목"
    assert story.now.editions[0].pages[0].title == "토끼와 호랑이"


def test_a_rewriting_comes_before_its_picture_and_its_voice() -> None:
    """A page is rewritten after those before it; a picture that is not its own does not wait."""
    story = read_aloud()
    rewrites = (PageEdit(3, rewrite="더 웃기게"), PageEdit(1, rewrite="짧게"))
    new = ask(story, *rewrites, PageEdit(2, repaint=True))
    assert wanted(new) == [rewriting_of(1), picture_of(2)]
    assert story.now.rewrites == {1: "짧게", 3: "더 웃기게"}
    story.start(rewriting_of(1))
    other = Page(1, summary="토끼가 웃었어요.", image_prompt="A laughing rabbit.")
    new = story.do(partial(rewrite_page, attempt=1, page=other))
    assert wanted(new) == [rewriting_of(3), picture_of(1), narration_of(1)]
    with pytest.raises(StaleAttempt):
        story.do(partial(rewrite_page, attempt=1, page=other))


def test_a_rewriting_is_done_only_with_its_text() -> None:
    """Else the page would be as it was, and nobody would know."""
    story = done()
    ask(story, PageEdit(1, rewrite="짧게"))
    story.start(rewriting_of(1))
    with pytest.raises(Refused, match="with its text"):
        story.do(lambda run: complete_stage(run, rewriting_of(1), 1))


def test_voices_and_style_alone_redo_all_of_their_kind() -> None:
    """Lines get their new voices; a silent book can get a voice."""
    story = read_aloud()
    new = ask(story, tts=TtsConfig(narrator_voice="F2"))
    assert wanted(new) == [narration_of(number) for number in PAGES]
    assert story.now.pages[1].dialogues[0].voice == "F2"
    silent = done()
    new = ask(silent, tts=TtsConfig(), style="ink")
    assert wanted(new) == [*map(picture_of, PAGES), *map(narration_of, PAGES)]
    assert silent.now.style == "ink"


def test_what_changes_nothing_is_refused() -> None:
    """Also the text that stands."""
    story = done()
    same = page(1).summary
    for edits in ((), (PageEdit(1, summary=same),), (PageEdit(1),), (PageEdit(1, revoice=True),)):
        with pytest.raises(Refused, match="nothing"):
            ask(story, *edits)


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ((PageEdit(1, rewrite="x", summary="y"),), "not both"),
        ((PageEdit(9, repaint=True),), "no page 9"),
        ((PageEdit(1, repaint=True), PageEdit(1, revoice=True)), "once"),
        ((PageEdit(1, summary=" "),), "no text"),
    ],
)
def test_a_change_makes_sense(edits: tuple[PageEdit, ...], why: str) -> None:
    """What is asked of a page is asked once, and leaves a page."""
    with pytest.raises(Refused, match=why):
        ask(done(), *edits)


def test_a_book_is_changed_when_it_is_whole() -> None:
    """Not while it is made, and not if it never was."""
    story = written()
    with pytest.raises(Refused, match="RUNNING"):
        ask(story, PageEdit(0, title="새 제목"))
    story.do(cancel_run)
    with pytest.raises(Refused, match="retry it"):
        ask(story, PageEdit(0, title="새 제목"))


def test_a_change_is_of_the_newest_edition() -> None:
    """Whoever has not seen it is told which that is."""
    story = done()
    ask(story, PageEdit(0, title="하나"))
    with pytest.raises(StaleEdition) as stale:
        ask(story, PageEdit(0, title="둘"), base=1)
    assert stale.value.newest == 2


def test_a_cancelled_edition_leaves_the_book_at_the_last_whole_one() -> None:
    """It can be retried until a later one is asked for, which has another number and begins with
    the content before; a report of work of the edition that was given up is stale."""
    story = done()
    ask(story, PageEdit(1, repaint=True), PageEdit(2, repaint=True))
    dropped = make(story, picture_of(1))
    story.start(picture_of(2), 2)
    story.do(cancel_run)
    assert (story.now.status, story.now.shown.edition) == (Status.CANCELLED, 1)
    story.do(retry_run)
    assert wanted(story.events[-1:]) == [picture_of(2)]
    story.do(cancel_run)
    for base in (1, 2):
        again = EditionRequest(base, (PageEdit(2, repaint=True),))
        assert request_edition(story.run, again, seed=9)
    ask(story, PageEdit(2, repaint=True))
    assert story.now.edition == 3
    assert story.now.artifact(picture_of(1)) == story.now.editions[0].artifact(picture_of(1))
    assert story.now.of_edition(2) is None
    assert dropped.name in story.now.files
    with pytest.raises(StaleAttempt):
        story.finish(picture_of(2), 2)


def test_what_an_edition_gave_away_or_failed_at_says_nothing_of_the_next() -> None:
    """A server's picture is of what was asked then; and each edition has its own tries."""
    story = done()
    ask(story, PageEdit(2, repaint=True))
    story.start(picture_of(2), 2)
    story.do(partial(submit_stage, work=picture_of(2), attempt=2, submission=GIVEN))
    story.fail(picture_of(2), TRANSIENT, 2)
    story.start(picture_of(2), 3)
    story.do(partial(submit_stage, work=picture_of(2), attempt=3, submission=GIVEN))
    story.do(cancel_run)
    assert story.now.submissions and story.now.failures
    ask(story, PageEdit(2, repaint=True))
    assert not story.now.submissions
    assert not story.now.failures
    assert story.events[-1] == StageRequested(Stage.PANEL_2, 2, 4)


def test_an_edition_is_restored_without_work() -> None:
    """Its files are referred to; later work counts its attempts on."""
    story = done()
    first = story.now
    ask(story, PageEdit(2, repaint=True))
    make(story, picture_of(2))
    assert story.do(partial(restore_edition, edition=1, requested_by="me")) == [
        EditionRequested(3, 2, restores=1, requested_by="me"),
        RunCompleted(),
    ]
    assert list(story.now.artifacts) == list(first.artifacts)
    assert story.now.variations == {}
    assert wanted(ask(story, PageEdit(2, repaint=True)))
    assert story.events[-1] == StageRequested(Stage.PANEL_2, 2, 3)


def test_what_cannot_be_restored() -> None:
    """What was never whole, and what the book is already."""
    story = done()
    with pytest.raises(Refused, match="as it was in edition 1"):
        story.do(partial(restore_edition, edition=1))
    with pytest.raises(Refused, match="no whole edition 2"):
        story.do(partial(restore_edition, edition=2))
    ask(story, PageEdit(2, repaint=True))
    story.do(cancel_run)
    with pytest.raises(Refused, match="no whole edition 2"):
        story.do(partial(restore_edition, edition=2))
    story.do(partial(restore_edition, edition=1))
    assert (story.now.status, story.now.edition) == (Status.DONE, 3)


def test_an_edition_needs_the_files_that_it_refers_to() -> None:
    """Those that retention has removed are of no use to it, unless it makes them anew."""
    story = done()
    ask(story, PageEdit(2, repaint=True))
    make(story, picture_of(2))
    story.do(partial(prune_artifacts, names=["panel_2.png"]))
    ask(story, PageEdit(1, repaint=True))
    make(story, picture_of(1))
    with pytest.raises(Refused, match="retention"):
        story.do(partial(restore_edition, edition=1))
    story.do(partial(prune_artifacts, names=["cover.png"]))
    with pytest.raises(Refused, match="retention"):
        ask(story, PageEdit(1, repaint=True))
    ask(story, style="ink")


def test_accepted_problems_are_recorded() -> None:
    """With who took them upon themselves."""
    problem = Problem("forbidden", "forbidden in a children's book: 칼")
    asked = EditionRequest(1, (PageEdit(0, title="칼"),), accept=True)
    story = done()
    story.do(partial(request_edition, asked=asked, seed=0, requested_by="me", accepted=[problem]))
    assert EditionRequested(2, 1, requested_by="me", accepted=(problem,)) in story.events


def test_the_name_of_a_file_tells_its_edition() -> None:
    """Files of the first edition have none."""
    for work in (picture_of(0), picture_of(3), narration_of(2)):
        for edition in (1, 2, 1000):
            name = artifact_name(work, edition)
            assert split_edition(name) == (artifact_name(work), edition)
            assert with_edition(artifact_name(work), edition) == name
    assert artifact_name(narration_of(1), 3) == "page_1.e3.wav"
