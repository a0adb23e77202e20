"""`doctor`: what is ready, and what to do about what is not."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import NoReturn

import pytest
from msgspec.structs import replace

import storybook.cli.doctor
from storybook.export.formats import FORMATS
from storybook.settings import Settings, SettingsError
from storybook.stages.registry import Engines, choose_engines
from tests.cli import doubles
from tests.cli.conftest import Shell
from tests.cli.doubles import Brush, Scribe
from tests.engines import NoTranscriber, ScriptedWriter
from tests.openai_api.double import refuses, serving
from tests.stores.pages import TABLE_LEAF, damage_last


def test_the_doctor_names_what_is_ready(shell: Shell) -> None:
    """Every role and everything around it; a missing transcriber keeps no book from being made."""
    findings = {it["name"]: it for it in shell.json_lines("doctor")}
    assert list(findings) == [
        *("storybook", "SQLite", "settings", "writer", "illustrator", "narrator", "transcriber"),
        *("data folder", "disk", "memory", "log", "formats", "port", "access"),
    ]
    assert findings["writer"]["found"] == "double 1.0 on cpu, ready; language ko; length 5 pages"
    assert findings["transcriber"]["grade"] == "knowing"
    assert findings["transcriber"]["mend"]
    assert not shell.data.exists()


def test_the_doctor_tells_a_writer_that_rewrites(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every one can."""
    monkeypatch.setattr(doubles, "Scribe", ScriptedWriter)
    found = {it["name"]: it["found"] for it in shell.json_lines("doctor")}
    assert found["writer"].endswith("ready; rewrites pages; translates")
    assert "rewrites" not in found["illustrator"]


def test_the_doctor_says_what_to_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that isn't ready keeps books from being made: exit code 1, with the mend."""
    lame = Engines.only(Scribe(), Brush(), NoTranscriber(), NoTranscriber())  # type: ignore[arg-type]  # any engine that isn't ready

    async def chosen(settings: Settings, data: Path) -> Engines:
        return lame

    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", chosen)
    result = shell("doctor")
    assert result.exit_code == 1
    assert "to be mended: narrator" in result.stderr
    assert "→ Ask for another test" in result.stdout


