"""Which nodes of a graph take the prompt, the seed, the size and the file's name.

They are found by following links upwards from the picture that is saved:

    SaveImage ─images─► VAEDecode ─samples─► sampler ─positive, negative─► … ─► texts
                                                     ├─latent_image─► … ─► widths and heights
                                                     └─► its seed

Each role is a set of places: two passes have two texts and two seeds. A node titled `PROMPT_POS` or
`PROMPT_NEG` is taken instead of what is found, and what the configuration names goes before
everything. Pictures of the characters go where a node that loads one is titled `REFERENCE`: no link
tells them from what else a workflow begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    NodeId,
    ancestors,
    class_of,
    link_of,
    title_of,
)
from storybook.stages.illustrator.comfyui.node_types import SEED_NAMES, NodeTypes
from storybook.stages.illustrator.comfyui.sizes import PictureSize, Sides, Sizes, SizeStep
from storybook.stages.illustrator.comfyui.texts import NEGATIVE, POSITIVE, Texts
from storybook.stages.illustrator.comfyui.wiring import (
    GUIDING,
    LITERALS,
    PIXELS,
    NodeInput,
    Wiring,
    is_literal,
    last_part,
)

REFERENCE: Final = "reference"
ROLES: Final = ("output", POSITIVE, NEGATIVE, "seed", "width", "height", REFERENCE)
"""What a configuration may name, as `node` or `node.input`."""

PICTURES: Final = ("images", "image")
"""The inputs of nodes that save or show pictures."""

LOADED_FILES: Final = ("image", "file", "filename", "image_path")
"""The inputs of nodes that load a picture, as ComfyUI and node packs call them."""

SAVING: Final = "SaveImage"
SHOWING: Final = ("PreviewImage", "SaveImageWebsocket")
"""Output nodes that take `images` but keep no file of a name of ours."""

MODEL_NAMES: Final = ("ckpt_name", "unet_name", "model_name", "gguf_name")

_TITLED_REFERENCE: Final = re.compile(r"REFERENCE[\s_-]*(\d{0,3})")

Named = Mapping[str, tuple[str, ...]]
"""What the configuration names: for a role the places, as `node` or `node.input`."""


class Roles(msgspec.Struct, frozen=True):
    """What was found. An empty tuple or None: nothing has that role.

    `texts` are the encoded texts on the way to the picture that stay as they are in the file.
    `steps` decide the picture's size, the last one first; `size` is what the file makes of it.
    """

    output: NodeId | None = None
    pictures: str = ""
    """The output's input that takes the pictures."""
    samplers: tuple[NodeId, ...] = ()
    positive: tuple[NodeInput, ...] = ()
    negative: tuple[NodeInput, ...] = ()
    texts: tuple[NodeInput, ...] = ()
    seeds: tuple[NodeInput, ...] = ()
    steps: tuple[SizeStep, ...] = ()
    size: PictureSize | None = None
    models: tuple[NodeInput, ...] = ()
    references: tuple[NodeInput, ...] = ()
    """Where the names of files go that show the characters."""
    unknown: tuple[str, ...] = ()
    """What the configuration names and the graph does not have."""

    @property
    def sides(self) -> tuple[Sides, ...]:
        """The places of every width and height that decide the size."""
        steps = [it for it in self.steps if it.sets]
        return tuple(it for step in steps for it in (step.sets, *step.alike) if it)

    @property
    def width(self) -> tuple[NodeInput, ...]:
        return tuple(dict.fromkeys(wide for wide, _ in self.sides))

    @property
    def height(self) -> tuple[NodeInput, ...]:
        return tuple(dict.fromkeys(high for _, high in self.sides))


