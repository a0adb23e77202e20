"""Which nodes of a graph take the prompt, the seed, the size and the file's name.

They are found by following links upwards from the picture that is saved:

    SaveImage ─images─► VAEDecode ─samples─► sampler ─positive, negative─► … ─► a text
                                                     ├─latent_image─► … ─► a width and a height
                                                     └─► its seed

A node titled `PROMPT_POS` or `PROMPT_NEG` is taken instead, and what the configuration names goes
before everything. The **place** of a value is a node and the name of its input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    Node,
    NodeId,
    ancestors,
    class_of,
    link_of,
    links,
    title_of,
)
from storybook.stages.illustrator.comfyui.node_types import SEED_NAMES, NodeTypes

TITLES: Final = {"positive": "PROMPT_POS", "negative": "PROMPT_NEG"}

ROLES: Final = ("output", "positive", "negative", "seed", "width", "height")
"""What a configuration may name, as `node` or `node.input`."""

TEXTS: Final = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "positive_prompt")
"""Inputs that take a prompt, in the encoders that ComfyUI and the common node packs have."""

LITERALS: Final = ("value", "text", "string", "int", "seed", "noise_seed", "number")
"""Inputs of nodes that only hold a value for others."""

PICTURES: Final = ("images", "image", "pixels", "samples", "latent_image", "latent", "guider")
"""Inputs that lead upwards from a saved picture to what decides its size."""

FORGETS_TEXT: Final = frozenset({"ConditioningZeroOut"})
"""Nodes after which a prompt no longer counts: an empty negative is often made of the positive."""

ONE_SIDED: Final = frozenset({"BasicGuider"})
"""Guiders whose one conditioning is the positive."""

SAVING: Final = "SaveImage"
SHOWING: Final = ("PreviewImage", "SaveImageWebsocket")
"""Output nodes that take `images` but keep no file of a name of ours; they become `SAVING`."""

MODEL_NAMES: Final = ("ckpt_name", "unet_name", "model_name", "gguf_name")


class NodeInput(NamedTuple):
    """An input of a node, whose value is a literal."""

    node: NodeId
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


class Roles(msgspec.Struct, frozen=True):
    """What was found. An empty tuple or None: nothing has that role."""

    output: NodeId | None = None
    samplers: tuple[NodeId, ...] = ()
    positive: tuple[NodeInput, ...] = ()
    negative: tuple[NodeInput, ...] = ()
    seeds: tuple[NodeInput, ...] = ()
    width: NodeInput | None = None
    height: NodeInput | None = None
    models: tuple[NodeInput, ...] = ()


def find_roles(
    graph: Graph, node_types: NodeTypes | None = None, named: Mapping[str, str] | None = None
) -> Roles:
    """The roles in a graph. `named` maps names of `ROLES` to `node` or `node.input`; what it names
    wrongly has no role. Without a node_types, output nodes are known by their class names alone."""
    named = named or {}
    output = _named_node(graph, named.get("output")) or _output(graph, node_types)
    if output is None:
        return Roles()
    used = {it: graph[it] for it in graph if it in ancestors(graph, output)}
    samplers = tuple(_samplers(used, output))
    size = _size(used, output)
    return Roles(
        output,
        samplers,
        _prompt(used, samplers, "positive", named),
        _prompt(used, samplers, "negative", named),
        _named_places(used, named.get("seed"), tuple(SEED_NAMES)) or _seeds(used, samplers),
        next(iter(_named_places(used, named.get("width"), ("width",))), None) or size[0],
        next(iter(_named_places(used, named.get("height"), ("height",))), None) or size[1],
        tuple(
            NodeInput(node_id, name)
            for node_id, node in used.items()
            for name in MODEL_NAMES
            if isinstance(node["inputs"].get(name), str)
        ),
    )


# --------------------------------------------------------------------------------- the picture


def _output(graph: Graph, node_types: NodeTypes | None) -> NodeId | None:
    """The node that saves the picture; of several, the one after the most nodes, since that is
    the finished picture and the others are its drafts."""
    candidates = [it for it, node in graph.items() if _takes_pictures(node, node_types)]
    saving = [it for it in candidates if "filename_prefix" in graph[it]["inputs"]]
    return max(saving or candidates, key=lambda it: len(ancestors(graph, it)), default=None)


def _takes_pictures(node: Node, node_types: NodeTypes | None) -> bool:
    if link_of(node["inputs"].get("images")) is None:
        return False
    kind = node_types.of(class_of(node)) if node_types else None
    return kind.is_output if kind else class_of(node) in (SAVING, *SHOWING)


# -------------------------------------------------------------------------------- the samplers


def _samplers(graph: Graph, output: NodeId) -> Iterator[NodeId]:
    """The nodes that sample, nearest to the picture first."""
    for node_id in _upwards(graph, output):
        inputs = graph[node_id]["inputs"]
        is_guided = link_of(inputs.get("positive")) or link_of(inputs.get("guider"))
        has_latent = link_of(inputs.get("latent_image")) or link_of(inputs.get("latent"))
        if is_guided and (has_latent or _seed_names(graph[node_id])):
            yield node_id


def _upwards(graph: Graph, start: NodeId) -> Iterator[NodeId]:
    """A node and its ancestors, nearest first."""
    seen, ahead = {start}, deque([start])
    while ahead:
        node_id = ahead.popleft()
        yield node_id
        for _, link in links(graph[node_id]):
            if link.node in graph and link.node not in seen:
                seen.add(link.node)
                ahead.append(link.node)


def _seed_names(node: Node) -> list[str]:
    return [name for name in node["inputs"] if name in SEED_NAMES]


def _seeds(graph: Graph, samplers: Iterable[NodeId]) -> tuple[NodeInput, ...]:
    """The seed of every sampler, its own or that of the node that makes its noise."""
    found: list[NodeInput] = []
    for sampler in samplers:
        holders = [sampler]
        noise = link_of(graph[sampler]["inputs"].get("noise"))
        if noise is not None and noise.node in graph:
            holders.append(noise.node)
        for holder in holders:
            for name in _seed_names(graph[holder]):
                found += _literals(graph, NodeInput(holder, name), int)
    return tuple(dict.fromkeys(found))


# --------------------------------------------------------------------------------- the prompts


def _prompt(
    graph: Graph, samplers: Iterable[NodeId], side: str, named: Mapping[str, str]
) -> tuple[NodeInput, ...]:
    by_configuration = _named_places(graph, named.get(side), TEXTS)
    if by_configuration:
        return by_configuration
    titled = [it for it in graph if title_of(graph[it]).strip().upper() == TITLES[side]]
    for node_id in titled:
        if places := _texts(graph, node_id) or _held(graph, node_id, str):
            return tuple(places)
    for sampler in samplers:
        if places := _prompt_of(graph, sampler, side, set()):
            return tuple(places)
    return ()


def _prompt_of(graph: Graph, node_id: NodeId, side: str, seen: set[NodeId]) -> list[NodeInput]:
    """The texts that a node's conditioning of one side is made from."""
    if node_id in seen or node_id not in graph or class_of(graph[node_id]) in FORGETS_TEXT:
        return []
    seen.add(node_id)
    if places := _texts(graph, node_id):
        return places
    for name in _leading(graph[node_id], side):
        link = link_of(graph[node_id]["inputs"][name])
        if link is not None and (places := _prompt_of(graph, link.node, side, seen)):
            return places
    return []


