"""What a body may say, and every fault that is found in it."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from msgspec.structs import replace

from storybook.book import CAST, StoryRequest, TtsConfig, VoiceDelivery
from storybook.http.errors import Invalid
from storybook.http.run_request import read_run_request
from storybook.new_run import NewRun
from storybook.request import MAX_FIELD_CHARACTERS, RequestFault
from tests.books import USUAL_TTS
from tests.http.serving import WORDS, Site


def order(**fields: Any) -> NewRun:
    return read_run_request(json.dumps(WORDS | fields).encode())


def faults_of(body: bytes) -> list[tuple[str, str]]:
    """Where and what, for each fault of a body."""
    with pytest.raises(Invalid) as caught:
        read_run_request(body)
    assert isinstance(caught.value.detail, list)
    assert all(isinstance(it, RequestFault) and it.msg for it in caught.value.detail)
    return [(".".join(map(str, it.loc)), it.type) for it in caught.value.detail]


def faults(**fields: Any) -> list[tuple[str, str]]:
    return faults_of(json.dumps(WORDS | fields).encode())


def test_four_words_are_enough() -> None:
    """Everything else has a default; unknown fields are ignored."""
    assert order(unknown=1) == NewRun(
        StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정"), USUAL_TTS, 5, "ko"
    )


def test_text_is_cleaned() -> None:
    """Line breaks and tabs become spaces, blanks around go, and Hangul is composed."""
    decomposed = unicodedata.normalize("NFD", "토끼")
    words = order(characters_ko=f" {decomposed}\r\n호랑이\t곰\n", topic_ko="우정\u2028나눔").request
    assert words.characters == "토끼 호랑이 곰"
    assert words.topic == "우정 나눔"


def test_the_longest_text() -> None:
    """The limit itself is allowed; one more is not."""
    assert order(era_ko="가" * MAX_FIELD_CHARACTERS)
    assert faults(era_ko="가" * (MAX_FIELD_CHARACTERS + 1)) == [("body.era_ko", "string_too_long")]


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", "\u3000"])
def test_blank_text(blank: str) -> None:
    """A field of nothing but blanks says nothing."""
    assert faults(place_ko=blank) == [("body.place_ko", "string_too_short")]


@pytest.mark.parametrize("sign", [*"\u200b\ufeff\u2060\u3164\u115f\u1160\uffa0\u200d\ufe0f\u2800"])
def test_text_that_shows_nothing(sign: str) -> None:
    """Signs that nobody can see say as little as blanks do, alone or beside those; in a text that
    says something they stay."""
    for text in (sign, f"{sign} {sign}\u200b"):
        assert faults(place_ko=text) == [("body.place_ko", "string_too_short")]
    assert order(place_ko=f"깊은{sign}숲").request.place == f"깊은{sign}숲"


def test_emoji_of_several_signs() -> None:
    """A family is four emoji and the joiners between them."""
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert order(characters_ko=family).request.characters == family


@pytest.mark.parametrize("value", [None, 5, True, ["우정"], {"a": 1}])
def test_text_of_another_type(value: object) -> None:
    """What is no text is not turned into one."""
    assert faults(topic_ko=value) == [("body.topic_ko", "string_type")]


@pytest.mark.parametrize(
    "sign", [*"\0\x1b\x7f\x9f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
)
def test_control_characters(sign: str) -> None:
    """They are refused rather than dropped, and named."""
    assert faults(era_ko=f"조선{sign}시대") == [("body.era_ko", "control_character")]


def test_every_fault_is_told() -> None:
    """One entry for each, in the body's order, several in one field too."""
    assert faults_of(
        json.dumps(
            {
                "era_ko": "\0" * 201,
                "characters_ko": 1,
                "topic_ko": " ",
                "tts_enabled": "maybe",
                "tts_config": {
                    "narrator_voice": "X9",
                    "character_voices": {"토끼": "M9"},
                    "speed": 9,
                    "segment_pause_ms": -1,
                    "lang": "",
                },
            }
        ).encode()
    ) == [
        ("body.era_ko", "string_too_long"),
        ("body.era_ko", "control_character"),
        ("body.place_ko", "missing"),
        ("body.characters_ko", "string_type"),
        ("body.topic_ko", "string_too_short"),
        ("body.tts_enabled", "bool_type"),
        ("body.tts_config.narrator_voice", "enum"),
        ("body.tts_config.character_voices.토끼", "enum"),
        ("body.tts_config.lang", "language_tag"),
        ("body.tts_config.speed", "less_than_equal"),
        ("body.tts_config.segment_pause_ms", "greater_than_equal"),
    ]


