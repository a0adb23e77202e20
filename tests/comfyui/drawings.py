"""Workflows drawn in the editor's format, for tests that convert them."""

from __future__ import annotations

from typing import Any

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.graph import Graph
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from tests.comfyui.double.comfy import object_info

NODE_TYPES = NodeTypes(object_info())

Socket = tuple[str, str]
"""Name and type of an input or an output."""


class Drawing:
    """Builds a drawing node by node; a link is made by naming where an input comes from."""

    def __init__(self, *, links_are_objects: bool = False) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.links: list[Any] = []
        self._links_are_objects = links_are_objects

    def node(
        self,
        id: int,
        type: str,
        *,
        values: Any = None,
        inputs: dict[Socket, tuple[int, int] | None] | None = None,
        outputs: tuple[str, ...] = (),
        mode: int = 0,
        widgets: tuple[str, ...] = (),
        **more: Any,
    ) -> Drawing:
        """`inputs` maps (name, type) to (node, slot) or None; `widgets` names those of them that
        are widgets turned into sockets."""
        sockets = []
        for slot, ((name, kind), source) in enumerate((inputs or {}).items()):
            socket: dict[str, Any] = {"name": name, "type": kind, "link": None}
            if name in widgets:
                socket["widget"] = {"name": name}
            if source is not None:
                socket["link"] = self.link(*source, id, slot, kind)
            sockets.append(socket)
        node = {
            "id": id,
            "type": type,
            "mode": mode,
            "inputs": sockets,
            "outputs": [{"name": it, "type": it, "links": []} for it in outputs],
            **more,
        }
        if values is not None:
            node["widgets_values"] = values
        self.nodes.append(node)
        return self

    def link(self, origin: int, slot: int, target: int, target_slot: int, kind: str) -> int:
        number = len(self.links) + 1
        if self._links_are_objects:
            self.links.append(
                {
                    "id": number,
                    "origin_id": origin,
                    "origin_slot": slot,
                    "target_id": target,
                    "target_slot": target_slot,
                    "type": kind,
                }
            )
        else:
            self.links.append([number, origin, slot, target, target_slot, kind])
        return number

    def document(self, *subgraphs: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"nodes": self.nodes, "links": self.links, "version": 0.4}
        if subgraphs:
            found["definitions"] = {"subgraphs": list(subgraphs)}
        return found

    def graph(self, *subgraphs: dict[str, Any]) -> Graph:
        return to_graph(self.document(*subgraphs), NODE_TYPES)


def text(drawing: Drawing, id: int, words: str = "a fox", **more: Any) -> Drawing:
    """A prompt's encoder, with no model."""
    return drawing.node(id, "CLIPTextEncode", values=[words], outputs=("CONDITIONING",), **more)