@pytest.mark.slow
def test_the_doctor_says_what_a_server_does_not_take(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried for that: nobody else could know it before the first book."""
    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", choose_engines)
    with serving(refuses("seed", "unknown field: seed")) as server:
        monkeypatch.setenv("STORYBOOK_WRITER_ENGINE", "openai")
        monkeypatch.setenv("STORYBOOK_WRITER_URL", server.url)
        (writer,) = (it for it in shell.json_lines("doctor") if it["name"] == "writer")
    assert writer["grade"] == "ok"
    assert "seed is not sent; no book can be made the same again" in writer["found"]


def test_the_doctor_sees_a_taken_port(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what can be done about it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("STORYBOOK_SERVER_PORT", str(listening.getsockname()[1]))
        (port,) = (it for it in shell.json_lines("doctor") if it["name"] == "port")
    assert port["grade"] == "knowing"
    assert "--port" in port["mend"]


def test_the_doctor_lists_the_formats_and_what_installs_those_that_are_missing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films need packages of an extra, which no book needs."""
    films = {name: FORMATS[name] for name in ("mp4", "webm")}
    for name, it in films.items():
        monkeypatch.setitem(FORMATS, name, replace(it, packages=()))
    assert finding(shell, "formats")["found"].endswith(", ".join(FORMATS))
    for name, it in films.items():
        monkeypatch.setitem(FORMATS, name, replace(it, packages=("no_such_package",)))
    lines = [it for it in shell.json_lines("doctor") if it["name"] == "formats"]
    assert [it["grade"] for it in lines] == ["ok", "knowing"]
    assert lines[0]["found"].endswith("html, epub, pdf, srt, zip")
    assert lines[1]["found"].startswith("mp4, webm") and "no_such_package" in lines[1]["found"]
    assert "[film]" in lines[1]["mend"]


def test_the_doctor_counts_the_copies_that_are_kept(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the books; and says which go next, if that is too much."""
    shell.make("--no-audio")
    found = finding(shell, "retention")["found"]
    assert "of copies to be taken along (1)" in found and "keep_bytes" not in found
    monkeypatch.setenv("STORYBOOK_RETENTION_KEEP_BYTES", "1")
    found = finding(shell, "retention")["found"]
    assert "keep_bytes is 1" in found and "the 1 oldest copies go next" in found


def finding(shell: Shell, name: str) -> dict[str, str]:
    """What the doctor says of one thing, whatever the exit code."""
    lines = shell("doctor", "--json").stdout.splitlines()
    (found,) = (it for it in map(json.loads, lines) if it["name"] == name)
    return dict(found)


@pytest.mark.parametrize("setting", ["TRUSTED_PROXIES=127.0.0.1", "BASE_PATH=/story"])
def test_the_doctor_sees_a_proxy_without_tokens(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Others reach it, though it listens on this machine alone."""
    variable, _, value = setting.partition("=")
    monkeypatch.setenv(f"STORYBOOK_SERVER_{variable}", value)
    access = finding(shell, "access")
    assert access["grade"] == "missed" and "token add NAME --scope" in access["mend"]
    shell("token", "add", "tablet", "--scope", "read")
    access = finding(shell, "access")
    assert access["grade"] == "ok"


def test_the_doctor_sees_webhooks_without_a_secret(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With which `serve` does not start."""
    monkeypatch.setenv("STORYBOOK_WEBHOOKS_ALLOWED_HOSTS", "books.example")
    monkeypatch.setenv("STORYBOOK_WEBHOOKS_SECRET_VARIABLE", "HOOKS")
    found = finding(shell, "webhooks")
    assert found["grade"] == "missed" and "HOOKS is to hold whsec_" in found["found"]
    monkeypatch.setenv("HOOKS", f"whsec_{'A' * 32}")
    found = finding(shell, "webhooks")
    assert found["grade"] == "ok" and "books.example" in found["found"]


def test_the_doctor_knows_the_log(shell: Shell) -> None:
    """How long it is, and that nobody writes it."""
    shell.make()
    (log,) = (it for it in shell.json_lines("doctor") if it["name"] == "log")
    assert "40 events" in log["found"]
    assert "no process writes it now" in log["found"]


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_the_doctor_says_what_a_log_lacks(shell: Shell, content: bytes | None) -> None:
    """As the start does, which refuses; and so does what only looks."""
    shell.make()
    path = shell.data / "log.db"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    findings = {it["name"]: it for it in map(json.loads, result.stdout.splitlines())}
    assert "those from 1 on are missing" in findings["evidence"]["found"]
    assert "those from 1 on are missing" in shell("list").stderr


def test_the_doctor_says_that_a_logs_end_is_damaged(shell: Shell) -> None:
    """Where nobody can tell any more how long it is."""
    shell.make()
    damage_last(shell.data / "log.db", lambda page: page[0] == TABLE_LEAF)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    findings = {it["name"]: it for it in map(json.loads, result.stdout.splitlines())}
    assert findings["log"]["grade"] == "bad"


@pytest.mark.parametrize(
    ("variable", "value", "name", "left_out"),
    [
        ("SERVER_PRT", "1", "settings", {"writer", "port"}),
        ("WRITER_ENGINE", "composer", "engines", set()),
    ],
)
def test_the_doctor_goes_on_after_a_fault_in_the_settings(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    name: str,
    left_out: set[str],
) -> None:
    """It is a bad finding like others; what needs no settings is looked at all the same."""

    async def refuse(*_: object) -> NoReturn:
        raise SettingsError("settings: the engine of another package cannot be used")

    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", refuse)
    monkeypatch.setenv(f"STORYBOOK_{variable}", value)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    assert f"to be mended: {name}" in result.stderr
    findings = {it["name"]: it for it in map(json.loads, result.stdout.splitlines())}
    assert findings[name]["grade"] == "bad"
    assert {"data folder", "log"} <= set(findings)
    assert not left_out & set(findings)


def test_the_doctor_sees_that_the_data_folder_cannot_be_made(tmp_path: Path) -> None:
    """A file stands in its way; the message names it."""
    (tmp_path / "file").write_text("x")
    result = Shell(tmp_path / "file" / "data")("doctor", "--json")
    assert result.exit_code == 1
    assert f"cannot be made: {tmp_path / 'file'} is no folder" in result.stdout


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_wrong_host_is_no_matter_of_the_port(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """The doctor and the server say that the host is to be changed."""
    monkeypatch.setenv("STORYBOOK_SERVER_HOST", host)
    asked = shell("doctor", "--json")
    assert asked.exit_code == 1  # whoever reaches that host needs no token
    findings = {it["name"]: it for it in map(json.loads, asked.stdout.splitlines())}
    assert "port" not in findings
    assert "[server] host" in findings["host"]["mend"]
    assert "token add" in findings["access"]["mend"]
    refused = shell("serve", "--port", "0", "--insecure")
    assert refused.exit_code == 1
    assert "--host" in refused.stderr and "no tokens" in refused.stderr
