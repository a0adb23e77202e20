"""The double's ComfyUI: queue, worker, history, files and websockets, as 0.3.64 was recorded.

Its faults are the real ones, kept on purpose: a client's older websocket, closing late, takes the
newer one's place away; equal entries in the queue kill the worker; history is written after
`execution_success`; the counter in a file's name starts again where the highest file ends.
"""

from __future__ import annotations

import email
import email.message
import heapq
import itertools
import json
import ssl
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel

from storybook.notifier import Notifier
from tests.comfyui.double import validate
from tests.comfyui.double.execution import Entry, Execution, Stopped
from tests.comfyui.double.web import Request, Response, WebServer, Websocket

FOLDER = Path(__file__).parent.parent


class Faults:
    """What the double is told to do wrong. Counts are of the next times."""

    def __init__(self) -> None:
        self.hold: str | None = None
        """A class of nodes that does not go on; `history`: the moment before history is written."""
        self.ignores_interrupts = False
        self.is_deaf = False
        """No message is sent to anybody; the prompts run."""
        self.is_stalled = False
        """Some client does not read, so everybody's messages wait."""
        self.refuses_websockets = False
        self.rejects: str | None = None
        """A node that refuses its inputs for a reason of its own, with 400."""
        self.half: str | None = None
        """A node that is said to be bad, while the rest is accepted with 200."""
        self.out_of_memory = 0
        self.sampler_error = ""
        """What every sampler fails with."""
        self.spoil: list[str] = []
        """How the next files are spoiled: garbage, truncated, flat, wrong_size, stale,
        missing, or in the format webp or jpeg."""
        self.cut_downloads = 0
        self.answers_500 = 0
        self.stands_behind: int | None = None
        """The status with which a proxy answers everything, since nobody answers it."""
        self.turns_posts_away = 0
        """POST /prompt is answered with 429, and is not heard."""
        self.retry_after = ""
        """What is said with either, as a header."""
        self.holds_posts = False
        """POST /prompt is not begun with."""
        self.loses_posts = 0
        """POST /prompt is accepted, and the connection is cut before the answer."""
        self.ignores_prompt_ids = False

    @property
    def waits(self) -> dict[str, str]:
        return {"retry-after": self.retry_after} if self.retry_after else {}


