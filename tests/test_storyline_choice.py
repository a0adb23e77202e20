"""Which story a book tells is chosen when it is asked for, and recorded."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from storybook.application import Application
from storybook.book import CAST, StoryRequest, TtsConfig
from storybook.bootstrap import open_application
from storybook.composer.choosing import choice
from storybook.composer.engine import Composer, pages_of
from storybook.composer.realms import OUTDOORS
from storybook.composer.storylines import by_name
from storybook.engines import TellsStories, WritingTask
from storybook.events.catalog import RunRequested
from storybook.new_run import NewRun
from storybook.projections.storylines import LATELY, digest_of, next_storyline
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from tests.books import new_run
from tests.engines import NoTranscriber, Scripted

pytestmark = pytest.mark.anyio
EATING = StoryRequest("현대", "집", "토끼와 곰", "편식")
SILENT = Settings(limits=Limits(shutdown_seconds=0))


async def requested(application: Application, asked: NewRun) -> RunRequested:
    """What stands in the log of a request."""
    run_id = await application.request_run(asked)
    first = (await application.log.read_run(run_id))[0].event
    assert isinstance(first, RunRequested)
    return first


def engines() -> Engines:
    """Scripted engines, but for the writer."""
    scripted = Scripted()
    others = scripted.illustrator, scripted.narrator, NoTranscriber()
    return Engines.only(Composer(), *others)


async def test_the_same_request_gets_the_story_least_lately_told(tmp_path: Path) -> None:
    """Each story that fits comes once before any comes again, also after a restart."""
    fitting = {*Composer().choice(EATING, 1).storylines}
    assert len(fitting) >= 2
    told = []
    for _ in range(2):
        async with open_application(SILENT, tmp_path, engines=engines()) as application:
            for _ in fitting:
                told.append(await requested(application, new_run(EATING)))
    names = [it.storyline for it in told]
    assert {*names[: len(fitting)]} == fitting
    assert names[: len(fitting)] == names[len(fitting) :]
    assert all(it.topic_known for it in told)


async def test_a_seed_fixes_the_story(tmp_path: Path) -> None:
    """However often it was told."""
    async with open_application(SILENT, tmp_path, engines=engines()) as application:
        told = {(await requested(application, new_run(EATING, seed=9))).storyline for _ in range(3)}
    assert told == {Composer().choice(EATING, 9).storylines[0]}


async def test_whom_a_story_brings_along_has_a_voice(tmp_path: Path) -> None:
    """Of its own, cast beside those of the cast, and recorded with the request."""
    asked = new_run(msgspec.structs.replace(EATING, characters="아이", topic="양치질"), TtsConfig())
    asked = msgspec.structs.replace(asked, tts=TtsConfig(dialogue_voice=CAST))
    async with open_application(SILENT, tmp_path, engines=engines()) as application:
        first = await requested(application, asked)
    company = Composer().company(asked.request, first.storyline)
    assert company and first.tts is not None
    voices = [first.tts.voice_of(name) for name in ("", "아이", *company)]
    assert len({*voices}) == len(voices) and voices[0] == "M1"
    task = WritingTask(asked.request, 5, 1, storyline=first.storyline)
    speakers = {line.character for page in pages_of(task) for line in page.dialogues}
    assert {*company} & speakers


async def test_an_unknown_topic_is_recorded_as_such(tmp_path: Path) -> None:
    """And is in the state."""
    asked = new_run(msgspec.structs.replace(EATING, topic="분수"))
    async with open_application(SILENT, tmp_path, engines=engines()) as application:
        first = await requested(application, asked)
    assert first.topic_known is False and first.storyline


def test_a_book_without_a_choice_is_told_as_before() -> None:
    """A run that was asked for by an older version keeps its words."""
    from storybook.composer.compose import compose

    task = WritingTask(EATING, 5, 1)
    assert pages_of(task) == compose(EATING, 5)
    assert all(page.scene is None for page in pages_of(task))
    assert isinstance(Composer(), TellsStories)


def test_a_storyline_that_is_gone_leaves_another() -> None:
    """A later version may have it no more."""
    task = WritingTask(EATING, 5, 1, storyline="that-was-once")
    other = msgspec.structs.replace(task, storyline=Composer().choice(EATING, 5).storylines[0])
    assert pages_of(task) == pages_of(other)


def test_never_chosen_goes_before_long_ago() -> None:
    """For these very words first, then what is about them, then in the whole library; of those that
    are alike the first."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE storylines (position INTEGER, storyline TEXT, topic INTEGER)")
    chosen = [(1, "a", "밤"), (2, "b", "밤"), (3, "a", "잠"), (4, "d", "낮")]
    rows = [(position, name, digest_of(topic)) for position, name, topic in chosen]
    db.executemany("INSERT INTO storylines VALUES (?, ?, ?)", rows)
    assert next_storyline(db, ["a", "b"], "밤") == "a"
    assert next_storyline(db, ["a", "b"], "낮") == "b"
    assert next_storyline(db, ["a", "c", "d", "b"], "잠") == "c"
    assert next_storyline(db, ["d", "b", "c"], "잠", meant=1) == "d"
    assert next_storyline(db, ["d", "b", "c"], "낮", meant=1) == "c"
    assert next_storyline(db, [], "밤") == ""
    db.close()


