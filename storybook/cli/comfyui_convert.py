"""`storybook comfyui convert`: the graph that the editor would submit for a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import rich_click as click

from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.stages.illustrator.comfyui.client import ComfyServer, server_ways
from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble
from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    WorkflowError,
    is_editor_format,
    read_graph,
)
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.spec import COMFYUI, DEFAULT_URL
from storybook.stages.illustrator.comfyui.timing import ComfyTiming

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("convert")
@click.argument("workflow", type=FILE, metavar="FILE")
@click.option(
    "--object-info",
    type=FILE,
    metavar="FILE",
    help="The server's answer to /object_info, saved; asked of the server if not given.",
)
@pass_options
def convert_command(options: GlobalOptions, workflow: Path, object_info: Path | None) -> None:
    """Print a workflow as the graph that ComfyUI executes.

    FILE is a workflow as ComfyUI's editor saves it; one in API format is printed as it is. The
    output is what the editor's own Export (API) would write: one JSON object, on one line.
    """
    options.start_logging()
    document = _decoded(workflow)
    try:
        print_json(_graph(document, options, object_info))
    except WorkflowError as error:
        raise Failure(f"{workflow}: {error}") from error


def _graph(document: Any, options: GlobalOptions, object_info: Path | None) -> Graph:
    if not is_editor_format(document):
        return read_graph(document)
    if object_info is None:
        return to_graph(document, NodeTypes(_asked(options)))
    found = _decoded(object_info)
    if not isinstance(found, dict):
        raise Failure(
            f"{object_info}: expected the object that /object_info answers, with a member for "
            "each node type; save it with curl from a ComfyUI that runs"
        )
    return to_graph(document, NodeTypes(found))


def _asked(options: GlobalOptions) -> dict[str, Any]:
    """The node types of the first configured server that answers."""
    settings = COMFYUI.settings_in(options.settings)
    urls = settings.urls or (DEFAULT_URL,)
    ways = server_ways(urls, settings.key_variable, settings.header)

    async def ask() -> dict[str, Any]:
        away = []
        for way in ways.values():
            try:
                async with ComfyServer.open(way, ComfyTiming()) as server:
                    return await server.object_info()
            except ComfyTrouble as trouble:
                away.append(str(trouble))
        raise Failure(
            f"the editor's format needs a server's node types, and no ComfyUI answers "
            f"({'; '.join(away)}): start it, or give its saved /object_info with --object-info"
        )

    return run_async(ask)


def _decoded(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise Failure(f"{path} is no JSON ({error}); save it from ComfyUI again") from error
