"""A tablet's browser, which was told of the house's authority, at a server at home."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, BrowserType, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from storybook.home.identity import read_authority, read_certificate
from storybook.home.names import ServerNames
from tests.cli.conftest import REPOSITORY
from tests.export.browser import CHROMIUM, FLAGS, violations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to be a tablet's browser"),
]

PHONE, TABLET = (360, 640), (820, 1180)


class HouseProcess:
    """`storybook serve --home` in a process of its own. `url` is where it is, `trust_url` where its
    trust page is, `log` what it has written of requests."""

    def __init__(self, data: Path) -> None:
        self.data, self.log = data, data.parent / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.cli.program", "--data", str(data)),
                    *("serve", "--home", "--port", "0"),
                ],
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                break
        ports = re.search(r"serves https://localhost:(\d+).*http://\S+:(\d+)/ tells", said, re.S)
        assert ports is not None, said
        self.url, self.trust_url = (
            f"https://127.0.0.1:{ports[1]}/",
            f"http://127.0.0.1:{ports[2]}/",
        )

    @property
    def token(self) -> str:
        return (self.data / "home" / "token").read_text("ascii")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseProcess]:
    house = HouseProcess(tmp_path_factory.mktemp("house") / "data")
    try:
        yield house
    finally:
        house.process.kill()
        house.process.communicate()


@pytest.fixture(scope="module")
def chromium(house: HouseProcess) -> Iterator[BrowserType]:
    """After the house was opened, which takes no event loop of this process."""
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def stranger(chromium: BrowserType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that was told of no authority."""
    with browser_of(chromium, tmp_path_factory.mktemp("stranger")) as browser:
        yield browser


@contextmanager
def browser_of(chromium: BrowserType, home: Path, *flags: str) -> Iterator[Browser]:
    """A browser of a user whose home folder this is."""
    environ: dict[str, str | float | bool] = {**os.environ, "HOME": str(home)}
    browser = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags], env=environ)
    try:
        yield browser
    finally:
        browser.close()


def trusts_by_flag(house: HouseProcess) -> str:
    """What lets a browser take the server's key for trusted, whatever it thinks of the rest."""
    key = read_certificate(house.data / "home").certificate.public_key()
    shown = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pin = base64.b64encode(hashlib.sha256(shown).digest()).decode()
    return f"--ignore-certificate-errors-spki-list={pin}"


def told_to_trust(house: HouseProcess, home: Path) -> None:
    """Install the authority for this user, as the trust page says, in the way of Linux."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil (libnss3-tools) is not here, by which a browser is told to trust")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    file = home / "storybook.pem"
    file.write_bytes(read_authority(house.data / "home").certificate_pem())
    where = ("-d", f"sql:{database}")
    subprocess.run([certutil, *where, "-N", "--empty-password"], check=True)
    subprocess.run(
        [certutil, *where, "-A", "-t", "C,,", "-n", "storybook", "-i", str(file)], check=True
    )


def check_secure(page: Page) -> None:
    """What a page may have in a secure context alone, without asking anybody yet."""
    assert page.evaluate("isSecureContext")
    for needed in (
        *("navigator.mediaDevices.getUserMedia", "navigator.serviceWorker.register"),
        *("navigator.wakeLock.request", "caches.open", "crypto.subtle.digest"),
    ):
        assert page.evaluate(f"typeof {needed}") == "function", needed


def test_a_browser_that_was_told_has_a_secure_context(
    house: HouseProcess, chromium: BrowserType, tmp_path: Path
) -> None:
    """By the number and by a name; the authority's limits do not keep it out. Nothing is ignored:
    the authority is installed as on any device."""
    told_to_trust(house, tmp_path)
    with browser_of(chromium, tmp_path) as browser:
        page = browser.new_page()
        for url in (house.url, house.url.replace("127.0.0.1", "localhost")):
            page.goto(url)
            check_secure(page)


@contextmanager
def thief(house: HouseProcess, folder: Path) -> Iterator[int]:
    """A server of somebody who has the authority's key, and with it names of others; its port."""
    names = ServerNames(("bank.local", "bank.example"), ())
    stolen = read_authority(house.data / "home").issue(names, time.time_ns() // 1_000)
    (folder / "stolen.pem").write_bytes(stolen.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "stolen.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_a_browser_that_was_told_refuses_others_names(
    house: HouseProcess, chromium: BrowserType, tmp_path: Path
) -> None:
    """A stolen authority opens no bank: its limits are heeded, also where a name of a house stands
    beside the other one."""
    told_to_trust(house, tmp_path)
    rules = "--host-resolver-rules=MAP bank.example 127.0.0.1"
    with (
        thief(house, tmp_path) as port,
        browser_of(chromium, tmp_path, rules) as browser,
        pytest.raises(BrowserError, match=r"ERR_CERT_INVALID|NAME_CONSTRAINT"),
    ):
        browser.new_page().goto(f"https://bank.example:{port}/")


def test_a_browser_that_was_not_told_refuses(house: HouseProcess, stranger: Browser) -> None:
    """It says so, and shows nothing."""
    page = stranger.new_page()
    with pytest.raises(BrowserError, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(house.url)


def test_the_token_of_the_code_signs_in_and_is_in_no_log(
    house: HouseProcess, chromium: BrowserType, tmp_path: Path
) -> None:
    """What the QR code has after the # is not sent; the page takes it from there, signs in, and
    takes it out of the address. The cookie is no script's."""
    with browser_of(chromium, tmp_path, trusts_by_flag(house)) as browser:
        page = browser.new_page()
        page.goto(f"{house.url}#token={house.token}")
        check_secure(page)
        page.wait_for_url(house.url)  # it is taken out of the address
        page.get_by_role("heading").first.wait_for()
        assert page.evaluate("document.cookie") == ""
        assert page.evaluate("fetch('/api/runs').then((it) => it.status)") == 200
        assert page.url == house.url
        (cookie,) = page.context.cookies()
        assert cookie["secure"] and cookie["httpOnly"]
    logged = house.log.read_text("utf-8")
    assert '"path": "/api/session"' in logged
    assert house.token not in logged and "token=" not in logged


@pytest.mark.parametrize("language", ["ko-KR", "en-US"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, TABLET], ids=str)
def test_the_trust_page_can_be_read_by_everybody(
    house: HouseProcess, stranger: Browser, size: tuple[int, int], scheme: str, language: str
) -> None:
    """No fault that axe knows, and nothing wider than the screen."""
    context = stranger.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]  # a literal there
        locale=language,
        bypass_csp=True,  # for axe, which is put in from outside
    )
    page = context.new_page()
    page.goto(house.trust_url)
    assert page.locator("html").get_attribute("lang") == language[:2]
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