def test_a_part_of_a_topic_gets_its_own_story_first() -> None:
    """The dentist's is no shot; and no summer's tale is told of winter."""
    dentist = Composer().choice(StoryRequest("현대", "집", "아이", "치과 가기"), 1)
    assert dentist.storylines[0] == "all-mouths-but-one" and dentist.meant == 1
    assert "count-to-three" not in dentist.storylines
    winter = Composer().choice(StoryRequest("현대", "집", "아이", "겨울"), 1)
    assert "after-the-shade" not in winter.storylines and winter.topic_known


@pytest.mark.parametrize(
    "topic",
    [
        *(
            "종이 울리는 까닭",
            "태양계 행성 이름 배우기",
            "청자 만들기",
            "우리 엄마는 한국말이 서툴러요",
        ),
        *("약 먹기 싫어요", "숟가락질", "집안일"),
    ],
)
def test_what_no_story_is_about_is_not_claimed(topic: str) -> None:
    """Honestly unknown, though a frame knows of it; and a story is told."""
    made = Composer().choice(StoryRequest("현대", "집", "아이와 엄마", topic), 1)
    assert not made.topic_known and len(made.storylines) >= 15


@pytest.mark.parametrize(
    ("topic", "told", "never"),
    [
        ("송편 빚기", "what-is-this-one", "pouch-for-luck"),
        ("추석", "what-is-this-one", "pouch-for-luck"),
        ("설날 세배", "pouch-for-luck", "what-is-this-one"),
        ("기저귀 떼기", "will-it-come", "blanket-goes-out"),
        ("이불에 쉬를 해요", "blanket-goes-out", "one-leg-missing"),
        ("동생이 생기고 나서 자꾸 아기처럼 굴어요", "second-baby", "what-baby-chose"),
        ("첫 등원 날 엄마랑 떨어지기 싫어요", "bag-never-off", "shoe-looks-outward"),
        ("엄마 출근", "shoe-looks-outward", "bag-never-off"),
        ("차례 지키기", "only-up-to-ten", "slowest-hand"),
        ("아빠가 나랑 안 놀아줘서 속상해", "how-long-is-a-moment", "hat-in-the-air"),
        ("백혈병", "flat-hug", "hug-under-the-door"),
        ("소아암 병동", "flat-hug", "hug-under-the-door"),
        ("입원했어요", "bandage-for-a-branch", "hug-under-the-door"),
        ("사고로 아빠를 잃은 아이들", "over-and-under", "who-is-missing"),
        ("햄스터가 죽었어요", "knock-on-the-tree", "old-dogs-ball"),
        ("엄마가 큰 수술을 받았는데 아직 깨어나지 않았어요", "jar-of-sounds", "flat-hug"),
        ("엄마가 암에 걸려서 항암 치료를 받아요", "boat-by-the-bed", "flat-hug"),
        ("중환자실에 있는 아이", "flat-hug", "jar-of-sounds"),
        ("치매 할머니가 제 이름을 까먹어요", "who-are-you-string", "surely-not"),
        ("할머니가 요양원에 가셨어요", "have-you-eaten", "surely-not"),
        ("맞벌이라 늦게 데리러 가요", "puts-the-room-to-bed", "shoe-looks-outward"),
        ("입양했다는 걸 처음 이야기해 주려고 합니다", "blank-first-page", "not-looking"),
        ("첫말이 자꾸 걸려요", "snail-on-your-head", "hold-still"),
    ],
)
def test_a_story_is_about_what_was_typed(topic: str, told: str, never: str) -> None:
    """And not about its neighbour in the same frame."""
    made = Composer().choice(StoryRequest("현대", "집", "아이와 엄마", topic), 1)
    assert made.topic_known and told in made.storylines and never not in made.storylines


