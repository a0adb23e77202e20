"""A workflow made ready for one picture.

Only what leads to the picture is submitted: a side branch can then neither fail the whole nor be
the half that a server accepts. Whatever saves or shows the picture in the file, a Save Image node
does it here: a file of a name of ours, one for each picture, as PNG.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from storybook.stages.illustrator.comfyui.graph import Graph, Node, NodeId, ancestors
from storybook.stages.illustrator.comfyui.roles import SAVING, Roles
from storybook.stages.illustrator.comfyui.sizes import PictureSize, asked
from storybook.stages.illustrator.comfyui.wiring import NodeInput

FOLDER: Final = "storybook"
"""The subfolder of the server's output folder that pictures go to."""


def new_prompt_id() -> str:
    """An id of our own: a canonical UUID, which newer servers insist on. It is used once: the same
    id posted twice is painted twice, and two equal entries in the queue kill its worker."""
    return str(uuid.uuid4())


def template(graph: Graph, roles: Roles) -> Graph:
    """What of a graph leads to its picture, saved by a node of ours. The prompt's places have no
    link any more: what computed them is not needed."""
    assert roles.output is not None
    kept = copy.deepcopy(graph)
    kept[roles.output] = _saver(kept[roles.output], roles)
    _write(kept, {it: "" for it in roles.positive if not isinstance(_value(kept, it), str)})
    return _needed(kept, roles.output)


def fill(
    kept: Graph,
    roles: Roles,
    *,
    prompt: str,
    seed: int,
    size: PictureSize | None,
    prompt_id: str,
    shown: Sequence[str] = (),
) -> Graph:
    """The graph of one picture: one text, seed and size, and a file prefix of its own, so that no
    other picture ever has its name. Without a `size` it is the workflow's own. `shown` are the
    server's names of pictures of the characters: each place gets one, the last one if there are
    fewer; without any, what the file names stays."""
    assert roles.output is not None
    graph = copy.deepcopy(kept)
    _write(graph, dict.fromkeys(roles.positive, prompt))
    _write(graph, dict.fromkeys(roles.seeds, seed))
    if shown:
        _write(graph, {it: shown[min(n, len(shown) - 1)] for n, it in enumerate(roles.references)})
    if size is not None:
        _write(graph, asked(roles.steps, size))
    _make_one(graph, (step.node for step in roles.steps))
    graph[roles.output]["inputs"]["filename_prefix"] = f"{FOLDER}/{prompt_id}"
    return _needed(graph, roles.output)


def _saver(output: Node, roles: Roles) -> Node:
    """A node that saves what an output node takes."""
    kept = {name: it for name, it in output.items() if name not in ("class_type", "inputs")}
    images = output["inputs"][roles.pictures] if roles.pictures else None
    inputs = {"images": images, "filename_prefix": FOLDER}
    return kept | {"class_type": SAVING, "inputs": inputs}


def _write(graph: Graph, values: Mapping[NodeInput, Any]) -> None:
    for (node_id, name), value in values.items():
        if node_id in graph:
            graph[node_id]["inputs"][name] = value


def _value(graph: Graph, place: NodeInput) -> Any:
    return graph[place.node]["inputs"].get(place.input)


def _make_one(graph: Graph, nodes: Iterable[NodeId]) -> None:
    """One picture and not a batch of them."""
    for node_id in nodes:
        if node_id in graph and "batch_size" in graph[node_id]["inputs"]:
            graph[node_id]["inputs"]["batch_size"] = 1


def _needed(graph: Graph, output: NodeId) -> Graph:
    needed = ancestors(graph, output)
    return {it: graph[it] for it in graph if it in needed}