def _leading(node: Node, side: str) -> list[str]:
    """The inputs of a node through which a side's conditioning comes."""
    inputs = node["inputs"]
    for name in (side, "guider"):
        if name in inputs:
            return [name]
    has_sides = "positive" in inputs or "negative" in inputs
    if has_sides or (side == "negative" and class_of(node) in ONE_SIDED):
        return []
    return [name for name in inputs if name.startswith("cond")]


def _texts(graph: Graph, node_id: NodeId) -> list[NodeInput]:
    """Where the texts of an encoder stand: in its own inputs, or in nodes linked to them."""
    inputs = graph[node_id]["inputs"]
    return [
        place
        for name in TEXTS
        if name in inputs
        for place in _literals(graph, NodeInput(node_id, name), str)
    ]


def _literals(graph: Graph, place: NodeInput, kind: type, depth: int = 0) -> list[NodeInput]:
    """Where a value is really written: at the place, or in the node that a link leads to."""
    value = graph[place.node]["inputs"].get(place.input)
    if isinstance(value, kind) and not isinstance(value, bool):
        return [place]
    link = link_of(value)
    if link is None or link.node not in graph or depth > len(graph):
        return []
    names = [name for name in LITERALS if name in graph[link.node]["inputs"]]
    return _literals(graph, NodeInput(link.node, names[0]), kind, depth + 1) if names else []


def _held(graph: Graph, node_id: NodeId, kind: type) -> list[NodeInput]:
    """The value that a node only holds for others."""
    names = [name for name in LITERALS if name in graph[node_id]["inputs"]]
    return _literals(graph, NodeInput(node_id, names[0]), kind) if names else []


# ------------------------------------------------------------------------------------ the size


def _size(graph: Graph, output: NodeId) -> tuple[NodeInput | None, NodeInput | None]:
    """The width and height that are set last on the way to the picture: a scaling after the
    sampler, or else the empty latent before it."""
    seen, ahead = {output}, deque([output])
    while ahead:
        node_id = ahead.popleft()
        sides = [_literals(graph, NodeInput(node_id, name), int) for name in ("width", "height")]
        if all(sides):
            return sides[0][0], sides[1][0]
        for name in PICTURES:
            link = link_of(graph[node_id]["inputs"].get(name))
            if link is not None and link.node in graph and link.node not in seen:
                seen.add(link.node)
                ahead.append(link.node)
    return None, None


# --------------------------------------------------------------------------- the configuration


def _named_node(graph: Graph, name: str | None) -> NodeId | None:
    return name if name in graph else None


def _named_places(graph: Graph, name: str | None, inputs: Iterable[str]) -> tuple[NodeInput, ...]:
    """The place that a configuration names: `6.text`, or `6` for the input that fits."""
    if not name:
        return ()
    node_id, _, wanted = name.rpartition(".") if name not in graph else (name, "", "")
    if node_id not in graph:
        return ()
    known: Mapping[str, Any] = graph[node_id]["inputs"]
    names = [wanted] if wanted else [it for it in (*inputs, *LITERALS) if it in known]
    return tuple(NodeInput(node_id, it) for it in names[:1] if it in known)
