"""A book for an age: what is asked for, what a page may be, how fast it is read; who refuses."""

from __future__ import annotations

import msgspec
import pytest

from storybook.book import AGES
from storybook.composer.engine import Composer
from storybook.engines import Capabilities
from storybook.events.catalog import RunRequested
from storybook.languages.ko import KOREAN
from storybook.new_run import check_new_run
from storybook.request import DEFAULT_PAUSE_MS, DEFAULT_SPEED, InvalidRequest
from storybook.run import fold, request_run
from storybook.stages.capabilities import request_faults
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.check import check_page, forbidden_words
from storybook.stages.writer.rules import Rules
from tests.books import book_of
from tests.writer.test_what_is_measured import COVER, GOOD, told

WORDS = msgspec.structs.asdict(KOREAN.sample)
RULES = Rules(forbidden_words())


def asked(**more: object) -> object:
    return check_new_run({**WORDS, **more})


def lengths_found(summary: str, age: str) -> list[str]:
    book = msgspec.structs.replace(book_of(KOREAN.sample), age=age)
    found = check_page(told(summary), book, (COVER,), RULES)
    return [it.message for it in found if it.kind == "length"]


@pytest.mark.parametrize("age", AGES)
def test_the_age_is_a_fact_of_the_run(age: str) -> None:
    """Of its first event, and of the run."""
    (requested, *_) = events = request_run(None, KOREAN.sample, 7, None, age=age)
    assert isinstance(requested, RunRequested) and requested.age == age
    run = fold(events)
    assert run is not None and run.age == age


def test_events_of_before_have_no_age() -> None:
    """And what has none writes none."""
    event = RunRequested(KOREAN.sample, 7)
    assert b"age" not in msgspec.json.encode(event).replace(b"page_count", b"").replace(
        b"language", b""
    )
    assert msgspec.json.decode(msgspec.json.encode(event), type=RunRequested).age == ""


def test_younger_children_are_read_to_more_slowly() -> None:
    """Unless the request says how; without an age it is as ever."""
    new = [check_new_run({**WORDS, "age": age}) for age in AGES]
    speeds = [it.tts.speed for it in new if it.tts]
    pauses = [it.tts.segment_pause_ms for it in new if it.tts]
    assert speeds == sorted(set(speeds)) and pauses == sorted(set(pauses), reverse=True)
    usual = check_new_run(WORDS)
    assert usual.tts and usual.age == ""
    assert (usual.tts.speed, usual.tts.segment_pause_ms) == (DEFAULT_SPEED, DEFAULT_PAUSE_MS)
    said = check_new_run({**WORDS, "age": "3-4", "tts": {"speed": 1.5, "segment_pause_ms": 0}})
    assert said.tts and (said.tts.speed, said.tts.segment_pause_ms) == (1.5, 0)


@pytest.mark.parametrize("age", ["4", 4, True, "3–4", [], "0-99"])
def test_another_age_is_refused(age: object) -> None:
    """With those that there are."""
    with pytest.raises(InvalidRequest, match=r"age: expected one of 3-4, 5-7, 8-9; found"):
        asked(age=age)


def test_nothing_said_is_no_age() -> None:
    """Null and an empty text, as for all that may be left out."""
    assert check_new_run({**WORDS, "age": None}) == check_new_run({**WORDS, "age": ""})


def test_the_composer_says_whom_its_stories_are_for() -> None:
    """One age; a request beyond says which."""
    can, anybody = Composer().capabilities, Capabilities()
    new = {age: check_new_run({**WORDS, "age": age}) for age in ("", *AGES)}
    faults = {age: request_faults(it, can, anybody, anybody) for age, it in new.items()}
    assert faults["5-7"] == faults[""] == []
    (fault,) = faults["3-4"]
    assert (fault.loc, fault.type) == (("age",), "unsupported")
    assert fault.msg == "the writer does not write for the age 3-4; it can do 5-7"


def test_longer_books_and_other_languages_are_beyond_it() -> None:
    """It says all that it cannot, and what it can."""
    beyond = check_new_run({**WORDS, "page_count": 9, "language": "en", "age": "8-9"})
    found = request_faults(beyond, Composer().capabilities, Capabilities(), Capabilities())
    assert [(it.loc[0], it.msg.partition("; ")[2]) for it in found] == [
        ("page_count", "it can do 5"),
        ("language", "it can do ko"),
        ("age", "it can do 5-7"),
    ]


def test_a_page_has_no_more_than_its_readers_follow() -> None:
    """Many sentences and long ones are told; in a book for nobody in particular they may stand, as
    may many that are short."""
    seen = ("해를", "달을", "별을", "꽃을", "새를")
    short = " ".join(f"토끼는 {it} 보았어요." for it in seen)
    many = " ".join(
        f"토끼는 아침마다 언덕에 혼자 올라가 오래오래 조용히 {it} 보았어요." for it in seen
    )
    long = (
        "토끼는 아주 조용히 살금살금 그리고 천천히 조심조심 가만가만 나무 다리를 건너 깊은 숲속 "
        "집으로 갔어요."
    )
    assert lengths_found(GOOD, "3-4") == []
    assert lengths_found(short, "3-4") == []
    assert lengths_found(many, "3-4") == ["for this age at most 4 sentences on a page, found 5"]
    assert lengths_found(long, "3-4") == ["for this age at most 10 words in a sentence, found 15"]
    assert lengths_found(many, "5-7") == lengths_found(long, "8-9") == []
    assert lengths_found(many, "") == lengths_found(long, "") == []


def test_a_model_is_bound_to_the_age() -> None:
    """By the schema, as far as a schema can say it."""

    def longest(age: str) -> int:
        panel = schema(brief_of(KOREAN.sample, 5, age=age))["$defs"]["panel"]["properties"]
        return int(panel["summary"]["pattern"].rpartition(",")[2].partition("}")[0])

    assert longest("3-4") < longest("5-7") == longest("") < longest("8-9")