class ComfyDouble:
    """One ComfyUI on a free port of the loopback."""

    def __init__(
        self,
        *,
        previews: bool = False,
        has_jobs_api: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.object_info = object_info()
        self.faults = Faults()
        self.previews, self.has_jobs_api = previews, has_jobs_api
        self.gate: Callable[[Request], Response | None] = lambda request: None
        """What stands before it, such as a proxy that asks who is there: None lets a request in."""
        self.order: list[str] = []
        """Ids of nodes in the order in which they are to be executed, where links leave it open."""
        self.files: dict[tuple[str, str, str], bytes] = {}
        self.painted: list[str] = []
        """The prompts whose picture was saved, in order."""
        self.sampled = 0
        self.posts: list[dict[str, Any]] = []
        self.interrupts: list[dict[str, Any]] = []
        self.deletes: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.uploads: list[str] = []
        """The pictures that were given to it, by folder and name."""
        self.origins: set[str | None] = set()
        self.freed = 0
        self.connections: list[str] = []
        """The client ids of all websockets there ever were."""
        self.changed = Notifier()
        self._web = WebServer(self._answer, self._welcome, tls)
        self._scheme = "https" if tls else "http"
        self._forget()

    # ------------------------------------------------------------------------------ for the tests

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._web.port}"

    def listen_on(self, port: int) -> None:
        """Use this port and no other; to be said before it is started."""
        self._web.port = port

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ComfyDouble]:
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            await self.start()
            try:
                yield self
            except Exception as error:  # a test's failure is shown as it is, not in a group
                failure = error
            with anyio.CancelScope(shield=True):
                await self.stop()
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def start(self) -> None:
        await self._web.start(self._tasks)
        self._worker, self._publisher = anyio.CancelScope(), anyio.CancelScope()
        self._tasks.start_soon(self._work, self._worker)
        self._tasks.start_soon(self._publish, self._publisher)

    async def stop(self) -> None:
        """As if the process was killed: connections end without a word, and nothing is kept but
        the files in the output folder."""
        self._worker.cancel()
        self._publisher.cancel()
        await self._web.stop()
        self._forget()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def kill_worker(self) -> None:
        """The worker's thread dies; HTTP goes on answering."""
        self._worker.cancel()

    async def drop_websockets(self) -> None:
        """Every websocket's connection breaks."""
        for websocket in list(self.sockets.values()):
            await websocket.cut()

    def release(self) -> None:
        """Let a held node, or stalled messages, go on."""
        self.faults.hold, self.faults.is_stalled = None, False
        self.changed.notify()

    async def until(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Return as soon as something holds of the double; fail if it takes too long."""
        with anyio.fail_after(seconds):
            while not holds():
                await self.changed.next.wait()

    def models(self, *names: str) -> None:
        """The checkpoints that there are."""
        inputs = self.object_info["CheckpointLoaderSimple"]["input"]["required"]
        inputs["ckpt_name"][0] = list(names)

    @property
    def running(self) -> list[str]:
        return [entry[1] for entry in self._running]

    @property
    def pending(self) -> list[str]:
        return [entry[1] for entry in self._queue]

    @property
    def history(self) -> dict[str, Any]:
        return self._history

    def interrupt_externally(self) -> None:
        """Somebody presses the button in ComfyUI."""
        self._interrupted = True
        self.changed.notify()

    def _forget(self) -> None:
        self._queue: list[Entry] = []
        self._running: list[Entry] = []
        self._history: dict[str, Any] = {}
        self.cache: dict[str, Any] = {}
        self.sockets: dict[str, Websocket] = {}
        self._outbox: deque[tuple[str | None, str | bytes]] = deque()
        self.executing: dict[str, str] = {}
        self._numbers = itertools.count()
        self._interrupted = False
        self.files = {key: it for key, it in self.files.items() if key[0] != "temp"}

    # -------------------------------------------------------------------------------------- routes

    async def _answer(self, request: Request) -> Response:
        origin = request.headers.get("origin")
        self.origins.add(origin)
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            return Response(403)
        if (refusal := self.gate(request)) is not None:
            return refusal
        path = request.path
        if not path.startswith("/api/jobs"):  # all other routes are there with and without /api
            path = path.removeprefix("/api")
        self.requests.append(f"{request.method} {path}")
        if path == "/ws":
            return Response(503 if self.faults.refuses_websockets else 101)
        if self.faults.stands_behind is not None:
            status = self.faults.stands_behind
            return Response(status, b"<html>Bad Gateway</html>", "text/html", self.faults.waits)
        if self.faults.turns_posts_away and request.method == "POST" and path == "/prompt":
            self.faults.turns_posts_away -= 1
            return Response(429, b"", "text/plain", self.faults.waits)
        if self.faults.answers_500:
            self.faults.answers_500 -= 1
            return Response(500, b"500 Internal Server Error", "text/plain")
        response = await self._route(request, path)
        self.changed.notify()
        return response

    async def _route(self, request: Request, path: str) -> Response:
        match request.method, path.strip("/").split("/"):
            case "POST", ["prompt"]:
                while self.faults.holds_posts:
                    await self.changed.next.wait()
                return await self._post_prompt(json.loads(request.body))
            case "GET", ["queue"]:
                return _json({"queue_running": self._running, "queue_pending": self._queue})
            case "POST", ["queue"]:
                self.deletes.append(json.loads(request.body))
                self._take_out(self.deletes[-1])
                await self.status()
                return Response(200)
            case "POST", ["interrupt"]:
                self.interrupts.append(json.loads(request.body or b"{}"))
                wanted = self.interrupts[-1].get("prompt_id")
                if wanted is None or wanted in self.running:
                    self._interrupted = True
                return Response(200)
            case "POST", ["upload", "image"]:
                return self._upload(request)
            case "POST", ["free"]:
                self._free(json.loads(request.body))
                return Response(200)
            case "GET", ["history", prompt_id]:
                found = self._history.get(prompt_id)
                return _json({prompt_id: found} if found else {})
            case "GET", ["view"]:
                return self._view(request)
            case "GET", ["object_info", *names]:
                found = {name: self.object_info[name] for name in names if name in self.object_info}
                return _json(found if names else self.object_info)
            case "GET", ["system_stats"]:
                return _json(recorded_answers()["/system_stats"])
            case method, ["api", "jobs", *rest] if self.has_jobs_api:
                return await self._jobs(method, rest)
        return Response(404, b"404: Not Found", "text/plain")

    async def _post_prompt(self, body: dict[str, Any]) -> Response:
        self.posts.append(body)
        number = float(body["number"]) if "number" in body else next(self._numbers)
        if body.get("front"):
            number = -number
        prompt_id = str(body.get("prompt_id", uuid.uuid4()))
        if self.has_jobs_api and not _is_canonical(body.get("prompt_id")):
            return _refusal(validate.error("invalid_prompt_id", "Invalid prompt id", prompt_id))
        if self.faults.ignores_prompt_ids:
            prompt_id = str(uuid.uuid4())
        if "prompt" not in body:
            return _refusal(validate.error("no_prompt", "No prompt provided", ""))
        graph = body["prompt"]
        fault = validate.fatal(graph, self.object_info)
        if fault is not None:
            return _refusal(fault)
        good, bad = validate.outputs(graph, self.object_info)
        if self.faults.rejects is not None:
            good, bad = [], {self.faults.rejects: _own_reason(graph, self.faults.rejects)}
        if not good:
            kind, message = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
            details = bad[next(iter(bad))]["errors"][0]["details"] if len(bad) == 1 else ""
            is_upstream = all(it["class_type"] != "SaveImage" for it in bad.values())
            error = validate.error(kind, message, "" if is_upstream else details)
            if "Bad linked" in str(bad):
                error["details"] = f"{next(iter(bad.values()))['errors'][0]['message']}: {details}"
            return _refusal(error, bad)
        if self.faults.half is not None:
            bad[self.faults.half] = _half(graph, self.faults.half)
        extra = {"client_id": body["client_id"]} if "client_id" in body else {}
        try:
            heapq.heappush(self._queue, (number, prompt_id, graph, extra, good))
        except TypeError:  # graphs cannot be compared; the entry is in all the same
            return Response(500, b"500 Internal Server Error", "text/plain")
        await self.status()
        if self.faults.loses_posts:
            self.faults.loses_posts -= 1
            raise anyio.ClosedResourceError
        return _json({"prompt_id": prompt_id, "number": number, "node_errors": bad})

    def _take_out(self, body: dict[str, Any]) -> None:
        unwanted = set(body.get("delete", ()))
        if body.get("clear"):
            unwanted = set(self.pending)
        self._queue = [entry for entry in self._queue if entry[1] not in unwanted]
        heapq.heapify(self._queue)

    def _free(self, body: dict[str, Any]) -> None:
        self.freed += 1
        if body.get("free_memory"):
            self.cache.clear()

    def _upload(self, request: Request) -> Response:
        """Keep a picture in the input folder, where the combo of LoadImage lists it."""
        message = email.message_from_bytes(
            b"content-type: " + request.headers["content-type"].encode() + b"\n\n" + request.body
        )
        parts = {
            str(part.get_param("name", header="content-disposition")): part
            for part in message.get_payload()
            if isinstance(part, email.message.Message)
        }
        told = {name: bytes(part.get_payload(decode=True) or b"") for name, part in parts.items()}
        name = str(parts["image"].get_filename())
        folder = told.get("subfolder", b"").decode()
        self.uploads.append(f"{folder}/{name}")
        self.files["input", folder, name] = told["image"]
        self.list_inputs()
        return _json({"name": name, "subfolder": folder, "type": "input"})

    def list_inputs(self) -> None:
        """The pictures that LoadImage can load: its own, and those in the input folder."""
        there = [f"{folder}/{name}" for kind, folder, name in self.files if kind == "input"]
        inputs = self.object_info["LoadImage"]["input"]["required"]
        inputs["image"][0] = ["example.png", *there]

    def _view(self, request: Request) -> Response:
        query = request.query
        name = query.get("filename", "")
        content = self.files.get((query.get("type", "output"), query.get("subfolder", ""), name))
        if content is None:
            return Response(404)
        if self.faults.cut_downloads:
            self.faults.cut_downloads -= 1
            content = content[: len(content) // 2]
        return Response(200, content, "image/png")

    async def _jobs(self, method: str, rest: list[str]) -> Response:
        """The newer servers' routes, as far as their source tells."""
        match method, rest:
            case "GET", []:
                return _json({"jobs": [], "has_more": False})
            case "POST", [prompt_id, "cancel"]:
                is_known = prompt_id in self.running + self.pending
                self._take_out({"delete": [prompt_id]})
                self._interrupted = self._interrupted or prompt_id in self.running
                return _json({"cancelled": is_known})
        return Response(404)

    # ---------------------------------------------------------------------------------- websockets

    async def _welcome(self, request: Request, websocket: Websocket) -> None:
        sid = request.query.get("clientId") or uuid.uuid4().hex
        self.sockets[sid] = websocket
        self.connections.append(sid)
        try:
            status = {"status": self._exec_info(), "sid": sid}
            await websocket.send(json.dumps({"type": "status", "data": status}))
            if sid in self.executing and not self.faults.is_deaf:
                node = {"type": "executing", "data": {"node": self.executing[sid]}}
                await websocket.send(json.dumps(node))
            self.changed.notify()
            await websocket.read()
        finally:
            self.sockets.pop(sid, None)  # whichever websocket stands there now: ComfyUI's bug
            self.changed.notify()

    def _exec_info(self) -> dict[str, Any]:
        return {"exec_info": {"queue_remaining": len(self._queue) + len(self._running)}}

    async def status_of_an_empty_queue(self) -> None:
        exec_info = {"exec_info": {"queue_remaining": 0}}
        await self.tell(None, "status", {"status": exec_info})

    async def status(self) -> None:
        await self.tell(None, "status", {"status": self._exec_info()})

    async def tell(self, sid: str | None, kind: str, data: Mapping[str, Any]) -> None:
        await self.send(sid, json.dumps({"type": kind, "data": data}))

    async def send(self, sid: str | None, message: str | bytes) -> None:
        """To one client, or to all of them for None."""
        if not self.faults.is_deaf:
            self._outbox.append((sid, message))
        self.changed.notify()
        await anyio.lowlevel.checkpoint()

    async def _publish(self, scope: anyio.CancelScope) -> None:
        """Send what is to be told, one message after the other: whoever does not read holds up
        everybody."""
        with scope:
            while True:
                while not self._outbox or self.faults.is_stalled:
                    await self.changed.next.wait()
                sid, message = self._outbox.popleft()
                for other, websocket in list(self.sockets.items()):
                    if sid in (None, other):
                        await websocket.send(message)

    # -------------------------------------------------------------------------------------- worker

    async def _work(self, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                while not self._queue:
                    await self.changed.next.wait()
                try:
                    entry = heapq.heappop(self._queue)
                except TypeError:
                    return  # the thread dies of the comparison
                self._running = [entry]
                await self.status()
                await Execution(self, entry).execute()

    def ended(self, entry: Entry, outputs: dict[str, Any], status: dict[str, Any]) -> None:
        """Move a prompt from the queue into the history."""
        shown = {
            it: {"node_id": it, "display_node": it, "parent_node": None, "real_node_id": it}
            for it in outputs
        }
        self._history[entry[1]] = {
            "prompt": list(entry),
            "outputs": outputs,
            "status": status,
            "meta": shown,
        }
        self._running = []
        self._interrupted = False

    async def pause(self, at: str) -> None:
        """Between two steps: others get a turn, a hold holds, an interrupt interrupts."""
        await anyio.lowlevel.checkpoint()
        while True:
            if self._interrupted and not self.faults.ignores_interrupts:
                raise Stopped
            if self.faults.hold != at:
                return
            await self.changed.next.wait()


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode())


def _refusal(error: Mapping[str, Any], nodes: Mapping[str, Any] | None = None) -> Response:
    return _json({"error": error, "node_errors": nodes or {}}, 400)


def _own_reason(graph: Mapping[str, Any], node_id: str) -> dict[str, Any]:
    fault = {
        "type": "custom_validation_failed",
        "message": "Custom validation failed for node",
        "details": "image - Invalid image file: nope.png",
        "extra_info": {"input_name": "image", "input_config": ["IMAGE"]},
    }
    kind = graph[node_id]["class_type"]
    return {"errors": [fault], "dependent_outputs": ["9"], "class_type": kind}


def _half(graph: Mapping[str, Any], node_id: str) -> dict[str, Any]:
    fault = {
        "type": "required_input_missing",
        "message": "Required input is missing",
        "details": "images",
        "extra_info": {"input_name": "images"},
    }
    kind = graph[node_id]["class_type"] if node_id in graph else "SaveImage"
    return {"errors": [fault], "dependent_outputs": [node_id], "class_type": kind}


def _is_canonical(prompt_id: object) -> bool:
    try:
        return isinstance(prompt_id, str) and str(uuid.UUID(prompt_id)) == prompt_id
    except ValueError:
        return False


def object_info() -> dict[str, Any]:
    """The node types that the double knows: recorded ones, and others in the same shape."""
    found: dict[str, Any] = json.loads((FOLDER / "recordings/object_info.json").read_text())
    return found


def recorded_answers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "recordings/http_get.json").read_text())
    return found
