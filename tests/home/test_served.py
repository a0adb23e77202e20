"""A server at home, as the devices of the house find it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import anyio
import httpx
import pytest

from storybook.http.home import LOOK_SECONDS
from storybook.http.server import GRACE_SECONDS
from tests.home.houses import ADDRESS, shaken, trusting
from tests.home.houses_served import ServedHouse, house_served
from tests.http.serving import WORDS, eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[ServedHouse]:
    async with house_served(tmp_path) as served:
        yield served


def bearer(served: ServedHouse) -> dict[str, str]:
    return {"Authorization": f"Bearer {served.token}"}


@pytest.mark.slow
async def test_a_tablet_makes_a_book_over_tls(served: ServedHouse) -> None:
    """It signs in with what its QR code says, its cookie goes over TLS alone, and it follows the
    book; without the token it is shown nothing."""
    async with served.client() as tablet:
        assert (await tablet.get("/")).json()["status"] == "ok"
        assert (await tablet.get("/api/runs")).status_code == 401
        signed_in = await tablet.post("/api/session", json={"token": served.token})
        assert signed_in.json()["scope"] == "create"
        (cookie,) = SimpleCookie(signed_in.headers["set-cookie"]).values()
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Strict"
        made = await tablet.post("/api/runs", json=WORDS)
        assert made.status_code == 201
        path = f"/api/runs/{made.json()['run_id']}"
        async with tablet.stream("GET", f"{path}/events") as told:
            assert '"status":"DONE"' in (await told.aread()).decode()
        assert (await tablet.delete(path)).status_code == 403


async def test_who_does_not_trust_the_authority_is_told_by_the_handshake(
    served: ServedHouse,
) -> None:
    """Nothing of the API is to be had without TLS, nor by a device that was not told."""
    async with httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.get(served.url)
        with pytest.raises(httpx.HTTPError):
            await stranger.get(served.url.replace("https:", "http:"))


async def test_it_answers_by_the_names_that_it_shows(served: ServedHouse) -> None:
    """Whoever makes another name point here reads nothing."""
    async with served.client() as tablet:
        for host, status in (
            (ADDRESS, 200),
            (f"{ADDRESS}:8443", 200),
            ("Books-PC.local:8443", 200),
            ("localhost", 200),
            ("192.168.0.11", 421),
            ("other.local", 421),
            ("evil.example", 421),
        ):
            answer = await tablet.get("/", headers={"Host": host})
            assert (host, answer.status_code) == (host, status)


async def test_a_new_address_is_shown_within_a_minute(served: ServedHouse) -> None:
    """Without a restart: new connections get the new certificate, the name is answered for, and the
    family is told; nobody is told while all is as it was."""
    clock, identity = served.house.clock, served.house.identity
    client = trusting(identity.authority)
    await eventually(lambda: clock.sleepers[int(LOOK_SECONDS * 1e6)] > 0)
    served.house.addresses.insert(0, "10.0.0.7")
    async with served.client() as tablet:
        assert (await tablet.get("/", headers={"Host": "10.0.0.7"})).status_code == 421
        clock.advance(LOOK_SECONDS)
        await eventually(lambda: len(served.told) == 1)
        assert served.told[0].startswith("https://10.0.0.7:")
        assert (await tablet.get("/", headers={"Host": "10.0.0.7"})).status_code == 200
    await anyio.to_thread.run_sync(shaken, client, identity.context, "10.0.0.7")
    clock.advance(LOOK_SECONDS)
    await eventually(lambda: clock.sleepers[clock.monotonic() + int(LOOK_SECONDS * 1e6)] > 0)
    assert len(served.told) == 1


async def test_a_certificate_that_cannot_be_written_is_made_later(
    served: ServedHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """The server goes on with the one that it has."""
    clock, folder = served.house.clock, served.house.folder
    away = folder.rename(folder.with_name("away"))
    served.house.addresses.insert(0, "10.0.0.7")
    await eventually(lambda: clock.sleepers[int(LOOK_SECONDS * 1e6)] > 0)
    clock.advance(LOOK_SECONDS)
    await eventually(lambda: "is not made anew" in caplog.text)
    async with served.client() as tablet:
        assert (await tablet.get("/")).status_code == 200
    away.rename(folder)
    await eventually(lambda: clock.sleepers[clock.monotonic() + int(LOOK_SECONDS * 1e6)] > 0)
    clock.advance(LOOK_SECONDS)
    await eventually(lambda: len(served.told) == 1)


async def test_a_stop_ends_both_servers(tmp_path: Path) -> None:
    """At once, with a stream open, and a browser that keeps its connection to the trust page."""
    async with house_served(tmp_path) as served, httpx.AsyncClient() as browser:
        await browser.get(served.trust_url)
        async with (
            served.client() as tablet,
            tablet.stream("GET", "/api/events", headers=bearer(served)) as stream,
        ):
            with anyio.fail_after(0.8 * GRACE_SECONDS):
                served.stop.ask()
                await stream.aread()
        url, trust_url = served.url, served.trust_url
    for gone in (url, trust_url):
        async with httpx.AsyncClient() as late:
            with pytest.raises(httpx.ConnectError, match="attempts failed"):
                await late.get(gone)
