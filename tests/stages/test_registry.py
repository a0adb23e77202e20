"""Which engine does which role: named, the best that is there, and never another in silence."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.book import Role, Stage
from storybook.configuration import load_settings
from storybook.engines import EngineSpec, EngineUnavailable, Readiness, WritingTask
from storybook.settings import Settings, SettingsError, WriterSettings
from storybook.stages import registry
from storybook.stages.registry import (
    GROUP,
    OWN_ENGINES,
    Engines,
    choose_engines,
    engine_names,
    find_engine,
)
from tests.books import new_run
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import WORKFLOW
from tests.engines import Scripted
from tests.narrator.tiny_kokoro import make_model as make_kokoro
from tests.narrator.tiny_supertonic import make_model
from tests.test_run import REQUEST
from tests.writer.tiny_gguf import make_tiny_gguf

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees models of the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def names(engines: Engines) -> dict[str, str]:
    return {role.value: engines.of(role).best.info.name for role in Role}


def with_illustrator_at(url: str, **variables: str) -> Settings:
    return load_settings({"STORYBOOK_ILLUSTRATOR_URLS": url, **variables})


async def test_with_nothing_there_the_embedded_engines_work(tmp_path: Path, nobody: str) -> None:
    """`auto` falls back to what needs no model and no server."""
    engines = await choose_engines(with_illustrator_at(nobody), tmp_path)
    assert names(engines) == {
        "writer": "composer",
        "illustrator": "painter",
        "narrator": "espeak",
        "transcriber": "whisper",
    }
    report = {it.role: it for it in await engines.report()}
    assert report[Role.WRITER].ready and report[Role.NARRATOR].ready
    assert not report[Role.TRANSCRIBER].ready and report[Role.TRANSCRIBER].mend


async def test_models_that_are_there_are_used(tmp_path: Path, nobody: str) -> None:
    """A GGUF file and Supertonic's folder in the data folder are found by themselves."""
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    make_tiny_gguf(models / "tiny.gguf")
    make_model(models / "supertonic")
    engines = await choose_engines(with_illustrator_at(nobody), tmp_path / "data")
    assert names(engines)["writer"] == "llama"
    assert names(engines)["narrator"] == "supertonic"


async def test_the_best_voice_that_is_there_reads(tmp_path: Path, nobody: str) -> None:
    """Supertonic before Kokoro, and Kokoro before eSpeak, which is always there."""
    models, settings = tmp_path / "models", with_illustrator_at(nobody)
    assert list(OWN_ENGINES[Role.NARRATOR]) == ["openai", "supertonic", "kokoro", "espeak"]
    make_kokoro(models / "kokoro")
    engines = await choose_engines(settings, tmp_path)
    assert names(engines)["narrator"] == "kokoro"
    assert engines.narrator.report().model == "kokoro-82m-v1.0-int8"
    make_model(models / "supertonic")
    await engines.look()
    assert names(engines)["narrator"] == "supertonic"


async def test_an_engine_that_is_named_is_never_replaced(tmp_path: Path, nobody: str) -> None:
    """It stays, is reported as not ready, and its work says what is missing and how to mend it."""
    settings = with_illustrator_at(
        nobody,
        STORYBOOK_WRITER_ENGINE="llama",
        STORYBOOK_ILLUSTRATOR_ENGINE="comfyui",
        STORYBOOK_NARRATOR_ENGINE="openai",
    )
    engines = await choose_engines(settings, tmp_path)
    assert names(engines)["writer"] == "llama"
    for report in await engines.report():
        assert not report.ready and report.why and report.mend, report
    with pytest.raises(EngineUnavailable):
        async for _ in engines.writer.best.write(WritingTask(REQUEST, 1, 1), lambda fraction: None):
            pass


async def test_a_remote_alternative_is_looked_at_where_its_url_is_set(
    tmp_path: Path, nobody: str
) -> None:
    """One that does not answer is passed over by `auto`."""
    settings = with_illustrator_at(nobody, STORYBOOK_WRITER_URL=nobody)
    assert names(await choose_engines(settings, tmp_path))["writer"] == "composer"


