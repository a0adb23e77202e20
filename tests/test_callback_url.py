"""The address that a request may name."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from storybook.callback_url import (
    MAX_CALLBACK_CHARACTERS,
    callback_fault,
    host_of,
    is_allowed_host,
)

GOOD = (
    "https://books.example/done",
    "http://127.0.0.1:8080",
    "https://[::1]:9/a/b%20c/@me;x=1",
    "https://Books.Example:65535/",
)


@pytest.mark.parametrize("url", GOOD)
def test_an_address_is_read_the_same_by_everybody(url: str) -> None:
    """Host and port that are checked are those that are called."""
    assert callback_fault(url) is None
    host, port = host_of(url)
    split, called = urlsplit(url), httpx.URL(url)
    assert split.hostname == called.host == host.strip("[]")
    assert str(split.port or "") == str(called.port or "") == port


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://me:hush@books.example/", "no user or password"),
        ("https://me@books.example", "no user or password"),
        ("https://books.example/?key=hush", "no query"),
        ("https://books.example/#hush", "no fragment"),
        *(
            (it, "such as https://books.example/done")
            for it in (
                *(
                    "",
                    "books.example",
                    "ftp://books.example/",
                    "https://",
                    "https:///a",
                    "HTTPS:/a",
                ),
                *("https://books.example:0/", "https://books.example:65536/", "https://a:80:80/"),
                *("https://books.example\\evil/", "https://a b/", "https://a/\n", "https://책.kr/"),
                *(
                    "https://a/%zz",
                    "https://-a/",
                    "https://a\x00/",
                    " https://a/",
                    "https://a/\u2028",
                ),
            )
        ),
        ("https://a/" + "b" * MAX_CALLBACK_CHARACTERS, f"at most {MAX_CALLBACK_CHARACTERS}"),
    ],
)
def test_what_is_no_address(url: str, why: str) -> None:
    """Told without a word of it, since it may hold a secret."""
    fault = callback_fault(url)
    assert fault is not None and why in fault and "hush" not in fault


def test_a_host_is_allowed_by_its_name_alone_or_with_a_port() -> None:
    """In any case; one that only ends alike is another."""
    assert is_allowed_host("https://books.example:8443/a", ["Books.Example"])
    assert is_allowed_host("https://books.example:8443/a", ["books.example:8443"])
    assert is_allowed_host("http://[::1]:80/", ["[::1]"])
    assert not is_allowed_host("https://books.example/a", ["books.example:8443"])
    assert not is_allowed_host("https://evil-books.example/", ["books.example"])
    assert not is_allowed_host("https://books.example.evil/", ["books.example"])
    assert not is_allowed_host("https://books.example/", [])
