"""One picture on one server: give it away, follow it, fetch it, prove that it is ours.

The steps, in their order and with their reasons:

1. listen: the websocket is open before there is anything to hear;
2. record: the prompt's id is in the log before the server knows it, so that a crash at any moment
   leaves a handle to ask with;
3. post, once, shielded: whether the server has it is never left open;
4. follow to the end;
5. fetch at once, and prove it fresh: it stands in our prompt's own history entry, bears our
   prompt's own name, and its metadata, where the server writes any, names it too;
6. check that it is a picture.

Whoever is cancelled after step 2 takes the prompt back.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import msgspec

from storybook.engines import PaintingReport, Reference, WorkFailed
from storybook.events.catalog import Submission
from storybook.stages.illustrator.comfyui import png
from storybook.stages.illustrator.comfyui.broken import broken_model
from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.errors import (
    Busy,
    ComfyTrouble,
    Hung,
    Rejected,
    Unreachable,
    WorkerDead,
)
from storybook.stages.illustrator.comfyui.fitting import FittedPicture, whole
from storybook.stages.illustrator.comfyui.follow import Follower, withdraw
from storybook.stages.illustrator.comfyui.graph import Graph
from storybook.stages.illustrator.comfyui.listener import Listener
from storybook.stages.illustrator.comfyui.prepare import FOLDER, fill, new_prompt_id
from storybook.stages.illustrator.comfyui.problems import where
from storybook.stages.illustrator.comfyui.progress import PromptProgress
from storybook.stages.illustrator.comfyui.roles import Roles
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from storybook.stages.illustrator.comfyui.state import (
    ImageFile,
    PromptFailed,
    PromptFinished,
    PromptInterrupted,
)
from storybook.stages.illustrator.comfyui.timing import ComfyTiming

logger = logging.getLogger(__name__)


class Job(msgspec.Struct, frozen=True):
    """The picture that is wanted: the whole positive prompt, its seed, its size in pixels (None:
    the workflow's own), and pictures of its characters. `fit` makes any picture one of that
    size; `shown` are the server's names of the characters' pictures, once it has them."""

    prompt: str
    seed: int
    size: PictureSize | None
    fit: Callable[[bytes, PictureSize | None], Awaitable[FittedPicture]]
    report: PaintingReport
    submitted: Callable[[Submission], Awaitable[None]]
    references: tuple[Reference, ...] = ()
    shown: tuple[str, ...] = ()


class Prepared(msgspec.Struct, frozen=True):
    """A workflow as one server takes it: only what leads to the picture, and what goes where.
    `version` is the server's."""

    graph: Graph
    roles: Roles
    sha256: str
    models: tuple[str, ...]
    version: str


async def paint(
    server: ComfyServer, prepared: Prepared, job: Job, timing: ComfyTiming
) -> FittedPicture:
    """Have a picture painted. Raises `Rejected`, `PromptGone`, `ComfyTrouble` or `WorkFailed`."""
    prompt_id = new_prompt_id()
    output = prepared.roles.output
    assert output is not None
    graph = fill(
        prepared.graph,
        prepared.roles,
        prompt=job.prompt,
        seed=job.seed,
        size=job.size,
        prompt_id=prompt_id,
        shown=job.shown,
    )
    async with _hearing(server, prepared, job, prompt_id, timing) as listener:
        await listener.tried.wait()
        await job.submitted(Submission(server.url, prompt_id))
        async with _taken_back_on_failure(server, prompt_id, timing):
            with anyio.CancelScope(shield=True):
                await _post(server, graph, prompt_id, output)
            return await _harvest(server, prepared, prompt_id, listener, job, timing)


async def adopt(
    server: ComfyServer, prepared: Prepared, job: Job, prompt_id: str, timing: ComfyTiming
) -> FittedPicture:
    """A picture that an earlier attempt gave to this server, waited for if it is not finished.
    Raises what `paint` raises, `PromptGone` if the server has forgotten it."""
    async with (
        _hearing(server, prepared, job, prompt_id, timing) as listener,
        _taken_back_on_failure(server, prompt_id, timing),
    ):
        return await _harvest(server, prepared, prompt_id, listener, job, timing)


@asynccontextmanager
async def _hearing(
    server: ComfyServer, prepared: Prepared, job: Job, prompt_id: str, timing: ComfyTiming
) -> AsyncIterator[Listener]:
    """Listener that are open until the context is left."""
    progress = PromptProgress(prompt_id, prepared.graph, prepared.roles.samplers)
    listener = Listener(server.access, prompt_id, progress, timing, job.report)
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.listen)
        try:
            yield listener
        except Exception as error:  # carried out of the task group as it is, not in a group
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def _taken_back_on_failure(
    server: ComfyServer, prompt_id: str, timing: ComfyTiming
) -> AsyncIterator[None]:
    """Take the prompt back when nobody waits for it any more."""
    try:
        yield
    except Rejected as rejection:
        if rejection.was_taken:
            await withdraw(server, prompt_id, timing)
        raise
    except (WorkerDead, Hung, anyio.get_cancelled_exc_class()):
        await withdraw(server, prompt_id, timing)
        raise


