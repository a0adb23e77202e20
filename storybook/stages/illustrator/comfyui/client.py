"""One ComfyUI over HTTP: its routes as methods, its answers as values, its faults as errors.

Requests carry no `Origin` (the server refuses one that is not its own) and go past any proxy of
the environment; who asks is told as `credentials` has it. `POST /prompt` is sent once and never
repeated: the same id posted twice is painted twice.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from storybook.stages.addresses import AccessFault
from storybook.stages.credentials import KEY_REFUSED, ServerAccess
from storybook.stages.illustrator.comfyui.errors import (
    Busy,
    NotAdmitted,
    Rejected,
    Unreachable,
    Unsuited,
)
from storybook.stages.illustrator.comfyui.faults import is_model_file
from storybook.stages.illustrator.comfyui.graph import Graph, NodeId
from storybook.stages.illustrator.comfyui.problems import WorkflowProblem, where
from storybook.stages.illustrator.comfyui.spec import DEFAULT_URL
from storybook.stages.illustrator.comfyui.state import ImageFile, PromptFailed, State, state_of
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from storybook.stages.retry_after import seconds_of

if TYPE_CHECKING:
    import httpx

ANSWER_BYTES: Final = 256 * 1024 * 1024
"""The longest answer that is read; noise of 8192 × 8192 pixels makes 136 MB."""


UPLOADS: Final = "storybook"
"""The subfolder of the server's input folder that pictures of characters go to."""

_NO_COMFYUI: Final = "something answers there that is not ComfyUI"
_BUSY: Final = (429, 503)
_TOO_LARGE: Final = 413
_TIMEOUT: Final = 408
"""Statuses that say nothing of what was asked; those from 500 on do not either."""


class ServerAnswer(NamedTuple):
    """What a server answered; `retry_after` is what it says of that, empty if nothing."""

    route: str
    status: int
    content: bytes
    retry_after: str = ""


def server_ways(urls: Iterable[str], key_variable: str, header: str) -> dict[str, ServerAccess]:
    """The ways to several servers, by their URLs; one that comes twice is one."""
    ways: dict[str, ServerAccess] = {}
    for url in urls:
        way = ServerAccess(
            url,
            setting="[illustrator] urls",
            example=DEFAULT_URL,
            key_variable=key_variable,
            header=header,
        )
        ways.setdefault(way.url, way)
    return ways


