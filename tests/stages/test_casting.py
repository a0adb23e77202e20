"""The cast of a book: settled with its cover, and the same in the next book."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import pytest

from storybook.book import (
    WRITING,
    CastMember,
    FigureParameters,
    Page,
    ReferencePicture,
    StoryRequest,
    TtsConfig,
    picture_of,
)
from storybook.characters import heroes_of
from storybook.composer.compose import compose
from storybook.deriving import wanted_book, with_voices_cast
from storybook.events.catalog import EngineInfo
from storybook.lexicon import cast
from storybook.lexicon.heroes import named_among
from storybook.new_run import check_new_run
from storybook.painter.creatures.look import figure_of, look_of, looks_of
from storybook.painter.reading import read_scene
from storybook.painter.scene import Actor
from storybook.projections.characters import SavedCharacter
from storybook.run import (
    Run,
    fold,
    give_cast_picture,
    request_run,
    start_stage,
    write_page,
)
from storybook.stages.casting import cast_of, settled_cast
from storybook.stages.narrator.espeak.voices import SOUNDS
from storybook.stages.narrator.utterances import utterances
from storybook.stages.tasks import painting_task
from tests.projections.histories import run_name

FOREST: Final = StoryRequest(
    "조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정"
)
VOICES: Final = TtsConfig(character_voices={"토끼": "F2", "호랑이": "M4"})
FIGURES: Final = Path(__file__).parent / "figures.json"
FIRST_RUN: Final = run_name(1)


def written(
    request: StoryRequest,
    seed: int,
    tts: TtsConfig | None,
    heroes: tuple[CastMember, ...] = (),
) -> Run:
    """A run whose text the composer has written."""
    run = fold(request_run(None, request, seed, tts, cast=heroes))
    cards = {it.name: it.card for it in heroes}
    run = fold(start_stage(run, WRITING, 1, worker="w", engine=EngineInfo("composer")), run)
    for page in compose(request, seed, cards):
        assert run is not None
        members = settled_cast(run, page) if page.page == 0 else ()
        run = fold(write_page(run, 1, page, members), run)
    assert run is not None
    return run


def saved(run: Run) -> list[SavedCharacter]:
    """All of a run's characters, saved as 우리토끼 and the like."""
    return [SavedCharacter(f"우리{it.name}", FIRST_RUN, 0, it) for it in run.cast]


def second_book(first: Run) -> Run:
    """Another story with the first one's heroes: seed, place, era and topic are others."""
    names = [f"우리{it.name}" for it in first.cast]
    asked = check_new_run(
        {
            "era": "미래",
            "place": "바닷가",
            "characters": "용감한 거북이",
            "topic": "용기",
            "seed": 99,
            "cast": names,
        }
    )
    known = heroes_of(asked.cast, saved(first))
    wanted = with_voices_cast(wanted_book(asked, known), SOUNDS, {})
    return written(wanted.asked.request, 99, wanted.asked.tts, wanted.heroes)


def test_the_cast_is_settled_with_the_cover() -> None:
    """Everybody, in the order of the request, with the card that stands in every prompt."""
    run = written(FOREST, 7, VOICES)
    rabbit, tiger = run.cast
    assert (rabbit.name, rabbit.kind, rabbit.description) == ("토끼", "rabbit", "호기심 많은")
    assert [it.voice for it in run.cast] == ["F2", "M4"]
    for page in run.pages:
        assert rabbit.card in page.image_prompt.lower(), page.page
    assert tiger.figure is not None and tiger.figure.kind == "tiger"


def test_a_voice_may_be_given_by_the_name_in_the_story() -> None:
    """In an English book, Rabbit is the request's 토끼."""
    tts = TtsConfig(character_voices={"Rabbit": "F2"}, lang="en")
    run = fold(request_run(None, FOREST, 7, tts, language="en"))
    assert run is not None
    members = settled_cast(run, compose(FOREST, 7)[0])
    assert [(it.name, it.voice) for it in members] == [("토끼", "F2"), ("호랑이", "M1")]


def test_a_second_book_has_the_heroes_of_the_first() -> None:
    """Side by side, figure by figure and by voice; and who joins them is told from both."""
    first = written(FOREST, 7, VOICES)
    second = second_book(first)
    assert second.request.characters == "호기심 많은 토끼, 겁 많은 호랑이, 용감한 거북이"
    *heroes, turtle = second.cast
    for before, after in zip(first.cast, heroes, strict=True):
        assert (after.figure, after.card, after.voice) == (
            before.figure,
            before.card,
            before.voice,
        )
        assert (after.saved_as, after.origin) == (f"우리{before.name}", FIRST_RUN)
        for page in second.pages[:1]:
            assert before.card in page.image_prompt.lower()
    assert turtle.name == "거북이" and not turtle.origin
    cloths = [it.figure.cloth for it in second.cast if it.figure is not None]
    assert len(set(cloths)) == 3
    spoken = [it for page in second.pages for it in utterances(page, second.tts or TtsConfig())]
    voices = {it.speaker: it.voice for it in spoken if it.speaker in ("토끼", "호랑이")}
    assert voices and all(VOICES.character_voices[name] == it for name, it in voices.items())