def test_voices_in_any_case() -> None:
    """They are recorded in capitals, for the narrator, dialogue and characters alike."""
    config = {
        "narrator_voice": "f1",
        "dialogue_voice": "m5",
        "character_voices": {"호랑이": "f3"},
        "lang": "en-US",
        "speed": 0.7,
        "segment_pause_ms": 5000,
    }
    assert order(tts_config=config, language="en").tts == TtsConfig(
        *("F1", "M5", {"호랑이": "F3"}, "en-US", 0.7, 5000), delivery=VoiceDelivery.EXPRESSIVE
    )


def test_voices_are_cast_where_none_is_named() -> None:
    """And where that is asked for, in any case, beside a named narrator and a named character."""

    def dialogue(**config: object) -> str:
        tts = order(tts_config=config).tts
        assert tts is not None and tts.casting == {}
        return tts.dialogue_voice

    for nothing in ({}, {"speed": 1.5}, {"dialogue_voice": "", "character_voices": {}}):
        assert dialogue(**nothing) == CAST
    assert dialogue(narrator_voice="F1", dialogue_voice=" Cast") == CAST
    assert dialogue(narrator_voice="M1") == dialogue(character_voices={"토끼": "F2"}) == ""
    wrong = [("body.tts_config.dialogue_voice", "enum")]
    assert faults(tts_config={"dialogue_voice": "casting"}) == wrong
    assert faults(tts_config={"narrator_voice": "cast"})[0][0] == "body.tts_config.narrator_voice"


def test_length_and_language() -> None:
    """Both are optional, checked, and told in the body's names; the voice speaks the language."""
    told = order(page_count=13, language="en-US")
    assert (told.page_count, told.language) == (13, "en-US")
    assert told.tts is not None and told.tts.lang == "en-US"
    assert faults(page_count=14) == [("body.page_count", "less_than_equal")]
    assert faults(language=7) == [("body.language", "language_tag")]
    mismatch = [("body.tts_config.lang", "language_mismatch")]
    assert faults(tts_config={"lang": "en"}) == mismatch
    assert order(seed=7).seed is None  # the API takes none; unknown fields are ignored


def test_no_reading_aloud() -> None:
    """Switched off, there is no configuration; it is checked all the same."""
    assert order(tts_enabled=False).tts is None
    assert faults(tts_enabled=False, tts_config=[]) == [("body.tts_config", "dict_type")]
    assert order(tts_config=None).tts == USUAL_TTS


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"speed": 0.69}, ("speed", "greater_than_equal")),
        ({"speed": 2.01}, ("speed", "less_than_equal")),
        ({"speed": "fast"}, ("speed", "float_type")),
        ({"speed": True}, ("speed", "float_type")),
        ({"segment_pause_ms": 5001}, ("segment_pause_ms", "less_than_equal")),
        ({"segment_pause_ms": 1.5}, ("segment_pause_ms", "int_from_float")),
        ({"segment_pause_ms": []}, ("segment_pause_ms", "float_type")),
        ({"narrator_voice": 1}, ("narrator_voice", "enum")),
        ({"dialogue_voice": "Z1"}, ("dialogue_voice", "enum")),
        ({"character_voices": ["M1"]}, ("character_voices", "dict_type")),
        ({"character_voices": {str(n): "M1" for n in range(51)}}, ("character_voices", "too_long")),
        ({"lang": 5}, ("lang", "language_tag")),
        ({"lang": "k" * 40}, ("lang", "language_tag")),
    ],
)
def test_faults_of_the_voices(config: dict[str, object], fault: tuple[str, str]) -> None:
    """Each setting has its type and its range."""
    where, what = fault
    assert faults(tts_config=config) == [(f"body.tts_config.{where}", what)]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"era_ko":"\xff"}', b"[" * 60_000, b'{"a":NaN}', b'"\\ud800"'],
)
def test_no_json(body: bytes) -> None:
    """A body that is no JSON fails validation as a whole."""
    assert faults_of(body) == [("body", "json_invalid")]


@pytest.mark.parametrize("body", [b"[]", b"5", b'"text"', b"null"])
def test_no_object(body: bytes) -> None:
    """So does one that is JSON, but no object."""
    assert faults_of(body) == [("body", "dict_type")]


