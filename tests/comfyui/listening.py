"""A plain client for the double: posts, listens, and makes messages comparable."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.comfyui.double import ComfyDouble

HERE = Path(__file__).parent
UNCOMPARED = {"timestamp", "traceback", "current_inputs", "current_outputs", "executed", "sid"}


def recording(name: str) -> list[dict[str, Any]]:
    """The lines of a recording: HTTP exchanges and messages."""
    text = (HERE / "recordings" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def workflow(name: str) -> dict[str, Any]:
    """A workflow that was run on a real server."""
    found: dict[str, Any] = json.loads((HERE / "workflows" / f"{name}.json").read_text())
    return found


def heard(message: dict[str, Any]) -> tuple[Any, ...]:
    """A recorded message without what differs from run to run."""
    if "binary" in message:
        metadata = message["binary"].get("metadata") or {}
        return "binary", message["binary"]["event"], tuple(sorted(metadata))
    kind, data = message["text"]["type"], message["text"]["data"]
    if kind == "progress_state":
        nodes = {it: (n["value"], n["max"], n["state"]) for it, n in data["nodes"].items()}
        return kind, nodes, sorted(data)
    shown = {key: it for key, it in data.items() if key not in UNCOMPARED}
    if "prompt_id" in shown:
        shown["prompt_id"] = "P"
    if kind == "execution_cached":
        shown["nodes"] = sorted(shown["nodes"])
    return kind, shown, sorted(set(data) - {"sid"})


def as_recorded(frame: str | bytes) -> dict[str, Any]:
    """A received message in the shape of the recordings."""
    if isinstance(frame, str):
        return {"text": json.loads(frame)}
    event = int.from_bytes(frame[:4], "big")
    entry: dict[str, Any] = {"event": event}
    if event == 4:
        length = int.from_bytes(frame[4:8], "big")
        entry["metadata"] = json.loads(frame[8 : 8 + length])
    return {"binary": entry}


@asynccontextmanager
async def websocket(double: ComfyDouble, client_id: str) -> AsyncIterator[ClientConnection]:
    address = f"{double.url.replace('http', 'ws')}/ws?clientId={client_id}"
    async with connect(address, proxy=None, max_size=None) as it:
        yield it


async def listen(it: ClientConnection, prompt_id: str) -> list[dict[str, Any]]:
    """All messages up to the one that ends a prompt."""
    found = []
    with anyio.fail_after(30):
        while True:
            found.append(as_recorded(await it.recv()))
            text = found[-1].get("text", {})
            if text.get("type") == "executing" and text["data"]["node"] is None:
                return found


async def post(double: ComfyDouble, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=double.url, trust_env=False, verify=False) as http:
        return await http.post("/prompt", json=body)


async def get(double: ComfyDouble, path: str) -> Any:
    async with httpx.AsyncClient(base_url=double.url, trust_env=False, verify=False) as http:
        return (await http.get(path)).json()