def find_roles(
    graph: Graph, node_types: NodeTypes | None = None, named: Named | None = None
) -> Roles:
    """The roles in a graph. What `named` names wrongly has no role, and is told in `unknown`.
    Without a node_types, nodes are known by their class names and their inputs' alone."""
    named = named or {}
    output = next((it for it in named.get("output", ()) if it in graph), None)
    output = output or _output(Wiring(graph, node_types))
    if output is None:
        return Roles(unknown=tuple(_unknown(graph, named)))
    needed = ancestors(graph, output)
    wiring = Wiring({it: graph[it] for it in graph if it in needed}, node_types)
    samplers = tuple(it for it in wiring.upwards(output) if _is_sampler(wiring, it))
    texts = Texts(wiring)
    ways = {
        side: _on_the_way(texts, samplers, wiring.upwards(output), output, side)
        for side in (POSITIVE, NEGATIVE)
    }
    positive = _chosen(wiring, texts, named, POSITIVE) or ways[POSITIVE]
    negative = _chosen(wiring, texts, named, NEGATIVE) or ways[NEGATIVE]
    negative = [it for it in negative if it not in positive]
    all_negative = [*negative, *ways[NEGATIVE]]
    encoded = [*ways[POSITIVE], *texts.encoders(wiring.upwards(output))]
    without = _without(wiring, positive, output)
    sizes = Sizes(without)
    return Roles(
        output,
        next((it for it in PICTURES if link_of(graph[output]["inputs"].get(it))), ""),
        samplers,
        tuple(positive),
        tuple(negative),
        tuple(it for it in dict.fromkeys(encoded) if _stays(wiring, it, positive, all_negative)),
        _named_places(wiring, named.get("seed", ()), tuple(SEED_NAMES)) or _seeds(without),
        tuple(_with_named_sides(wiring, named, sizes.steps(output))),
        sizes.size(output),
        tuple(_models(without.graph)),
        _named_places(wiring, named.get(REFERENCE, ()), LOADED_FILES) or _references(wiring),
        tuple(_unknown(wiring.graph, named)),
    )


# --------------------------------------------------------------------------------- the picture


def _output(wiring: Wiring) -> NodeId | None:
    """The node that saves the picture; of several, the one after the most nodes, since that is
    the finished picture and the others are its drafts. What no sampler leads to is no draft even,
    but an outline or a mask of the picture that is begun with."""
    found: dict[NodeId, tuple[bool, bool, int]] = {}
    for it in wiring.graph:
        if _takes_pictures(wiring, it):
            before = ancestors(wiring.graph, it)
            is_sampled = any(_is_sampler(wiring, node) for node in before)
            is_saved = "filename_prefix" in wiring.inputs(it)
            found[it] = (is_sampled, is_saved, len(before))
    return max(found, key=lambda it: found[it], default=None)


def _takes_pictures(wiring: Wiring, node_id: NodeId) -> bool:
    inputs, kind = wiring.inputs(node_id), wiring.kind(node_id)
    if not any(link_of(inputs.get(it)) for it in PICTURES):
        return False
    if kind is not None:
        return kind.is_output and bool([*wiring.sources(node_id, PIXELS)])
    return class_of(wiring.graph[node_id]) in (SAVING, *SHOWING) or "filename_prefix" in inputs


# -------------------------------------------------------------------------------- the samplers


def _is_sampler(wiring: Wiring, node_id: NodeId) -> bool:
    """Whether a node samples: it is guided, and has noise to begin with. What gives conditioning
    on prepares it only."""
    inputs, kind = wiring.inputs(node_id), wiring.kind(node_id)
    if kind is not None and not GUIDING.isdisjoint(kind.outputs):
        return False
    is_guided = any(link_of(inputs.get(it)) for it in ("positive", "guider"))
    has_latent = any(link_of(inputs.get(it)) for it in ("latent_image", "latent"))
    has_seed = bool(_seed_names(wiring, node_id))
    is_one_sided = link_of(inputs.get("conditioning")) is not None
    return (is_guided and (has_latent or has_seed)) or (is_one_sided and has_seed)


def _seed_names(wiring: Wiring, node_id: NodeId) -> list[str]:
    """The inputs of a node that are seeds. That the editor changes a number each time does not make
    it one: any number can be told to."""
    return [
        name
        for name, value in wiring.inputs(node_id).items()
        if last_part(name).endswith("seed") and (is_literal(value, int) or link_of(value))
    ]


def _seeds(wiring: Wiring) -> tuple[NodeInput, ...]:
    """Every seed on the way to the picture: the samplers', and those that make noise for them."""
    return tuple(
        dict.fromkeys(
            wiring.written(NodeInput(node_id, name), int)
            for node_id in wiring.graph
            for name in _seed_names(wiring, node_id)
        )
    )


# --------------------------------------------------------------------------------- the prompts


def _on_the_way(
    texts: Texts, samplers: Iterable[NodeId], nodes: Iterable[NodeId], output: NodeId, side: str
) -> list[NodeInput]:
    """The texts of every sampler; without any, those of nodes that paint from a text alone, and
    last those that are called by the side's name."""
    found = [it for sampler in samplers for it in texts.guiding(sampler, side)]
    return list(dict.fromkeys(found or texts.painting(output, side) or texts.told(nodes, side)))


