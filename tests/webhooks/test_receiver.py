"""One attempt: where it goes, whatever the name says, and what comes back of it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.webhooks.receiver import Receiver
from storybook.webhooks.schedule import AttemptOutcome
from tests.certificates import Authority
from tests.webhooks.receivers import Receiving, receiving

pytestmark = pytest.mark.anyio
NAME = "books.example"


@pytest.fixture
def leads_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets names lead elsewhere at each lookup, the last one from then on."""

    def lead(*lookups: list[str]) -> list[str]:
        asked: list[str] = []

        async def lookup(host: str, port: int | None, **_: Any) -> list[Any]:
            found = lookups[min(len(asked), len(lookups) - 1)]
            asked.append(host)
            kind = socket.SOCK_STREAM
            return [(socket.AF_INET, kind, 6, "", (it, port or 0)) for it in found]

        monkeypatch.setattr(anyio, "getaddrinfo", lookup)
        return asked

    return lead


async def post(url: str, *, allows_private: bool = True, seconds: float = 10) -> AttemptOutcome:
    receiver = Receiver(allows_private=allows_private, seconds=seconds)
    return await receiver.post(url, {"webhook-id": "a"}, b"{}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433"])
async def test_this_machine_is_not_called(receiver: Receiving, host: str) -> None:
    """By whatever spelling of its address, unless the settings allow it."""
    outcome = await post(receiver.url(host=host), allows_private=False)
    assert "no public address" in str(outcome) and "private_addresses" in str(outcome)
    assert receiver.accepted == 0
    assert (await post(receiver.url(host=host))).is_taken


async def test_a_name_with_one_private_address_is_not_called(
    receiver: Receiving, leads_to: Callable[..., list[str]]
) -> None:
    """Whatever else it leads to."""
    leads_to(["1.1.1.1", "127.0.0.1"])
    outcome = await post(receiver.url(host=NAME), allows_private=False)
    assert "leads to 127.0.0.1" in outcome.why and receiver.accepted == 0


async def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    receiver: Receiving, leads_to: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once: what it leads to a moment later (DNS rebinding) is never asked.
    The request names the host all the same."""
    looked_up = leads_to(["127.0.0.1"], ["192.0.2.1"])
    monkeypatch.setattr(socket, "getaddrinfo", None)  # nobody else may resolve the name
    outcome = await post(receiver.url(host=NAME))
    assert outcome.is_taken and looked_up == [NAME]
    assert receiver.sent[0].headers["host"] == f"{NAME}:{receiver.port}"


async def test_a_name_that_turns_private_is_called_where_it_was_public(
    receiver: Receiving, leads_to: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leads to an address of the internet when it is looked at, and to this machine when it is
    connected to: the connection is asked for by the first address, and goes nowhere else."""
    looked_up, connected = leads_to(["1.1.1.1"], ["127.0.0.1"]), []

    async def connect(remote_host: str, remote_port: int, **_: Any) -> None:
        connected.append((remote_host, remote_port))
        raise ConnectionRefusedError(errno.ECONNREFUSED, "nothing of the internet is called here")

    monkeypatch.setattr(anyio, "connect_tcp", connect)
    outcome = await post(receiver.url(host=NAME), allows_private=False)
    assert outcome.why == "no connection (ECONNREFUSED)"
    assert connected == [("1.1.1.1", receiver.port)] and looked_up == [NAME]
    assert (await post(receiver.url(host=NAME), allows_private=False)).why.startswith(
        "its name leads"
    )
    assert len(connected) == 1 and receiver.accepted == 0


async def test_a_proxy_of_the_environment_is_not_asked(
    receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would resolve the name for itself."""
    async with receiving() as proxy:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, proxy.url(""))
        assert (await post(receiver.url())).is_taken
        assert proxy.accepted == 0


async def test_an_address_that_is_dead_leaves_the_others(
    receiver: Receiving, leads_to: Callable[..., list[str]]
) -> None:
    """As of localhost, of which one answers and one does not."""
    leads_to(["127.0.0.9", "127.0.0.1"])
    assert (await post(receiver.url(host=NAME))).is_taken


async def test_tls_is_spoken_with_the_name(
    tmp_path: Path, leads_to: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver is asked by its name, and its certificate has to have it."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    leads_to(["127.0.0.1"])
    context, names = authority.server(f"DNS:{NAME}"), []

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        names.append(name)

    context.sni_callback = note
    async with receiving(context) as secure:
        assert (await post(secure.url(host=NAME, scheme="https"))).is_taken
        assert names == [NAME]
        outcome = await post(secure.url(host="other.example", scheme="https"))
        assert not outcome.is_taken and "certificate" in outcome.why
        assert len(secure.sent) == 1


async def test_a_receiver_that_is_slow_is_left(receiver: Receiving) -> None:
    """After a time for all of it."""
    receiver.hangs = True
    assert (await post(receiver.url(), seconds=0.2)).why == "no answer within 0.2 s"


async def test_what_is_no_http_is_no_answer(receiver: Receiving) -> None:
    """In words of our own: what was sent is not repeated."""
    receiver.answers = ["hush\r\nsecret"]
    outcome = await post(receiver.url())
    assert outcome.status == 0 and "no answer (RemoteProtocolError)" in outcome.why


async def test_how_long_to_wait_may_be_said(receiver: Receiving) -> None:
    """By `Retry-After`."""
    receiver.answers = ["503 Busy\r\nRetry-After: 120"]
    assert (await post(receiver.url())) == AttemptOutcome(503, "", 120.0)


async def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is an outcome like any other; so is one that no name can be."""
    assert "not found" in (await post("http://nobody.invalid/")).why
    assert not (await post("http://a..b/")).is_taken
    assert not (await post("http://[:::]/")).is_taken
