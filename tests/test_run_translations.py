"""The rules of a book in two languages: given an edition, when it is translated, then events."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from storybook.book import (
    Artifact,
    Dialogue,
    Page,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
    rewriting_of,
    split_edition,
    split_language,
    translation_of,
)
from storybook.events.catalog import (
    AbandonReason,
    EditionRequested,
    Event,
    PageChange,
    PageRefused,
    PageTranslated,
    PageWritten,
    Problem,
    RunCompleted,
    RunFailed,
    StageCompleted,
    StageRequested,
)
from storybook.run import (
    EditionRequest,
    InvalidHistory,
    PageEdit,
    Refused,
    Status,
    cancel_run,
    complete_stage,
    defer_stage,
    evolve,
    kept_artifacts,
    refuse_page,
    remake_artifact,
    request_edition,
    restore_edition,
    retry_run,
    rewrite_page,
    translate_page,
)
from tests.books import LAST_PAGE, PAGES
from tests.test_run import ENGINE, FINAL, TRANSIENT, Story, done, page
from tests.test_run_editions import ask, make, read_aloud, wanted

EN = "en"


def english(number: int, more: str = "") -> Page:
    """A page as a translator gives it."""
    if number == 0:
        return Page(0, title=f"Rabbit and Tiger{more}")
    line = Dialogue("Rabbit", "Hello!")
    return Page(number, summary=f'Rabbit said, "Hello!"{more}', dialogues=(line,))


def last_attempt(story: Story, work: Work) -> int:
    state = story.now.work[work]
    return state.attempt


def translate(story: Story, number: int, more: str = "") -> list[Event]:
    """Start and finish a translation that waits."""
    work = translation_of(number, EN)
    attempt = last_attempt(story, work)
    story.start(work, attempt)
    given = partial(translate_page, attempt=attempt, page=english(number, more), language=EN)
    return story.do(given)


def bilingual(tts: TtsConfig | None = None) -> Story:
    """A whole book in two languages."""
    story = read_aloud() if tts is not None else done()
    ask(story, add_language=EN)
    for number in PAGES:
        translate(story, number)
    for number in PAGES if tts is not None else ():
        make(story, narration_of(number, EN), 1)
    assert story.now.status is Status.DONE
    return story


def test_a_language_is_added_page_by_page() -> None:
    """One page after the other is translated, each is read aloud as soon as it is; the book's own
    text, voices and pictures stay, and readers see the edition before."""
    story = read_aloud()
    before = dict(story.now.work)
    new = ask(story, add_language=EN, added_voices={"Rabbit": "F2"})
    assert new == [
        EditionRequested(2, 1, requested_by="me", add_language=EN, added_voices={"Rabbit": "F2"}),
        StageRequested(translation_of(0, EN).stage, 0, 1, language=EN),
    ]
    assert story.now.languages == ("ko", EN) and story.now.shown.languages == ("ko",)
    assert wanted(translate(story, 0)) == [translation_of(1, EN), narration_of(0, EN)]
    new = translate(story, 1)
    said = Dialogue("Rabbit", "Hello!", "F2")
    told = english(1).summary
    assert new[0] == PageTranslated(1, EN, 1, summary=told, dialogues=(said,))
    assert new[1] == StageCompleted(translation_of(1, EN).stage, 1, 1, language=EN)
    for number in PAGES[2:]:
        translate(story, number)
    for number in PAGES:
        made = make(story, narration_of(number, EN), 1)
        assert made.name == f"page_{number}.en.e2.wav"
    assert story.events[-1] == RunCompleted()
    assert all(story.now.work[it] == state for it, state in before.items())
    assert story.now.shown.page_in(1, EN) == Page(1, summary=told, dialogues=(said,))
    assert story.now.shown.page_in(1) == story.now.pages[1]
    assert story.now.ready_max_audio_page == LAST_PAGE
    assert [story.now.added_as(it) for it in ("ko-KR", "EN", "fr")] == ["", EN, None]


def test_a_silent_book_is_translated_and_no_more() -> None:
    """It is whole with the last page's text."""
    story = bilingual()
    assert story.events[-1] == RunCompleted()
    assert not any(work.language for work, _ in story.now.files.values())


def test_a_translation_fails_waits_and_is_stopped_as_all_work_is() -> None:
    """Each attempt is of that page in that language; the edition fails for it, and is retried."""
    story = read_aloud()
    work = translation_of(0, EN)
    ask(story, add_language=EN)
    story.start(work)
    story.do(partial(defer_stage, work=work, attempt=1, engine=ENGINE, why="away"))
    story.start(work)
    problems = [Problem("language", "expected English")]
    new = story.do(partial(refuse_page, attempt=1, page=page(0), problems=problems, work=work))
    assert new[-1] == PageRefused(0, 1, tuple(problems), page(0).title, language=EN)
    story.fail(work, TRANSIENT)
    story.start(work, 2)
    story.abandon(work, 2, AbandonReason.SHUTDOWN)
    story.start(work, 3)
    story.fail(work, FINAL, 3)
    failed: list[Event] = [RunFailed(FINAL, work.stage, 0, language=EN)]
    assert story.events[-1:] == failed
    assert story.now.shown.edition == 1
    assert wanted(story.do(retry_run)) == [work]
    story.do(cancel_run)
    assert not story.now.is_complete(translation_of(0, EN))


