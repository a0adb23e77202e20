"""The editor's format turned into the graph that is executed, as the editor itself would submit it.

The editor saves drawings: nodes with inputs, wires with ids, and of each node's widgets only the
values, in a list. Which value belongs to which input is known by the order of the node type's
inputs, so the server's node types are needed.

From the ground up: `saved` reads the file, `dynamic_prompt` the templates in texts, `widgets` a
node's values, `written` what is written into one, `virtual` says what exists only in the editor,
`layout` puts inputs and wires together, `socket_types` says which fit, `promoted` finds what a
subgraph's instance has for the widgets within, `scopes` flattens subgraphs, `links` finds where
each input comes from.

The rules are those of ComfyUI's frontend 1.58, measured on its own answers. Three differ: a seed
without its control does not move the values after it, an instance's `null` does not replace the
value within, and nodes of a few packs that live in the browser do what their packs do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.editor.layout import NodeLayout
from storybook.stages.illustrator.comfyui.editor.links import Links, Value
from storybook.stages.illustrator.comfyui.editor.saved import ANSWER, Drawing, definitions_in
from storybook.stages.illustrator.comfyui.editor.scopes import Scope
from storybook.stages.illustrator.comfyui.editor.virtual import refuse_what_only_the_editor_knows
from storybook.stages.illustrator.comfyui.editor.widgets import literal, sent_value
from storybook.stages.illustrator.comfyui.graph import Graph, Link, Node, WorkflowError, links
from storybook.stages.illustrator.comfyui.node_types import NodeTypes

MAX_NODES: Final = 10_000
"""Of a graph. Subgraphs within subgraphs multiply; the largest template has some 200."""


def to_graph(document: Mapping[str, Any], node_types: NodeTypes) -> Graph:
    """The graph of a workflow in the editor's format. A node of a class that the server does not
    know keeps its links and loses its widgets. Raises `WorkflowError`."""
    try:
        graph = _graph(document, node_types)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise WorkflowError(
            f"the workflow is damaged ({type(error).__name__}: {error}); {ANSWER}"
        ) from error
    if not graph:
        raise WorkflowError(f"the workflow has no nodes to execute; {ANSWER}")
    return graph


def _graph(document: Mapping[str, Any], node_types: NodeTypes) -> Graph:
    layout = NodeLayout(definitions_in(document), node_types)
    converter = _Converter(layout)
    graph: Graph = {}
    for scope, node in Scope(Drawing(document), layout).executed():
        refuse_what_only_the_editor_knows(node)
        if len(graph) == MAX_NODES:
            raise WorkflowError(f"it has more than {MAX_NODES:,} nodes; take subgraphs out of it")
        graph[scope.path(node)] = converter.node(scope, node)
    for node in graph.values():
        gone = [name for name, link in links(node) if link.node not in graph]
        for name in gone:
            del node["inputs"][name]
    return graph


class _Converter:
    """Makes nodes of the graph out of saved ones."""

    def __init__(self, layout: NodeLayout) -> None:
        self._layout = layout
        self._links = Links(layout)

    def node(self, scope: Scope, node: Node) -> Node:
        class_type = str(node["type"])
        return {
            "class_type": class_type,
            "inputs": dict(self._inputs(scope, node)),
            "_meta": {"title": node.get("title") or class_type},
        }

    def _inputs(self, scope: Scope, node: Node) -> Iterator[tuple[str, Any]]:
        for widget in self._layout.widgets(scope.drawing, node).values():
            if widget.value is not msgspec.UNSET:
                yield widget.name, sent_value(widget, widget.value)
        for socket in self._layout.sockets(scope.drawing, node):
            match self._links.source(scope, node, socket):
                case Link() as link:
                    yield socket.name, list(link)
                case Value(value):
                    yield socket.name, literal(value)
