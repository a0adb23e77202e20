"""The illustrator `comfyui`: pictures painted by models, on one ComfyUI or several."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import msgspec

from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Painting,
    PaintingReport,
    PaintingTask,
    Readiness,
    WorkFailed,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.stages.addresses import shown_url
from storybook.stages.credentials import BEARER, ways_to
from storybook.stages.illustrator.comfyui import picture
from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.errors import (
    ComfyTrouble,
    Hung,
    NotAdmitted,
    NotLaunched,
    PromptGone,
    Rejected,
    Unreachable,
    Unsuited,
    WorkerDead,
)
from storybook.stages.illustrator.comfyui.explain import Explanation
from storybook.stages.illustrator.comfyui.graph import digest
from storybook.stages.illustrator.comfyui.launcher import Launcher, LaunchFailed
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.picture import Job, Prepared
from storybook.stages.illustrator.comfyui.pool import ComfyEndpoint, NoEndpoint, Pool
from storybook.stages.illustrator.comfyui.spec import DEFAULT_URL, STYLE
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from storybook.stages.illustrator.comfyui.workflow import Workflow

logger = logging.getLogger(__name__)

NAME: Final = "comfyui"

MOST_SUBMISSIONS: Final = 3
"""How often one attempt at a picture gives it away before the attempt has failed."""


class EndpointCheck(msgspec.Struct, frozen=True):
    """What was found at one endpoint. Without an answer, `why` says so, `version` is empty, and the
    workflow was looked at by itself, if it can be. `mend` is there if that is more than starting
    it."""

    url: str
    version: str
    why: str
    explanation: Explanation | None
    mend: str = ""

    @property
    def ok(self) -> bool:
        return not self.why and self.explanation is not None and self.explanation.ok


class ComfyUI:
    """An illustrator that gives its pictures to ComfyUI.

    `urls` are the servers, each of which paints one picture at a time. `workflow` is the path of a
    workflow file in either format, empty for the one that ships with the package; `nodes` names the
    nodes in it that are not found by themselves (see `roles.ROLES`). `style` goes before every
    prompt. `device` is what the servers run on, if another engine runs there too. `launch` is a
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
        nodes: Mapping[str, str] | None = None,
        device: str = "",
        launch: str = "",
        launch_folder: str = "",
        key_variable: str = "",
        header: str = BEARER,
        timing: ComfyTiming | None = None,
    ) -> None:
        self._ways = ways_to(
            urls or (DEFAULT_URL,),
            setting="[illustrator] urls",
            example=DEFAULT_URL,
            key_variable=key_variable,
            header=header,
        )
        self._urls = tuple(self._ways)
        self._timing = timing or ComfyTiming()
        self._workflow = Workflow(workflow, nodes or {})
        self._style = style.strip().rstrip(",")
        self._pool = Pool(self._urls, self._timing)
        self._launcher = Launcher(launch, launch_folder, self._timing) if launch else None
        self._prepared: dict[str, Prepared] = {}
        self._info = EngineInfo(NAME, device=device or ", ".join(self._urls), apart=True)

    # ------------------------------------------------------------------------------- about itself

    @property
    def info(self) -> EngineInfo:
        """Version and model are known once a server has answered."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    @property
    def places(self) -> int:
        return len(self._urls)

    async def readiness(self) -> Readiness:
        """Ready if one of the servers answers and can run the workflow, or can be launched."""
        checks = await self.check()
        good = next((it for it in checks if it.ok), None)
        if good is not None:
            assert good.explanation is not None
            self._learn(good.version, good.explanation.models)
            return Readiness(True)
        answering = next((it for it in checks if it.version), None)
        if answering is None and (mend := next((it.mend for it in checks if it.mend), "")):
            why = "; ".join(f"{it.url}: {it.why}" for it in checks)
            return Readiness(False, f"no ComfyUI can be used ({why})", mend)
        if answering is None and self._launcher is not None:
            fault = self._launcher.fault()
            return Readiness(not fault, fault, "Correct `launch` in [illustrator]" if fault else "")
        if answering is None:
            why = "; ".join(f"{it.url}: {it.why}" for it in checks)
            return Readiness(False, f"no ComfyUI answers ({why})", ComfyTrouble.mend)
        if answering.explanation is None:
            return Readiness(False, answering.why, "Correct `workflow` in [illustrator]")
        rejection = Rejected(answering.url, answering.explanation.problems)
        return Readiness(False, str(rejection), rejection.mend)

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
        version, why, mend, node_types = "", "", "", None
        try:
            async with ComfyServer.open(self._ways[url], self._timing) as server:
                version = await server.version()
                node_types = NodeTypes(await server.object_info())
        except ComfyTrouble as trouble:
            version, why = "", trouble.why
            mend = trouble.mend if isinstance(trouble, NotAdmitted) else ""
        try:
            return EndpointCheck(url, version, why, self._workflow.explain(node_types), mend)
        except (OSError, msgspec.DecodeError) as error:
            fault = f"the workflow {self._workflow.path} cannot be read: {error}"
            return EndpointCheck(url, version, fault, None)

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
        prompt = task.page.image_prompt
        positive = f"{self._style}, {prompt}" if self._style else prompt
        job = Job(positive, task.seed, task.width, task.height, report, submitted)
        if task.submission is not None:
            adopted = await self._adopt(task.submission, job)
            if adopted is not None:
                return adopted
        return await self._paint_anywhere(job)

    async def _adopt(self, submission: Submission, job: Job) -> Painting | None:
        """The picture of an earlier submission, or None if it is to be painted anew."""
        endpoint = await self._pool.take_this(shown_url(submission.endpoint))
        if endpoint is None:
            logger.info("%s is no longer among the endpoints", shown_url(submission.endpoint))
            return None
        try:
            async with self._server(endpoint) as server:
                prepared = await self._prepare(server)
                content = await picture.adopt(
                    server, prepared, job, submission.prompt_id, self._timing
                )
        except ComfyTrouble as trouble:
            self._pool.leave_out(endpoint, trouble)
            logger.info("nothing can be adopted: %s", trouble)
        except (PromptGone, Rejected, WorkFailed) as reason:
            logger.info("%s: not adopted: %r", submission.prompt_id, reason)
        else:
            self._pool.is_well(endpoint)
            logger.info("%s: adopted", submission.prompt_id)
            return _painting(content, job, prepared)
        finally:
            self._pool.release(endpoint)
        return None

    async def _paint_anywhere(self, job: Job) -> Painting:
        """Paint on whichever server can, going on to the next when one fails."""
        turns = _Turns(job, self._timing)
        while True:
            try:
                endpoint = await self._pool.take(
                    without=turns.rejections, tried=turns.tried, until=turns.until
                )
            except NoEndpoint:
                raise turns.failure(self._pool.troubles) from None
            try:
                async with self._server(endpoint) as server:
                    prepared = await self._prepare(server)
                    content = await picture.paint(server, prepared, turns.job, self._timing)
            except ComfyTrouble as trouble:
                logger.warning("%s", trouble)
                self._pool.leave_out(endpoint, await self._after(trouble, endpoint))
            except Rejected as rejection:
                turns.was_rejected(rejection)
            except PromptGone:
                logger.warning("%s has forgotten a picture; it is given away again", endpoint.url)
            else:
                self._pool.is_well(endpoint)
                return _painting(content, job, prepared)
            finally:
                turns.tried.add(endpoint.url)
                self._pool.release(endpoint)
            self._prepared.pop(endpoint.url, None)  # it may have been restarted with other models
            turns.check()

    @asynccontextmanager
    async def _server(self, endpoint: ComfyEndpoint) -> AsyncIterator[ComfyServer]:
        """The server of an endpoint, launched if need be."""
        async with ComfyServer.open(self._ways[endpoint.url], self._timing) as server:
            if self._launcher is not None and endpoint.url == self._urls[0]:
                try:
                    await self._launcher.ensure(partial(_answers, server))
                except LaunchFailed as failure:
                    raise NotLaunched(endpoint.url, str(failure)) from failure
            yield server

    async def _after(self, trouble: ComfyTrouble, endpoint: ComfyEndpoint) -> ComfyTrouble:
        """What a trouble means for the endpoint. A ComfyUI of ours that works no more is stopped,
        so that the next picture starts it again."""
        launcher = self._launcher if endpoint.url == self._urls[0] else None
        is_stuck = isinstance(trouble, WorkerDead | Hung)
        if launcher is None or not launcher.is_running or not is_stuck:
            return trouble
        await launcher.stop()
        return Unreachable(endpoint.url, f"stopped, since {trouble.why}")

    async def _prepare(self, server: ComfyServer) -> Prepared:
        """The workflow as this server takes it. Raises `Rejected` if it cannot run there."""
        if server.url not in self._prepared:
            version = await server.version()
            node_types = NodeTypes(await server.object_info())
            try:
                it = self._workflow.explain(node_types)
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

    async def aclose(self) -> None:
        """Stop the ComfyUI that was launched, if one was."""
        if self._launcher is not None:
            await self._launcher.stop()


class _Turns:
    """One picture's way from server to server: who refused it, and when to give up."""

    def __init__(self, job: Job, timing: ComfyTiming) -> None:
        self._timing, self._submitted = timing, job.submitted
        self.job = msgspec.structs.replace(job, submitted=self._count)
        self.tried: set[str] = set()
        self.rejections: dict[str, Rejected] = {}
        self._doubted: set[str] = set()
        self.submissions = 0
        self.until = anyio.current_time() + timing.patience

    def was_rejected(self, rejection: Rejected) -> None:
        """Pass a server over that refuses the workflow; but not for what it was once able to run:
        that is looked at anew first, since its models may have changed since."""
        if rejection.url in self._doubted:
            self.rejections[rejection.url] = rejection
        self._doubted.add(rejection.url)

    async def _count(self, submission: Submission) -> None:
        await self._submitted(submission)
        self.submissions += 1
        self.until = anyio.current_time() + self._timing.patience

    def check(self) -> None:
        """Raise `WorkFailed` when it has been given away often enough."""
        if self.submissions >= MOST_SUBMISSIONS:
            raise WorkFailed(
                "not_painted",
                f"the picture was given away {self.submissions} times and never came back",
                retryable=True,
            )

    def failure(self, troubles: Sequence[ComfyTrouble]) -> EngineUnavailable | WorkFailed:
        """Why the picture cannot be painted anywhere."""
        for rejection in self.rejections.values():
            return EngineUnavailable(NAME, str(rejection), rejection.mend)
        for trouble in troubles:
            if isinstance(trouble, Hung):
                return WorkFailed("hung", str(trouble), retryable=True)
        why = "; ".join(map(str, troubles)) or "there is no endpoint"
        return EngineUnavailable(NAME, why, troubles[0].mend if troubles else ComfyTrouble.mend)


async def _answers(server: ComfyServer) -> bool:
    try:
        await server.version()
    except NotAdmitted:
        raise  # it is there: another one would find its port taken
    except ComfyTrouble:
        return False
    return True


def _painting(content: bytes, job: Job, prepared: Prepared) -> Painting:
    made_from = MadeFrom(
        job.prompt,
        job.seed,
        prepared.sha256,
        model=", ".join(prepared.models),
        version=prepared.version,
    )
    return Painting(content, job.width, job.height, made_from)
