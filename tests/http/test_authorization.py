"""Who is let in at a server that has tokens."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from storybook.access import Tokens, TokenScope
from storybook.clock import SystemClock
from storybook.http.authorization import WRONG_A_MINUTE, needed_for
from storybook.http.calls import CALLS
from storybook.settings import Limits, ServerSettings
from storybook.stores.sqlite.access import append_access, read_access
from tests.cli.qr_reader import in_svg
from tests.http.serving import WORDS, Site, eventually, serving
from tests.http.sse import following

pytestmark = pytest.mark.anyio

OPEN = ["/", "/healthz", "/docs", "/openapi.json"]


class Guarded:
    """A site with tokens, and their secrets by scope."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.secrets = {it: self.add(it.value, it) for it in TokenScope}
        site.application.access.refresh()

    def add(self, name: str, scope: TokenScope) -> str:
        path, now = self.folder / "access.db", SystemClock().now()
        secret, event = Tokens(read_access(path)).add(name, scope, None, now)
        append_access(path, event, now)
        return secret

    def revoke(self, name: str) -> None:
        path = self.folder / "access.db"
        event = Tokens(read_access(path)).revoke(name)
        append_access(path, event, SystemClock().now())

    async def ask(
        self,
        scope: TokenScope | None,
        method: str,
        path: str,
        more_headers: Mapping[str, str] = {},
        **more: object,
    ) -> httpx.Response:
        shown = {"Authorization": f"Bearer {self.secrets[scope]}"} if scope else {}
        headers = {**shown, **more_headers}
        async with httpx.AsyncClient(base_url=self.site.url) as client:
            return await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]

    async def book(self) -> str:
        """A book that is asked for with the token `create`."""
        answer = await self.ask(TokenScope.CREATE, "POST", "/api/runs", json=WORDS)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    async with serving(folder, limits=Limits(runs_per_minute=10_000)) as site:
        yield Guarded(site, folder)


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_a_page_that_may_ask_reads_the_refusal_too(tmp_path: Path, status: int) -> None:
    """With the headers that every answer has for it; a page of another origin reads neither."""
    server = ServerSettings(cors_origins=("https://books.example",))
    async with serving(tmp_path, server=server) as site:
        token = TokenScope.READ if status != 401 else None
        guarded, call = Guarded(site, tmp_path), ("POST" if status == 403 else "GET", "/api/runs")
        for origin, shown in (("https://books.example", True), ("https://evil.example", False)):
            if shown or status != 403:
                answer = await guarded.ask(token, *call, more_headers={"Origin": origin})
                assert answer.status_code == status
                assert (answer.headers.get("access-control-allow-origin") == origin) is shown
                assert len(answer.headers.get_list("access-control-allow-origin")) <= 1
                assert not shown or "RateLimit" in answer.headers["access-control-expose-headers"]


@pytest.mark.slow
async def test_each_call_needs_a_token_but_those_that_lead_to_one(guarded: Guarded) -> None:
    """What is open shows nothing of anybody's book."""
    for call in CALLS:
        path = call.path.replace("{run_id}", "0" * 32).replace("{filename}", "cover.png")
        is_open = path in OPEN or path == "/api/session"
        answer = await guarded.ask(None, call.method, path.replace("{page}", "0"))
        assert (answer.status_code != 401) is is_open, call.operation_id
        if not is_open:
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "POST /api/session" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/api/runs", TokenScope.READ),
        ("HEAD", "/api/events", TokenScope.READ),
        ("GET", "/readyz", TokenScope.READ),
        ("POST", "/api/runs", TokenScope.CREATE),
        ("POST", "/api/stt/field", TokenScope.CREATE),
        ("POST", f"/api/runs/{'0' * 32}/cancel", TokenScope.CREATE),
        ("DELETE", f"/api/runs/{'0' * 32}", TokenScope.ADMIN),
        ("POST", f"/api/runs/{'0' * 32}/links", TokenScope.ADMIN),
        ("GET", "/metrics", TokenScope.ADMIN),
        ("GET", "/operate/status", TokenScope.ADMIN),
        ("PUT", "/api/cast/x", TokenScope.CREATE),
    ],
)
def test_what_a_call_needs(method: str, path: str, needed: TokenScope) -> None:
    """To look, to have made, to delete."""
    assert needed_for(method, path) is needed


@pytest.mark.slow
@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"]
)
async def test_without_tokens_only_who_sits_here_forgets(header: str, tmp_path: Path) -> None:
    """A proxy reaches the server from this machine, and asks for somebody else."""
    async with serving(tmp_path) as site:
        path = f"/api/runs/{'0' * 32}"
        through = await site.client.delete(path, headers={header: "for=192.0.2.1"})
        assert through.status_code == 403
        assert "storybook token add" in through.json()["detail"]
        assert (await site.client.get(path, headers={header: "1"})).status_code == 404
        assert (await site.client.delete(path)).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/metrics%2f"])
async def test_without_tokens_a_proxy_gets_no_metrics(path: str, tmp_path: Path) -> None:
    """However the path is written."""
    async with serving(tmp_path) as site:
        through = await site.client.get(f"{site.url}{path}", headers={"Via": "1.1 proxy"})
        assert through.status_code == 403


