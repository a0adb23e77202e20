"""What anybody may write into the headers of proxies, at the whole server: from one who is not
trusted it changes nothing, from one who is nothing but addresses."""

from __future__ import annotations

import ipaddress
import itertools
import logging
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.access import TokenScope
from storybook.http.app import HttpApp
from storybook.settings import Limits, ServerSettings
from tests.fuzzing import BOUNDED
from tests.http.asgi import Answer, Headers, call
from tests.http.serving import Site, serving
from tests.http.test_authorization import Guarded

pytestmark = pytest.mark.anyio

PROXY, STRANGER = "10.0.0.1", "203.0.113.7"
SERVER: Final = ServerSettings(trusted_proxies=("10.0.0.0/8",))
NAMES: Final = ("for", "proto", "host", "prefix", "port", "x")
HOSTS: Final = st.sampled_from(
    [
        *("books.example", "a:99999", "a:0", "a:", "[::1]:80", "[::::]", "[.]", "[1.2.3.4]", "["),
        *("a..b", ".", "-", "é", "a@b", "a/b", "a?b", 'a"b', "a'b", "a\\b", "<b>", "a b", "a,b"),
        *("127.0.0.1", "localhost", "xn--a", "a" * 300, "1.2.3.4, books.example"),
    ]
)
VALUES: Final = (
    HOSTS
    | st.sampled_from(
        ["https", "HTTP", "javascript", "/story", "//evil", "/a/../b", "/api", "/%0a"]
    )
    | st.sampled_from(["/a\"'><script>", "/story\r\nX: 1", "/a;b", "/a b", "203.0.113.9", "::1"])
    | st.text(st.sampled_from('127.0.0.1 10.9,;="\\[]:/forhstpi\xff\t\r\n'), max_size=20)
)
FORWARDED: Final = st.lists(
    st.tuples(st.sampled_from(["for", "proto", "host", "by", "x"]), VALUES), max_size=4
).map(lambda pairs: ";".join(f'{name}="{value}"' for name, value in pairs))
PREFIXES: Final = st.sampled_from(["/story", "/a\"'><script>", "/a;b", "/a b", "//evil", "/a/../b"])
LINES: Final = (
    st.tuples(st.just("x-forwarded-prefix"), PREFIXES)
    | st.tuples(st.just("x-forwarded-host"), HOSTS)
    | st.tuples(st.just("x-forwarded-for"), st.sampled_from(["203.0.113.9", "[::1]:9", "x, ::9"]))
    | st.tuples(st.sampled_from(NAMES).map(lambda it: f"x-forwarded-{it}"), VALUES)
    | st.tuples(st.just("forwarded"), FORWARDED | VALUES)
    | st.tuples(st.sampled_from(["via", "x-real-ip", "x-client-ip"]), VALUES)
)
HEADERS: Final = st.lists(LINES, max_size=4).map(
    lambda lines: [(name.encode(), value.encode("latin-1")) for name, value in lines]
)


def at_any_name(site: Site) -> Site:
    """The same site, as if it were bound to another address than loopback's."""
    return msgspec.structs.replace(site, app=HttpApp(site.application, is_local=False))


class Asked:
    """A site with tokens behind a proxy, and what of its answers has addresses in it."""

    def __init__(self, site: Site, guarded: Guarded, run_id: str) -> None:
        self.site, self.run_id = site, run_id
        self._secrets = guarded.secrets

    def _token(self, scope: TokenScope) -> tuple[bytes, bytes]:
        return (b"authorization", f"Bearer {self._secrets[scope]}".encode())

    async def link(self, peer: str, headers: Headers) -> Answer:
        path = f"/api/runs/{self.run_id}/links"
        named = [self._token(TokenScope.ADMIN), *headers]
        return await call(self.site, path, method="POST", headers=named, peer=peer)

    async def session(self, peer: str, headers: Headers) -> Answer:
        body = msgspec.json.encode({"token": self._secrets[TokenScope.READ]})
        return await call(
            self.site, "/api/session", method="POST", headers=headers, pieces=[body], peer=peer
        )

    async def state(self, peer: str, headers: Headers) -> Answer:
        named = [self._token(TokenScope.READ), *headers]
        return await call(self.site, f"/api/runs/{self.run_id}", headers=named, peer=peer)

    async def page(self, peer: str, headers: Headers) -> Answer:
        return await call(self.site, "/docs", headers=headers, peer=peer)

    async def all(self, peer: str, headers: Headers) -> list[Answer]:
        calls = (self.link, self.session, self.state, self.page)
        return [await it(peer, headers) for it in calls]


