"""How servers are asked that ask who is there, and what of that is shown to nobody."""

from __future__ import annotations

import base64
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from storybook.engines import EngineSpec
from storybook.stages.addresses import AccessFault, shown_url, without_secrets
from storybook.stages.credentials import ServerAccess
from storybook.stages.narrator.openai.spec import OPENAI_NARRATOR
from storybook.stages.transcriber.openai.spec import OPENAI_TRANSCRIBER
from storybook.stages.writer.openai.spec import OPENAI_WRITER
from tests.certificates import Authority

pytestmark = pytest.mark.anyio

KEY: Final = "sk-very-secret-0123456789"
VARIABLE: Final = "SPEECH_KEY"


def access(address: str = "http://speech", **more: str) -> ServerAccess:
    usual = {"setting": "[narrator] url", "example": "http://127.0.0.1:7788"}
    return ServerAccess(address, **(usual | {"key_variable": VARIABLE} | more))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


# ------------------------------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://painter:8188", "http://painter:8188"),
        (" http://painter:8188/ ", "http://painter:8188"),
        ("HTTPS://painter/comfy/", "https://painter/comfy"),
        ("http://me:hush@painter:8188/comfy", "http://painter:8188/comfy"),
        ("http://hush@painter", "http://painter"),
        ("http://me:hu%40sh@[::1]:8188", "http://[::1]:8188"),
        ("http://[::1]:8188/a@b", "http://[::1]:8188/a@b"),
        ("http://me:hu@sh@painter", "http://painter"),
        ("http://me:hu/sh@painter:8188", "http://painter:8188"),
        ("http://me:hu?sh@painter:8188", "http://painter:8188"),
        ("http://me:hu#sh@painter:8188", "http://painter:8188"),
        ("http://painter/?token=hush", "http://painter"),
        ("http://painter:8188/comfy?token=hush&user=me@home#hush", "http://painter:8188/comfy"),
        ("me:hush@painter:8188", "painter:8188"),
        ("", ""),
    ],
)
def test_what_is_shown_of_an_address_has_no_secret(address: str, shown: str) -> None:
    """Neither user, password nor query, also where signs in a password should have been encoded."""
    assert shown_url(address) == access(address).url == shown
    assert shown_url(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:hush@painter:8188: it does not answer", "http://painter:8188: it does not…"),
        ("on http://a:hush@b, http://c:hu@sh@d", "on http://b, http://d"),
        ("['http://a:hush@b/?token=hush']", "['http://b/']"),
        ("to ws://a:hush@b/ws?clientId=1 as 2", "to ws://b/ws as 2"),
        ("mail me@home? Or http://b.", "mail me@home? Or http://b."),
    ],
)
def test_addresses_in_a_text_lose_their_secrets(text: str, shown: str) -> None:
    """All else in it stays as it is."""
    assert without_secrets(text).replace(" answer", "…") == shown


# ----------------------------------------------------------------------------------------- the key


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("bearer", {"Authorization": f"Bearer {KEY}"}),
        ("Bearer", {"Authorization": f"Bearer {KEY}"}),
        ("X-API-Key", {"X-API-Key": KEY}),
        ("authorization", {"Authorization": KEY}),
        ("Authorization: Token", {"Authorization": f"Token {KEY}"}),
        ("Authorization: Bearer", {"Authorization": f"Bearer {KEY}"}),
    ],
)
def test_the_key_goes_where_the_header_says(header: str, sent: dict[str, str]) -> None:
    """As a bearer's, in a header of its own, or after a word of the server's own."""
    assert access(header=header).headers() == sent


