"""`webhooks`: what was sent, what came of it, and once more."""

from __future__ import annotations

import anyio
import msgspec
import pytest

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.events.log import Position
from storybook.stores.deliveries import Delivery, DeliveryStatus
from storybook.stores.sqlite.webhooks import SqliteDeliveries
from tests.cli.conftest import Shell

AT = 1_700_000_000 * MICROSECONDS


@pytest.fixture
def run_id(shell: Shell) -> str:
    """A run with a delivery in each state."""
    made: str = shell.make("--no-audio")["run_id"]
    states = zip(range(1, 5), DeliveryStatus, strict=True)
    kept = [
        Delivery(
            *(Position(number), RunId(made), "page.ready", "http://a/", AT, AT, 2, status),
            *("answered 500", None if status is DeliveryStatus.DUE else AT),
        )
        for number, status in states
    ]
    other = msgspec.structs.replace(kept[2], position=Position(9), run_id=RunId("f" * 32))
    deliveries = SqliteDeliveries(shell.data / "webhooks.db")
    anyio.run(deliveries.plan, [*kept, other], Position(9), AT)
    return made


def states(shell: Shell, *arguments: str) -> dict[int, str]:
    return {it["position"]: it["status"] for it in shell.json_lines("webhooks", *arguments)}


def test_nothing_was_sent_yet(shell: Shell) -> None:
    """And how anything would be; no file is made."""
    assert "callback_url" in shell("webhooks").stdout
    assert not (shell.data / "webhooks.db").exists()


def test_deliveries_are_shown(shell: Shell, run_id: str) -> None:
    """All, newest first; those of a book; one by its id; for people and for programs."""
    assert list(states(shell)) == [9, 4, 3, 2, 1]
    assert states(shell, run_id[:8]) == {4: "gone", 3: "failed", 2: "delivered", 1: "due"}
    (one,) = shell.json_lines("webhooks", f"{run_id}-3")
    assert one == {
        "id": f"{run_id}-3",
        "run_id": run_id,
        "position": 3,
        "type": "page.ready",
        "callback_url": "http://a/",
        "status": "failed",
        "attempts": 2,
        "last": "answered 500",
        "since": "2023-11-14T22:13:20.000Z",
        "due_at": None,
        "ended_at": "2023-11-14T22:13:20.000Z",
    }
    assert "answered 500" in shell("webhooks").stdout
    unknown = shell("webhooks", f"{run_id}-77")
    assert unknown.exit_code == 1 and "no delivery" in unknown.output


def test_what_was_given_up_is_sent_again(shell: Shell, run_id: str) -> None:
    """What was delivered only if it is named itself; other books' stay as they are."""
    assert "2 to be sent again" in shell("webhooks", run_id[:8], "--replay").stderr
    assert states(shell) == {9: "failed", 4: "due", 3: "due", 2: "delivered", 1: "due"}
    shell("webhooks", f"{run_id}-2", "--replay")
    assert states(shell, run_id) == {4: "due", 3: "due", 2: "due", 1: "due"}
    (again,) = shell.json_lines("webhooks", f"{run_id}-2")
    assert again["attempts"] == 0 and again["since"] > "2023-11-14T22:13:20.000Z"


@pytest.mark.slow
def test_all_that_was_given_up_is_sent_again(shell: Shell, run_id: str) -> None:
    """Also what is not among the newest, of which so many are shown."""
    assert list(states(shell, "--limit", "1")) == [9]
    assert "3 to be sent again" in shell("webhooks", "--replay", "--limit", "1").stderr
    assert states(shell) == {9: "due", 4: "due", 3: "due", 2: "delivered", 1: "due"}


def test_a_server_with_hosts_and_no_secret_does_not_start(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it opens anything, with what to do."""
    monkeypatch.setenv("STORYBOOK_WEBHOOKS_ALLOWED_HOSTS", "books.example")
    refused = shell("serve", "--port", "0")
    assert refused.exit_code == 2 and "secret_variable in [webhooks]" in refused.output
    monkeypatch.setenv("STORYBOOK_WEBHOOKS_SECRET_VARIABLE", "WEBHOOK_SECRET")
    monkeypatch.setenv("WEBHOOK_SECRET", "whsec_hush")
    refused = shell("serve", "--port", "0")
    assert "WEBHOOK_SECRET is to hold whsec_" in refused.output and "hush" not in refused.output
    assert not (shell.data / "log.db").exists()