@pytest.fixture(scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asked]:
    folder = tmp_path_factory.mktemp("asked")
    limits = Limits(speech_per_minute=1)
    async with serving(folder, server=SERVER, limits=limits) as site:
        run_id = await site.finished_book()
        yield Asked(at_any_name(site), Guarded(site, folder), run_id)


def said(answer: Answer) -> Any:
    """An answer without what differs each time: signatures, their codes, lengths, times, the
    request's number."""
    headers = [it for it in answer.headers if it[0] not in (b"x-request-id", b"content-length")]
    text = re.sub(
        r"<svg.*?</svg>|[\w.~-]{40,}|\d{4}-\d\d-\d\dT[\d:.]+Z|Max-Age=\d+",
        "…",
        f"{headers}{answer.body!r}",
    )
    return answer.status, text


@pytest.mark.slow
@settings(BOUNDED, max_examples=80)
@given(headers=HEADERS)
async def test_a_stranger_changes_nothing(
    asked: Asked, caplog: pytest.LogCaptureFixture, headers: Headers
) -> None:
    """No address in an answer, no cookie, and not who he is for the log."""
    plain = [said(it) for it in await asked.all(STRANGER, [])]
    assert [it[0] for it in plain] == [201, 200, 200, 200]
    caplog.clear()
    with caplog.at_level(logging.INFO, "storybook.requests"):
        assert [said(it) for it in await asked.all(STRANGER, headers)] == plain
    assert {vars(it)["client"] for it in caplog.records if it.message == "request"} == {STRANGER}


@pytest.fixture(scope="module")
async def counting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site without tokens, where each address may speak once a minute."""
    limits = Limits(speech_per_minute=1)
    async with serving(tmp_path_factory.mktemp("counting"), server=SERVER, limits=limits) as site:
        yield at_any_name(site)


SERIAL: Final = itertools.count()


@pytest.mark.slow
@BOUNDED
@given(headers=HEADERS)
async def test_a_stranger_is_counted_as_who_he_is(counting: Site, headers: Headers) -> None:
    """Whatever he says: what he had is gone, and nobody else's."""
    strangers = [str(ipaddress.ip_address("198.18.0.0") + next(SERIAL)) for _ in range(2)]
    path = "/api/stt/field"
    for peer, status in ((strangers[0], 503), (strangers[0], 429), (strangers[1], 503)):
        answer = await call(counting, path, method="POST", headers=headers, peer=peer)
        assert answer.status == status


PLACE: Final = r"(/[A-Za-z0-9._~-]+)*"
LINK: Final = (
    rf"https?://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:\d{{0,5}})?{PLACE}/books/%s\?sig=[\w.~-]+"
)
COOKIE: Final = (
    rf"storybook_session=[\w.~-]+; Max-Age=\d+; Path={PLACE}/; HttpOnly; SameSite=Strict(; Secure)?"
)


@pytest.mark.slow
@BOUNDED
@given(headers=HEADERS, host=st.none() | VALUES)
async def test_what_a_trusted_proxy_hands_on_is_an_address_or_nothing(
    asked: Asked, caplog: pytest.LogCaptureFixture, headers: Headers, host: str | None
) -> None:
    """Links, cookies, pages and log lines have nothing in them that ends a value; nothing is a
    fault of the server's."""
    caplog.clear()
    given = [] if host is None else [(b"host", host.encode("latin-1"))]
    with caplog.at_level(logging.INFO, "storybook.requests"):
        answers = await asked.all(PROXY, [*headers, *given])
    link, session, state, page = answers
    for it in answers:
        assert it.status < 500, it.body
        assert not any(re.search(rb"[\r\n\0]", value) for _, value in it.headers)
    if link.status == 201:
        assert re.fullmatch(LINK % asked.run_id, link.json["url"], re.ASCII), link.json
    if session.status == 200:
        (cookie,) = session.header(b"set-cookie")
        assert re.fullmatch(COOKIE, cookie.decode(), re.ASCII), cookie
    if state.status == 200:
        for shown in state.json["pages"]:
            url = rf"{PLACE}/api/runs/{asked.run_id}/images/\w+\.png"
            assert re.fullmatch(url, shown["image_url"], re.ASCII)
    if page.status == 200:
        assert re.search(rf"href='{PLACE}/openapi\.json'".encode(), page.body)
    for record in caplog.records:
        if record.message == "request":
            ipaddress.ip_address(vars(record)["client"])
