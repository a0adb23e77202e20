"""Secrets are planted wherever there can be one, and used; nothing that is told or kept has any.

What holds some on purpose is left out by name: the answers that give one away (`token add`, a
sign-in, a link) and `server.secret`. Of tokens the data folder has hashes alone.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.stores.server_secret import read_server_secret
from storybook.webhooks.signing import secrets_in, signed_headers
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.web import Request, Response
from tests.comfyui.studio import WORKFLOW
from tests.openai_api.double import Asked, Double, Reply, completion
from tests.openai_api.double import serving as openai_double
from tests.transcriber.recordings import spoken
from tests.webhooks.receivers import Receiving, receiving
from tests.whole.planted import SAID, Told, quoting
from tests.whole.server import REPOSITORY, WORDS, Server, serving, storybook

pytestmark = pytest.mark.slow  # servers are started, and books made, by real engines

ROLES: Final = ("writer", "illustrator", "narrator", "transcriber")
PAGES: Final = (
    ("at dawn", "happy, waving", "옛날 깊은 숲속에 호기심 많은 토끼가 살았어요."),
    ("at noon", "sad, sitting", "어느 날 토끼는 길에서 겁 많은 호랑이를 만났어요."),
    ("at sunset", "happy, sitting", "토끼와 호랑이는 강가에 앉아 맛있는 떡을 나누어 먹었어요."),
    ("at night", "sad, waving", "밤하늘에 별이 뜨자 호랑이가 조용히 노래를 불렀어요."),
    ("in the rain", "happy, waving", "그 뒤로 토끼와 호랑이는 오래오래 사이좋게 지냈답니다."),
)
BOOK: Final = {
    member: {
        "title": "토끼와 호랑이",
        "summary": summary,
        "dialogues": [],
        "picture": {"time": time, "acts": {"토끼": act}, "scene": f"A view {time}."},
    }
    for member, (time, act, summary) in zip(MEMBERS, PAGES, strict=False)
}
"""What the writer writes: pages that pass."""
WEBHOOK: Final = "whsec_UExBTlRFRHdlYmhvb2tzZWNyZXQwMTIzNDU2Nzg5"
SECRETS: Final = {
    **{f"key of the {role}": f"PLANTED-key-{role}" for role in ROLES},
    **{f"password for the {role}": f"PLANTED-password+{role}" for role in ROLES},
    **{f"query for the {role}": f"PLANTED/query/{role}" for role in ROLES},
    "password of the proxy": "PLANTED-proxy-password",
    "webhooks": WEBHOOK.removeprefix("whsec_"),
    "nobody's variable": "PLANTED-of-the-environment",
}
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


def variable(role: str) -> str:
    return f"PLANTED_{role.upper()}_KEY"


def address(role: str, place: str, path: str = "") -> str:
    """A server's address, with a password and a query in it."""
    password = SECRETS[f"password for the {role}"].replace("+", "%2B")
    query = SECRETS[f"query for the {role}"].replace("/", "%2F")
    return f"http://me:{password}@{place}{path}?token={query}"


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


class House:
    """Doubles of all servers, and a receiver of webhooks."""

    def __init__(self, portal: BlockingPortal, stack: ExitStack) -> None:
        self.asked: dict[str, list[tuple[str, str, str]]] = {role: [] for role in ROLES}
        self.openai: dict[str, Double] = {}
        for role in ("writer", "narrator", "transcriber"):
            self.openai[role] = stack.enter_context(openai_double(self._noting(role)))
        self.comfy = portal.call(ComfyDouble)
        self.comfy.gate = self._gate
        stack.enter_context(portal.wrap_async_context_manager(self.comfy.serving()))
        receiver = portal.wrap_async_context_manager(receiving())
        self.receiver: Receiving = stack.enter_context(receiver)
        self.receiver.answers = ["500 Oops\r\nX-Echo: nobody"]

    def _noting(self, role: str) -> Callable[[Asked], Reply | None]:
        def rule(asked: Asked) -> Reply | None:
            self._note(role, asked.headers, asked.query)
            is_book = asked.path == "/chat/completions"
            return completion(asked, as_json(BOOK)) if is_book else None

        return rule

    def _gate(self, request: Request) -> Response | None:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        self._note("illustrator", request.headers, query)
        return None

    def _note(self, role: str, headers: Any, query: str) -> None:
        found = headers.get("x-api-key", ""), headers.get("authorization", ""), query
        self.asked[role].append(found)

    def settings(self) -> dict[str, str]:
        found = {f"{role}_engine": "openai" for role in self.openai}
        for role, double in self.openai.items():
            found[f"{role}_openai_url"] = address(role, double.url.partition("://")[2])
        comfy = self.comfy.url.partition("://")[2]
        return found | {
            "illustrator_engine": "comfyui",
            "illustrator_urls": address("illustrator", comfy),
            "webhooks_allowed_hosts": "127.0.0.1",
            "webhooks_private_addresses": "true",
            "webhooks_secret_variable": "PLANTED_WEBHOOK_SECRET",
        }

    def unused(self) -> list[str]:
        """The secrets that no server was shown."""
        missing = []
        for role, asked in self.asked.items():
            pair = httpx.BasicAuth("me", SECRETS[f"password for the {role}"])._auth_header
            query = SECRETS[f"query for the {role}"]
            wanted = SECRETS[f"key of the {role}"], pair
            shown = {(key, authorization) for key, authorization, _ in asked}
            queries = " ".join(query for *_, query in asked).replace("%2F", "/")
            if wanted not in shown or query not in queries:
                missing.append(role)
        sent = self.receiver.sent[0]
        stamp = int(sent.headers["webhook-timestamp"])
        signed = signed_headers(sent.id, stamp, sent.body, secrets_in(WEBHOOK))
        if not signed.items() <= sent.headers.items():
            missing.append("webhooks")
        return missing