def _chosen(wiring: Wiring, texts: Texts, named: Named, side: str) -> list[NodeInput]:
    """The texts that the user has chosen, by the configuration or by a title."""
    found = []
    for name in named.get(side, ()):
        node_id, wanted = _split(wiring.graph, name)
        if node_id in wiring.graph:
            found += [NodeInput(node_id, wanted)] if wanted else texts.inputs_of(node_id, side)
    known = [it for it in found if it.input in wiring.inputs(it.node)]
    return known or texts.titled(wiring.graph, side)


def _stays(
    wiring: Wiring, place: NodeInput, positive: list[NodeInput], negative: list[NodeInput]
) -> bool:
    """Whether a text keeps what is written; an empty one says nothing to tell of."""
    replaced = {*positive, *(wiring.written(it, str) for it in positive)}
    return place not in replaced and place not in negative and wiring.value(place) != ""


def _without(wiring: Wiring, places: Iterable[NodeInput], output: NodeId) -> Wiring:
    """The graph without what only led to texts that are replaced."""
    graph = dict(wiring.graph)
    for node_id, name in places:
        graph[node_id] = graph[node_id] | {"inputs": graph[node_id]["inputs"] | {name: ""}}
    needed = ancestors(graph, output)
    return wiring.of({it: graph[it] for it in graph if it in needed})


def _models(graph: Graph) -> Iterator[NodeInput]:
    for node_id, node in graph.items():
        for name in MODEL_NAMES:
            if isinstance(node["inputs"].get(name), str):
                yield NodeInput(node_id, name)


def _references(wiring: Wiring) -> tuple[NodeInput, ...]:
    """The files of nodes that are titled so, one or several (`REFERENCE 2`), by their numbers."""
    titled = (
        (int(match[1] or 1), node_id)
        for node_id, node in wiring.graph.items()
        if (match := _TITLED_REFERENCE.fullmatch(title_of(node).strip().upper()))
    )
    found = (_file_of(wiring, it) for _, it in sorted(titled, key=lambda numbered: numbered[0]))
    return tuple(place for place in found if place is not None)


def _file_of(wiring: Wiring, node_id: NodeId) -> NodeInput | None:
    """Where a node has the name of the file that it loads."""
    inputs = wiring.inputs(node_id)
    name = next((it for it in LOADED_FILES if isinstance(inputs.get(it), str)), None)
    return None if name is None else NodeInput(node_id, name)


# --------------------------------------------------------------------------- the configuration


def _split(graph: Graph, name: str) -> tuple[NodeId, str]:
    """A node and its input out of `6.text` or `6`."""
    node_id, _, wanted = name.rpartition(".") if name not in graph else (name, "", "")
    return node_id, wanted


def _named_places(
    wiring: Wiring, names: Iterable[str], inputs: Iterable[str]
) -> tuple[NodeInput, ...]:
    """The places that a configuration names: `6.seed`, or `6` for the input that fits."""
    found = []
    for name in names:
        node_id, wanted = _split(wiring.graph, name)
        if node_id in wiring.graph:
            known = wiring.inputs(node_id)
            fitting = [wanted] if wanted else [it for it in (*inputs, *LITERALS) if it in known]
            found += [NodeInput(node_id, it) for it in fitting[:1] if it in known]
    return tuple(found)


def _with_named_sides(wiring: Wiring, named: Named, steps: list[SizeStep]) -> list[SizeStep]:
    """The size as the configuration names its places, in pairs; a side that it does not name is the
    one that was found."""
    first = next((it.sets for it in steps if it.sets), None)
    places = [_named_places(wiring, named.get(it, ()), (it,)) for it in ("width", "height")]
    if not any(places):
        return steps
    wide, high = (its or first[n : n + 1] if first else its for n, its in enumerate(places))
    return [SizeStep(pair[0].node, pair) for pair in zip(wide, high, strict=False)] or steps


def _unknown(graph: Graph, named: Named) -> Iterator[str]:
    for role, names in named.items():
        for name in names if role in ROLES else ():
            node_id, wanted = _split(graph, name)
            if node_id not in graph or (wanted and wanted not in graph[node_id]["inputs"]):
                yield f"{role} = {name}"