class ComfyServer:
    """A ComfyUI. Every method raises `Unreachable` if it does not answer, `NotAdmitted` if the way
    to it is to be mended, and `Unsuited` if what answers is no ComfyUI."""

    def __init__(self, access: ServerAccess, http: httpx.AsyncClient, timing: ComfyTiming) -> None:
        self.access, self._http, self._timing = access, http, timing
        self.url = access.url
        self._has_jobs: bool | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, access: ServerAccess, timing: ComfyTiming) -> AsyncIterator[ComfyServer]:
        """A server, with its connections until the context is left."""
        try:
            http = access.client(timeout=timing.request, trust_env=False)
        except AccessFault as fault:
            raise NotAdmitted(access.url, fault) from None
        async with http:
            yield cls(access, http, timing)

    # ------------------------------------------------------------------------------------- asking

    async def version(self) -> str:
        """ComfyUI's version. Quick: this only asks whether it is there."""
        stats = await self._json("GET", "/system_stats", timeout=self._timing.glance)
        system = stats.get("system") if isinstance(stats, dict) else None
        if not isinstance(system, dict):
            raise Unsuited(self.url, _NO_COMFYUI)
        return self.access.hide(str(system.get("comfyui_version") or "unknown"))

    async def object_info(self) -> dict[str, Any]:
        """All node types, by class."""
        return await self._object("/object_info")

    async def look(self, prompt_id: str) -> State:
        """What has become of a prompt. The queue is asked first: see `state`."""
        queue = await self._object("/queue")
        state = state_of(prompt_id, queue, await self._object(f"/history/{prompt_id}"))
        if isinstance(state, PromptFailed):
            said = self.access.hide(state.message)
            return msgspec.structs.replace(state, message=said)
        return state

    async def view(self, image: ImageFile) -> bytes | None:
        """The content of a file, or None if it is not there any more."""
        parameters = {
            "filename": image.filename,
            "subfolder": image.subfolder,
            "type": image.type,
        }
        answer = await self._request(
            "GET", "/view", params=parameters, timeout=self._timing.download
        )
        return None if answer.status == 404 else self._expect(answer).content

    # -------------------------------------------------------------------------------------- doing

    async def submit(
        self, graph: Graph, prompt_id: str, output: NodeId
    ) -> tuple[WorkflowProblem, ...]:
        """Give a prompt to the server, and hear what it says against parts that the picture does
        not need. Raises `Rejected` if it will not make the picture; `was_taken` says that it took
        the rest of the prompt all the same, which is then to be withdrawn."""
        body = {"prompt": graph, "prompt_id": prompt_id, "client_id": prompt_id}
        answer = await self._request("POST", "/prompt", json=body)
        if answer.status == 400:
            said = _decoded(answer.content)
            raise Rejected(self.url, self._problems(said, graph) or _WITHOUT_REASON)
        said = _decoded(self._expect(answer).content)
        if said.get("prompt_id") != prompt_id:
            await self.take_out(str(said.get("prompt_id")))
            raise Unsuited(self.url, "it is too old: it gives prompts ids of its own; update it")
        errors: Mapping[str, Any] = said.get("node_errors") or {}
        if any(_concerns(output, node, it) for node, it in errors.items()):
            raise Rejected(self.url, self._problems(said, graph), was_taken=True)
        return self._problems(said, graph)

    async def upload(self, name: str, content: bytes, media_type: str) -> str:
        """Put a picture into the server's input folder, in the place of one of the same name; what
        a node that loads pictures calls it."""
        answer = await self._request(
            "POST",
            "/upload/image",
            files={"image": (name, content, media_type)},
            data={"type": "input", "subfolder": UPLOADS, "overwrite": "true"},
            timeout=self._timing.download,
        )
        if answer.status == _TOO_LARGE:
            why = f"a proxy before it takes no upload of {len(content):,} bytes: raise its limit"
            raise Unsuited(self.url, why)
        said = _decoded(self._expect(answer).content)
        kept, folder = said.get("name"), said.get("subfolder")
        if not isinstance(kept, str) or not kept:
            raise Unsuited(self.url, "it takes no pictures: POST /upload/image says no name")
        return f"{folder}/{kept}" if folder else kept

    async def take_out(self, prompt_id: str) -> None:
        """Take our prompt, and no other, out of the queue; nothing happens if it runs."""
        await self._post("/queue", {"delete": [prompt_id]})

    async def interrupt(self, prompt_id: str) -> None:
        """Interrupt our prompt if it is the one that runs."""
        await self._post("/interrupt", {"prompt_id": prompt_id})

    async def cancel_job(self, prompt_id: str) -> bool:
        """Cancel our prompt, waiting or running, in one step; False where the server is too old."""
        if self._has_jobs is None:
            probe = await self._request("GET", "/api/jobs", params={"limit": 1})
            self._has_jobs = probe.status == 200
        if self._has_jobs:
            await self._post(f"/api/jobs/{prompt_id}/cancel", {})
        return self._has_jobs

    async def free(self) -> None:
        """Let the server unload its models and forget what it has computed."""
        await self._post("/free", {"unload_models": True, "free_memory": True})

    # ------------------------------------------------------------------------------------ speaking

    async def _object(self, path: str) -> dict[str, Any]:
        found = await self._json("GET", path)
        if not isinstance(found, dict):
            raise Unsuited(self.url, _NO_COMFYUI)
        return found

    async def _json(self, method: str, path: str, **more: Any) -> Any:
        answer = self._expect(await self._request(method, path, **more))
        try:
            return msgspec.json.decode(answer.content)
        except msgspec.DecodeError as error:
            raise Unsuited(self.url, _NO_COMFYUI) from error

    async def _post(self, path: str, body: Mapping[str, Any]) -> None:
        self._expect(await self._request("POST", path, json=body))

    def _problems(self, said: Mapping[str, Any], graph: Graph) -> tuple[WorkflowProblem, ...]:
        """What the server says against a prompt, without what is secret here."""
        hide = self.access.hide
        return tuple(
            msgspec.structs.replace(
                it,
                kind=hide(it.kind),
                where=hide(it.where),
                message=hide(it.message),
                has=tuple(map(hide, it.has)),
            )
            for it in _problems(said, graph)
        )

    def _expect(self, answer: ServerAnswer) -> ServerAnswer:
        if answer.status == 200:
            return answer
        why = f"{answer.route} was answered with {answer.status}"
        if answer.status in _BUSY:
            raise Busy(self.url, why, seconds_of(answer.retry_after))
        if answer.status >= 500 or answer.status == _TIMEOUT:
            raise Unreachable(self.url, why, seconds_of(answer.retry_after))
        raise Unsuited(self.url, f"{_NO_COMFYUI} ({why})")

    async def _request(self, method: str, path: str, **more: Any) -> ServerAnswer:
        import httpx

        content = bytearray()
        try:
            async with self._http.stream(method, path, **more) as response:
                self._check_admitted(response)
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > ANSWER_BYTES:
                        raise Unreachable(self.url, f"{path} sends more than {ANSWER_BYTES} bytes")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if fault := self.access.tls_fault(error):
                raise NotAdmitted(self.url, fault) from error
            why = self.access.hide(str(error).strip()) or type(error).__name__
            raise Unreachable(self.url, f"it does not answer ({why})") from error
        waits = response.headers.get("retry-after", "")
        return ServerAnswer(f"{method} {path}", response.status_code, bytes(content), waits)

    def _check_admitted(self, response: httpx.Response) -> None:
        """Raise `NotAdmitted` if it refuses our key, or sends us elsewhere (to a login)."""
        status, headers = response.status_code, response.headers
        if status in KEY_REFUSED:
            fault = self.access.refusal(status, headers.get("WWW-Authenticate", ""))
            why = f"it answers {status}: {fault.why}"
            raise NotAdmitted(self.url, AccessFault(why, fault.mend))
        if response.is_redirect:
            raise NotAdmitted(self.url, self.access.redirect(status, headers.get("Location", "")))


