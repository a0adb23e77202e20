"""What a workflow is made of, and why it would fail on a server, as data.

`explain` looks at a workflow the way the server will, but says everything at once and names what
the server does have. Its answer is what `storybook comfyui check` prints and what an illustrator
works from.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    NodeId,
    WorkflowError,
    ancestors,
    class_of,
    is_editor_format,
    link_of,
    read_graph,
    title_of,
)
from storybook.stages.illustrator.comfyui.node_types import Input, NodeType, NodeTypes
from storybook.stages.illustrator.comfyui.prepare import template
from storybook.stages.illustrator.comfyui.roles import (
    MODEL_NAMES,
    ROLES,
    NodeInput,
    Roles,
    find_roles,
)

NAMES_SHOWN: Final = 12
"""Names that a message lists before it says how many more there are."""

MODEL_INPUTS: Final = frozenset(
    {*MODEL_NAMES, "lora_name", "vae_name", "control_net_name", "clip_name", "clip_name1"}
)
"""Inputs whose value is a file in the server's `models` folder."""


class WorkflowProblem(msgspec.Struct, frozen=True):
    """Why a workflow would fail. `kind` is a short stable word; `has` are the names that the server
    has instead of the one that is missing."""

    kind: str
    where: str
    message: str
    mend: str
    has: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class FoundRole(msgspec.Struct, frozen=True):
    """A place that a picture's values go to, and what stands there in the file."""

    role: str
    node: NodeId
    input: str
    class_type: str
    title: str
    value: str


class Explanation(msgspec.Struct, frozen=True):
    """What was found in a workflow. `graph` is only what leads to the picture."""

    format: str
    nodes: int
    found: tuple[FoundRole, ...]
    models: tuple[str, ...]
    problems: tuple[WorkflowProblem, ...]
    notes: tuple[str, ...]
    graph: Graph
    roles: Roles

    @property
    def ok(self) -> bool:
        return not self.problems


def explain(
    document: object, node_types: NodeTypes | None, named: Mapping[str, str] | None = None
) -> Explanation:
    """Explain a workflow, as read from its JSON file. Without a node_types (the server does not
    answer), only a file in API format can be looked at, and not for missing nodes or models."""
    format = "editor" if is_editor_format(document) else "api"
    try:
        if format == "api":
            graph = read_graph(document)
        elif node_types is not None and isinstance(document, dict):
            graph = to_graph(document, node_types)
        else:
            raise WorkflowError("the editor's format can be read only while ComfyUI answers")
    except WorkflowError as error:
        problem = WorkflowProblem(
            "unreadable", "", str(error), "Save the workflow from ComfyUI again"
        )
        return Explanation(format, 0, (), (), (problem,), (), {}, Roles())
    roles = find_roles(graph, node_types, named)
    kept = template(graph, roles) if roles.output is not None else {}
    problems = [*_missing_roles(graph, roles, named or {})]
    notes = [*_notes(graph, roles)]
    if node_types is not None:
        problems += _faults(kept or graph, node_types)
    return Explanation(
        format,
        len(graph),
        tuple(_found(graph, roles)),
        tuple(dict.fromkeys(str(_value(graph, it)) for it in roles.models)),
        tuple(problems),
        tuple(notes),
        kept,
        roles,
    )


# ---------------------------------------------------------------------------------- what is there


def _value(graph: Graph, place: NodeInput) -> Any:
    return graph[place.node]["inputs"].get(place.input)


def _found(graph: Graph, roles: Roles) -> Iterator[FoundRole]:
    places = [
        *(("positive", it) for it in roles.positive),
        *(("negative", it) for it in roles.negative),
        *(("seed", it) for it in roles.seeds),
        *(("width", it) for it in (roles.width,) if it),
        *(("height", it) for it in (roles.height,) if it),
        *(("model", it) for it in roles.models),
    ]
    if roles.output is not None:
        places.append(("output", NodeInput(roles.output, "filename_prefix")))
    for role, place in places:
        node, value = graph[place.node], _value(graph, place)
        shown = "" if value is None else str(value)
        yield FoundRole(role, place.node, place.input, class_of(node), title_of(node), shown)


def _notes(graph: Graph, roles: Roles) -> Iterator[str]:
    """What is no fault, but may be a surprise."""
    if roles.output is None:
        return
    unused = len(graph) - len(ancestors(graph, roles.output))
    if unused:
        yield f"{unused} nodes do not lead to the picture and are not submitted"
    if roles.samplers and not roles.negative:
        yield "no text is taken for the negative prompt; that is usual for some models"
    if len(roles.samplers) > 1:
        yield f"{len(roles.samplers)} samplers; all of them get the book's seed"


