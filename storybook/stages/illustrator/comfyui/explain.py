"""What a workflow is made of, and why it would fail on a server, as data.

`explain` looks at a workflow the way the server will, but says everything at once and names what
the server does have. What is certain is a **problem**: the workflow is not sent. What may be wrong
is a **warning**: it is said, and sent. Its answer is what `storybook comfyui check` prints and what
an illustrator works from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.faults import (
    as_the_server_spells,
    doubts,
    missing_models,
    missing_nodes,
    packs_in,
)
from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    NodeId,
    WorkflowError,
    class_of,
    is_editor_format,
    read_graph,
    title_of,
)
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.prepare import fill, template
from storybook.stages.illustrator.comfyui.problems import WorkflowProblem, where
from storybook.stages.illustrator.comfyui.roles import (
    REFERENCE,
    ROLES,
    SAVING,
    SHOWING,
    Named,
    Roles,
    find_roles,
)
from storybook.stages.illustrator.comfyui.sizes import PictureSize, Sizes
from storybook.stages.illustrator.comfyui.wiring import NodeInput, Wiring

ASKED: Final = PictureSize(1024, 1024)
"""The size of a page's picture, if nothing else is said."""

LOADED: Final = "ckpt_name"
"""The input of a node that loads a checkpoint."""

TEXT_SHOWN: Final = 60
"""Characters of a text that a warning quotes."""

ANIMATED: Final = re.compile(r"anim|video|webm|gif|mp4", re.IGNORECASE)
"""Classes of nodes that save pictures one after the other."""


class FoundRole(msgspec.Struct, frozen=True):
    """A place that a picture's values go to, and what stands there in the file."""

    role: str
    node: NodeId
    input: str
    class_type: str
    title: str
    value: str


class GivenSize(msgspec.Struct, frozen=True):
    """The size in pixels that the workflow will give, None if that is not known beforehand, and
    that of the `picture` that is made of it by scaling and cropping; None: it stays as it is."""

    width: int | None = None
    height: int | None = None
    picture: str | None = None


class Explanation(msgspec.Struct, frozen=True):
    """What was found in a workflow. `graph` is only what leads to the picture."""

    format: str
    nodes: int
    found: tuple[FoundRole, ...] = ()
    models: tuple[str, ...] = ()
    problems: tuple[WorkflowProblem, ...] = ()
    warnings: tuple[WorkflowProblem, ...] = ()
    notes: tuple[str, ...] = ()
    size: GivenSize = GivenSize()
    graph: Graph = {}
    roles: Roles = Roles()

    @property
    def ok(self) -> bool:
        return not self.problems


def explain(
    document: object,
    node_types: NodeTypes | None,
    named: Named | None = None,
    size: PictureSize | None = ASKED,
    checkpoint: str = "",
) -> Explanation:
    """Explain a workflow, as read from its JSON file, for pictures of a size, or of its own, and
    with another checkpoint than it names, if one is given.

    Without a node_types (the server does not answer), only a file in API format can be looked at,
    and not for missing nodes or models."""
    format = "editor" if is_editor_format(document) else "api"
    try:
        graph = _with_checkpoint(_graph(document, node_types), checkpoint)
    except WorkflowError as error:
        mend = "Save the workflow from ComfyUI again"
        return Explanation(
            format, 0, problems=(WorkflowProblem("unreadable", "", str(error), mend),)
        )
    roles = find_roles(graph, node_types, named)
    kept = template(graph, roles) if roles.output is not None else {}
    lacking = _lacking(kept or graph, node_types, document)
    is_whole = not any(it.kind == "missing_node" for it in lacking)
    return Explanation(
        format,
        len(graph),
        tuple(_found(graph, roles)),
        tuple(dict.fromkeys(str(_value(graph, it)) for it in roles.models)),
        (*lacking, *_impossible(roles, named or {}, is_whole=is_whole)),
        (*_unused(graph, checkpoint), *_warnings(graph, kept, roles, node_types, size)),
        tuple(_notes(graph, kept, roles)),
        _given(kept, roles, node_types, size),
        kept,
        roles,
    )


def _graph(document: object, node_types: NodeTypes | None) -> Graph:
    if not is_editor_format(document):
        graph = read_graph(document)
    elif node_types is not None and isinstance(document, dict):
        graph = to_graph(document, node_types)
    else:
        raise WorkflowError("the editor's format can be read only while ComfyUI answers")
    return as_the_server_spells(graph, node_types) if node_types is not None else graph


def _with_checkpoint(graph: Graph, checkpoint: str) -> Graph:
    """A graph whose loader takes another checkpoint; one that loads several is left alone."""
    loaders = [it for it, node in graph.items() if isinstance(node["inputs"].get(LOADED), str)]
    if not checkpoint or len({graph[it]["inputs"][LOADED] for it in loaders}) != 1:
        return graph
    loading = {it: graph[it]["inputs"] | {LOADED: checkpoint} for it in loaders}
    return graph | {it: graph[it] | {"inputs": inputs} for it, inputs in loading.items()}


def _unused(graph: Graph, checkpoint: str) -> Iterator[WorkflowProblem]:
    """What is said if the checkpoint of the settings is not loaded."""
    if checkpoint and all(node["inputs"].get(LOADED) != checkpoint for node in graph.values()):
        said = "`checkpoint` in [illustrator] is not used: the workflow loads none, or several"
        mend = "Choose the checkpoints in ComfyUI, and leave `checkpoint` out"
        yield WorkflowProblem("unused_checkpoint", "", said, mend)


# ---------------------------------------------------------------------------------- what is there


def _value(graph: Graph, place: NodeInput) -> Any:
    return graph[place.node]["inputs"].get(place.input)