@pytest.mark.slow
async def test_a_scope_that_does_not_reach(
    guarded: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    """403 names the one that is needed, and the server's log whose token it was."""
    run_id = await guarded.book()
    for scope, method, path, needed in (
        (TokenScope.READ, "POST", "/api/runs", "create"),
        (TokenScope.READ, "POST", "/api/archives", "create"),
        (TokenScope.READ, "POST", f"/api/runs/{run_id}/cancel", "create"),
        (TokenScope.CREATE, "POST", f"/api/runs/{run_id}/links", "admin"),
    ):
        with caplog.at_level(logging.INFO, "storybook.requests"):
            answer = await guarded.ask(scope, method, path)
        said = f"this needs a token with the scope {needed}; yours has {scope.value}"
        assert (answer.status_code, answer.json()["detail"]) == (403, said)
        told = [vars(it) for it in caplog.records if it.name == "storybook.requests"][-1]
        assert (told["status"], told["caller"]) == (403, scope.value)
    assert (await guarded.ask(TokenScope.READ, "GET", f"/api/runs/{run_id}")).status_code == 200


SPELLINGS = ["{}/", "{}//", "/{}", "{}%2f", "/{}/"]
"""Other ways to write a path that lead to where it leads."""


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_of_a_path_needs_as_much(spelling: str, guarded: Guarded) -> None:
    """No slash that parts nothing leads a token to what its scope does not allow."""
    for call in CALLS:
        path = call.path.replace("{run_id}", "0" * 32).replace("{filename}", "cover.png")
        path = path.replace("{page}", "0")
        needed = needed_for(call.method, path)
        weaker = [it for it in TokenScope if not it.allows(needed)]
        if path in OPEN or path == "/api/session" or not weaker:
            continue
        url = f"{guarded.site.url}{spelling.format(path)}"
        answer = await guarded.ask(weaker[-1], call.method, url)
        assert answer.status_code == 403, (call.method, url)


async def test_events_say_whose_token_it_was(guarded: Guarded) -> None:
    """Who asked and who cancelled; a read token sees every book."""
    run_id = await guarded.book()
    log = await guarded.ask(TokenScope.READ, "GET", f"/api/runs/{run_id}/log")
    assert log.json()["events"][0]["data"]["requested_by"] == "create"


async def test_an_idempotency_key_belongs_to_its_token(guarded: Guarded) -> None:
    """Two callers with the same key get a book each."""
    found = []
    for scope in (TokenScope.CREATE, TokenScope.CREATE, TokenScope.ADMIN):
        headers = {"Authorization": f"Bearer {guarded.secrets[scope]}", "Idempotency-Key": "k"}
        answer = await guarded.site.client.post("/api/runs", json=WORDS, headers=headers)
        found.append(answer.json()["run_id"])
    assert found[0] == found[1] != found[2]


@pytest.mark.slow
async def test_a_key_from_before_there_were_tokens_finds_its_book(tmp_path: Path) -> None:
    """Whoever asks again with it, now by name, gets no second one."""
    async with serving(tmp_path) as site:
        key = {"Idempotency-Key": "old"}
        before = (await site.client.post("/api/runs", json=WORDS, headers=key)).json()
        guarded = Guarded(site, tmp_path)
        key["Authorization"] = f"Bearer {guarded.secrets[TokenScope.CREATE]}"
        assert (await site.client.post("/api/runs", json=WORDS, headers=key)).json() == before


async def test_a_browser_signs_in(guarded: Guarded) -> None:
    """The cookie does what the token does, no script reads it, and signing out takes it away."""
    async with httpx.AsyncClient(base_url=guarded.site.url) as browser:
        wrong = await browser.post("/api/session", json={"token": "sb_wrong"})
        assert wrong.status_code == 401
        secret = guarded.secrets[TokenScope.CREATE]
        answer = await browser.post("/api/session", json={"token": secret})
        assert (answer.json()["name"], answer.json()["scope"]) == ("create", "create")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert secret not in cookie
        assert (await browser.post("/api/runs", json=WORDS)).status_code == 201
        assert (await browser.delete("/api/session")).status_code == 204
        assert (await browser.get("/api/runs")).status_code == 401


async def test_a_body_that_is_nested_deep_is_no_fault_of_the_server(guarded: Guarded) -> None:
    """Anybody may send one where nobody needs a token."""
    body = b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    answer = await guarded.ask(None, "POST", "/api/session", content=body)
    assert answer.status_code == 422


@pytest.mark.slow
async def test_a_link_opens_one_book(guarded: Guarded) -> None:
    """In the reader, by its state, its stream, its files; nothing else, and nothing is changed by
    it."""
    run_id, other = await guarded.book(), await guarded.book()
    path = f"/api/runs/{run_id}/links"
    answer = await guarded.ask(TokenScope.ADMIN, "POST", path, json={"ttl_seconds": 60})
    assert answer.status_code == 201
    link = answer.json()["url"]
    assert link.startswith(f"{guarded.site.url}/books/{run_id}?sig=")
    page = await guarded.ask(None, "GET", link, {"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    url = link.replace("/books/", "/api/runs/")
    async with httpx.AsyncClient(base_url=guarded.site.url) as friend:
        assert (await friend.get(url)).status_code == 200
        assert (await friend.get(f"/api/runs/{run_id}/events")).status_code == 200
        assert (await friend.get(f"/api/runs/{run_id}/images/cover.png")).status_code == 200
        for asked in (f"/api/runs/{other}", "/api/runs", f"/api/events?{url.split('?')[1]}"):
            assert (await friend.get(asked)).status_code == 401, asked
        assert (await friend.post(f"/api/runs/{run_id}/retry")).status_code in (401, 403)
    assert (await guarded.ask(None, "GET", f"{url}x")).status_code == 401
    assert (
        await guarded.ask(TokenScope.ADMIN, "POST", path, json={"ttl_seconds": 1})
    ).status_code == 422


@pytest.mark.slow
@pytest.mark.parametrize(("language", "title"), [("en", "QR code that"), ("ko-KR", "이 책을 여는")])
async def test_a_link_comes_with_its_qr_code(guarded: Guarded, language: str, title: str) -> None:
    """Of the same address, with a title in the language of who asks."""
    path, wanted = f"/api/runs/{await guarded.book()}/links", {"Accept-Language": language}
    answer = await guarded.ask(TokenScope.ADMIN, "POST", path, wanted, json={})
    link = answer.json()
    assert list(link) == ["url", "expires_at", "qr"]
    assert f"<title>{title}" in link["qr"]
    assert answer.headers["vary"] == "accept-language"
    assert in_svg(link["qr"]) == link["url"]


@pytest.mark.slow
async def test_a_revoked_token_ends_what_is_open(tmp_path: Path) -> None:
    """Within a second or so, without a restart: requests, sessions and streams."""
    async with serving(tmp_path, held=True) as site:
        guarded = Guarded(site, tmp_path)
        leaving = guarded.add("guest", TokenScope.READ)
        site.application.access.refresh()
        headers = {"Authorization": f"Bearer {leaving}"}
        async with following(site.port, "/api/events", authorization=f"Bearer {leaving}") as stream:
            await eventually(lambda: len(site.app.streams.open) == 1)
            guarded.revoke("guest")
            assert await stream.changes() == []
        assert (await site.client.get("/api/runs", headers=headers)).status_code == 401


@pytest.mark.slow
async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    """After some wrong tokens their address waits, by whichever way it tries; others do not."""
    async with serving(tmp_path) as site:
        guarded = Guarded(site, tmp_path)
        wrong = {"Authorization": "Bearer sb_guess"}
        for _ in range(WRONG_A_MINUTE):
            assert (await site.client.get("/api/runs", headers=wrong)).status_code == 401
        answer = await site.client.get("/api/runs", headers=wrong)
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
        signing_in = await site.client.post("/api/session", json={"token": "sb_guess"})
        assert signing_in.status_code == 429
        assert (await guarded.ask(None, "GET", f"/api/runs/{'0' * 32}?sig=x")).status_code == 429
        assert (await guarded.ask(None, "GET", "/api/runs")).status_code == 401
        assert (await guarded.ask(None, "GET", "/")).status_code == 200


@pytest.mark.slow
async def test_who_guesses_keeps_nobody_out(tmp_path: Path) -> None:
    """A right token is let in behind the same proxy, whatever others have tried there."""
    async with serving(tmp_path) as site:
        guarded = Guarded(site, tmp_path)
        for _ in range(WRONG_A_MINUTE + 1):
            wrong = await site.client.post("/api/session", json={"token": "sb_guess"})
        assert wrong.status_code == 429
        assert (await guarded.ask(TokenScope.READ, "GET", "/api/runs")).status_code == 200
        token = guarded.secrets[TokenScope.READ]
        right = await site.client.post("/api/session", json={"token": token})
        assert right.status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "before", ['theme={"dark":"yes"}', "a b", "=", 'open="', "é=1", "a[0]=1", "Path=/"]
)
async def test_cookies_of_other_servers_of_the_host_sign_nobody_out(
    before: str, guarded: Guarded
) -> None:
    """A browser sends them to every port and path; what is in them is not ours to judge."""
    token = guarded.secrets[TokenScope.READ]
    answer = await guarded.ask(None, "POST", "/api/session", json={"token": token})
    session = answer.headers["set-cookie"].partition(";")[0]
    headers = {b"Cookie": f"{before}; {session}; more=1".encode()}
    async with httpx.AsyncClient(base_url=guarded.site.url) as browser:
        assert (await browser.get("/api/runs", headers=headers)).status_code == 200


@pytest.mark.slow
async def test_without_tokens_nobody_needs_one(site: Site) -> None:
    """As it always was; what signs has nothing to sign with, and says so."""
    assert (await site.client.get("/api/runs")).status_code == 200
    for path in ("/api/session", f"/api/runs/{await site.finished_book()}/links"):
        answer = await site.client.post(path, json={"token": "x"})
        assert answer.status_code == 409 and "token add" in answer.json()["detail"]
