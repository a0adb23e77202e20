"""What an engine cannot do is found before the work, and the answer says what it can."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from storybook.book import VOICES, Role, TtsConfig
from storybook.composer.choosing import choice
from storybook.composer.engine import Composer
from storybook.engines import Capabilities
from storybook.request import InvalidRequest
from storybook.settings import Settings
from storybook.stages.capabilities import request_faults
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.registry import choose_engines
from storybook.stages.writer.answer.budget import page_counts_within
from storybook.stages.writer.llama.engine import Llama
from tests.books import new_run
from tests.engines import REQUEST, Scripted
from tests.http.serving import WORDS, serving
from tests.test_application import serving as running

WRITER = Capabilities(languages=("ko", "en-us"), page_counts=(5, 7))
ILLUSTRATOR = Capabilities(styles=("watercolor", "ink"))
NARRATOR = Capabilities(languages=("ko",), voices=("M1", "F1"))
ANY = Capabilities()


def test_nothing_named_means_anything() -> None:
    """An engine that names no bounds is asked, and says itself what it cannot do."""
    asked = new_run(REQUEST, TtsConfig(lang="xx"), page_count=13, language="xx", style="oil")
    assert request_faults(asked, ANY, ANY, ANY) == []


@pytest.mark.parametrize("tag", ["ko", "KO", "ko-KR", "en-US"])
def test_a_region_is_no_other_language(tag: str) -> None:
    """Who speaks a language speaks it of every region; a region alone speaks for itself."""
    assert WRITER.has_language(tag)
    assert not WRITER.has_language("en")


def test_every_bound_is_told_with_what_there_is() -> None:
    """Where, and what could be asked for instead."""
    tts = TtsConfig("M1", "F5", {"토끼": "M2"}, lang="fr")
    asked = new_run(REQUEST, tts, page_count=6, language="fr", style="oil")
    found = request_faults(asked, WRITER, ILLUSTRATOR, NARRATOR)
    assert {it.type for it in found} == {"unsupported"}
    assert [(".".join(map(str, it.loc)), it.msg) for it in found] == [
        ("page_count", "the writer does not write 6 pages; it can do 5, 7"),
        ("language", "the writer does not write 'fr'; it can do ko, en-us"),
        (
            "style",
            "the illustrator does not paint in the style 'oil'; it can do watercolor, ink",
        ),
        ("tts.lang", "the narrator does not speak 'fr'; it can do ko"),
        ("tts.dialogue_voice", "the narrator has no voice 'F5'; it can do M1, F1"),
        ("tts.character_voices.토끼", "the narrator has no voice 'M2'; it can do M1, F1"),
    ]


def test_a_silent_book_needs_no_narrator() -> None:
    """What nobody reads aloud needs no voice."""
    assert (
        request_faults(new_run(REQUEST), WRITER, ILLUSTRATOR, Capabilities(languages=("xx",))) == []
    )


def test_the_engines_of_the_house_say_what_they_can() -> None:
    """The composer has Korean stories of five pages for one age; eSpeak NG tells its languages."""
    can = Composer().capabilities
    assert can == Capabilities(("ko",), (), (5,), ages=("5-7",), topics=can.topics)
    espeak = Espeak().capabilities
    assert espeak.voices == VOICES
    assert {"ko", "en-us", "fr"} <= set(espeak.languages)
    assert "" not in espeak.languages


def test_a_model_writes_as_long_as_its_context_allows() -> None:
    """Whatever there is room for, and always the shortest: what is too small then says itself."""
    assert page_counts_within(8_192) == tuple(range(5, 14))
    some = page_counts_within(5_000)
    assert some == tuple(range(5, some[-1] + 1)) and 5 < some[-1] < 13
    assert page_counts_within(10) == (5,)
    assert Llama(model=None, context=5_000).capabilities.page_counts == some


@pytest.mark.anyio
async def test_the_application_refuses_what_its_engines_cannot_do(tmp_path: Path) -> None:
    """Nothing is recorded; a repetition of what was once possible gets its run all the same."""
    scripted = Scripted()
    async with running(tmp_path, scripted) as application:
        before = await application.request_run(new_run(REQUEST), idempotency_key="k")
        scripted.writer.capabilities = Capabilities(page_counts=(7,))
        head = await application.log.head()
        with pytest.raises(InvalidRequest, match=r"page_count: .* it can do 7"):
            await application.request_run(new_run(REQUEST))
        assert await application.request_run(new_run(REQUEST), idempotency_key="k") == before
        runs = {it.run_id for it in await application.log.read(head, 1_000)}
        assert runs <= {before}


@pytest.mark.anyio
async def test_422_names_the_field_and_what_could_be(tmp_path: Path) -> None:
    """In the body's own names, at once; `GET /api/engines` says the same beforehand."""
    async with serving(tmp_path) as site:
        site.engines.writer.capabilities = WRITER
        site.engines.narrator.capabilities = NARRATOR
        body = WORDS | {"page_count": 6, "tts_config": {"narrator_voice": "M2"}}
        answer = await site.client.post("/api/runs", json=body)
        engines = (await site.client.get("/api/engines")).json()
    assert answer.status_code == 422
    assert [(it["loc"], it["type"]) for it in answer.json()["detail"]] == [
        (["body", "page_count"], "unsupported"),
        (["body", "tts_config", "narrator_voice"], "unsupported"),
    ]
    assert engines["writer"]["page_counts"] == [5, 7]
    assert engines["narrator"]["voices"] == ["M1", "F1"]
    assert engines["illustrator"]["languages"] == []


@pytest.mark.anyio
async def test_what_is_chosen_by_itself_says_what_it_can(tmp_path: Path) -> None:
    """A service of embedded engines makes Korean books of five pages, and says so."""
    engines = await choose_engines(Settings(), tmp_path)
    asked = new_run(REQUEST, TtsConfig(lang="xx"), page_count=6, language="xx")
    found = [".".join(map(str, it.loc)) for it in await engines.request_faults(asked)]
    await engines.close()
    assert found[-1] == "tts.lang" and "language" in found


@pytest.mark.anyio
async def test_the_composer_names_its_topics(tmp_path: Path) -> None:
    """With the words that lead to each; a model, which takes any, names none."""
    engines = await choose_engines(Settings(), tmp_path)
    found = {it.role: it.topics for it in await engines.report()}
    assert len(found[Role.WRITER]) >= 30
    for topic in found[Role.WRITER]:
        request = msgspec.structs.replace(
            REQUEST, era="현대", characters="아이", topic=topic.words[-1]
        )
        assert topic.name in topic.words and choice(request, 1).topic_known, topic
    assert found[Role.ILLUSTRATOR] == found[Role.NARRATOR] == ()
    assert Llama(model=None, context=5_000).capabilities.topics == ()
