"""Whether an address in the settings is one that can be asked over HTTP."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from storybook.stages.illustrator.comfyui.spec import DEFAULT_URL

SCHEMES: Final = ("http", "https")


def address_fault(url: str) -> tuple[str, str] | None:
    """Why a URL can never be asked, and the mend; None if it can."""
    if _host(url):
        return None
    guess = f"http://{url.strip()}"
    is_bare = "://" not in url and "@" not in url and _host(guess) not in ("", *SCHEMES)
    better = guess if is_bare else DEFAULT_URL
    return "it is no http address", f"Write it as {better} in `urls` of [illustrator]"


def _host(url: str) -> str:
    """The host of a URL, empty if it is none that can be asked. Two look at it: each lets pass what
    the other does not."""
    import httpx

    try:
        address, parts = httpx.URL(url), urlsplit(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    return address.host if parts.hostname and address.scheme in SCHEMES else ""
