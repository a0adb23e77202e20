"""The editor's format turned into the graph that is executed.

The editor saves drawings: nodes with sockets, links with ids, and of each node's widgets only the
values, in a list. Which value belongs to which input is known by the order of the node type's
inputs, so the server's node types are needed. The list holds more than the inputs: after a seed
stands `control_after_generate`, after an upload the name of its button.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from storybook.stages.illustrator.comfyui.flatten import Scope, Value
from storybook.stages.illustrator.comfyui.graph import Graph, Link, Node, WorkflowError
from storybook.stages.illustrator.comfyui.node_types import Input, NodeType, NodeTypes

CONTROLS: Final = frozenset({"fixed", "increment", "decrement", "randomize"})
UPLOADS: Final = frozenset({"image", "mask", "audio", "video", "file"})


def to_graph(document: Mapping[str, Any], node_types: NodeTypes) -> Graph:
    """The graph of a workflow in the editor's format. A node of a class that the server does not
    know keeps its links and loses its widgets. Raises `WorkflowError`."""
    try:
        definitions = {
            str(it["id"]): it for it in (document.get("definitions") or {}).get("subgraphs", ())
        }
        scope = Scope(document, definitions)
        graph = {its.path(node): _node(its, node, node_types) for its, node in scope.active()}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise WorkflowError(
            f"the workflow is damaged ({type(error).__name__}: {error}); save it from ComfyUI again"
        ) from error
    if not graph:
        raise WorkflowError("the workflow has no nodes to execute; save it from ComfyUI again")
    return graph


def _node(scope: Scope, node: Node, node_types: NodeTypes) -> Node:
    class_type = str(node["type"])
    kind = node_types.of(class_type)
    inputs = _widgets(node, kind) if kind else {}
    for socket in node.get("inputs") or ():
        match scope.source(socket.get("link")):
            case Link() as link:
                inputs[socket["name"]] = list(link)
            case Value(value):
                inputs[socket["name"]] = _literal(value)
    title = node.get("title") or class_type
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title}}


def _widgets(node: Node, kind: NodeType) -> dict[str, Any]:
    saved = node.get("widgets_values")
    if isinstance(saved, dict):  # some node packs save names
        return {it.name: _literal(saved[it.name]) for it in kind.inputs if it.name in saved}
    values = list(saved or ())
    drawn = {it["name"] for it in node.get("inputs") or () if it.get("widget")}
    found: dict[str, Any] = {}
    at = 0
    previous: Input | None = None
    for it in kind.inputs:
        if not (it.is_widget or it.name in drawn):
            continue
        at += _extra(values, at, previous, it)
        if at < len(values):
            found[it.name] = _literal(values[at])
            at += 1
        elif it.has_default:  # the type has got this input since the workflow was saved
            found[it.name] = _literal(it.default)
        previous = it
    return found


def _extra(values: list[Any], at: int, after: Input | None, before: Input) -> int:
    """How many values at `at` belong to no input: 1 for a control or an upload's button, else 0."""
    if after is None or at >= len(values):
        return 0
    value = values[at]
    is_option = before.options is not None and value in before.options
    if after.has_control and not is_option:
        is_control = isinstance(value, str) and value in CONTROLS
        is_old_control = isinstance(value, bool) and before.kind != "BOOLEAN"
        return int(is_control or is_old_control)
    if after.uploads and not is_option:
        return int(isinstance(value, str) and value in UPLOADS)
    return 0


def _literal(value: Any) -> Any:
    """A value as the API wants it: a list would be taken for a link."""
    return {"__value__": value} if isinstance(value, list) else value
