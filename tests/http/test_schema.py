"""The API's document against the real server: what it allows is taken, what it forbids is refused,
and every answer is one of those that it names."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path

import anyio
import jsonschema_rs
import pytest

import storybook.application
from storybook.book import Page
from storybook.engines import Capabilities, Readiness, Report, Transcript, WorkFailed, WritingTask
from storybook.events.catalog import EngineInfo
from storybook.http.calls import CALLS
from storybook.http.openapi import ITEM_SCHEMA, openapi_document
from storybook.http.schemas import (
    TEXT,
)
from storybook.request import InvalidRequest, clean_word
from storybook.settings import Limits
from storybook.stages.transcriber.language import language_code
from tests.engines import ScriptedWriter
from tests.http.serving import playing, serving
from tests.http.sse import following

CONFIG = Path(__file__).with_name("schemathesis.toml")
CHECKS = CONFIG.with_name("schemathesis_checks.py")
SEED = 7
DATA = {
    "update": "Progress",
    "progress": "LiveProgress",
    "keepalive": "Nothing",
    "reset": "LogEnd",
}
"""What the data of a message is, by its kind; that of all others is an event of the log."""


class HearsAnything:
    """A transcriber to which every recording says the same: what is no recording, a schema cannot
    say."""

    info = EngineInfo("scripted-transcriber")
    capabilities = Capabilities()
    places = 1

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        pass

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        language_code(language)
        return Transcript("숲이요", 0.8)


class WritesForRabbits(ScriptedWriter):
    """A writer that gives up at once where nobody is in the story whom it knows: random words make
    no book that may stand, and a stream would wait for all the attempts at it. It writes what the
    engines write that come with the service, of which the schema speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(languages=("ko",))

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        if "토끼" not in task.request.characters:
            raise WorkFailed("no_story", "there is no rabbit in it", retryable=False)
        async for page in super().write(task, report):
            yield page


@pytest.mark.slow
@pytest.mark.anyio
async def test_the_server_is_as_its_schema_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """schemathesis asks with what the schema allows and what it forbids, all checks on.

    It looks into the messages of streams too, where these are named as OpenAPI 3.2 does that. Takes
    some 10 s: 600 requests, a third of which ask for a book. Which hosts a server may call no
    schema can say: it takes all here, and calls none; nor who is saved: nobody needs to be.
    """
    monkeypatch.setattr(storybook.application, "heroes_of", lambda names, saved: ())
    monkeypatch.setattr(storybook.application, "is_allowed_host", lambda url, allowed: True)
    document = json.dumps(openapi_document()).replace(f'"{ITEM_SCHEMA}"', '"itemSchema"')
    await anyio.Path(tmp_path, "openapi.json").write_text(document)
    limits = Limits(runs_per_minute=1_000_000, open_runs=1_000_000)
    async with serving(tmp_path / "data", limits=limits) as site:
        with playing(site, transcriber=HearsAnything(), writer=WritesForRabbits()):
            done = await anyio.run_process(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
                    *("--config-file", str(CONFIG), "run", "openapi.json", "--url", site.url),
                    *("--checks", "all", "--seed", str(SEED), "--no-shrink"),
                ],
                check=False,
                cwd=tmp_path,
                env={**os.environ, "SCHEMATHESIS_HOOKS": str(CHECKS)},
            )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert f"{len(CALLS) - 1} selected".encode() in done.stdout, done.stdout.decode()


def valid(name: str, value: object) -> None:
    """Hold a value against a model of the document. Raises `jsonschema_rs.ValidationError`."""
    document = openapi_document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema_rs.validate(schema, value)


@pytest.mark.slow
@pytest.mark.anyio
async def test_each_message_of_a_stream_is_one_that_the_document_names(tmp_path: Path) -> None:
    """Its lines are those of a message, and its data is the model that this names."""
    told: set[str] = set()
    async with serving(tmp_path, limits=Limits(keepalive_seconds=0.2)) as site:
        run_id = await site.finished_book()
        streams = {f"/api/runs/{run_id}/events": "RunMessage", "/api/events": "LogMessage"}
        for (path, name), cursor in product(streams.items(), ("0", "999")):
            async with following(site.port, path, last_event_id=cursor) as stream:
                while (message := await stream.next()) is not None:
                    if message.event is None:  # `retry`
                        continue
                    lines = {"event": message.event, "id": message.id, "data": message.data}
                    valid(name, {key: it for key, it in lines.items() if it is not None})
                    valid(DATA.get(message.event, "RunLogEntry"), json.loads(message.data or ""))
                    told.add(message.event)
                    if message.event == "keepalive":
                        break
    assert told >= {"update", "keepalive", "reset", "RunRequested", "RunCompleted"}, told


def is_taken(text: str) -> bool:
    try:
        clean_word(("body", "topic_ko"), text)
    except InvalidRequest:
        return False
    return True


def test_text_is_as_strict_as_its_schema() -> None:
    """Sign by sign, alone and in a text: what the schema refuses, the server refuses, and what it
    allows is taken, but for combining marks alone, of which it names the commonest."""
    allowed = re.compile(TEXT["pattern"]).fullmatch
    signs = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    for sign in signs:
        for text in (sign, f"가{sign}나"):
            if bool(allowed(text)) != is_taken(text):
                assert allowed(text) and unicodedata.category(sign) == "Mn", ascii(text)


def test_every_operation_has_a_name_and_says_what_it_answers() -> None:
    """What generated clients need: a name of its own, a model or a file for each body, and every
    reference leading somewhere."""
    document = openapi_document()
    operations = [it for path in document["paths"].values() for it in path.values()]
    assert len({it["operationId"] for it in operations}) == len(CALLS)
    for operation in operations:
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                told = content.get("schema") or content[ITEM_SCHEMA]
                assert told, (operation["operationId"], status)
    named = document["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)):
        assert name in named
