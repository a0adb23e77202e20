"""A server that is asked through proxies, and shown under a path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from anyio.abc import SocketAttribute

from storybook.access import TokenScope
from storybook.book import picture_of
from storybook.configuration import load_settings
from storybook.settings import Limits, ServerSettings, SettingsError
from tests.http.serving import WORDS, Site, eventually, serving
from tests.http.sse import following
from tests.http.test_authorization import Guarded
from tests.http.test_previews import JPEG, painting

pytestmark = pytest.mark.anyio

SHOWN = ServerSettings(
    base_path="/story", trusted_proxies=("127.0.0.1",), trusted_hosts=("books.example",)
)
OUTSIDE = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "books.example",
}


@pytest.fixture(scope="module")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site under /story, behind a proxy on this machine."""
    limits = Limits(runs_per_minute=10_000)
    folder = tmp_path_factory.mktemp("shown")
    async with serving(folder, server=SHOWN, limits=limits) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "/story"], ids=["taken off", "handed on"])
async def test_each_address_has_the_prefix(shown: Site, prefix: str) -> None:
    """Of pictures, sound, covers and repairs; and each leads there, prefix and all."""
    run_id = await shown.finished_book()
    path = f"{prefix}/api/runs/{run_id}"
    state = (await shown.client.get(path)).json()
    position = (await shown.client.get(f"{path}/log")).json()["events"][-1]["position"]
    assert (await shown.client.get(f"{path}?at={position}")).json() == state
    books = (await shown.client.get(f"{prefix}/api/runs")).json()["runs"]
    repair = await shown.client.post(f"{path}/repair")
    found = [
        *(page["image_url"] for page in state["pages"]),
        *(page["audio_url"] for page in state["pages"]),
        *(it["cover_url"] for it in books),
        repair.headers["location"],
    ]
    assert len(found) > 11
    for url in found:
        assert url.startswith("/story/api/runs/"), url
        assert (await shown.client.get(url)).status_code == 200, url


async def test_the_docs_lead_to_each_other(shown: Site) -> None:
    """The page links the document, and that says where the server is."""
    page = await shown.client.get("/story/docs")
    assert "href='/story/openapi.json'" in page.text
    document = (await shown.client.get("/story/openapi.json")).json()
    assert document["servers"] == [{"url": "/story"}]
    assert (await shown.client.get("/story")).json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/storybook", "/story/story", "/story/../api/%2e%2e/x"])
async def test_what_is_not_under_the_prefix(shown: Site, path: str) -> None:
    """It is taken off once, as it stands, and nothing that looks like it."""
    assert (await shown.client.get(path)).status_code == 404


@pytest.mark.slow
async def test_a_prefix_is_taken_off_once(tmp_path: Path) -> None:
    """Also one that begins as the API's own paths do."""
    for base_path in ("/a", "/apis", "/runs"):
        async with serving(tmp_path, server=ServerSettings(base_path=base_path)) as site:
            for path in ("/api/runs", f"{base_path}/api/runs"):
                assert (await site.client.get(path)).status_code == 200, (base_path, path)


@pytest.mark.slow
async def test_a_preview_has_the_prefix(tmp_path: Path) -> None:
    """Each client gets the address that it can reach, in the same stream."""
    server = ServerSettings(trusted_proxies=("127.0.0.1",))
    async with serving(tmp_path, server=server, held=True) as site:
        run_id = await painting(site)
        path = f"/api/runs/{run_id}/events"
        async with (
            following(site.port, path, x_forwarded_prefix="/story") as under,
            following(site.port, path) as direct,
        ):
            await eventually(lambda: len(site.app.streams.open) == 2)
            site.application.live.report(run_id, picture_of(0), 0.5, JPEG)
            for stream, prefix in ((under, "/story"), (direct, "")):
                while (message := await stream.next()) is not None:
                    if message.data and "preview_url" in message.data:
                        break
                assert message is not None and message.data is not None
                assert f'"{prefix}/api/runs/{run_id}/previews/0?v=' in message.data


