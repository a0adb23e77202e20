"""What a server's websocket says of one prompt: how far it is, what the picture looks like so far,
and when to look at the history.

The websocket is a hint. Messages are missed while it is closed, other prompts' are broadcast to
everybody if they were posted without a client id, and `executing` with no node ends a success, an
error and an interruption alike. So nothing here decides how a prompt ended.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Collection
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.graph import NodeId

SAMPLER_WEIGHT: Final = 20
"""What a sampler counts for in the progress, where any other node counts 1."""

ENDS: Final = frozenset({"execution_success", "execution_error", "execution_interrupted"})

PREVIEW, PREVIEW_WITH_METADATA = 1, 4
"""Binary events; the second says whose preview it is, and is asked for by `FEATURES`. The first,
of servers that are too old for that, is of the prompt that runs."""

FEATURES: Final = '{"type":"feature_flags","data":{"supports_preview_metadata":true}}'
"""The first message of a client, which lets the server put metadata before its previews."""


class HeardMessage(enum.Enum):
    """What a message means for whoever follows the prompt."""

    NOTHING = enum.auto()
    SIGN = enum.auto()
    """The prompt is being worked on."""
    LOOK = enum.auto()
    """It may have ended: look."""


class PromptProgress:
    """How far a prompt is. `nodes` are those of its graph, `samplers` those that take long."""

    def __init__(
        self, prompt_id: str, nodes: Collection[NodeId], samplers: Collection[NodeId]
    ) -> None:
        self._prompt_id = prompt_id
        self._weights = {it: SAMPLER_WEIGHT if it in samplers else 1 for it in nodes}
        self._done: dict[NodeId, float] = {}
        self.fraction = 0.0
        """How much is done, from 0 to 1; it never goes back."""
        self.preview: bytes | None = None
        """The picture in the last message, as the server sent it, if there was one of ours."""
        self._is_running = False

    def hear(self, message: str | bytes) -> HeardMessage:
        """Take in a message of the websocket, whatever it is."""
        self.preview = None
        if isinstance(message, bytes):
            return self._hear_binary(message)
        try:
            found = msgspec.json.decode(message)
            heard = self._hear(str(found["type"]), found["data"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            return HeardMessage.NOTHING  # node packs send messages of their own
        total = sum(self._weights.values())
        done = sum(self._weights.get(it, 0) * part for it, part in self._done.items())
        self.fraction = max(self.fraction, done / total if total else 0.0)
        return heard

    def _hear(self, kind: str, data: dict[str, Any]) -> HeardMessage:
        if kind == "status":
            if "sid" in data:  # a new websocket's first message; what came before it was missed
                self._is_running = False
            is_idle = data["status"]["exec_info"]["queue_remaining"] == 0
            return HeardMessage.LOOK if is_idle else HeardMessage.NOTHING
        if "prompt_id" not in data:
            if kind != "executing":
                return HeardMessage.NOTHING
            self._is_running = True  # after a reconnect this is told without an id, to us alone
            return HeardMessage.SIGN
        if data["prompt_id"] != self._prompt_id:
            self._is_running = False  # a server runs one prompt at a time
            return HeardMessage.NOTHING
        ends = kind in ENDS or (kind == "executing" and data.get("node") is None)
        self._is_running = not ends
        match kind:
            case "execution_cached":
                self._done |= dict.fromkeys(map(str, data["nodes"]), 1.0)
            case "progress_state":
                for node, it in data["nodes"].items():
                    is_finished = it["state"] == "finished"
                    self._done[node] = 1.0 if is_finished else _part(it["value"], it["max"])
            case "progress":
                self._done[str(data["node"])] = _part(data["value"], data["max"])
            case "executed":
                self._done[str(data["node"])] = 1.0
        return HeardMessage.LOOK if ends else HeardMessage.SIGN

    def _hear_binary(self, frame: bytes) -> HeardMessage:
        """A preview is a sign if it is ours: if it says so, or if ours is the prompt that runs."""
        if len(frame) < 8:
            return HeardMessage.NOTHING
        event, number = struct.unpack_from(">II", frame)  # a format, or the metadata's length
        if event == PREVIEW and self._is_running:
            self.preview = frame[8:]
        elif event == PREVIEW_WITH_METADATA and self._names_our_prompt(frame[8 : 8 + number]):
            self.preview = frame[8 + number :]
        else:
            return HeardMessage.NOTHING
        return HeardMessage.SIGN

    def _names_our_prompt(self, metadata: bytes) -> bool:
        try:
            return bool(msgspec.json.decode(metadata)["prompt_id"] == self._prompt_id)
        except (msgspec.DecodeError, KeyError, TypeError):
            return False


def _part(value: float, most: float) -> float:
    return min(1.0, max(0.0, value / most)) if most else 0.0