# ----------------------------------------------------------------------------------- what is wrong


def _missing_roles(
    graph: Graph, roles: Roles, named: Mapping[str, str]
) -> Iterator[WorkflowProblem]:
    for role in named:
        if role not in ROLES:
            known = ", ".join(ROLES)
            yield WorkflowProblem(
                "unknown_role", "", f"{role!r} is no role of a node", f"Known: {known}"
            )
    if roles.output is None:
        yield WorkflowProblem(
            "no_output", "", "no node saves a picture", "Add a Save Image node and connect it"
        )
        return
    wanted = {
        "positive": (roles.positive, "the prompt", "Title the node that takes it PROMPT_POS"),
        "seed": (roles.seeds, "the seed", "Give the sampler a seed of its own"),
        "width": (roles.width, "the width", "Use an empty latent image with a size of its own"),
        "height": (roles.height, "the height", "Use an empty latent image with a size of its own"),
    }
    for role, (found, what, mend) in wanted.items():
        if not found:
            yield WorkflowProblem(
                f"no_{role}", "", f"no node was found that takes {what}", f"{mend}, or name it"
            )


def _faults(graph: Graph, node_types: NodeTypes) -> Iterator[WorkflowProblem]:
    """What the server would refuse."""
    for node_id, node in graph.items():
        kind = node_types.of(class_of(node))
        if kind is None:
            near = tuple(difflib.get_close_matches(class_of(node), list(node_types), 3, 0.6))
            yield WorkflowProblem(
                "missing_node",
                _where(node_id, node),
                "the server has no such node",
                "Install the node pack that it is from, or take it out of the workflow",
                near,
            )
            continue
        for it in kind.inputs:
            yield from _input_faults(graph, node_id, it, node_types)


def _input_faults(
    graph: Graph, node_id: NodeId, it: Input, node_types: NodeTypes
) -> Iterator[WorkflowProblem]:
    node = graph[node_id]
    where = f"{_where(node_id, node)}, {it.name}"
    if it.name not in node["inputs"]:
        if it.required:
            yield WorkflowProblem(
                "missing_input", where, "it is required and has no value", "Connect it"
            )
        return
    value = node["inputs"][it.name]
    link = link_of(value)
    if link is None:
        yield from _value_faults(where, it, value)
    elif link.node not in graph:
        yield WorkflowProblem(
            "broken_link", where, f"node {link.node} is not there", "Connect it again"
        )
    else:
        source = node_types.of(class_of(graph[link.node]))
        if source is not None and not _fits(source, link.slot, it):
            yield WorkflowProblem(
                "wrong_link", where, f"it takes {it.kind}, not this output", "Connect it again"
            )


def _fits(source: NodeType, slot: int, it: Input) -> bool:
    if slot >= len(source.outputs):
        return False
    given = set(source.outputs[slot].split(","))
    return bool(given & set(it.kind.split(","))) or "*" in given or it.kind == "*"


def _value_faults(where: str, it: Input, value: Any) -> Iterator[WorkflowProblem]:
    if it.options is not None and value not in it.options:
        names = tuple(str(name) for name in it.options)
        if it.name in MODEL_INPUTS:
            yield WorkflowProblem(
                "missing_model",
                where,
                f"the server has no {value!r}; it has {_listed(names)}",
                "Put the file into ComfyUI's models folder, or choose one that is there",
                names,
            )
        else:
            yield WorkflowProblem(
                "unknown_value",
                where,
                f"{value!r} is no choice; there are {_listed(names)}",
                "Choose one of them in ComfyUI and save the workflow again",
                names,
            )
    elif it.kind in ("INT", "FLOAT") and isinstance(value, int | float):
        is_low = it.low is not None and value < it.low
        is_high = it.high is not None and value > it.high
        if is_low or is_high:
            yield WorkflowProblem(
                "out_of_range", where, f"{value} is not in {it.low} … {it.high}", "Change it"
            )
    elif it.kind in ("INT", "FLOAT") and not _is_number(value):
        yield WorkflowProblem("wrong_value", where, f"{value!r} is no number", "Change it")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _where(node_id: NodeId, node: Mapping[str, Any]) -> str:
    title = title_of(dict(node))
    name = class_of(dict(node))
    called = "" if title in ("", name) else f" {title!r}"
    return f"node {node_id} ({name}{called})"


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return "none at all"
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
