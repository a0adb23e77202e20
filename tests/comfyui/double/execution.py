"""One prompt in the hands of the double's worker: what it tells, in which order, and what it saves.

The order is the recorded one. Node order is the worker's choice where links leave it open.
"""

from __future__ import annotations

import copy
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.comfyui.double import pictures

if TYPE_CHECKING:
    from tests.comfyui.double.comfy import ComfyDouble

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\xff\xd9"
SAMPLERS = ("KSampler", "SamplerCustomAdvanced")
TIMESTAMP = 1795366065527

Entry = tuple[float, str, dict[str, Any], dict[str, Any], list[str]]
"""A prompt in the queue, in ComfyUI's own shape: number, id, graph, extra data, output nodes."""


class Failure(Exception):
    """A node fails, with the type's name and the message that ComfyUI would give."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Stopped(Exception):
    """The prompt was interrupted."""


class Execution:
    """One prompt in the worker's hands."""

    def __init__(self, double: ComfyDouble, entry: Entry) -> None:
        self._double, self._entry = double, entry
        _, self._prompt_id, self._graph, extra, self._outputs = entry
        self._sid: str | None = extra.get("client_id")
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self._states: dict[str, Any] = {}
        self._made: dict[str, Any] = {}
        self._executed: list[str] = []

    async def execute(self) -> None:
        double = self._double
        signatures = {it: self._signature(it) for it in self._nodes()}
        cached = [it for it in signatures if signatures[it] in double.cache]
        status = {"status_str": "success", "completed": True, "messages": self._messages}
        await self._record("execution_start", {})
        await self._record("execution_cached", {"nodes": cached})
        node_id = ""
        try:
            for node_id in signatures:
                await self._node(node_id, signatures[node_id], node_id in cached)
            await self._record("execution_success", {})
        except Stopped:
            status |= {"status_str": "error", "completed": False}
            await self._record("execution_interrupted", self._about(node_id))
        except Failure as failure:
            status |= {"status_str": "error", "completed": False}
            more = {
                "exception_message": str(failure),
                "exception_type": failure.kind,
                "traceback": ["<trimmed>"],
                "current_inputs": {},
                "current_outputs": [],
            }
            await self._record("execution_error", self._about(node_id) | more)
        double.cache = {it: double.cache[it] for it in signatures.values() if it in double.cache}
        if double.faults.hold == "history":
            await double.until(lambda: double.faults.hold != "history")
        double.ended(self._entry, self._made, status)
        double.executing.pop(self._sid or "", None)
        await double.status()
        if self._sid is not None:
            await self._say("executing", {"node": None})

    async def _node(self, node_id: str, signature: str, is_cached: bool) -> None:
        double, node = self._double, self._graph[node_id]
        kind = node["class_type"]
        is_output = bool(double.object_info[kind]["output_node"])
        if is_cached:
            if is_output:
                self._made[node_id] = double.cache[signature]
                await self._executed_message(node_id)
                await self._progress(node_id, 1, 1, "finished")
            return
        await self._progress(node_id, 0.0, 1.0, "running")
        if self._sid is not None:
            double.executing[self._sid] = node_id
        await self._say("executing", {"node": node_id, "display_node": node_id})
        value, most = await self._run(node_id, kind)
        if is_output and node_id in self._made:
            await self._executed_message(node_id)
        double.cache[signature] = self._made.get(node_id)
        await self._progress(node_id, value, most, "finished")
        self._executed.append(node_id)

    async def _run(self, node_id: str, kind: str) -> tuple[float, float]:
        """Execute a node; its last progress."""
        double, inputs = self._double, self._graph[node_id]["inputs"]
        if kind == "CheckpointLoaderSimple" and inputs["ckpt_name"] == "corrupt.safetensors":
            raise Failure(
                "safetensors._safetensors_rust.SafetensorError",
                "Error while deserializing header: header too large\n",
            )
        if kind in SAMPLERS:
            return await self._sample(node_id, int(inputs.get("steps", 4)))
        await double.pause(kind)
        match kind:
            case "SaveImage":
                self._save(node_id, inputs["filename_prefix"], "output")
                double.painted.append(self._prompt_id)
            case "PreviewImage":
                self._save(node_id, "ComfyUI_temp_double", "temp")
            case "PreviewAny":
                source = self._graph[inputs["source"][0]]
                self._made[node_id] = {"text": [source["inputs"]["value"]]}
            case "SaveImageWebsocket":
                await self._progress(node_id, 0, 1, "running")
                await self._say("progress", {"value": 0, "max": 1, "node": node_id})
                picture = pictures.encode(self._rows(node_id))
                await double.send(self._sid, struct.pack(">II", 1, 2) + picture)
                return 1, 1
        return 1.0, 1.0

    async def _sample(self, node_id: str, steps: int) -> tuple[int, int]:
        double = self._double
        for step in range(1, steps + 1):
            await double.pause(self._graph[node_id]["class_type"])
            if double.faults.sampler_error:
                raise Failure("RuntimeError", double.faults.sampler_error)
            if double.faults.out_of_memory:
                double.faults.out_of_memory -= 1
                raise Failure("torch.OutOfMemoryError", "Allocation on device \n")
            await self._progress(node_id, step, steps, "running")
            if self._wants_metadata():
                await self._preview(node_id)
            await self._say("progress", {"value": step, "max": steps, "node": node_id})
            if double.previews and not self._wants_metadata():
                await double.send(self._sid, struct.pack(">II", 1, 1) + JPEG)
        double.sampled += 1
        return steps, steps

    def _wants_metadata(self) -> bool:
        websocket = self._double.sockets.get(self._sid or "")
        asked = websocket.received if websocket is not None else ()
        return self._double.previews and any("supports_preview_metadata" in it for it in asked)

    async def _preview(self, node_id: str) -> None:
        metadata = json.dumps(
            {
                "node_id": node_id,
                "prompt_id": self._prompt_id,
                "display_node_id": node_id,
                "parent_node_id": None,
                "real_node_id": node_id,
                "image_type": "image/jpeg",
            }
        ).encode()
        frame = struct.pack(">II", 4, len(metadata)) + metadata + JPEG
        await self._double.send(self._sid, frame)

    def _save(self, node_id: str, prefix: str, type: str) -> None:
        if ".." in prefix:
            raise Failure("Exception", "Saving image outside the output folder is not allowed.")
        subfolder, _, stem = prefix.rpartition("/")
        files = self._double.files
        numbers = [
            int(name.removeprefix(f"{stem}_").split("_")[0])
            for kind, folder, name in files
            if (kind, folder) == (type, subfolder) and name.startswith(f"{stem}_")
        ]
        filename = f"{stem}_{max(numbers, default=0) + 1:05}_.png"
        files[type, subfolder, filename] = self._content(node_id)
        entry = {"filename": filename, "subfolder": subfolder, "type": type}
        self._made[node_id] = {"images": [entry]}
        if self._double.faults.spoil and self._double.faults.spoil.pop(0) == "missing":
            del files[type, subfolder, filename]

    def _content(self, node_id: str) -> bytes:
        how = self._double.faults.spoil[0] if self._double.faults.spoil else ""
        graph = {"1": {"inputs": {}}} if how == "stale" else self._graph
        rows = self._rows(node_id)
        if how == "flat":
            rows = pictures.flat(len(rows[0]) // 3, len(rows))
        if how == "wrong_size":
            rows = rows[:-1]
        content = pictures.encode(rows, graph)
        if how in ("webp", "jpeg"):
            return pictures.recoded(content, how)
        return {"garbage": b"<html>", "truncated": content[:-50]}.get(how, content)

    def _rows(self, node_id: str) -> list[bytes]:
        source = self._graph[node_id]["inputs"]["images"][0]
        size = next(
            (its["width"], its["height"])
            for its in (self._graph[it]["inputs"] for it in _upwards(self._graph, source))
            if "width" in its and "height" in its
        )
        return pictures.noise(self._signature(source), *map(int, size))

    # ------------------------------------------------------------------------------------ messages

    async def _say(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the prompt's client; without one, some kinds go to everybody and others nowhere."""
        to_all = kind in ("progress_state", "progress", "execution_interrupted")
        if self._sid is not None or to_all:
            await self._double.tell(self._sid, kind, {**data, "prompt_id": self._prompt_id})

    async def _record(self, kind: str, data: dict[str, Any]) -> None:
        full = {**data, "prompt_id": self._prompt_id, "timestamp": TIMESTAMP}
        self._messages.append((kind, full))
        await self._say(kind, full)

    def _about(self, node_id: str) -> dict[str, Any]:
        kind = self._graph[node_id]["class_type"]
        return {"node_id": node_id, "node_type": kind, "executed": self._executed}

    async def _executed_message(self, node_id: str) -> None:
        output = self._made[node_id]
        data = {"node": node_id, "display_node": node_id, "output": output}
        await self._say("executed", data)

    async def _progress(self, node_id: str, value: float, most: float, state: str) -> None:
        self._states[node_id] = {
            "value": value,
            "max": most,
            "state": state,
            "node_id": node_id,
            "prompt_id": self._prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }
        await self._say("progress_state", {"nodes": copy.deepcopy(self._states)})

    # --------------------------------------------------------------------------------------- graph

    def _nodes(self) -> list[str]:
        """What the outputs need, in an order in which it can be executed."""
        needed = {it for output in self._outputs for it in _upwards(self._graph, output)}
        ahead, done = list(needed), list[str]()
        rank = {it: at for at, it in enumerate(self._double.order)}
        ahead.sort(key=lambda it: (rank.get(it, len(rank)), it))
        while ahead:
            node_id = next(it for it in ahead if set(_links(self._graph[it])) <= set(done))
            ahead.remove(node_id)
            done.append(node_id)
        return done

    def _signature(self, node_id: str) -> str:
        """What the cache knows a node by: its class and inputs, and theirs, but no ids."""
        node = self._graph[node_id]
        inputs = {
            name: self._signature(value[0]) + str(value[1]) if isinstance(value, list) else value
            for name, value in node["inputs"].items()
        }
        text = json.dumps([node["class_type"], inputs], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _links(node: Mapping[str, Any]) -> Iterator[str]:
    yield from (value[0] for value in node["inputs"].values() if isinstance(value, list))


def _upwards(graph: Mapping[str, Any], node_id: str) -> Iterator[str]:
    yield node_id
    for it in _links(graph[node_id]):
        yield from _upwards(graph, it)
