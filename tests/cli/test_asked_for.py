"""What the settings ask for and cannot be used is said by `doctor`, `serve`, `make` and the API."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

import storybook.bootstrap
import storybook.cli.doctor
from storybook.book import Role
from storybook.engines import Readiness, Writer
from storybook.events.catalog import EngineInfo
from storybook.settings import Settings
from storybook.stages.candidates import Candidate, Candidates
from storybook.stages.registry import Engines, choose_engines
from tests.cli.conftest import WORDS, Shell
from tests.cli.doubles import Scribe, double_engines
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import WORKFLOW
from tests.whole.server import PATIENCE_SECONDS, Server, serving


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody answers, as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def doctor(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, dict[str, str]]]:
    """What `doctor` finds, by name, with these settings and the real engines; a ComfyUI of somebody
    else's is not looked at. It ends with 1 if something is to be mended."""
    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", choose_engines)

    def look(**settings: str) -> dict[str, dict[str, str]]:
        if not any(name.startswith("ILLUSTRATOR") for name in settings):
            settings["ILLUSTRATOR_ENGINE"] = "painter"
        for name, value in settings.items():
            monkeypatch.setenv(f"STORYBOOK_{name}", value)
        result = shell("doctor", "--json")
        findings = {it["name"]: it for it in map(json.loads, result.stdout.splitlines())}
        to_mend = [name for name, it in findings.items() if it["grade"] in ("missed", "bad")]
        assert result.exit_code == bool(to_mend)
        assert not to_mend or f"to be mended: {', '.join(to_mend)}" in result.stderr
        return findings

    return look


Doctor = Callable[..., dict[str, dict[str, str]]]


def test_a_dead_address_is_named(doctor: Doctor, nobody: str) -> None:
    """With who stands in for it, and the setting that asks for it."""
    found = doctor(ILLUSTRATOR_URLS=f"http://{nobody}")["illustrator"]
    assert found["grade"] == "missed"
    assert "stands in: comfyui, asked for by STORYBOOK_ILLUSTRATOR_URLS" in found["found"]
    assert f"http://{nobody}" in found["found"]
    assert "Start ComfyUI" in found["mend"]


def test_four_dead_addresses_are_each_named(doctor: Doctor, nobody: str) -> None:
    """Each with what was found there; the mend is said once."""
    urls = [f"http://{nobody}/{n}" for n in range(4)]
    found = doctor(ILLUSTRATOR_URLS=",".join(urls))["illustrator"]
    assert [url for url in urls if url not in found["found"]] == []
    assert found["mend"].count("Start ComfyUI") == 1


@pytest.mark.parametrize("role", ["writer", "narrator", "transcriber"])
def test_a_dead_endpoint_is_named(doctor: Doctor, nobody: str, role: str) -> None:
    """Whatever stands in for it, also where nobody does and it keeps no book from being made."""
    found = doctor(**{f"{role.upper()}_URL": f"http://{nobody}"})[role]
    assert found["grade"] == "missed"
    assert f"openai, asked for by STORYBOOK_{role.upper()}_URL: http://{nobody}" in found["found"]
    assert f"[{role}] url" in found["mend"]


@pytest.mark.parametrize("role", ["writer", "narrator", "transcriber"])
def test_an_endpoint_without_a_scheme_is_named(doctor: Doctor, nobody: str, role: str) -> None:
    """And how an address is written."""
    found = doctor(**{f"{role.upper()}_URL": nobody})[role]
    assert found["grade"] == "missed"
    assert f"'{nobody}' is no http address" in found["found"]
    assert "such as http://" in found["mend"]


def test_an_address_of_comfyui_without_a_scheme_is_named(doctor: Doctor, nobody: str) -> None:
    """With how one is written."""
    found = doctor(ILLUSTRATOR_URLS=nobody)["illustrator"]
    assert found["grade"] == "missed"
    assert f"'{nobody}' is no http address" in found["found"]
    assert "[illustrator] urls, such as http://" in found["mend"]


def test_a_missing_workflow_is_named(doctor: Doctor, nobody: str, tmp_path: Path) -> None:
    """It is first; that nobody answers is said as well, since both are to be mended."""
    workflow = str(tmp_path / "absent.json")
    found = doctor(ILLUSTRATOR_URLS=f"http://{nobody}", ILLUSTRATOR_WORKFLOW=workflow)
    text = found["illustrator"]["found"]
    assert found["illustrator"]["grade"] == "missed"
    assert f"the workflow {workflow} cannot be read" in text
    assert f"nobody answers at http://{nobody}" in text
    assert "`workflow` in [illustrator]" in found["illustrator"]["mend"]