def test_the_painter_draws_the_recorded_figures() -> None:
    """Another seed, place and dress make no other rabbit; without the record they would."""
    first = written(FOREST, 7, VOICES)
    second = second_book(first)

    def looks(run: Run, *, is_recorded: bool) -> dict[str, FigureParameters]:
        task = painting_task(run, picture_of(0))
        figures = {it.name: it.figure for it in task.cast if it.figure is not None}
        known = figures if is_recorded else {}
        scene = read_scene(task.page, task.request, task.seed, task.page_count, known)
        found = looks_of(scene.cast, scene.dress, scene.seed)
        return {it.name: figure_of(look) for it, look in zip(scene.cast, found, strict=True)}

    before, after = looks(first, is_recorded=True), looks(second, is_recorded=True)
    assert {name: after[name] for name in before} == before
    by_seed = looks(second, is_recorded=False)
    assert all(by_seed[name] != before[name] for name in before)


def test_stored_figures_are_drawn_as_they_were_stored() -> None:
    """Figures of every form, as an earlier painter recorded them: their parameters come out of a
    look as they went in, whatever the kind has become and whatever seed and era say."""
    stored = msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, FigureParameters])
    assert len(stored) >= 8
    for name, figure in stored.items():
        actor = Actor(name, "bear", garment="cap", coat=(0.0, 0.0, 0.0), figure=figure)
        for era, seed in (("ancient", 1), ("future", 2)):
            look = look_of(actor, era, seed)  # type: ignore[arg-type]  # the loop's text is an Era
            assert figure_of(look) == figure, name
            assert looks_of((actor, actor), "modern", seed)[1] == look


def test_an_old_run_has_a_cast_when_somebody_asks() -> None:
    """One whose events say nothing of a cast: derived as it would have been recorded. What was
    recorded of one character since is kept."""
    new = written(FOREST, 7, VOICES)
    old = msgspec.structs.replace(new, cast=())
    assert cast_of(old) == new.cast
    assert painting_task(old, picture_of(0)).cast == ()
    changed = msgspec.structs.replace(new.cast[1], card="a blue tiger")
    given = fold(give_cast_picture(old, changed, ReferencePicture("cast_1.png", "ab", 3)), old)
    assert given is not None
    rabbit, tiger = cast_of(given)
    assert rabbit == new.cast[0]
    assert (tiger.card, [it.name for it in tiger.pictures]) == ("a blue tiger", ["cast_1.png"])


def test_who_got_another_voice_later_comes_back_with_that() -> None:
    """A book's voices may be changed in any edition; its looks stay those of its cover."""
    first = written(FOREST, 7, VOICES)
    asked = msgspec.structs.replace(VOICES, character_voices={"토끼": "F5"}, narrator_voice="M3")
    later = msgspec.structs.replace(first, tts=asked)
    assert [it.voice for it in cast_of(later)] == ["F5", "M3"]
    second = second_book(msgspec.structs.replace(later, cast=cast_of(later)))
    rabbit, tiger, turtle = (it.voice for it in second.cast)
    assert (rabbit, tiger) == ("F5", "M3") and turtle not in ("F5", "M3", "M1")
    silent = msgspec.structs.replace(first, tts=None)
    assert cast_of(silent) == first.cast


def test_before_the_cover_only_heroes_are_there() -> None:
    """Nobody knows yet what the others look like."""
    hero = CastMember("토끼", "rabbit", "토끼", saved_as="우리토끼")
    run = fold(request_run(None, FOREST, 7, None, cast=(hero,)))
    assert run is not None and cast_of(run) == (hero,)


NAMED = [
    ("토끼(토토)", "토끼 토토", "토토"),
    ("토토: 용감한 토끼", "용감한 토끼 토토", "토토"),
    ("아기 곰", "아기 곰", "아기 곰"),
    ("Tom the cat", "고양이 Tom", "Tom"),
    ("민지", "민지", "민지"),
    ("겁쟁이 사자", "겁쟁이 사자", "사자"),
]


@pytest.mark.parametrize(("asked", "text", "name"), NAMED, ids=[it[0] for it in NAMED])
def test_a_hero_is_named_so_that_it_is_read_back(asked: str, text: str, name: str) -> None:
    """Name and kind, by everybody who reads the cast from the words."""
    (who,) = cast(asked)
    hero = CastMember(who.name, who.kind.en, who.kind.ko, "", who.description)
    words, (called,) = named_among("", [hero])
    assert (words, called.name) == (text, name)
    assert (cast(words)[0].name, cast(words)[0].kind.en) == (who.name, who.kind.en)


@pytest.mark.parametrize("text", ["", "토끼", "우리토끼", "우리토끼, 토끼"])
def test_a_hero_who_is_named_twice_is_there_once(text: str) -> None:
    """By its own name, or the one that it was saved under."""
    hero = CastMember("토끼", "rabbit", "토끼", saved_as="우리토끼")
    assert named_among(text, [hero]) == ("토끼", (hero,))


def test_two_heroes_of_one_name_are_told_apart() -> None:
    """As the words of a request tell two of a kind apart, so that each keeps its own look."""
    red, blue = (CastMember("토끼", "rabbit", "토끼", card=it) for it in ("red", "blue"))
    words, called = named_among("", [red, blue])
    assert (
        [it.name for it in cast(words)] == [it.name for it in called] == ["첫째 토끼", "둘째 토끼"]
    )
    assert [it.card for it in called] == ["red", "blue"]


@pytest.mark.parametrize(
    ("words", "age"),
    [("아기 곰", "baby"), ("할머니", "elder"), ("소년", "child"), ("임금님", "adult"), ("곰", "")],
)
def test_an_age_is_what_the_words_say(words: str, age: str) -> None:
    """And nothing where they say nothing."""
    request = msgspec.structs.replace(FOREST, characters=words)
    run = fold(request_run(None, request, 7, None))
    assert run is not None
    (member,) = settled_cast(run, Page(0, title="x", image_prompt="A cover view."))
    assert member.age == age
    assert member.voice == ""