def test_a_translation_is_done_only_with_its_text() -> None:
    """Else the page would have none in that language, and nobody would know."""
    story = done()
    ask(story, add_language=EN)
    story.start(translation_of(0, EN))
    with pytest.raises(Refused, match="translate_page"):
        story.do(lambda run: complete_stage(run, translation_of(0, EN), 1))
    with pytest.raises(Refused, match="no text"):
        story.do(partial(translate_page, attempt=1, page=Page(0), language=EN))


def test_a_changed_text_is_translated_anew_and_then_read_anew() -> None:
    """The page's own voice begins at once, the other one once there is a text for it."""
    story = bilingual(TtsConfig())
    new = ask(story, PageEdit(1, summary="토끼가 잤어요."))
    assert wanted(new) == [translation_of(1, EN), narration_of(1)]
    assert story.now.page_in(1, EN) == story.now.shown.page_in(1, EN), "until the new one is there"
    assert wanted(translate(story, 1, " Good night.")) == [narration_of(1, EN)]
    make(story, narration_of(1))
    make(story, narration_of(1, EN))
    assert story.now.status is Status.DONE


def test_a_translation_that_comes_out_the_same_is_not_read_again() -> None:
    """Its voice stands as it was made."""
    story = bilingual(TtsConfig())
    before = story.now.artifact(narration_of(1, EN))
    ask(story, PageEdit(1, summary="토끼가 잤어요."))
    assert not wanted(translate(story, 1))
    make(story, narration_of(1))
    assert story.now.status is Status.DONE
    assert story.now.artifact(narration_of(1, EN)) == before


def test_a_rewritten_page_is_translated_after_it() -> None:
    """Its text is another; what is read aloud of it in either language waits."""
    story = bilingual(TtsConfig())
    new = ask(story, PageEdit(2, rewrite="더 웃기게"), PageEdit(2, revoice=True, language=EN))
    assert wanted(new) == [rewriting_of(2)]
    story.start(rewriting_of(2))
    other = Page(2, summary="토끼가 웃었어요.", image_prompt="A laughing rabbit.")
    new = story.do(partial(rewrite_page, attempt=1, page=other))
    assert wanted(new) == [translation_of(2, EN), picture_of(2), narration_of(2)]


def test_pictures_and_their_descriptions_are_of_no_language() -> None:
    """Nothing is translated for them; nor for other voices, which all read again."""
    story = bilingual(TtsConfig())
    assert wanted(ask(story, PageEdit(1, image_prompt="A view."), PageEdit(2, repaint=True))) == [
        picture_of(1),
        picture_of(2),
    ]
    story.do(cancel_run)
    new = ask(story, tts=TtsConfig(narrator_voice="F2", character_voices={"Rabbit": "F1"}))
    assert wanted(new) == [narration_of(n, it) for it in ("", EN) for n in PAGES]
    told = story.now.page_in(1, EN)
    assert told is not None and told.dialogues[0].voice == "F1"


def test_a_voice_is_heard_again_in_one_language() -> None:
    """That of the language that is meant."""
    story = bilingual(TtsConfig())
    new = ask(story, PageEdit(1, revoice=True, language=EN))
    assert new[0] == EditionRequested(
        3, 2, (PageChange(1, revoice=True, language=EN),), requested_by="me"
    )
    assert wanted(new) == [narration_of(1, EN)]


def test_a_translation_by_hand_stands_as_it_is_given() -> None:
    """With the book's own text or without it; it is read aloud, and not translated."""
    story = bilingual(TtsConfig())
    given = PageEdit(1, summary="Rabbit slept.", language=EN)
    new = ask(story, given)
    assert new[1] == PageTranslated(1, EN, 0, summary="Rabbit slept.")
    assert wanted(new) == [narration_of(1, EN)]
    make(story, narration_of(1, EN))
    new = ask(story, PageEdit(1, summary="Rabbit ran.", language=EN), PageEdit(1, summary="깡충!"))
    assert [type(it) for it in new[1:3]] == [PageWritten, PageTranslated]
    assert wanted(new) == [narration_of(1), narration_of(1, EN)]
    assert len([it for it in story.events if it == new[2]]) == 1