@pytest.mark.parametrize(
    ("setting", "role", "engine"),
    [
        ("WRITER_MODEL", "writer", "llama"),
        ("NARRATOR_MODEL", "narrator", "supertonic"),
        ("TRANSCRIBER_MODEL", "transcriber", "whisper"),
    ],
)
def test_a_missing_model_is_named(
    doctor: Doctor, tmp_path: Path, setting: str, role: str, engine: str
) -> None:
    """Where it was looked for; the mend is of that place, and not of one that is not looked at."""
    model = str(tmp_path / "absent")
    found = doctor(**{setting: model})[role]
    assert found["grade"] == "missed"
    assert model in found["found"] and engine in found["found"]
    assert found["mend"]


def test_what_nobody_asked_for_is_no_fault(doctor: Doctor) -> None:
    """With `auto` alone, the embedded engines are what is wanted."""
    found = doctor()
    assert {found[it]["grade"] for it in ("writer", "illustrator", "narrator")} == {"ok"}
    assert found["transcriber"]["grade"] in ("ok", "knowing")


def test_a_named_engine_that_cannot_work_stands_alone(doctor: Doctor, nobody: str) -> None:
    """Nobody stands in for it: no book can be made."""
    found = doctor(ILLUSTRATOR_ENGINE="comfyui", ILLUSTRATOR_URLS=f"http://{nobody}")
    assert found["illustrator"]["grade"] == "bad"
    assert "comfyui cannot be used" in found["illustrator"]["found"]


class Away(Scribe):
    info = EngineInfo("quill")

    async def readiness(self) -> Readiness:
        return Readiness(False, "nobody answers", "Start the scribe")


def with_a_writer_away() -> Engines:
    """Engines of which the writer that is asked for is away."""
    engines = double_engines()
    writers: list[Candidate[Writer]] = [Candidate(Away(), ["`url` in [writer]"]), *_of(engines)]
    return Engines(
        Candidates(Role.WRITER, writers), *(engines.of(it) for it in Role if it is not Role.WRITER)
    )


def _of(engines: Engines) -> list[Candidate[Writer]]:
    return [Candidate(it) for it in engines.writer]


@pytest.mark.slow
def test_make_says_who_stands_in(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the book is begun; `--json` prints nothing but its object."""

    async def choose(settings: Settings, data: Path) -> Engines:
        engines = with_a_writer_away()
        await engines.look()
        return engines

    monkeypatch.setattr(storybook.bootstrap, "choose_engines", choose)
    result = shell("make", *WORDS)
    assert result.exit_code == 0
    assert result.stderr.splitlines()[:2] == [
        "! writer: double 1.0 stands in: quill, asked for by `url` in [writer]: nobody answers",
        "  → Start the scribe",
    ]
    assert "writing begins (double 1.0, in place of quill)" in result.stdout
    assert "stands in" not in shell("make", *WORDS, "--json").stderr


def started(server: Server, run_id: str, stage: str) -> dict[str, Any]:
    """The first start of a stage, as recorded."""
    found: list[dict[str, Any]] = []
    while not found:
        events = server.events(run_id)
        assert not [it for it in events if it["type"] == "RunFailed"]
        found = [
            it["data"]
            for it in events
            if it["type"] == "StageStarted" and it["data"]["stage"] == stage
        ]
    return found[0]


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a double's port is taken again at once")
async def test_a_server_says_who_stands_in_and_the_next_book_is_of_who_has_come(
    tmp_path: Path,
) -> None:
    """In its first lines, in `GET /api/engines` and in the book's log; a real server, and a ComfyUI
    that is started after it."""
    async with ComfyDouble().serving() as double:
        await double.stop()
        settings = {"illustrator_urls": double.url, "illustrator_workflow": WORKFLOW}
        opening = serving(tmp_path / "data", **settings)
        server = await anyio.to_thread.run_sync(opening.__enter__)
        try:
            with anyio.fail_after(PATIENCE_SECONDS):
                run = anyio.to_thread.run_sync
                engines = (await run(server.engines))["illustrator"]
                assert (engines["engine"], engines["ready"]) == ("painter", True)
                assert engines["configured"] == "comfyui"
                assert double.url in engines["why"] and "Start ComfyUI" in engines["mend"]

                book = await run(server.request)
                cover = await run(started, server, book, "COVER")
                assert (cover["engine"]["name"], cover["stands_in_for"]) == ("painter", "comfyui")

                await double.start()
                book = await run(server.request)
                cover = await run(started, server, book, "COVER")
                assert cover["engine"]["name"] == "comfyui" and "stands_in_for" not in cover
                engines = (await run(server.engines))["illustrator"]
                assert (engines["engine"], engines["why"]) == ("comfyui", "")
        finally:
            opening.__exit__(None, None, None)
    address, line, mend = (tmp_path / "server.log").read_text().splitlines()[1:4]
    assert address.startswith("Storybook serves http://")
    assert line.startswith("! illustrator: painter ") and double.url in line
    assert "STORYBOOK_ILLUSTRATOR_URLS and STORYBOOK_ILLUSTRATOR_WORKFLOW" in line
    assert "Start ComfyUI" in mend
