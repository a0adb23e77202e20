"""Secrets are planted wherever there can be one, and used; nothing that is told or kept has any.

What holds some on purpose is left out by name: the answers that give one away (`token add`, a
sign-in, a link) and `server.secret`. Of tokens the data folder has hashes alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from storybook.stores.server_secret import read_server_secret
from tests.comfyui.studio import WORKFLOW
from tests.transcriber.recordings import spoken
from tests.whole.house_of_secrets import (
    ROLES,
    SECRETS,
    WEBHOOK,
    Guest,
    address,
    bearer,
    house,
    variable,
)
from tests.whole.planted import SAID, Told, quoting
from tests.whole.server import REPOSITORY, WORDS, Server, serving, storybook

pytestmark = pytest.mark.slow  # servers are started, and books made, by real engines

HIDDEN_FILES: Final = frozenset({"server.secret"})
COMMANDS: Final = (
    ("doctor",),
    ("doctor", "--json"),
    ("config",),
    ("config", "--json"),
    ("list", "--json"),
    ("show", "latest"),
    ("show", "latest", "--json"),
    ("log",),
    ("log", "--json"),
    ("verify",),
    ("webhooks", "--json"),
    ("token", "list", "--json"),
    ("models",),
    ("comfyui", "check"),
)
BESIDE: Final = (("doctor",), ("show", "latest"))
"""What is looked at beside the server, too."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Every key in its variable, as servers and commands inherit them."""
    for role in ROLES:
        monkeypatch.setenv(variable(role), SECRETS[f"key of the {role}"])
        name = f"STORYBOOK_{role.upper()}_{'COMFYUI' if role == 'illustrator' else 'OPENAI'}"
        monkeypatch.setenv(f"{name}_KEY_VARIABLE", variable(role))
        monkeypatch.setenv(f"{name}_HEADER", "X-API-Key")
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_WORKFLOW", WORKFLOW)
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_SIZE", "64x64")
    monkeypatch.setenv("STORYBOOK_TRANSCRIBER_MODEL", "whisper-1")
    monkeypatch.setenv("STORYBOOK_NARRATOR_MODEL", "tts-1")
    monkeypatch.setenv("PLANTED_VARIABLE", SECRETS["nobody's variable"])
    monkeypatch.setenv("STORYBOOK_LOGGING_LEVEL", "debug")
    return monkeypatch


def recording() -> dict[str, Any]:
    """A form with what somebody has said."""
    file = ("a.wav", spoken("조선시대", "wav"), "audio/wav")
    return {"files": {"audio_file": file}, "data": {"field_type": "era"}}


def has_environment(server: Server) -> bool:
    """Whether the process has what is planted in variables."""
    told = Path(f"/proc/{server.process.pid}/environ")
    return not told.exists() or SECRETS["nobody's variable"].encode() in told.read_bytes()


def commands_tell(told: Told, data: Path, *commands: tuple[str, ...]) -> None:
    for command in commands:
        done = storybook(data, "--verbose", *command)
        told.add(" ".join(command), done.stdout, done.stderr)


def until_ended(server: Server, run_id: str, told: Told, **options: Any) -> dict[str, Any]:
    """Follow a run to its end, or cancel it when it waits for a server that is away."""
    url = f"{server.url}/api/runs/{run_id}"
    with httpx.stream("GET", f"{url}/events", timeout=60, **options) as answer:
        for line in answer.iter_lines():
            told.add("events", line)
            if '"waiting_for":' in line and '"waiting_for":null' not in line:
                httpx.post(f"{url}/cancel", timeout=60, **options)
    state: dict[str, Any] = told.answer(httpx.get(url, timeout=60, **options)).json()
    return state


# ----------------------------------------------------------------------------------- all goes well


