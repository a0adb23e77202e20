"""`storybook webhooks` beside a running server: what is shown and asked for is what is sent."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from anyio import to_thread

from tests.webhooks.receivers import Receiving
from tests.webhooks.test_killed import SETTINGS
from tests.whole.server import Server, serving, storybook

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_what_was_given_up_is_sent_by_the_running_server(
    tmp_path: Path, receiver: Receiving
) -> None:
    """The receiver wanted nothing more of a book, and then it does: each notice comes, the first
    one again with the id and body that it had."""
    data = tmp_path / "data"
    receiver.answers = ["410 Gone"]
    with serving(data, "tests.cli.program", **SETTINGS) as server:
        run_id = await to_thread.run_sync(partial(ordered, server, receiver.url()))
        await receiver.until(lambda sent: bool(sent))
        while (await shown(data, run_id)).count(" gone ") < 6:
            pass  # the command takes its time
        assert len(receiver.sent) == 1
        replayed = await to_thread.run_sync(storybook, data, "webhooks", run_id, "--replay")
        assert replayed.returncode == 0 and "6 to be sent again" in replayed.stderr
        await receiver.until(lambda sent: len(sent) == 7)
        while (await shown(data, run_id)).count(" delivered ") < 6:
            pass
    first, *again = receiver.sent
    assert len({it.id for it in again}) == 6
    assert {it.id: it.body for it in again}[first.id] == first.body


def ordered(server: Server, url: str) -> str:
    return server.request(callback_url=url)


async def shown(data: Path, run_id: str) -> str:
    """What the command prints."""
    found = await to_thread.run_sync(storybook, data, "webhooks", run_id)
    assert found.returncode == 0, found.stderr
    return found.stdout
