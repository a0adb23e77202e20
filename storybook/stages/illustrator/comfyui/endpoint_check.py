"""What a workflow needs and a server has."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from storybook.stages.credentials import ServerAccess
from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble, NotAdmitted, Unreachable
from storybook.stages.illustrator.comfyui.explain import Explanation
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from storybook.stages.illustrator.comfyui.workflow import Workflow


class EndpointCheck(msgspec.Struct, frozen=True):
    """What was found at one endpoint. Without an answer, `why` says so, `version` is empty, and the
    workflow was looked at by itself, if it can be; `is_away` if that may pass by itself. `mend` is
    there if that is more than starting it."""

    url: str
    version: str
    why: str
    explanation: Explanation | None
    knows_models: bool = False
    """Whether the workflow was held against lists of what a server has."""
    is_away: bool = False
    mend: str = ""

    @property
    def ok(self) -> bool:
        return not self.why and self.explanation is not None and self.explanation.ok


async def check_endpoint(
    access: ServerAccess, workflow: Workflow, without: Collection[str], timing: ComfyTiming
) -> EndpointCheck:
    """Ask a server what it has, and hold the workflow against it. `without` are checkpoints of it
    that do not load."""
    version, why, mend, is_away, node_types = "", "", "", False, None
    try:
        async with ComfyServer.open(access, timing) as server:
            version = await server.version()
            node_types = NodeTypes(await server.object_info())
    except ComfyTrouble as trouble:
        version, why, is_away = "", trouble.why, isinstance(trouble, Unreachable)
        mend = trouble.mend if isinstance(trouble, NotAdmitted) else ""
    found = explained(workflow, node_types, without, url=access.url, version=version, why=why)
    return msgspec.structs.replace(found, is_away=is_away, mend=mend)


def explained(
    workflow: Workflow,
    node_types: NodeTypes | None,
    without: Collection[str] = (),
    *,
    url: str = "",
    version: str = "",
    why: str = "",
) -> EndpointCheck:
    """What the workflow lacks where there are these node types."""
    try:
        found = workflow.explain(node_types, without)
    except (OSError, msgspec.DecodeError) as error:
        fault = f"the workflow {workflow.path} cannot be read: {error}"
        return EndpointCheck(url, version, fault, None)
    return EndpointCheck(url, version, why, found, node_types is not None)