async def _post(server: ComfyServer, graph: Graph, prompt_id: str, output: str) -> None:
    try:
        for problem in await server.submit(graph, prompt_id, output):
            logger.warning("%s: a part of the workflow was refused", server.url)
            logger.debug("%s", problem)  # it may quote the prompt
    except Busy:
        raise
    except Unreachable:
        # It may have arrived. Posting again could paint twice; looking can't.
        await server.look(prompt_id)


async def _harvest(
    server: ComfyServer,
    prepared: Prepared,
    prompt_id: str,
    listener: Listener,
    job: Job,
    timing: ComfyTiming,
) -> FittedPicture:
    match await Follower(server, prompt_id, listener, timing).end():
        case PromptFinished(images):
            picture = await _fetch(server, prompt_id, images, job, timing)
            job.report(1.0)
            return picture
        case PromptInterrupted():
            raise WorkFailed(
                "interrupted", f"{server.url}: somebody interrupted the picture", retryable=True
            )
        case PromptFailed() as failed:
            if failed.is_out_of_memory:
                await _free(server)
            if broken := broken_model(server.url, prepared.graph, failed):
                raise broken
            kind = "out_of_memory" if failed.is_out_of_memory else "comfyui_failed"
            is_ours = failed.node_id in prepared.graph
            at = where(prepared.graph, failed.node_id) if is_ours else failed.node
            message = f"{server.url}: {at}: {failed.message}"
            raise WorkFailed(kind, message, retryable=True)


# -------------------------------------------------------------------------------------- fetching


async def _fetch(
    server: ComfyServer,
    prompt_id: str,
    images: dict[str, tuple[ImageFile, ...]],
    job: Job,
    timing: ComfyTiming,
) -> FittedPicture:
    ours = [
        it
        for saved in images.values()
        for it in saved
        if it.subfolder == FOLDER and it.filename.startswith(prompt_id)
    ]
    if not ours:
        raise WorkFailed(
            "no_picture", f"{server.url}: it ended without saving a picture", retryable=True
        )
    for is_last in (False, True):
        content = await _download(server, ours[0], timing)
        if content is None:
            raise WorkFailed(
                "picture_gone", f"{server.url}: {ours[0].filename} is not there", retryable=True
            )
        try:
            return await _taken(content, prompt_id, job)
        except png.BadPicture as fault:
            if fault.kind == "broken" and not is_last:
                continue  # what broke may have been the transfer
            if fault.kind == "flat":
                await _free(server)  # it would answer the next try from its cache
            can_help = fault.kind != "size"
            said = f"{server.url}: {fault}"
            raise WorkFailed(f"{fault.kind}_picture", said, retryable=can_help) from fault
    raise AssertionError("the last try returns or raises")


async def _download(server: ComfyServer, image: ImageFile, timing: ComfyTiming) -> bytes | None:
    """A file's content. A server that fails just now is asked again for a while: the picture is
    finished, and painting it again costs more."""
    give_up_at = anyio.current_time() + timing.gone
    while True:
        try:
            return await server.view(image)
        except ComfyTrouble:
            if anyio.current_time() >= give_up_at:
                raise
            await anyio.sleep(timing.look_again)


async def _taken(content: bytes, prompt_id: str, job: Job) -> FittedPicture:
    """The picture alone, once it is proved to be one, and ours; made to fit if need be."""
    picture = await anyio.to_thread.run_sync(_checked, content, prompt_id, job.size)
    return picture or await job.fit(content, job.size)


def _checked(content: bytes, prompt_id: str, size: PictureSize | None) -> FittedPicture | None:
    picture = whole(content, size)
    graph = png.texts(content).get("prompt") if content.startswith(png.SIGNATURE) else None
    if graph is not None and prompt_id not in graph:
        raise png.BadPicture("stale", "the file is another prompt's picture")
    return picture


async def _free(server: ComfyServer) -> None:
    try:
        await server.free()
    except ComfyTrouble as trouble:
        logger.info("%s", trouble)
