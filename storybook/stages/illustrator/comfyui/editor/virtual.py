"""Nodes that exist only in the editor, and what becomes of them in the graph.

No server knows their classes. Of some the meaning is known: it is a table here. What a node pack
does in the browser and nobody else can know is refused, with the way out: *Export (API)*.
"""

from __future__ import annotations

from typing import Final

from storybook.stages.illustrator.comfyui.editor.saved import BYPASSED, MUTED, Drawing, mode_of
from storybook.stages.illustrator.comfyui.graph import Node, WorkflowError

REROUTES: Final = frozenset({"Reroute", "Reroute (rgthree)"})
"""They pass on what comes in."""

PRIMITIVE: Final = "PrimitiveNode"
"""Writes its value into the widgets that it is linked to."""

SETTERS: Final = frozenset({"SetNode", "easy setNode"})
GETTERS: Final = frozenset({"GetNode", "easy getNode"})
"""A getter brings what goes into the setter of the same name; the name is their only value."""

NOTES: Final = frozenset(
    {
        *("Note", "MarkdownNote", "Label (rgthree)", "Note Plus (mtb)", "Note _O"),
        *("Bookmark (rgthree)", "Label", "workflowNote"),
    }
)
SWITCHES: Final = frozenset(
    {
        *("Fast Groups Bypasser (rgthree)", "Fast Groups Muter (rgthree)"),
        *("Fast Bypasser (rgthree)", "Fast Muter (rgthree)", "Fast Actions Button (rgthree)"),
        *("Mute / Bypass Relay (rgthree)", "Mute / Bypass Repeater (rgthree)"),
        *("Random Unmuter (rgthree)", "Node Collector (rgthree)"),
    }
)
"""They change other nodes' modes, which are saved with those."""

VIRTUAL: Final = REROUTES | {PRIMITIVE} | SETTERS | GETTERS | NOTES | SWITCHES

BROADCASTS: Final = frozenset(
    {
        *("Anything Everywhere", "Anything Everywhere?", "Anything Everywhere3"),
        *("Anything Everywhere Triplet", "Prompts Everywhere", "Seed Everywhere"),
    }
)
"""They feed inputs that have no link; which ones, their pack decides in the browser."""

GROUP_PREFIXES: Final = ("workflow>", "workflow/")
"""Classes of group nodes, which came before subgraphs."""


def is_virtual(node: Node) -> bool:
    return node.get("type") in VIRTUAL


def is_off(node: Node) -> bool:
    """Whether a node is muted or bypassed."""
    return mode_of(node) in (MUTED, BYPASSED)


def refuse_what_only_the_editor_knows(node: Node) -> None:
    """Raise `WorkflowError` for a node whose meaning only the editor can work out."""
    kind = str(node.get("type"))
    if kind in BROADCASTS or kind.startswith(GROUP_PREFIXES):
        raise WorkflowError(
            f"node {node['id']} ({kind}) exists only in the editor: "
            "use Export (API) and give that file"
        )


def setter_of(getter: Node, drawings: tuple[Drawing, ...]) -> tuple[int, Node] | None:
    """The setter that a getter names, and in which of the drawings it stands: its own first, then
    those around it."""
    name = name_of(getter)
    for at, drawing in enumerate(drawings):
        for it in drawing.nodes.values():
            if it.get("type") in SETTERS and name_of(it) == name:
                return at, it
    return None


def name_of(node: Node) -> str:
    """The name of a setter or a getter."""
    match node.get("widgets_values"):
        case [name, *_]:
            return str(name)
        case {"Constant": name} | {"value": name}:
            return str(name)
    return ""