_WITHOUT_REASON: Final = (
    WorkflowProblem("rejected", "", "the server refuses it and says not why", ""),
)


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _concerns(output: NodeId, node: NodeId, errors: Mapping[str, Any]) -> bool:
    """Whether what is wrong with a node keeps the picture from being made."""
    return node == output or output in (errors.get("dependent_outputs") or ())


def _problems(said: Mapping[str, Any], graph: Graph) -> tuple[WorkflowProblem, ...]:
    """What the server says against a prompt, beside the titles of its nodes. The nodes' errors say
    it; the error above them is often empty. Tracebacks are left out: they name paths of the
    server."""
    found = [
        _problem(where(graph, node), it)
        for node, errors in (said.get("node_errors") or {}).items()
        for it in errors.get("errors") or ()
    ]
    error = said.get("error")
    if not found and isinstance(error, dict):
        message = ". ".join(str(error[key]) for key in ("message", "details") if error.get(key))
        node = _NAMED_NODE.search(str(error.get("details")))
        at = where(graph, node[1]) if node and node[1] in graph else ""
        found.append(WorkflowProblem(str(error.get("type", "rejected")), at, message, ""))
    return tuple(found)


_NAMED_NODE: Final = re.compile(r"Node ID '#([^']+)'")


def _problem(at: str, error: Mapping[str, Any]) -> WorkflowProblem:
    more: Mapping[str, Any] = error.get("extra_info") or {}
    kind, has = str(error.get("type", "rejected")), _options(more.get("input_config"))
    mend = ""
    if kind == "value_not_in_list" and is_model_file(more.get("received_value")):
        kind = "missing_model"
        mend = "Put the file into ComfyUI's models folder, or choose one that is there"
    message = ": ".join(str(error[key]) for key in ("message", "details") if error.get(key))
    return WorkflowProblem(kind, at, message, mend, has)


def _options(config: Any) -> tuple[str, ...]:
    """The values that an input may have, in either shape; none where the server does not list
    them (beyond 20)."""
    match config:
        case [list() as names, *_] | ["COMBO", {"options": list() as names}]:
            return tuple(str(name) for name in names)
    return ()