@pytest.mark.parametrize("era", ["현대", "조선시대", "1988년", "석기시대", "공룡시대"])
@pytest.mark.parametrize(
    "cast", ["아이", "문어 부부", "물고기", "엄마, 아빠, 나", "노란 우산", "소방관"]
)
def test_two_unknown_requests_need_not_get_one_book(era: str, cast: str) -> None:
    """There are many stories that suit anything; fewer of them can be told under water."""
    made = Composer().choice(StoryRequest(era, "바다", cast, "주휴수당이 뭐예요?"), 1)
    assert not made.topic_known and len(made.storylines) >= 8


@pytest.mark.parametrize(
    "topic",
    [
        "할머니가 수술을 받으세요",
        "아빠가 해고됐어요",
        "가게가 망해서 문 닫았어요",
    ],
)
def test_what_weighs_on_a_family_gets_no_merry_story(topic: str) -> None:
    """Unknown, and said to be; what is told then jests at nobody."""
    made = Composer().choice(StoryRequest("현대", "집", "누나와 남동생", topic), 1)
    assert not made.topic_known and len(made.storylines) >= 3
    assert all(by_name()[it].gentle for it in made.storylines)


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("머리 감길 때마다 울고불고 난리예요", "wrinkled-in-the-tub"),
        ("하나만 더! 하지 않고 영상 끄기 약속", "eyes-go-click"),
        ("유투브만 봐요", "eyes-go-click"),
        ("아빠가 교통사고로 갑자기 떠났습니다", "over-and-under"),
        ("약속 지키기", "thread-on-finger"),
    ],
)
def test_what_is_done_counts_before_how_it_is_said(topic: str, told: str) -> None:
    """That a child cries, or promises, is not what a topic is about that names more."""
    made = Composer().choice(StoryRequest("현대", "집", "아이와 엄마", topic), 1)
    assert made.topic_known and told in made.storylines


def test_what_was_told_lately_is_not_told_for_another_topic() -> None:
    """While another fits, even one that fits the place less; long ago it does not count."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE storylines (position INTEGER, storyline TEXT, topic INTEGER)")
    rows = [(1, "a", digest_of("밤"))]
    db.executemany("INSERT INTO storylines VALUES (?, ?, ?)", rows)
    assert next_storyline(db, ["a", "b"], "낮", 0, [0, 5]) == "b"
    assert next_storyline(db, ["c", "b"], "낮", 0, [5, 0]) == "b"
    since = [(at, f"other {at}", digest_of("밤")) for at in range(2, 2 + LATELY)]
    db.executemany("INSERT INTO storylines VALUES (?, ?, ?)", since)
    assert next_storyline(db, ["a", "b"], "낮", 0, [0, 5]) == "a"
    db.close()


def test_the_story_of_the_place_comes_first() -> None:
    """At a restaurant those of a meal, at a playground those out of doors."""
    meal = Composer().choice(StoryRequest("현대", "동네 식당", "서윤이와 엄마", "하루"), 1)
    assert [*meal.unfit] == sorted(meal.unfit) and len(meal.unfit) == len(meal.storylines)
    for place, keys in (("동네 놀이터", OUTDOORS), ("동네 식당", ("kitchen",))):
        story = StoryRequest("현대", place, "지환이와 지아", "용기와 도전")
        for topic in ("모르는 일", "식판 나르기"):
            found = Composer().choice(msgspec.structs.replace(story, topic=topic), 1)
            assert by_name()[found.storylines[0]].page[0].place in keys, place


@pytest.mark.parametrize(
    ("place", "characters", "topic", "near"),
    [
        ("파도치는 바닷가", "민호", "1+1", "바다"),
        ("우리 집", "춤추는 현우", "자석", "음악과 춤"),
        ("급식실", "보미", "급식", "편식"),
    ],
)
def test_an_unknown_topic_gets_what_is_nearest(
    place: str, characters: str, topic: str, near: str
) -> None:
    """Of what is said of its people and its place; it is unknown all the same."""
    made = choice(StoryRequest("현대", place, characters, topic), 1)
    told_of = [by_name()[name].topics for name in made.storylines[: made.meant]]
    assert not made.topic_known and told_of and all(near in it for it in told_of)
    assert len(made.storylines) > made.meant


def test_brothers_who_quarrel_and_should_get_on_quarrel() -> None:
    """Whatever an older story of friends calls its own."""
    topic = "형제가 하루 종일 싸워요 제발 사이좋게 지냈으면"
    made = choice(StoryRequest("현대", "우리 집", "형 지호, 동생 지율", topic), 1)
    assert all("형제 다툼" in by_name()[name].topics for name in made.storylines[:3])
