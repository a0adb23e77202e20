"""How the websocket of a prompt is kept open."""

from __future__ import annotations

import anyio
import pytest

from storybook.stages.illustrator.comfyui.listener import Listener
from storybook.stages.illustrator.comfyui.progress import PromptProgress
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from tests.comfyui.studio import access_to

pytestmark = pytest.mark.anyio


class Enough(Exception):
    """Ends what would go on for ever."""


def listener(url: str, timing: ComfyTiming) -> Listener:
    return Listener(
        access_to(url),
        "p",
        PromptProgress("p", ("1",), ()),
        timing,
        lambda fraction, preview=None: None,
    )


async def test_failed_tries_come_further_and_further_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up to a limit; a server that lets none through is not flooded."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            raise Enough

    monkeypatch.setattr(anyio, "sleep", sleep)
    deaf = listener("http://127.0.0.1:1", ComfyTiming(look_again=1.0))
    with pytest.raises(Enough):
        await deaf.listen()
    assert pauses == [2, 4, 8, 16, 32, 32, 32, 32]
    assert deaf.tried.is_set() and not deaf.is_open


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://painter:8188", "ws://painter:8188/ws?clientId=p"),
        ("https://painter/comfy/", "wss://painter/comfy/ws?clientId=p"),
        ("http://me:pw@painter/?token=a%2Fb", "ws://painter/ws?clientId=p&token=a%2Fb"),
    ],
)
async def test_its_address_follows_from_the_servers(url: str, address: str) -> None:
    """Encrypted if the server is, behind the same path, and with the same query."""
    assert listener(url, ComfyTiming()).address == address
