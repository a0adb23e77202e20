"""A workflow made ready for one picture.

Only what leads to the picture is submitted: a side branch can then neither fail the whole nor be
the half that a server accepts.
"""

from __future__ import annotations

import copy
import uuid
from typing import Final

from storybook.stages.illustrator.comfyui.graph import Graph, NodeId, ancestors, class_of
from storybook.stages.illustrator.comfyui.roles import SAVING, SHOWING, Roles

FOLDER: Final = "storybook"
"""The subfolder of the server's output folder that pictures go to."""


def new_prompt_id() -> str:
    """An id of our own: a canonical UUID, which newer servers insist on. It is used once: the same
    id posted twice is painted twice, and two equal entries in the queue kill its worker."""
    return str(uuid.uuid4())


def template(graph: Graph, roles: Roles) -> Graph:
    """What of a graph leads to its picture; nodes that only show it, save it instead."""
    assert roles.output is not None
    used = ancestors(graph, roles.output)
    kept: Graph = {it: copy.deepcopy(graph[it]) for it in graph if it in used}
    output = kept[roles.output]
    if class_of(output) in SHOWING:
        output["class_type"] = SAVING
        output["inputs"]["filename_prefix"] = FOLDER
    return kept


def fill(
    kept: Graph, roles: Roles, *, prompt: str, seed: int, width: int, height: int, prompt_id: str
) -> Graph:
    """The graph of one picture: one text, seed and size, and a file prefix of its own, so that no
    other picture ever has its name. `width` and `height` are in pixels."""
    assert roles.output is not None
    graph = copy.deepcopy(kept)
    for place in roles.positive:
        graph[place.node]["inputs"][place.input] = prompt
    for place in roles.seeds:
        graph[place.node]["inputs"][place.input] = seed
    for size, pixels in ((roles.width, width), (roles.height, height)):
        if size is not None:
            graph[size.node]["inputs"][size.input] = pixels
            if "batch_size" in graph[size.node]["inputs"]:
                graph[size.node]["inputs"]["batch_size"] = 1
    _output(graph, roles.output)["filename_prefix"] = f"{FOLDER}/{prompt_id}"
    return graph


def _output(graph: Graph, node_id: NodeId) -> dict[str, object]:
    inputs: dict[str, object] = graph[node_id]["inputs"]
    return inputs
