"""The illustrator `comfyui`: pictures painted by models, on one ComfyUI or several."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import msgspec

from storybook.engines import (
    Capabilities,
    Painting,
    PaintingReport,
    PaintingTask,
    Readiness,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.processes import ProcessDied, WorkerProcesses
from storybook.stages.addresses import shown_url
from storybook.stages.credentials import BEARER
from storybook.stages.illustrator.comfyui import picture
from storybook.stages.illustrator.comfyui.broken import BrokenModel
from storybook.stages.illustrator.comfyui.client import ComfyServer, server_ways
from storybook.stages.illustrator.comfyui.endpoint_check import (
    EndpointCheck,
    check_endpoint,
    explained,
)
from storybook.stages.illustrator.comfyui.errors import (
    ComfyTrouble,
    Hung,
    NotAdmitted,
    NotLaunched,
    PromptGone,
    Rejected,
    StoppedByUs,
    Unsuited,
    WorkerDead,
)
from storybook.stages.illustrator.comfyui.fitting import FittedPicture, fitted
from storybook.stages.illustrator.comfyui.graph import digest
from storybook.stages.illustrator.comfyui.launcher import Launcher, LaunchFailed
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.picture import Job, Prepared
from storybook.stages.illustrator.comfyui.pool import ComfyEndpoint, NoEndpoint, Pool
from storybook.stages.illustrator.comfyui.readiness import readiness_of
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from storybook.stages.illustrator.comfyui.spec import DEFAULT_URL, NAME, STYLE
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from storybook.stages.illustrator.comfyui.turns import Turns
from storybook.stages.illustrator.comfyui.workflow import Places, Workflow

logger = logging.getLogger(__name__)

FITTED_AT_ONCE: Final = 2
"""Pictures that are scaled at once: each takes up to 0.5 GiB for a second."""


class ComfyUI:
    """An illustrator that gives its pictures to ComfyUI.

    `urls` are the servers, each of which paints one picture at a time. `workflow` is the path of a
    workflow file in either format, empty for the one that ships with the package; `nodes` names the
    nodes in it that are not found by themselves (see `roles.ROLES`). `style` goes before every
    prompt, unless the book has its own. `size` is `workflow` for pictures as the file makes them,
    `1024x1024` or the like, or empty for what is asked for. `checkpoint` is loaded instead of the
    workflow's. `device` is what the servers run on, if another engine runs there too. `launch` is a
    command line that starts ComfyUI in `launch_folder` when the first of `urls` does not answer.
    `key_variable` names the environment variable that holds the servers' key, `header` is how it is
    sent.
    """

    def __init__(
        self,
        *,
        urls: Sequence[str] = (DEFAULT_URL,),
        workflow: str = "",
        style: str = STYLE,
        nodes: Mapping[str, Places] | None = None,
        size: str = "",
        checkpoint: str = "",
        device: str = "",
        launch: str = "",
        launch_folder: str = "",
        key_variable: str = "",
        header: str = BEARER,
        timing: ComfyTiming | None = None,
    ) -> None:
        self._ways = server_ways(urls or (DEFAULT_URL,), key_variable, header)
        self._urls = tuple(self._ways)
        self._timing = timing or ComfyTiming()
        self._workflow = Workflow(workflow, nodes or {}, checkpoint, size)
        self._style = _style(style)
        self._pool = Pool(self._urls, self._timing)
        self._launcher = Launcher(launch, launch_folder, self._timing) if launch else None
        self._prepared: dict[str, Prepared] = {}
        self._broken: dict[str, set[str]] = defaultdict(set)
        """Checkpoints that do not load, by server."""
        self._uploaded: dict[str, dict[str, str]] = defaultdict(dict)
        """What servers call the pictures that they were given, by server and digest."""
        self._fitting = WorkerProcesses(_fitted, FITTED_AT_ONCE)
        self._info = EngineInfo(NAME, device=device or ", ".join(self._urls), apart=True)

    # ------------------------------------------------------------------------------- about itself

    @property
    def info(self) -> EngineInfo:
        """Version and model are known once a server has answered."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_references=True)

    @property
    def places(self) -> int:
        return len(self._urls)

    async def readiness(self) -> Readiness:
        """Ready if one of the servers answers and can run the workflow, or can be launched."""
        checks = await self.check()
        good = next((it for it in checks if it.ok), None)
        if good is not None and good.explanation is not None:
            self._learn(good.version, good.explanation.models)
        return readiness_of(checks, self._launcher.fault() if self._launcher else None)

    async def check(self) -> tuple[EndpointCheck, ...]:
        """What the workflow needs and each server has: what `storybook comfyui check` prints."""
        found: dict[str, EndpointCheck] = {}

        async def look(url: str) -> None:
            found[url] = await self._check(url)

        async with anyio.create_task_group() as tasks:
            for url in self._urls:
                tasks.start_soon(look, url)
        return tuple(found[url] for url in self._urls)

    async def _check(self, url: str) -> EndpointCheck:
        way, broken = self._ways[url], self._broken[url]
        return await check_endpoint(way, self._workflow, broken, self._timing)

    def check_against(self, node_types: NodeTypes) -> EndpointCheck:
        """What the workflow would lack on a server with these node types; none is asked."""
        return explained(self._workflow, node_types)

    def _learn(self, version: str, models: Sequence[str]) -> None:
        self._info = msgspec.structs.replace(
            self._info, version=version or self._info.version, model=", ".join(models)
        )

    # ----------------------------------------------------------------------------------- painting

    async def paint(
        self,
        task: PaintingTask,
        report: PaintingReport,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        """Paint one page, or adopt the picture that an earlier attempt has given away."""
        prompt, style = task.page.image_prompt, _style(task.style) or self._style
        positive = f"{style}, {prompt}" if style else prompt
        size = self._workflow.size(PictureSize(task.width, task.height))
        seed = task.variation or task.seed
        job = Job(positive, seed, size, self._fit, report, submitted, task.references)
        if task.submission is not None:
            adopted = await self._adopt(task.submission, job)
            if adopted is not None:
                return adopted
        return await self._paint_anywhere(job)

    async def _fit(self, content: bytes, size: PictureSize | None) -> FittedPicture:
        try:
            return await self._fitting.do((content, size))
        except ProcessDied as error:
            died = "the process that scales pictures has died"
            raise WorkFailed("worker_died", died, retryable=True) from error

    async def _adopt(self, submission: Submission, job: Job) -> Painting | None:
        """The picture of an earlier submission, or None if it is to be painted anew."""
        endpoint = await self._pool.take_this(shown_url(submission.endpoint))
        if endpoint is None:
            logger.info("%s is no longer among the endpoints", shown_url(submission.endpoint))
            return None
        try:
            async with self._server(endpoint) as server:
                prepared = await self._prepare(server)
                made = await picture.adopt(
                    server, prepared, job, submission.prompt_id, self._timing
                )
        except ComfyTrouble as trouble:
            self._pool.leave_out(endpoint, trouble)
            # Else a picture would be given away there, and replace the one that may be finished.
            self._prepared.pop(endpoint.url, None)
            logger.info("nothing can be adopted: %s", trouble)
        except (PromptGone, Rejected, WorkFailed) as reason:
            logger.info("%s: not adopted: %s", submission.prompt_id, type(reason).__name__)
        else:
            self._pool.is_well(endpoint)
            logger.info("%s: adopted", submission.prompt_id)
            return _painting(made, job, prepared)
        finally:
            self._pool.release(endpoint)
        return None

    async def _paint_anywhere(self, job: Job) -> Painting:
        """Paint on whichever server can, going on to the next when one fails."""
        turns = Turns(job)
        while True:
            try:
                endpoint = await self._pool.take(without=turns.rejections, tried=turns.tried)
            except NoEndpoint:
                raise turns.failure(self._pool.troubles) from None
            turns.tried.add(endpoint.url)
            try:
                async with self._server(endpoint) as server:
                    prepared = await self._prepare(server)
                    made = await self._paint_with(server, prepared, turns.job)
            except ComfyTrouble as trouble:
                logger.warning("%s", trouble)
                after = await self._after(trouble, endpoint)
                self._pool.leave_out(endpoint, after)
                if isinstance(after, StoppedByUs):
                    turns.tried.discard(endpoint.url)
            except Rejected as rejection:
                if not self._sets_aside(rejection):
                    turns.was_rejected(rejection)
            except WorkFailed as failure:
                turns.was_flat(failure)
            except PromptGone:
                logger.warning("%s has forgotten a picture; it is given away again", endpoint.url)
            else:
                self._pool.is_well(endpoint)
                return _painting(made, turns.job, prepared)
            finally:
                self._pool.release(endpoint)
            self._prepared.pop(endpoint.url, None)  # it may have been restarted with other models
            turns.check()

    async def _paint_with(self, server: ComfyServer, prepared: Prepared, job: Job) -> FittedPicture:
        """Paint on a server, which is given the pictures that it is to look at. What it was given
        before it may have lost: refused with that, the picture is asked for once more."""
        had_all = all(it.sha256 in self._uploaded[server.url] for it in job.references)
        shown = await self._shown(server, prepared, job)
        try:
            return await picture.paint(
                server, prepared, msgspec.structs.replace(job, shown=shown), self._timing
            )
        except Rejected:
            self._uploaded.pop(server.url, None)
            if not shown or not had_all:
                raise
        shown = await self._shown(server, prepared, job)
        return await picture.paint(
            server, prepared, msgspec.structs.replace(job, shown=shown), self._timing
        )

    async def _shown(self, server: ComfyServer, prepared: Prepared, job: Job) -> tuple[str, ...]:
        """What the server calls the characters' pictures, as many as its workflow has places for;
        each is uploaded once."""
        known = self._uploaded[server.url]
        wanted = job.references[: len(prepared.roles.references)]
        for it in wanted:
            if it.sha256 not in known:
                name = f"{it.sha256[:32]}.{'jpg' if it.media_type == 'image/jpeg' else 'png'}"
                known[it.sha256] = await server.upload(name, it.content, it.media_type)
        return tuple(known[it.sha256] for it in wanted)

    def _sets_aside(self, rejection: Rejected) -> bool:
        """Whether a checkpoint that does not load was one of our choice: another is chosen then."""
        if not isinstance(rejection, BrokenModel) or not self._workflow.takes_any_checkpoint:
            return False
        broken = self._broken[rejection.url]
        is_new = rejection.file not in broken
        broken.add(rejection.file)
        return is_new

    @asynccontextmanager
    async def _server(self, endpoint: ComfyEndpoint) -> AsyncIterator[ComfyServer]:
        """The server of an endpoint, launched if need be."""
        async with ComfyServer.open(self._ways[endpoint.url], self._timing) as server:
            if self._launcher is not None and endpoint.url == self._urls[0]:
                try:
                    await self._launcher.ensure(partial(_answers, server))
                except LaunchFailed as failure:
                    raise NotLaunched(endpoint.url, server.access.hide(str(failure))) from failure
            yield server

    async def _after(self, trouble: ComfyTrouble, endpoint: ComfyEndpoint) -> ComfyTrouble:
        """What a trouble means for the endpoint. A ComfyUI of ours that works no more is stopped,
        so that the next picture starts it again."""
        launcher = self._launcher if endpoint.url == self._urls[0] else None
        is_stuck = isinstance(trouble, WorkerDead | Hung)
        if launcher is None or not launcher.is_running or not is_stuck:
            return trouble
        await launcher.stop()
        return StoppedByUs(endpoint.url, f"stopped, since {trouble.why}")

    async def _prepare(self, server: ComfyServer) -> Prepared:
        """The workflow as this server takes it. Raises `Rejected` if it cannot run there."""
        if server.url not in self._prepared:
            version = await server.version()
            node_types = NodeTypes(await server.object_info())
            try:
                it = self._workflow.explain(node_types, self._broken[server.url])
            except (OSError, msgspec.DecodeError) as error:
                why = f"the workflow {self._workflow.path} cannot be read: {error}"
                raise Unsuited(server.url, why) from error
            if not it.ok:
                raise Rejected(server.url, it.problems)
            self._learn(version, it.models)
            self._prepared[server.url] = Prepared(
                it.graph, it.roles, digest(it.graph), it.models, version
            )
        return self._prepared[server.url]

    # ------------------------------------------------------------------------------ making room

    async def unload(self) -> None:
        """Tell the servers that painted to let go of their models, for another engine's sake."""
        for url in list(self._prepared):
            with anyio.move_on_after(self._timing.glance):  # others wait for the room
                try:
                    async with ComfyServer.open(self._ways[url], self._timing) as server:
                        await server.free()
                except ComfyTrouble as trouble:
                    logger.info("%s", trouble)  # what does not answer holds nothing of ours
        self._prepared.clear()
        self._fitting.let_go()

    async def aclose(self) -> None:
        """Stop the ComfyUI that was launched, if one was."""
        self._fitting.let_go()
        if self._launcher is not None:
            await self._launcher.stop()


async def _answers(server: ComfyServer) -> bool:
    try:
        await server.version()
    except NotAdmitted:
        raise  # it is there: another one would find its port taken
    except ComfyTrouble:
        return False
    return True


def _fitted(given: tuple[bytes, PictureSize | None]) -> FittedPicture:
    """Runs in the process."""
    return fitted(*given)


def _style(text: str) -> str:
    """Words that can go before a prompt."""
    return text.strip().rstrip(",")


def _painting(made: FittedPicture, job: Job, prepared: Prepared) -> Painting:
    shown = job.references[: len(prepared.roles.references)]
    made_from = MadeFrom(
        job.prompt,
        job.seed,
        prepared.sha256,
        model=", ".join(prepared.models),
        version=prepared.version,
        fitted_from=str(made.given) if made.given != made.size else "",
        references=tuple(it.sha256 for it in shown),
    )
    return Painting(made.png, *made.size, made_from)