async def test_a_model_that_comes_later_is_found_by_the_next_look(
    tmp_path: Path, nobody: str
) -> None:
    """Nothing has to be started anew."""
    engines = await choose_engines(with_illustrator_at(nobody), tmp_path)
    assert names(engines)["writer"] == "composer"
    (tmp_path / "models").mkdir()
    make_tiny_gguf(tmp_path / "models" / "tiny.gguf")
    make_model(tmp_path / "models" / "supertonic")
    await engines.look()
    assert names(engines)["writer"] == "llama"
    assert names(engines)["narrator"] == "supertonic"
    assert engines.writer.report().model == "tiny.gguf"
    await engines.close()


async def test_a_request_does_not_wait_for_who_does_not_answer(
    tmp_path: Path, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is judged by what was known before."""
    monkeypatch.setattr(registry, "ASKED_SECONDS", 0.01)
    engines = await choose_engines(with_illustrator_at(nobody), tmp_path)

    async def never() -> Readiness:
        await anyio.sleep_forever()
        raise AssertionError

    slow = next(iter(engines.writer))
    monkeypatch.setattr(slow, "readiness", never)
    with anyio.fail_after(30):
        assert await engines.request_faults(new_run(REQUEST)) == []
    await engines.close()


async def test_an_unknown_engine_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """A name that no engine has stops the start, where settings are read as where they are made."""
    told = r"^settings: STORYBOOK_WRITER_ENGINE: unknown engine 'lama' .*; did you mean llama\?"
    with pytest.raises(SettingsError, match=told):
        load_settings({"STORYBOOK_WRITER_ENGINE": "lama"})
    with pytest.raises(SettingsError, match=r"'poet' in \[writer\]; known are auto, openai, llama"):
        await choose_engines(Settings(writer=WriterSettings(engine="poet")), tmp_path)


@pytest.mark.parametrize("role", Role)
def test_a_key_is_the_same_for_every_engine_of_a_role(role: Role) -> None:
    """Its table has each key once."""
    kinds: dict[str, Any] = {}
    for spec in OWN_ENGINES[role].values():
        for field in msgspec.structs.fields(spec.settings):
            assert kinds.setdefault(field.name, field.type) == field.type, field.name


@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role, table in OWN_ENGINES.items() for name in table]
)
async def test_every_engine_is_built_from_plain_settings(
    role: Role, name: str, tmp_path: Path, nobody: str
) -> None:
    """Building costs nothing; whatever is missing is told by `readiness`, not by an exception."""
    settings = with_illustrator_at(nobody, **{f"STORYBOOK_{role.name}_ENGINE": name})
    engines = await choose_engines(settings, tmp_path)
    engine = engines.of(role).best
    assert engine.info.name == name
    readiness = await engine.readiness()
    assert readiness.ready or (readiness.why and readiness.mend)
    await engines.close()


@pytest.mark.parametrize("role", [Role.WRITER, Role.NARRATOR, Role.TRANSCRIBER])
async def test_each_role_can_have_a_key_of_its_own(
    role: Role, tmp_path: Path, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the variable that its table names; one that is no key is told by that name."""
    monkeypatch.setenv("KEY_OF_ITS_OWN", "열쇠")
    values = {"ENGINE": "openai", "URL": nobody, "KEY_VARIABLE": "KEY_OF_ITS_OWN"}
    variables = {f"STORYBOOK_{role.name}_{key}": value for key, value in values.items()}
    engines = await choose_engines(with_illustrator_at(nobody, **variables), tmp_path)
    assert "KEY_OF_ITS_OWN" in (await engines.of(role).best.readiness()).why


def test_each_stage_has_its_role() -> None:
    """Text by the writer, pictures by the illustrator, voices by the narrator."""
    assert Stage.LLM.role is Role.WRITER
    assert Stage.PANEL_3.role is Role.ILLUSTRATOR
    assert Stage.TTS.role is Role.NARRATOR


async def test_a_named_server_is_asked_who_it_is(tmp_path: Path) -> None:
    """So that the first stage that it does is recorded with its version and model."""
    async with ComfyDouble().serving() as double:
        settings = with_illustrator_at(
            double.url,
            STORYBOOK_ILLUSTRATOR_ENGINE="comfyui",
            STORYBOOK_ILLUSTRATOR_WORKFLOW=WORKFLOW,
        )
        engines = await choose_engines(settings, tmp_path)
        info = engines.illustrator.best.info
        await engines.close()
    assert info.version and info.model


async def test_a_remote_narrator_is_on_no_device_of_this_machine(
    tmp_path: Path, nobody: str
) -> None:
    """It is scheduled and recorded as where it is."""
    settings = with_illustrator_at(
        nobody, STORYBOOK_NARRATOR_ENGINE="openai", STORYBOOK_NARRATOR_URL="http://127.0.0.1:9"
    )
    engines = await choose_engines(settings, tmp_path)
    assert engines.narrator.best.info.device == "127.0.0.1:9"


async def test_an_engine_that_does_not_close_keeps_no_other_open(
    tmp_path: Path, nobody: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its failure is logged."""
    closed: list[str] = []
    scripted = Scripted()

    async def fail() -> None:
        raise OSError("no answer")

    async def close() -> None:
        closed.append("narrator")

    scripted.writer.unload, scripted.narrator.unload = fail, close  # type: ignore[method-assign]
    await scripted.engines.close()
    assert closed == ["narrator"]
    assert "the writer scripted-writer did not close" in caplog.text


@pytest.mark.parametrize("text", ["raise RuntimeError('no')", "import sys; sys.exit(3)"])
def test_an_engine_that_does_not_load_is_a_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Whatever its module does: the message names it."""
    told = tmp_path / "broken-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[storybook.engines]\nwriter.broken = broken_one:SPEC\n")
    (tmp_path / "broken_one.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    expected = r"'broken' of .writer. cannot be used: broken_one:SPEC"
    with pytest.raises(SettingsError, match=expected):
        find_engine(Role.WRITER, "broken")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "raise RuntimeError('no GPU')",
            r"odd_engine:SPEC: RuntimeError\('no GPU'\)",
        ),
        ("", r"cannot be used: odd_engine:SPEC: AttributeError"),
        ("SPEC = 1", r"odd_engine:SPEC is 1, and not the EngineSpec of 'odd' as writer"),
        ("from storybook.composer.spec import COMPOSER as SPEC", r"not the EngineSpec of 'odd'"),
    ],
)
async def test_an_engine_of_another_package_that_is_broken_is_told(
    module: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is named; who does not name it is not disturbed."""
    about = tmp_path / "odd_engine-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-engine\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nwriter.odd = odd_engine:SPEC\n")
    (tmp_path / "odd_engine.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_engine", raising=False)
    assert find_engine(Role.WRITER, "composer").name == "composer"
    assert engine_names(Role.WRITER) == ["openai", "llama", "composer", "odd"]
    with pytest.raises(SettingsError, match=message):
        await choose_engines(load_settings({"STORYBOOK_WRITER_ENGINE": "odd"}), tmp_path)


class Needy(msgspec.Struct, frozen=True):
    model: str


class Nested(msgspec.Struct, frozen=True):
    models: dict[str, list[int]] = {}


@pytest.mark.parametrize("settings", [Needy, Nested])
def test_settings_that_no_file_can_have_are_refused(settings: type[msgspec.Struct]) -> None:
    """When the engine is declared, not when somebody sets them."""
    with pytest.raises(TypeError, match=r"models? in the settings of odd needs a default, and one"):
        EngineSpec("odd", Role.WRITER, settings, lambda told, data: Scripted().writer)