def test_a_whole_translation_by_hand_needs_no_writer() -> None:
    """The edition is whole at once if the book is silent."""
    story = done()
    texts = [PageEdit(0, title="A", language=EN)]
    texts += [PageEdit(n, summary=f"Page {n}.", language=EN) for n in PAGES[1:]]
    new = ask(story, *texts, add_language=EN)
    assert isinstance(new[-1], RunCompleted) and not wanted(new)
    assert story.now.shown.page_in(2, EN) == Page(2, summary="Page 2.")


@pytest.mark.parametrize(
    ("edits", "more", "why"),
    [
        ((PageEdit(1, summary="A."), PageEdit(1, title="B")), {}, "once"),
        ((PageEdit(1, summary="A.", language="fr"),), {}, "not in 'fr'"),
        ((PageEdit(1, rewrite="x", language=EN),), {}, "nothing else"),
        ((PageEdit(1, repaint=True, language=EN),), {}, "nothing else"),
        ((PageEdit(1, image_prompt="x", language=EN),), {}, "nothing else"),
        ((PageEdit(1, rewrite="x"), PageEdit(1, summary="A.", language=EN)), {}, "not both"),
        ((PageEdit(1, summary=english(1).summary, language=EN),), {}, "nothing of the book"),
        ((), {"add_language": EN}, "already"),
        ((), {"add_language": "ko"}, "already"),
    ],
)
def test_a_change_in_two_languages_makes_sense(
    edits: tuple[PageEdit, ...], more: dict[str, Any], why: str
) -> None:
    """A page has a text and a voice in each, and is named once in each."""
    with pytest.raises(Refused, match=why):
        ask(bilingual(), *edits, **more)


def test_any_edition_is_given_back_with_its_languages() -> None:
    """Also the one in which the book had but one; its files stay, and attempts go on counting."""
    story = bilingual(TtsConfig())
    second = story.now
    story.do(partial(restore_edition, edition=1))
    assert story.now.languages == ("ko",) and len(story.now.files) == 15
    story.do(partial(restore_edition, edition=2))
    assert (story.now.translations, [*story.now.artifacts]) == (
        second.translations,
        [*second.artifacts],
    )
    ask(story, PageEdit(1, summary="Rabbit slept.", language=EN))
    make(story, narration_of(1, EN))
    story.do(partial(restore_edition, edition=1))
    assert wanted(ask(story, add_language=EN)) == [translation_of(0, EN)]
    assert last_attempt(story, translation_of(0, EN)) == 2


def test_a_text_in_an_added_language_makes_another_book() -> None:
    """Which can be taken back though nothing else is another."""
    story = bilingual()
    ask(story, PageEdit(1, summary="Rabbit slept.", language=EN))
    story.do(partial(restore_edition, edition=2))
    told = story.now.page_in(1, EN)
    assert told is not None and told.summary == english(1).summary


def test_an_edition_that_was_stopped_leaves_no_language() -> None:
    """The next begins with the last whole one."""
    story = read_aloud()
    ask(story, add_language=EN)
    translate(story, 0)
    story.do(cancel_run)
    assert story.now.shown.languages == ("ko",)
    ask(story, PageEdit(1, repaint=True))
    assert story.now.languages == ("ko",)


def test_a_lost_voice_is_made_again_in_its_language() -> None:
    """In its place, in every edition that has it."""
    story = bilingual(TtsConfig())
    work, before = kept_artifacts(story.run)["page_1.en.e2.wav"]
    assert work == narration_of(1, EN)
    remade = Artifact(before.name, before.media_type, 12, "ef" * 32)
    again = partial(remake_artifact, work=work, remade=remade, previous=before, engine=ENGINE)
    story.do(again)
    assert story.now.artifact(work) == remade
    assert story.now.artifact(narration_of(1)) != remade


def test_history_has_no_translation_of_nothing() -> None:
    """It was written by something else."""
    with pytest.raises(InvalidHistory, match="not in 'fr'"):
        evolve(bilingual().now, PageTranslated(1, "fr", 1, summary="Oui."))


def test_a_stale_translation_is_refused() -> None:
    """The fence is the attempt, as of all work."""
    story = bilingual()
    with pytest.raises(Refused, match="not in hand"):
        story.do(partial(translate_page, attempt=1, page=english(1), language=EN))
    ask(story, PageEdit(1, summary="토끼가 잤어요."))
    with pytest.raises(Refused, match="wait until"):
        request_edition(story.run, EditionRequest(3), seed=0)


def test_the_name_of_a_voice_tells_its_language() -> None:
    """Beside its edition."""
    for language in ("", EN, "fr"):
        for edition in (1, 2, 1000):
            name, made_in = split_edition(artifact_name(narration_of(3, language), edition))
            assert (split_language(name), made_in) == (("page_3.wav", language), edition)
    assert artifact_name(narration_of(1, EN), 3) == "page_1.en.e3.wav"
    assert str(narration_of(1, EN)) == "TTS[1, en]" != str(narration_of(1))
