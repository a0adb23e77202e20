"""The trust page: plain HTTP, the authority in three forms, and nothing else."""

from __future__ import annotations

import plistlib
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography import x509

from storybook.http.calls import CALLS
from storybook.http.page_texts import TEXTS
from tests.home.houses_served import ServedHouse, house_served

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The same for all tests here, which share a house."""
    return "asyncio"


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedHouse]:
    async with house_served(tmp_path_factory.mktemp("house")) as served:
        yield served


@pytest.fixture
async def device(served: ServedHouse) -> AsyncIterator[httpx.AsyncClient]:
    """One that trusts nobody yet."""
    async with httpx.AsyncClient(base_url=served.trust_url) as device:
        yield device


async def test_the_certificate_comes_in_the_form_that_each_device_takes(
    served: ServedHouse, device: httpx.AsyncClient
) -> None:
    """By its media type: an iPad hands it to its settings, others keep it as a file. None has the
    key."""
    authority = served.house.identity.authority
    crt, pem, profile = [
        await device.get(f"/storybook.{it}") for it in ("crt", "pem", "mobileconfig")
    ]
    assert crt.headers["content-type"] == "application/x-x509-ca-cert"
    assert x509.load_der_x509_certificate(crt.content) == authority.certificate
    assert pem.headers["content-type"] == "application/x-pem-file"
    assert x509.load_pem_x509_certificate(pem.content) == authority.certificate
    assert profile.headers["content-type"] == "application/x-apple-aspen-config"
    root = plistlib.loads(profile.content)["PayloadContent"][0]
    assert root["PayloadContent"] == crt.content
    for answer in (crt, pem):
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
    for answer in (crt, pem, profile):
        assert b"PRIVATE" not in answer.content
        assert answer.headers["cache-control"] == "no-store"
    context = ssl.create_default_context(cadata=pem.text)
    async with httpx.AsyncClient(verify=context) as told:
        assert (await told.get(served.url)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("de,ko;q=0.5", "ko"),
        ("de", "en"),
        ("ko;q=0", "en"),
        ("ko;q=x", "en"),
        ("", "en"),
    ],
)
async def test_it_speaks_the_language_of_the_browser(
    device: httpx.AsyncClient, wanted: str, language: str
) -> None:
    """Korean or English, whichever is rather wanted."""
    answer = await device.get("/", headers={"Accept-Language": wanted})
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "accept-language"
    assert f"<html lang='{language}'>" in answer.text
    assert TEXTS["ko" if language == "ko" else "en"].trust.title in answer.text


async def test_it_says_what_each_device_does_and_what_to_compare(
    served: ServedHouse, device: httpx.AsyncClient
) -> None:
    """In both languages the same devices and files; the fingerprint, the authority as devices name
    it, and the address without any token."""
    authority = served.house.identity.authority
    for language, name in (("en", "Android"), ("ko", "안드로이드")):
        page = (await device.get("/", headers={"Accept-Language": language})).text
        for text in ("iPad", name, "Windows", authority.fingerprint, authority.name):
            assert text in page
        for file in ("storybook.mobileconfig", "storybook.crt", "storybook.pem"):
            assert f"href='{file}'" in page
        assert f"href='{served.network.address}'" in page
        assert "token" not in page and served.token not in page
        assert "{" not in page.split("</style>")[1]


async def test_nothing_else_is_served_there(served: ServedHouse, device: httpx.AsyncClient) -> None:
    """No call of the API, with a token or without, and nothing is taken."""
    shown = {"Authorization": f"Bearer {served.token}"}
    for call in CALLS:
        if call.path != "/":
            path = call.path.replace("{run_id}", "0" * 32).replace("{name}", "x")
            answer = await device.request(call.method, path, headers=shown)
            assert answer.status_code == 404, call.path
    for path in (
        "/authority.pem",
        "/data/home/authority.pem",
        "/../token",
        "/storybook.key",
        "/api",
    ):
        assert (await device.get(path)).status_code == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        refused = await device.request(method, "/")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert (await device.head("/")).content == b""


async def test_its_page_runs_and_loads_nothing(device: httpx.AsyncClient) -> None:
    """It comes over a network that anybody in the house can change; it need not be worse."""
    headers = (await device.get("/")).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
