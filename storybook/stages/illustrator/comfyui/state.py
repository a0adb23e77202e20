"""What has become of a prompt that was given away: the one place where that is decided.

The queue separates waiting from running; the history tells how it ended, and answers `{}` for
everything that it does not know. So both are looked at, **the queue first**: the server moves a
prompt from the queue into the history in one step, and whoever looks the other way round can miss
it in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

MESSAGE_LIMIT: Final = 300
"""Characters of a server's error message that are passed on."""


class PromptWaiting(msgspec.Struct, frozen=True, tag=True):
    """In the queue. `ahead` prompts go before it; `is_worked` says whether any prompt runs now: if
    none does for long, the server's worker is dead."""

    ahead: int
    is_worked: bool


class PromptRunning(msgspec.Struct, frozen=True, tag=True):
    """The server works on it now."""


class ImageFile(msgspec.Struct, frozen=True):
    """A file that the server holds."""

    filename: str
    subfolder: str = ""
    type: str = "output"


class PromptFinished(msgspec.Struct, frozen=True, tag=True):
    """It ended well, with these pictures by output node."""

    images: dict[str, tuple[ImageFile, ...]]


class PromptFailed(msgspec.Struct, frozen=True, tag=True):
    """A node failed. `exception` is the type's name as the server gives it."""

    node: str
    exception: str
    message: str
    node_id: str = ""

    @property
    def is_out_of_memory(self) -> bool:
        text = f"{self.exception} {self.message}".lower()
        return "outofmemory" in text or "out of memory" in text or "not enough memory" in text


class PromptInterrupted(msgspec.Struct, frozen=True, tag=True):
    """Somebody stopped it."""


class Lost(msgspec.Struct, frozen=True, tag=True):
    """The server knows nothing of it: it was restarted, or it was taken out of the queue."""


State = PromptWaiting | PromptRunning | PromptFinished | PromptFailed | PromptInterrupted | Lost


def state_of(prompt_id: str, queue: Mapping[str, Any], history: Mapping[str, Any]) -> State:
    """The state of a prompt, from the answers of `GET /queue` and, asked after it, `GET
    /history/{prompt_id}`."""
    if prompt_id in history:
        return _ended(history[prompt_id])
    running, pending = list(_ids(queue, "queue_running")), _pending(queue)
    if prompt_id in running:
        return PromptRunning()
    if prompt_id in pending:
        return PromptWaiting(len(running) + pending.index(prompt_id), bool(running))
    return Lost()


def _ids(queue: Mapping[str, Any], part: str) -> Iterator[str]:
    yield from (str(entry[1]) for entry in queue.get(part, ()))


def _pending(queue: Mapping[str, Any]) -> list[str]:
    """The ids that wait, in the order in which they will run: the answer is in heap order."""
    entries = sorted(queue.get("queue_pending", ()), key=lambda entry: entry[0])
    return [str(entry[1]) for entry in entries]


def _ended(entry: Mapping[str, Any]) -> State:
    status = entry.get("status") or {}
    if status.get("status_str") == "success" or (not status and entry.get("outputs")):
        return PromptFinished(_images(entry.get("outputs") or {}))
    last, data = _last_message(status)
    if last == "execution_interrupted":
        return PromptInterrupted()
    name = data.get("node_type") or "a node"
    message = str(data.get("exception_message") or "no reason given").strip().splitlines()
    return PromptFailed(
        f"{name} ({data.get('node_id', '?')})",
        str(data.get("exception_type") or ""),
        message[0][:MESSAGE_LIMIT] if message else "no reason given",
        str(data.get("node_id", "")),
    )


def _last_message(status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Errors and interruptions have one status; the last message tells them apart."""
    messages = status.get("messages") or ()
    for kind, data in reversed(messages):
        if kind in ("execution_error", "execution_interrupted"):
            return kind, data
    return "", {}


def _images(outputs: Mapping[str, Any]) -> dict[str, tuple[ImageFile, ...]]:
    """The pictures among the outputs; other nodes have texts there, and newer servers more keys."""
    return {
        node: tuple(
            ImageFile(it["filename"], it.get("subfolder", ""), it.get("type", "output"))
            for it in output.get("images") or ()
            if isinstance(it, dict) and "filename" in it
        )
        for node, output in outputs.items()
        if isinstance(output, dict)
    }