def new_token(data: Path, name: str, scope: str) -> str:
    done = storybook(data, "token", "add", name, "--scope", scope)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_house_in_order_tells_none(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """A book is made by servers that ask for keys, its receiver is told, guests come with every
    kind of secret, and everything is looked at, backed up and exported."""
    environment.setenv("PLANTED_WEBHOOK_SECRET", WEBHOOK)
    told, data = Told(), tmp_path / "data"
    with house() as servers:
        for name, value in servers.settings().items():
            environment.setenv(f"STORYBOOK_{name.upper()}", value)
        admin = new_token(data, "boss", "admin")
        with serving(data, logging_format="json") as server:
            guest = Guest(server, told, admin, read_server_secret(data / "server.secret"))
            options = {"headers": bearer(admin)}
            assert guest.secrets["secret of the server"] and has_environment(server)
            body = WORDS | {"callback_url": servers.receiver.url()}
            run_id = guest.ask("POST", "/api/runs", json=body, **options).json()["run_id"]
            state = until_ended(server, run_id, told, **options)
            assert state["status"] == "DONE", state
            said = recording()
            heard = guest.ask("POST", "/api/stt/field", **said, **options)
            assert heard.status_code == 200, heard.text
            guest.show_what_is_right(run_id)
            guest.show_what_is_wrong(run_id)
            guest.ask_to_be_called_wrongly()
            guest.look_around()
            guest.break_off()
            pinned = storybook(data, "--verbose", "pin", run_id)
            assert pinned.returncode == 0, pinned.stderr
            told.add("pin", pinned.stdout, pinned.stderr)
            commands_tell(told, data, *BESIDE, ("backup", str(tmp_path / "backup")))
            assert server.stop() == 0
        commands_tell(
            *(told, data, *COMMANDS, ("backup", str(tmp_path / "backup.tar"))),
            ("export-log", str(tmp_path / "log.jsonl")),
        )
        assert servers.unused() == []
    for path in (tmp_path / "server.log", tmp_path / "backup.tar", tmp_path / "log.jsonl"):
        told.add(path.name, path.read_bytes())
    told.files(data, besides=HIDDEN_FILES)
    told.files(tmp_path / "backup")
    assert told.leaks(SECRETS | guest.secrets) == []
    log = (tmp_path / "server.log").read_text()
    assert all(json.loads(it) for it in log.splitlines() if it.startswith("{"))
    assert f"/api/runs/{run_id}" in log and "webhook" in log


# ------------------------------------------------------------------------------------ all goes ill

FAILURES: Final = (("doctor",), ("show", "latest"), ("log", "--json"))


def is_said_by(heard: bytes, role: str) -> bool:
    """Whether a server was shown a role's key, password and query."""
    kinds = f"key of the {role}", f"password for the {role}", f"query for the {role}"
    return all(SECRETS[it] in heard.decode().replace("%2F", "/") for it in kinds)


def fails(told: Told, data: Path) -> None:
    """A book that fails at a real server is asked for, and all that is told of it noted."""
    with serving(data, logging_format="text") as server:
        run_id = server.request()
        assert until_ended(server, run_id, told)["status"] in ("FAILED", "CANCELLED")
        said = recording()
        told.answer(httpx.post(f"{server.url}/api/stt/field", **said, timeout=60))
        for path in ("/api/engines", "/readyz", "/metrics", f"/api/runs/{run_id}/log"):
            told.answer(httpx.get(f"{server.url}{path}", timeout=60))
        assert has_environment(server)
        server.stop()
    told.add("server.log", (data.parent / "server.log").read_bytes())
    commands_tell(told, data, *FAILURES)
    told.files(data, besides=HIDDEN_FILES)


@pytest.mark.parametrize(
    "way", ["refuses-the-key", "redirects", "blames", "errs-in-success", "is-not-there"]
)
def test_a_writer_that_fails_is_quoted_without_them(
    tmp_path: Path, environment: pytest.MonkeyPatch, way: str
) -> None:
    """It puts all that it was sent into head and body of what it answers, or is not there."""
    told = Told()
    environment.setenv("STORYBOOK_WRITER_ENGINE", "openai")
    with quoting(way if way in SAID else "blames") as parrot:
        place = parrot.place if way in SAID else "127.0.0.1:9"
        environment.setenv("STORYBOOK_WRITER_OPENAI_URL", address("writer", place, "/v1"))
        fails(told, tmp_path / "data")
        assert is_said_by(parrot.heard, "writer") or way not in SAID
    assert told.leaks(SECRETS) == []


def test_painters_and_voices_that_fail_are_quoted_without_them(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """A text is written here; whoever is to paint, read or hear quotes all that it was sent, in
    every way."""
    told = Told()
    environment.setenv("STORYBOOK_WRITER_ENGINE", "composer")
    environment.setenv("STORYBOOK_ILLUSTRATOR_ENGINE", "comfyui")
    with ExitStack() as stack:
        parrots = {way: stack.enter_context(quoting(way)) for way in SAID}
        painters = [address("illustrator", it.place) for it in parrots.values()]
        painters.append(address("illustrator", "127.0.0.1:9"))
        environment.setenv("STORYBOOK_ILLUSTRATOR_URLS", ",".join(painters))
        for role, way in (("narrator", "blames"), ("transcriber", "errs-in-success")):
            environment.setenv(f"STORYBOOK_{role.upper()}_ENGINE", "openai")
            url = address(role, parrots[way].place, "/v1")
            environment.setenv(f"STORYBOOK_{role.upper()}_OPENAI_URL", url)
        fails(told, tmp_path / "data")
        commands_tell(told, tmp_path / "data", ("comfyui", "check"))
        assert all(is_said_by(it.heard, "illustrator") for it in parrots.values())
        assert is_said_by(parrots["blames"].heard, "narrator")
        assert is_said_by(parrots["errs-in-success"].heard, "transcriber")
    assert told.leaks(SECRETS) == []


def test_a_writer_behind_a_proxy_is_quoted_without_them(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """The environment names the proxy, with a password, and it is the proxy that quotes all."""
    told = Told()
    environment.setenv("STORYBOOK_WRITER_ENGINE", "openai")
    environment.setenv("STORYBOOK_WRITER_OPENAI_URL", address("writer", "models.example", "/v1"))
    environment.setenv("NO_PROXY", "127.0.0.1,localhost")
    with quoting("blames") as parrot:
        proxy = f"http://me:{SECRETS['password of the proxy']}@{parrot.place}"
        environment.setenv("HTTP_PROXY", proxy)
        environment.setenv("http_proxy", proxy)
        fails(told, tmp_path / "data")
        assert is_said_by(parrot.heard, "writer")
        assert SECRETS["password of the proxy"].encode() in parrot.heard
    assert told.leaks(SECRETS) == []


def test_keys_in_the_wrong_place_are_not_shown(tmp_path: Path) -> None:
    """Where the name of a variable, the word before a key, or a proxy's address belongs."""
    told, secrets = Told(), {"key": "PLANTED-sk-0123", "webhooks": "whsec_PLANTED"}
    settings = f"""
        [writer]
        engine = "openai"
        url = "http://127.0.0.1:9"
        key_variable = "{secrets["key"]}"
        header = "X-API-Key: {secrets["key"]}"
        [webhooks]
        allowed_hosts = ["127.0.0.1"]
        secret_variable = "{secrets["webhooks"]}"
        """
    wrong = f"""
        [server]
        trusted_proxies = ["http://me:{secrets["key"]}@proxy"]
        """
    for text in (settings, wrong):
        file = tmp_path / "storybook.toml"
        file.write_text(text, "utf-8")
        commands = ("config",), ("config", "--json"), ("doctor",), ("serve", "--port", "0")
        for command in commands:
            done = storybook(tmp_path / "data", "--config", str(file), *command)
            told.add(" ".join(command), done.stdout, done.stderr)
            assert done.returncode == 0 or command[0] != "config" or text == wrong
    assert told.leaks(secrets) == []


def test_a_crash_tells_none(tmp_path: Path) -> None:
    """A request and a command that meet a fault of ours tell where, and no value."""
    told, data, crashing = Told(), tmp_path / "data", "tests.whole.crashing"
    token = new_token(data, "boss", "admin")
    with serving(data, crashing, logging_format="json") as server:
        local = read_server_secret(data / "server.secret")
        url = f"{server.url}/api/runs?access_token={token}"
        answer = told.answer(httpx.post(url, json=WORDS, headers=bearer(token), timeout=60))
        assert answer.status_code == 500 and answer.json() == {"detail": "internal error"}
        server.stop()
    words = [it for name, word in WORDS.items() for it in (f"--{name[:-3]}", word)]
    command = [sys.executable, "-m", crashing, "--data", str(data), "-v", "make", *words]
    made = subprocess.run(command, capture_output=True, cwd=REPOSITORY, timeout=60, check=False)
    log = (tmp_path / "server.log").read_bytes()
    for where, text in (("make", made.stderr + made.stdout), ("server.log", log)):
        assert b"Traceback" in text or b"break_down" in text
        assert b"a fault of ours" in text
        told.add(where, text)
    assert told.leaks(SECRETS | {"token": token, "local": local}) == []
