"""A house of secrets: all servers that ask for them, and a guest who shows them to ours."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.webhooks.signing import secrets_in, signed_headers
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.web import Request, Response
from tests.openai_api.double import Asked, Double, Reply, completion
from tests.openai_api.double import serving as openai_double
from tests.webhooks.receivers import Receiving, receiving
from tests.whole.planted import Told
from tests.whole.server import WORDS, Server

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


def variable(role: str) -> str:
    return f"PLANTED_{role.upper()}_KEY"


def address(role: str, place: str, path: str = "") -> str:
    """A server's address, with a password and a query in it."""
    password = SECRETS[f"password for the {role}"].replace("+", "%2B")
    query = SECRETS[f"query for the {role}"].replace("/", "%2F")
    return f"http://me:{password}@{place}{path}?token={query}"


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
