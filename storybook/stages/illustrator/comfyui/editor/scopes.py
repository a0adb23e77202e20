"""The editor's nested drawings as one flat list of nodes.

A **scope** is one drawing as it is seen: the workflow itself, or a definition seen through one of
its instances. An inner node's id in the graph is its path, `18:3`, as the editor writes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from storybook.stages.illustrator.comfyui.editor.layout import NodeLayout
from storybook.stages.illustrator.comfyui.editor.saved import Drawing
from storybook.stages.illustrator.comfyui.editor.virtual import is_off, is_virtual
from storybook.stages.illustrator.comfyui.graph import Node


class Scope:
    """A drawing, and the instance that it is seen through (None: the workflow)."""

    def __init__(
        self,
        drawing: Drawing,
        layout: NodeLayout,
        outer: Scope | None = None,
        instance: Node | None = None,
    ) -> None:
        self.drawing, self.outer, self.instance = drawing, outer, instance
        self.prefix = "" if outer is None or instance is None else f"{outer.path(instance)}:"
        self._layout = layout
        self._inner: dict[str, Scope] = {}

    def path(self, node: Node) -> str:
        """The id of a node in the graph."""
        return f"{self.prefix}{node['id']}"

    def inner(self, node: Node) -> Scope | None:
        """What is drawn inside a node, if it is an instance."""
        definition = self._layout.definition(node)
        if definition is None:
            return None
        key = str(node["id"])
        if key not in self._inner:
            self._inner[key] = Scope(definition, self._layout, self, node)
        return self._inner[key]

    def around(self) -> tuple[Scope, ...]:
        """This scope and those that it stands in, from the inside out."""
        return (self, *self.outer.around()) if self.outer else (self,)

    def executed(self) -> Iterator[tuple[Scope, Node]]:
        """Every node that is executed, with the scope that it stands in. An instance that is off
        takes its nodes with it only in the workflow itself; within another subgraph they stay, and
        nothing is linked to them."""
        for node in self.drawing.nodes.values():
            inner = self.inner(node)
            if inner is not None and not (is_off(node) and self.outer is None):
                yield from inner.executed()
            elif inner is None and not is_off(node) and not is_virtual(node):
                yield self, node