@contextmanager
def house() -> Iterator[House]:
    with start_blocking_portal() as portal, ExitStack() as stack:
        yield House(portal, stack)


def new_token(data: Path, name: str, scope: str) -> str:
    done = storybook(data, "token", "add", name, "--scope", scope)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Guest:
    """Whoever asks a server, in every way in which a secret can be shown to it."""

    def __init__(self, server: Server, told: Told, admin: str, local: str) -> None:
        self.server, self.told, self.admin = server, told, admin
        self.secrets = {
            "wrong token": "PLANTED-wrong-token",
            "malformed token": "PLANTED malformed token",
            "token in the address": "PLANTED-access-token",
            "wrong cookie": "PLANTED-wrong-cookie",
            "wrong link": "PLANTED-wrong-link",
            "credentials for a proxy": "PLANTED-proxy-authorization",
            "password to call back": "PLANTED-callback-password",
            "query to call back": "PLANTED-callback-query",
            "broken request": "PLANTED-broken-request",
            "token": admin,
            "secret of the server": local,
        }

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = f"{self.server.url}{path}"
        return self.told.answer(httpx.request(method, url, timeout=60, **options))

    def show_what_is_wrong(self, run_id: str) -> None:
        """Every one of these is looked at, and lets nobody in."""
        it, run = self.secrets, f"/api/runs/{run_id}"
        headers = (
            bearer(it["wrong token"]),
            {"Authorization": f"Basic {it['malformed token']}"},
            {"Authorization": it["malformed token"]},
            {"Cookie": f"storybook_session={it['wrong cookie']}; {it['wrong cookie']}=;;"},
            {"Cookie": f"storybook_link={it['wrong link']}"},
            {"Proxy-Authorization": f"Bearer {it['credentials for a proxy']}"},
        )
        for each in headers:
            assert self.ask("GET", run, headers=each).status_code == 401, each
        queries = f"?access_token={it['token in the address']}", f"?sig={it['wrong link']}"
        for query in queries:
            assert self.ask("GET", f"{run}{query}").status_code == 401
            assert self.ask("GET", f"{run}/events{query}&last_event_id=x").status_code == 401
            admin = bearer(self.admin)
            assert self.ask("GET", f"/nowhere{query}", headers=admin).status_code == 404
            assert self.ask("GET", f"{run}{query}&at=x", headers=admin).status_code == 400
            assert self.ask("PATCH", f"{run}{query}", headers=admin).status_code == 405
        assert self._sign_in(it["wrong token"]).status_code == 401
        for content in (f'{{"token": ["{it["wrong token"]}"]}}', f'"{it["wrong token"]}'):
            assert self.ask("POST", "/api/session", content=content).status_code == 422

    def show_what_is_right(self, run_id: str) -> None:
        """Each of these lets somebody in; what answers with a new secret is not noted."""
        run, admin = f"/api/runs/{run_id}", bearer(self.admin)
        url = f"{self.server.url}/api/session"
        session = httpx.post(url, json={"token": self.admin}).headers["set-cookie"]
        self.secrets["session"] = session.partition("=")[2].partition(";")[0]
        cookie = {"Cookie": f"storybook_session={self.secrets['session']}"}
        link = httpx.post(f"{self.server.url}{run}/links", json={}, headers=admin).json()["url"]
        self.secrets["link"] = link.partition("sig=")[2]
        local = bearer(self.secrets["secret of the server"])
        for headers in (admin, local, cookie, {"Cookie": f"storybook_link={self.secrets['link']}"}):
            assert self.ask("GET", run, headers=headers).status_code == 200
        opened = httpx.get(f"{self.server.url}{run}?sig={self.secrets['link']}")
        assert opened.status_code == 200
        self.told.add("by link", opened.content)
        for path in ("/log", "/images/cover.png", "/images/none.png", "/audio/page_0.wav"):
            self.ask("GET", f"{run}{path}?sig={self.secrets['link']}", headers=admin)

    def ask_to_be_called_wrongly(self) -> None:
        it = self.secrets
        for url in (
            f"http://me:{it['password to call back']}@127.0.0.1/",
            f"http://127.0.0.1/?key={it['query to call back']}",
        ):
            body = WORDS | {"callback_url": url}
            answer = self.ask("POST", "/api/runs", json=body, headers=bearer(self.admin))
            assert answer.status_code == 422

    def look_around(self) -> None:
        admin = bearer(self.admin)
        for path in (
            *("/metrics", "/readyz", "/healthz", "/docs", "/openapi.json", "/"),
            *("/api/engines", "/api/runs"),
        ):
            assert self.ask("GET", path, headers=admin).status_code in (200, 503)

    def break_off(self) -> None:
        """What is no HTTP, and what is none after it."""
        host, port = self.server.url.partition("://")[2].split(":")
        secret = self.secrets["broken request"]
        for head in (
            f"GET /?token={secret} HTTP/1.1\r\nAuthorization: Bearer {secret}\r\n\r\n",
            f"GET /?token={secret} HTTP/9\r\nAuthorization: {secret}\r\n\r\n",
            f"{secret} / HTTP/1.1\r\n{secret}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: me:{secret}@evil.example\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: {secret}{'x' * 70_000}\r\n\r\n",
        ):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall(head.encode())
                connection.shutdown(socket.SHUT_WR)
                pieces = iter(lambda: connection.recv(65_536), b"")
                self.told.add("broken request", b"".join(pieces))

    def _sign_in(self, token: str) -> httpx.Response:
        return self.ask("POST", "/api/session", json={"token": token})


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


@pytest.mark.parametrize("way", [*SAID, "is-not-there"])
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