@pytest.mark.parametrize("header", ["basic", "Basic", "Authorization: basic"])
def test_a_basic_key_is_user_and_password(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In UTF-8, so that a password may be Korean."""
    monkeypatch.setenv(VARIABLE, "me:비밀:1")
    assert access(header=header).headers() == {"Authorization": basic("me:비밀:1")}


def test_a_password_in_the_address_goes_before_the_key_and_beside_a_header() -> None:
    """One `Authorization` can only say one thing; a proxy's password and a server's key are two."""
    address = "http://me:hu%40sh@speech"
    password = {"Authorization": basic("me:hu@sh")}
    assert access(address).headers() == password
    assert access(address, header="x-key").headers() == password | {"x-key": KEY}


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers at home need none."""
    assert access(key_variable="").headers() == {}
    monkeypatch.delenv(VARIABLE)
    assert access().headers() == {}


@pytest.mark.parametrize(
    ("settings", "key", "why", "mend"),
    [
        ({}, "sk-hush\r\nX-Other: 1", "SPEECH_KEY holds characters", "one line"),
        ({}, "열쇠-hush", "SPEECH_KEY holds characters", "one line"),
        ({"header": "basic"}, "hush", "no user and password", "Set it to user:password"),
        ({"header": "X API Key"}, "hush", "[narrator] header names no header", "X-API-Key"),
        ({"key_variable": "sk-hush"}, "", "no name of an environment variable", "its name"),
    ],
)
def test_what_cannot_be_sent_is_told_and_not_quoted(
    settings: dict[str, str], key: str, why: str, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a key that was put where the variable's name belongs."""
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(AccessFault) as raised:
        access(**settings).check()
    told = raised.value
    assert why in told.why and mend in told.mend.replace("the variable's", "its")
    assert "hush" not in str(told)


@pytest.mark.parametrize(
    ("address", "settings", "answer", "why", "mend"),
    [
        ("http://a", {}, (401, ""), "it refuses the key", "variable SPEECH_KEY to a key"),
        ("http://a", {}, (403, ""), "it forbids this with the key", "variable SPEECH_KEY to"),
        ("http://a", {}, (401, 'Basic realm="x"'), "(it asks for Basic)", "header to basic"),
        ("http://a", {"key_variable": "NOT_SET"}, (401, ""), "no call without a key", "NOT_SET"),
        ("http://a", {"key_variable": ""}, (401, ""), "no call without", "[narrator] key_variable"),
        ("http://a", {"key_variable": "abcdef"}, (401, ""), "", "that [narrator] key_variable nam"),
        ("http://me:pw@a", {}, (401, "Basic"), "it refuses the key", "password in [narrator] url"),
    ],
)
def test_a_refusal_says_what_to_set(
    address: str, settings: dict[str, str], answer: tuple[int, str], why: str, mend: str
) -> None:
    """What was sent decides; what may be the key itself, in the wrong place, is not quoted."""
    fault = access(address, **settings).refusal(*answer)
    assert why in fault.why
    assert mend in fault.mend
    assert "abcdef" not in str(fault)


def test_texts_of_others_lose_every_form_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, encoded for a URL, for JSON, for a header, and that for a URL; of the proxies of
    the environment, too; what is too short says nothing."""
    its = access("http://me:hu%40sh@speech?token=to%20ken&v=1", header="X-Key")
    said = f"{KEY} hu@sh hu%40sh {basic('me:hu@sh')} token=to%20ken to ken v=1"
    assert its.hide(said) == "… … … Basic … token=… … v=1"
    monkeypatch.setenv(VARIABLE, 'quo"ted')
    monkeypatch.setenv("HTTPS_PROXY", "http://me:of%20the%20proxy@proxy:3128")
    quoted = quote(basic("me:hu@sh").removeprefix("Basic "), safe="")
    proxy = f"of the proxy of%20the%20proxy {basic('me:of the proxy')}"
    assert its.hide(f'{{"key": "quo\\"ted"}} {quoted} {proxy}') == '{"key": "…"} … … … Basic …'
    monkeypatch.setenv(VARIABLE, "me:pass word")
    told = access(header="basic").hide(f"pass word {basic('me:pass word')} pass%20word")
    assert "pass" not in told and basic("me:pass word") not in told


# ------------------------------------------------------------------------------------ real servers


class Site(ThreadingHTTPServer):
    """A server on the loopback that keeps what it was asked with."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        site = self
        self.asked: list[tuple[str, dict[str, str]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, dict(self.headers)))
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away while it looks at the certificate is none."""


@contextmanager
def serving(site: Site, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address without the scheme."""
    if tls is not None:
        site.socket = tls.wrap_socket(site.socket, server_side=True)
    thread = threading.Thread(target=site.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{site.server_address[1]}"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


async def get(its: ServerAccess, path: str = "/models") -> httpx.Response:
    async with its.client() as client:
        return await client.get(path)


async def test_all_that_says_who_asks_goes_along(caplog: pytest.LogCaptureFixture) -> None:
    """Password, key and query; no library logs any of them, however much it is told to."""
    caplog.set_level(logging.DEBUG)
    site = Site()
    with serving(site) as place:
        await get(access(f"http://me:hush@{place}/v1?token=hush", header="X-Key"), "/models")
    ((path, headers),) = site.asked
    assert path == "/v1/models?token=hush"
    assert headers["Authorization"] == basic("me:hush")
    assert headers["X-Key"] == KEY
    assert f"{place}/v1/models" in caplog.text
    assert not any(it in caplog.text for it in ("hush", KEY, basic("me:hush")))


async def test_nothing_goes_along_with_a_redirect() -> None:
    """It is not followed, and told with the place that it points to."""
    elsewhere = Site()
    with serving(elsewhere) as other:
        location = f"http://{other}/login?next={KEY}"
        with serving(Site(302, {"Location": location})) as place:
            its = access(f"http://{place}", header="X-Key")
            answer = await get(its)
            fault = its.redirect(answer.status_code, answer.headers["Location"])
    assert elsewhere.asked == []
    assert fault.why == f"it answers 302 and points to http://{other}/login"
    assert "[narrator] url" in fault.mend


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


Trust = Callable[[pytest.MonkeyPatch, Authority], None]


@pytest.mark.parametrize(
    "trust",
    [
        lambda patch, it: patch.setenv("SSL_CERT_FILE", str(it.file)),
        lambda patch, it: patch.setenv("SSL_CERT_DIR", str(it.hashed())),
    ],
    ids=["file", "folder"],
)
async def test_an_authority_of_ones_own_is_trusted(
    trust: Trust, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variables that everybody knows, on this machine too."""
    trust(monkeypatch, authority)
    with serving(Site(), authority.server()) as place:
        assert (await get(access(f"https://{place}"))).status_code == 200


async def fault_of(its: ServerAccess) -> AccessFault:
    """What is found wrong with the server when it is asked."""
    with pytest.raises(httpx.ConnectError) as raised:
        await get(its)
    fault = its.tls_fault(raised.value)
    assert fault is not None
    return fault


async def test_a_certificate_that_is_not_trusted_is_called_that(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how to trust it, which is true when it is followed."""
    with serving(Site(), authority.server()) as place:
        its = access(f"https://{place}")
        fault = await fault_of(its)
        assert "certificate is refused: unable to get local issuer certificate" in fault.why
        assert "set the environment variable SSL_CERT_FILE to a file" in fault.mend
        own = tmp_path / "own.pem"
        own.write_text(Authority(tmp_path).file.read_text())
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        fault = await fault_of(its)
        assert f"to {own}, which SSL_CERT_FILE names" in fault.mend
        with own.open("a") as file:
            file.write(authority.file.read_text())
        assert (await get(its)).status_code == 200


async def test_a_certificate_without_an_authority_is_trusted_by_itself(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `openssl req -x509` makes it in one line."""
    shown, file = authority.self_signed()
    with serving(Site(), shown) as place:
        its = access(f"https://{place}")
        fault = await fault_of(its)
        assert "certificate is refused: self-signed certificate" in fault.why
        assert "to a file with that certificate" in fault.mend
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert (await get(its)).status_code == 200


async def test_a_certificate_for_another_name_is_called_that(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To trust the authority would not help."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serving(Site(), authority.server("DNS:painter")) as place:
        fault = await fault_of(access(f"https://{place}"))
    assert "IP address mismatch" in fault.why
    assert fault.mend == "Set [narrator] url to a name that the certificate has"


async def test_a_server_without_tls_is_called_that() -> None:
    """Not one that does not answer."""
    with serving(Site()) as place:
        fault = await fault_of(access(f"https://{place}"))
    assert "no TLS connection" in fault.why
    assert "http://" in fault.mend


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_file_of_certificates_that_cannot_be_read_is_told(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL itself passes over it in silence."""
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(AccessFault, match=f"SSL_CERT_FILE names {file}"):
        await get(access("https://127.0.0.1:1"))


@pytest.mark.parametrize("proxy", ["ftp://me:hush@proxy", "http://me:hush#1@proxy:3128"])
async def test_a_proxy_that_is_none_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would quote it."""
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(AccessFault) as raised:
        await get(access("http://speech.example"))
    assert "HTTP_PROXY" in raised.value.mend
    assert "hush" not in f"{raised.value} {raised.value.__cause__!r}"
    assert raised.value.__suppress_context__


# ------------------------------------------------------------------------------------- the engines


@pytest.mark.parametrize(
    "spec", [OPENAI_WRITER, OPENAI_NARRATOR, OPENAI_TRANSCRIBER], ids=lambda it: it.role.value
)
async def test_every_endpoint_is_asked_so(
    spec: EngineSpec[Any], authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the settings of its role say; and what is wrong with the way is what it lacks."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    site = Site()
    with serving(site, authority.server()) as place:
        told = {"url": f"https://me:hush@{place}", "key_variable": VARIABLE, "header": "X-Key"}
        engine = spec.build(spec.settings(**told, model="any"), tmp_path)
        await engine.readiness()
        monkeypatch.delenv("SSL_CERT_FILE")
        readiness = await engine.readiness()
    ((path, headers),) = site.asked
    assert path == "/v1/models"
    assert (headers["Authorization"], headers["X-Key"]) == (basic("me:hush"), KEY)
    assert f"https://{place}: its certificate is refused" in readiness.why
    assert "SSL_CERT_FILE" in readiness.mend
    assert "hush" not in f"{readiness} {engine.info}"