async def test_links_and_cookies_are_those_of_the_outside(tmp_path: Path) -> None:
    """Scheme, host and path as a browser before the proxy has them."""
    async with serving(tmp_path, server=SHOWN) as site:
        guarded = Guarded(site, tmp_path)
        admin = {"Authorization": f"Bearer {guarded.secrets[TokenScope.ADMIN]}", **OUTSIDE}
        run_id = (await site.client.post("/api/runs", json=WORDS, headers=admin)).json()["run_id"]
        link = await site.client.post(f"/api/runs/{run_id}/links", headers=admin)
        url = link.json()["url"]
        assert url.startswith(f"https://books.example/story/books/{run_id}?sig=")
        inside = f"/api/runs/{run_id}?{url.partition('?')[2]}"
        opened = await site.client.get(inside, headers=OUTSIDE)
        signed_in = await site.client.post(
            "/api/session", json={"token": guarded.secrets[TokenScope.READ]}, headers=OUTSIDE
        )
        for answer, path in ((opened, f"/story/api/runs/{run_id}"), (signed_in, "/story/")):
            (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
            assert cookie["path"] == path and cookie["secure"]


async def test_limits_are_those_of_the_real_client(tmp_path: Path) -> None:
    """One that asks too often keeps nobody else out, and changes nothing by what it makes up."""
    limits = Limits(runs_per_minute=1)
    async with serving(tmp_path, server=SHOWN, limits=limits) as site:
        for seen, status in (
            ("203.0.113.7", 201),
            ("203.0.113.7", 429),
            ("1.2.3.4, 203.0.113.7", 429),
            ("203.0.113.8", 201),
        ):
            answer = await site.client.post(
                "/api/runs", json=WORDS, headers=OUTSIDE | {"X-Forwarded-For": seen}
            )
            assert (seen, answer.status_code) == (seen, status)


async def test_a_stuck_client_behind_a_proxy_is_cut_off(tmp_path: Path) -> None:
    """The connection is the proxy's, whatever address the client has."""
    async with serving(tmp_path, server=SHOWN, held=True) as site:
        run_id = await site.order()
        path = f"/api/runs/{run_id}/events"
        async with following(site.port, path, x_forwarded_for="203.0.113.7") as stream:
            await eventually(lambda: len(site.app.streams.open) == 1)
            (it,) = site.app.streams.open
            ours = stream.connection.extra(SocketAttribute.local_address)
            assert it.address == ours[:2]


async def test_a_page_that_owns_a_name_says_nothing_else(shown: Site) -> None:
    """It sets what headers it likes, from this machine; but not the Host that its browser sends."""
    made_up = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    assert (await shown.client.get("/api/runs", headers=made_up)).status_code == 421
    unknown = {"X-Forwarded-Host": "evil.example"}
    assert (await shown.client.get("/api/runs", headers=unknown)).status_code == 421
    assert (await shown.client.get("/api/runs", headers=OUTSIDE)).status_code == 200


async def test_a_page_behind_a_proxy_is_its_own(shown: Site) -> None:
    """Where no Sec-Fetch-Site tells it, Origin is compared with the host that the proxy names."""
    for origin, status in (("https://books.example", 201), ("https://evil.example", 403)):
        answer = await shown.client.post(
            "/api/runs", json=WORDS, headers=OUTSIDE | {"Origin": origin}
        )
        assert (origin, answer.status_code) == (origin, status)


DELETE = ("DELETE", f"/api/runs/{'0' * 32}")
METRICS = ("GET", "/metrics")


@pytest.mark.parametrize(("method", "path"), [DELETE, METRICS])
async def test_without_tokens_only_this_machine_may_delete(
    site: Site, shown: Site, method: str, path: str
) -> None:
    """No proxy between, none in the settings, no other name."""
    async with httpx.AsyncClient(base_url=site.url) as client:
        assert (await client.request(method, path)).status_code != 403
        for name, value in (
            *(("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")),
            *(("X-Forwarded-Proto", "https"), ("X-Real-IP", "127.0.0.1"), ("Via", "1.1 x")),
        ):
            answer = await client.request(method, path, headers={name: value})
            assert answer.status_code == 403 and "token add" in answer.json()["detail"]
    answer = await shown.client.request(method, path)
    assert answer.status_code == 403


async def test_the_command_line_needs_no_token_to_delete(shown: Site) -> None:
    """Also where proxies are named: it has the secret of this start."""
    shown.application.access.local_secret = "secret"
    headers = {"Authorization": "Bearer secret"}
    assert (await shown.client.request(*DELETE, headers=headers)).status_code != 403


@pytest.mark.parametrize(
    "base_path",
    ["story", "/story/", "/", "//evil", "/a/../b", "/a b", "/a\n", "/ä", "/%41", "/api", "/api/x"],
)
def test_a_base_path_is_a_path(base_path: str) -> None:
    """What would make another address of it is refused at the start, with the shape expected."""
    with pytest.raises(SettingsError, match="base_path is to be text, a path like /story"):
        load_settings({"STORYBOOK_SERVER_BASE_PATH": base_path})


@pytest.mark.parametrize("proxy", ["nginx", "10.0.0.0/33", "*", "10.0.0.1:80"])
def test_a_trusted_proxy_is_an_address(proxy: str) -> None:
    """Names would be looked up, and whoever answers for them be trusted."""
    with pytest.raises(SettingsError, match=r"trusted_proxies.*found"):
        load_settings({"STORYBOOK_SERVER_TRUSTED_PROXIES": f"127.0.0.1,{proxy}"})


@pytest.mark.parametrize("host", ["https://books.lan", "books.lan:443", "books.lan/", "*", "*.lan"])
def test_a_trusted_host_is_a_name(host: str) -> None:
    """What no request's host can be would be refused with 421 for ever."""
    with pytest.raises(SettingsError, match=r"trusted_hosts.*without https:// and port.*found"):
        load_settings({"STORYBOOK_SERVER_TRUSTED_HOSTS": f"localhost,[::2],10.0.0.1,{host}"})


@pytest.mark.slow
async def test_a_proxy_that_is_not_trusted_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It works, and yet all its clients share one limit: the log names it, and the setting."""
    server = ServerSettings(trusted_proxies=("192.0.2.1",))
    async with serving(tmp_path, server=server) as site:
        await site.client.get("/")
        assert "trusted_proxies" not in caplog.text
        for _ in range(2):
            await site.client.get("/", headers={"X-Forwarded-For": "203.0.113.7"})
    (told,) = [it for it in caplog.messages if "trusted_proxies" in it]
    assert told.startswith("127.0.0.1 says for whom it asks")
