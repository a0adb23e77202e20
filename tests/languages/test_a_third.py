"""A third language is one object: with it in the table, a book is written, read and shown in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import anyio
import msgspec
import pytest

from storybook.application import Application
from storybook.book import Page, RunId
from storybook.bootstrap import open_application
from storybook.events.log import START
from storybook.export import BOOK_FILE
from storybook.languages.known import LANGUAGES, language_of, written_languages
from storybook.languages.language import Furniture, Language, Lengths, ReadingAloud, Script
from storybook.new_run import NewRun, check_new_run
from storybook.run import Run
from storybook.settings import Limits, Settings
from storybook.stages.registry import Engines
from storybook.stages.writer.answer.instructions import writing_of
from storybook.stages.writer.check import check_page, forbidden_words
from storybook.stages.writer.openai.engine import OpenAIWriter
from storybook.stages.writer.rules import Rules
from storybook.stores.artifacts import read_whole
from tests.books import book_of
from tests.engines import NoTranscriber, ScriptedIllustrator, ScriptedNarrator
from tests.export.copies import export_book
from tests.languages.books import Told, writes
from tests.openai_api.double import serving

RULES: Final = Rules(forbidden_words())
TELLS: Final[Sequence[Told]] = (
    ("En la arbaro loĝis Rabbit, kiu amis la ĉielon.", {}),
    ("Iun tagon Rabbit renkontis timeman Tiger apud ŝtono.", {"Rabbit": "Ĉu ni ludu?"}),
    ("Forta vento venis kaj forprenis la kajton. Rabbit ploris.", {}),
    ("Tiger grimpis kuraĝe kaj savis ĝin. Rabbit ridis.", {"Tiger": "Jen nia kajto!"}),
)
"""Four panels in Esperanto."""


def esperanto() -> Language:
    """All that it takes: what a model is told (as in English, but for the language), its letters,
    how a line is put, and a few words of the page."""
    told = writing_of(LANGUAGES["en"])
    rules = told.rules.replace("English", "Esperanto")
    return Language(
        tag="eo",
        name="Esperanto",
        script=Script(letters="A-Za-zĈĉĜĝĤĥĴĵŜŝŬŭ", inside="-"),
        people=LANGUAGES["en"].people,
        said=lambda name, line: f'{name} diris: "{line}"',
        lengths={"": Lengths(), "3-4": Lengths(sentences=(2, 2))},
        writing=msgspec.structs.replace(told, rules=rules),
        speech=ReadingAloud(read=lambda text: text.replace("3", "tri")),
        furniture=Furniture(end="Fino", page="Paĝo {page} el {pages}"),
    )


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> Iterator[Language]:
    language = esperanto()
    monkeypatch.setitem(LANGUAGES, language.tag, language)
    yield language


async def made(data: Path, asked: NewRun, url: str) -> tuple[Run, str]:
    """A book that is made whole, and its page."""
    writer = OpenAIWriter(url=url)
    engines = Engines.only(writer, ScriptedIllustrator(), ScriptedNarrator(), NoTranscriber())
    settings = Settings(limits=Limits(shutdown_seconds=0))
    async with open_application(settings, data, engines=engines) as application:
        run_id = await application.request_run(asked)
        run = await ended(application, run_id)
        assert run.fault is None
        await export_book(run_id, run, application.artifacts)
        return run, (await read_whole(application.artifacts, run_id, BOOK_FILE)).decode()


async def ended(application: Application, run_id: RunId) -> Run:
    with anyio.fail_after(30):
        async with aclosing(application.log.tail(START)) as batches:
            async for _ in batches:
                run = await application.commands.load(run_id)
                if run is not None and run.status.has_ended:
                    return run
    raise AssertionError("the log has no end")


def asked(**more: object) -> NewRun:
    words = msgspec.structs.asdict(LANGUAGES["ko"].sample)
    return check_new_run({**words, "language": "eo", **more})


@pytest.mark.anyio
async def test_a_book_is_made_in_it(third: Language, tmp_path: Path) -> None:
    """From Korean words: told, checked, read aloud and shown in the third language."""
    assert third.tag in written_languages()
    with serving(writes("La Ruĝa Kajto", TELLS, ("Rabbit", "Tiger"))) as server:
        run, page = await made(tmp_path, asked(), server.url)
        order = server.asked[-1]["messages"]
    assert "You are an Esperanto writer" in order[0]["content"]
    assert run.pages[2].summary == f'{TELLS[1][0]} Rabbit diris: "Ĉu ni ludu?"'
    assert run.tts is not None and run.tts.lang == "eo"
    assert run.tts.casting["Rabbit"] == run.tts.casting["토끼"] != run.tts.casting["Tiger"]
    assert '<html lang="eo">' in page and "Fino" in page and "Paĝo 2 el 4" in page
    told = re.sub(r'<ul class="seeds".*?</ul>', "", page, flags=re.DOTALL)
    assert not re.search("[가-힣]", told), "but for the four words that were asked for"


def test_its_pages_are_checked_in_it(third: Language) -> None:
    """For letters that it has not, for names, and for what it says to a model."""

    def kinds(narration: str) -> set[str]:
        request = LANGUAGES["ko"].sample
        book = msgspec.structs.replace(book_of(request), language="eo")
        prompt = "A wide view of a forest: a white rabbit and an orange tiger wave."
        found = check_page(Page(1, summary=narration, image_prompt=prompt), book, (), RULES)
        return {it.kind for it in found}

    assert kinds("En la arbaro loĝis Rabbit, kiu amis la ĉielon.") == set()
    assert kinds("En la arbaro loĝis Rabbit, kiu amis 하늘.") == {"language"}
    assert kinds("Forta vento venis kaj forprenis ilian ruĝan kajton.") == {"characters"}
    (rule,) = re.findall("Something new happens on each page.", writing_of(third).rules)
    assert kinds(f"En la arbaro loĝis Rabbit. {rule}") == {"copied"}


def test_what_is_not_in_the_table_is_no_language_of_writers() -> None:
    """It is the table that counts."""
    assert language_of("eo").writing is None
    assert "eo" not in written_languages()