def _found(graph: Graph, roles: Roles) -> Iterator[FoundRole]:
    places = [
        *(("positive", it) for it in roles.positive),
        *(("negative", it) for it in roles.negative),
        *(("seed", it) for it in roles.seeds),
        *(("width", it) for it in roles.width),
        *(("height", it) for it in roles.height),
        *((REFERENCE, it) for it in roles.references),
        *(("model", it) for it in roles.models),
    ]
    if roles.output is not None:
        places.append(("output", NodeInput(roles.output, "filename_prefix")))
    for role, place in places:
        node, value = graph[place.node], _value(graph, place)
        shown = "" if value is None else str(value)
        yield FoundRole(role, place.node, place.input, class_of(node), title_of(node), shown)


def _given(
    kept: Graph, roles: Roles, node_types: NodeTypes | None, size: PictureSize | None
) -> GivenSize:
    """The size that is given when the graph is filled."""
    if roles.output is None:
        return GivenSize()
    filled = fill(kept, roles, prompt="", seed=0, size=size, prompt_id="")
    given = Sizes(Wiring(filled, node_types)).size(roles.output)
    picture = str(size) if size is not None else None
    width, height = given or (None, None)
    return GivenSize(width, height, picture)


def _notes(graph: Graph, kept: Graph, roles: Roles) -> Iterator[str]:
    """What is no fault, but may be a surprise."""
    if roles.output is None:
        return
    unused = len(graph) - len(kept)
    if unused:
        yield f"{unused} nodes do not lead to the picture and are not submitted"
    if roles.samplers and not roles.negative:
        yield "no text is taken for the negative prompt; that is usual for some models"
    yield _about_references(graph, roles)
    if len(roles.seeds) > 1:
        yield f"{len(roles.seeds)} seeds; all of them are the book's"
    if class_of(graph[roles.output]) in SHOWING:
        yield "the picture is only shown in the file; here it is saved by Save Image"


def _about_references(graph: Graph, roles: Roles) -> str:
    """Whether pictures of the characters can be shown to the workflow."""
    if not roles.references:
        return "it takes no picture of the characters: no node that loads one is titled REFERENCE"
    taken = " and ".join(f"node {it.node}" for it in roles.references)
    files = ", ".join(str(_value(graph, it)) for it in roles.references)
    return (
        f"a picture of the characters goes to {taken}; where there is none yet, as for a first "
        f"book's cover, the file's own stays: {files}"
    )


# --------------------------------------------------------------------------- what keeps it from it


def _lacking(graph: Graph, node_types: NodeTypes | None, document: object) -> list[WorkflowProblem]:
    if node_types is None:
        return []
    nodes = missing_nodes(graph, node_types, packs_in(document))
    return [*nodes, *missing_models(graph, node_types)]


def _impossible(roles: Roles, named: Named, *, is_whole: bool) -> Iterator[WorkflowProblem]:
    """What makes a picture impossible. A role that is not found may be a consequence of a node that
    is missing, which is told itself."""
    for role in named:
        if role not in ROLES:
            known = f"Known: {', '.join(ROLES)}"
            yield WorkflowProblem("unknown_role", "", f"{role!r} is no role of a node", known)
    if not is_whole:
        return
    if roles.output is None:
        mend = "Add a Save Image node and connect it"
        yield WorkflowProblem("no_output", "", "no node saves a picture", mend)
    elif not roles.positive:
        mend = "Title the node that takes it PROMPT_POS, or name it in `nodes` of [illustrator]"
        said = "no node was found that takes the prompt"
        yield WorkflowProblem("no_positive", "", said, mend)


def _warnings(
    graph: Graph,
    kept: Graph,
    roles: Roles,
    node_types: NodeTypes | None,
    size: PictureSize | None,
) -> Iterator[WorkflowProblem]:
    for name in roles.unknown:
        said = f"`nodes` in [illustrator] names what the workflow does not have ({name})"
        yield WorkflowProblem("unknown_place", "", said, "Correct it, or leave it out")
    if roles.output is None:
        return
    yield from _other_saver(graph, roles.output)
    yield from _texts_that_stay(graph, roles)
    if not roles.seeds:
        said = "no seed was found: a picture that is made again may be the same, or another"
        yield WorkflowProblem("no_seed", "", said, "Name it in `nodes` of [illustrator]")
    if size is not None and not roles.sides:
        said = f"nothing was found that sets the size: its pictures are fitted into {size}"
        mend = 'Set `size = "workflow"` in [illustrator] to keep them as they are'
        yield WorkflowProblem("no_size", "", said, mend)
    if node_types is not None:
        yield from doubts(kept, node_types)


def _texts_that_stay(graph: Graph, roles: Roles) -> Iterator[WorkflowProblem]:
    for place in roles.texts:
        value = _value(graph, place)
        text = " ".join(value.split()) if isinstance(value, str) else "one that is computed"
        shown = text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…"
        yield WorkflowProblem(
            "text_stays",
            where(graph, place.node, place.input),
            f"its text stays on every page: {shown}",
            "Title it PROMPT_POS if it is to be the page's prompt",
        )


def _other_saver(graph: Graph, output: NodeId) -> Iterator[WorkflowProblem]:
    name = class_of(graph[output])
    if name in (SAVING, *SHOWING):
        return
    what = "an animation" if ANIMATED.search(name) else "the picture in a way of its own"
    yield WorkflowProblem(
        "other_saver",
        where(graph, output),
        f"it saves {what}; a page has one picture, which Save Image saves as PNG in its place",
        "Use a Save Image node to see in ComfyUI what the book will have",
    )
