"""Whether an address in the settings is one that can be asked over HTTP."""

from __future__ import annotations

from typing import Final

SCHEMES: Final = ("http", "https")
EXAMPLE: Final = "http://127.0.0.1:8188"


def address_fault(url: str) -> tuple[str, str] | None:
    """Why a URL can never be asked, and the mend; None if it can."""
    import httpx

    if _can_be_asked(url):
        return None
    guess = f"http://{url.rpartition('://')[2].strip()}"
    try:
        better = guess if "://" not in url and httpx.URL(guess).host else EXAMPLE
    except httpx.InvalidURL:
        better = EXAMPLE
    shown = better if "@" not in better else EXAMPLE
    return "it is no http address", f"Write it as {shown} in `urls` of [illustrator]"


def _can_be_asked(url: str) -> bool:
    import httpx

    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return address.scheme in SCHEMES and bool(address.host)