@pytest.mark.anyio
async def test_faults_over_http(site: Site) -> None:
    """422, with a list of `loc`, `msg` and `type` as clients of the older servers know it."""
    answer = await site.client.post("/api/runs", json={"era_ko": 5, "place_ko": "숲"})
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert [it["loc"] for it in detail] == [
        ["body", "era_ko"],
        ["body", "characters_ko"],
        ["body", "topic_ko"],
    ]
    assert all(set(it) == {"loc", "msg", "type"} for it in detail)


@pytest.mark.anyio
async def test_a_forbidden_word_over_http(site: Site) -> None:
    """422 at once, with the field and the word: no page with it could stand."""
    words = {"era_ko": "미래", "place_ko": "숲", "characters_ko": "토끼", "topic_ko": "권총 놀이"}
    answer = await site.client.post("/api/runs", json=words)
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "topic_ko"], "forbidden_words")
    assert fault["msg"].startswith("권총 ")


@pytest.mark.parametrize("value", [0, False, [], {}])
def test_a_voice_of_another_type(value: object) -> None:
    """What Python takes for nothing is not no voice; null and an empty text are."""
    found = faults(tts_config={"dialogue_voice": value})
    assert found == [("body.tts_config.dialogue_voice", "enum")]
    for nothing in (None, ""):
        tts = order(tts_config={"dialogue_voice": nothing, "narrator_voice": "M1"}).tts
        assert tts is not None and tts.dialogue_voice == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_bodies_in_other_encodings(encoding: str) -> None:
    """A BOM, UTF-16 and UTF-32 are taken, as the older servers took them."""
    assert read_run_request(json.dumps(WORDS, ensure_ascii=False).encode(encoding)) == order()


@pytest.mark.anyio
async def test_bodies_as_the_older_servers_took_them(site: Site) -> None:
    """Over HTTP, all at once: a BOM and UTF-16, whatever the type says, a text for a truth, a
    number as a text, and nulls."""
    config = {"speed": "1.25", "segment_pause_ms": "300", "dialogue_voice": None, "lang": None}
    body = WORDS | {"tts_enabled": "1", "tts_config": config, "callback_url": None}
    for encoding in ("utf-8-sig", "utf-16"):
        for kind in ("application/json", "application/json; charset=utf-8", "text/plain"):
            content = json.dumps(body, ensure_ascii=False).encode(encoding)
            headers = {"Content-Type": kind}
            answer = await site.client.post("/api/runs", content=content, headers=headers)
            assert answer.status_code == 201, answer.text
            log = await site.client.get(f"/api/runs/{answer.json()['run_id']}/log")
            asked = log.json()["events"][0]["data"]
            assert (asked["tts"]["speed"], asked["tts"]["segment_pause_ms"]) == (1.25, 300)
            assert asked["request"]["topic"] == WORDS["topic_ko"]


@pytest.mark.parametrize(
    ("told", "is_read_aloud"),
    [
        *((it, True) for it in (True, "true", 1, "1", "Yes", None)),
        *((it, False) for it in (False, "false", 0, "0", 0.0)),
    ],
)
def test_truth_as_the_older_servers_took_it(told: object, is_read_aloud: bool) -> None:
    """Whether a book is read aloud may be said by a text or a number; null is the default."""
    assert (order(tts_enabled=told).tts is not None) is is_read_aloud


@pytest.mark.parametrize("told", [2, -1, 0.5, "", "maybe", [], {}])
def test_what_is_no_truth(told: object) -> None:
    """Anything else is refused."""
    assert faults(tts_enabled=told) == [("body.tts_enabled", "bool_type")]


def test_voices_as_the_older_servers_took_them() -> None:
    """Numbers may be texts, and every member may be null."""
    told = {"speed": "1.5", "segment_pause_ms": " 300 "}
    assert order(tts_config=told).tts == replace(USUAL_TTS, speed=1.5, segment_pause_ms=300)
    nothing = dict.fromkeys(TtsConfig.__struct_fields__)
    assert order(tts_config=nothing) == order()
    assert faults(tts_config={"speed": "9", "segment_pause_ms": "1.5"}) == [
        ("body.tts_config.speed", "less_than_equal"),
        ("body.tts_config.segment_pause_ms", "int_from_float"),
    ]
    assert faults(tts_config={"speed": "fast"}) == [("body.tts_config.speed", "float_type")]
