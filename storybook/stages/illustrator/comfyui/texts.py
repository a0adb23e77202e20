"""Which texts of a graph become the prompt of a picture.

From each sampler its conditioning is followed upwards to every text that is encoded on the way:
through guiders, control nets, combinations and areas, in both passes of two. Nodes that carry the
positive and the negative side by side have two outputs in that order, and each side is followed by
itself. A **place** is where a text is written; a text that is computed (concatenated, chosen,
written by a model) is replaced at the encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from storybook.stages.illustrator.comfyui.graph import Link, NodeId, class_of, title_of
from storybook.stages.illustrator.comfyui.wiring import (
    GUIDING,
    LITERALS,
    PIXELS,
    NodeInput,
    Wiring,
    last_part,
)

POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"

TITLES: Final = {POSITIVE: "PROMPT_POS", NEGATIVE: "PROMPT_NEG"}

TEXTS: Final = (
    *("text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "llama", "bert", "mt5xl"),
    *("qwen25_7b", "prompt", "user_prompt", "positive_prompt", "negative_prompt", "positive"),
    *("negative", "text_positive", "text_negative"),
)
"""Inputs that take a prompt, in the encoders that ComfyUI and the common node packs have."""

BOTH: Final = frozenset({POSITIVE, NEGATIVE})
"""Inputs that take a text in some nodes and a conditioning in most."""

TOLD: Final = {
    POSITIVE: frozenset({POSITIVE, "positive_prompt", "text_positive", "prompt"}),
    NEGATIVE: frozenset({NEGATIVE, "negative_prompt", "text_negative"}),
}
"""Inputs whose name says that they take the prompt of a side."""

FORGETS_TEXT: Final = frozenset({"ConditioningZeroOut"})
"""Nodes after which a prompt no longer counts: an empty negative is often made of the positive."""


class Texts:
    """Finds the texts in a graph."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def guiding(self, sampler: NodeId, side: str) -> list[NodeInput]:
        """The texts that a sampler is guided by on one side."""
        found: list[NodeInput] = []
        seen: set[Link] = set()
        for name, link in self._wiring.sources(sampler, GUIDING):
            if name == "guider" or _side_of(name) == side:
                found += self._behind(link, name == "guider", side, seen)
        return _once(found)

    def titled(self, nodes: Iterable[NodeId], side: str) -> list[NodeInput]:
        """The texts of nodes whose title names the side, whatever is linked to them."""
        wanted = TITLES[side]
        found = []
        for node_id in nodes:
            if title_of(self._wiring.graph[node_id]).strip().upper() == wanted:
                found += self.inputs_of(node_id, side)
        return found

    def painting(self, output: NodeId, side: str) -> list[NodeInput]:
        """The texts of nodes that make a picture of a text by themselves."""
        seen, ahead = set[NodeId](), [output]
        found: list[NodeInput] = []
        while ahead:
            node_id = ahead.pop()
            if node_id not in seen:
                seen.add(node_id)
                ahead += [link.node for _, link in self._wiring.sources(node_id, PIXELS)]
                found += self._places(node_id, side)
        return found

    def told(self, nodes: Iterable[NodeId], side: str) -> list[NodeInput]:
        """The texts that nodes of packs with samplers of their own call by the side's name."""
        return [
            self._wiring.written(NodeInput(node_id, name), str)
            for node_id in nodes
            for name in self._names(node_id, side)
            if name in TOLD[side]
        ]

    def encoders(self, nodes: Iterable[NodeId]) -> Iterator[NodeInput]:
        """Every text that is encoded into a conditioning, of either side."""
        for node_id in nodes:
            kind = self._wiring.kind(node_id)
            if kind is None or not GUIDING.isdisjoint(kind.outputs):
                for side in (POSITIVE, NEGATIVE):
                    yield from self._places(node_id, side)

    def inputs_of(self, node_id: NodeId, side: str = POSITIVE) -> list[NodeInput]:
        """The inputs of a node that take a text, linked or not; of a node that only works on texts
        the first that does."""
        if names := self._names(node_id, side):
            return [NodeInput(node_id, name) for name in names]
        inputs = self._wiring.inputs(node_id)
        texts = [name for name in inputs if self._takes_text(node_id, name)]
        held = [name for name in LITERALS if name in inputs]
        return [NodeInput(node_id, name) for name in (held or texts)[:1]]

    # ----------------------------------------------------------------------------------- following

    def _behind(self, link: Link, is_guider: bool, side: str, seen: set[Link]) -> list[NodeInput]:
        """The texts behind a link. In a guider the side is the sampler's; of nodes with two sides
        it is the output's that the link comes from."""
        if link in seen or class_of(self._wiring.graph[link.node]) in FORGETS_TEXT:
            return []
        seen.add(link)
        sources = list(self._wiring.sources(link.node, GUIDING))
        has_sides = any(_side_of(name) == NEGATIVE for name, _ in sources)
        if not is_guider:
            side = self._side_of_output(link, side)
        found = self._places(link.node, side)
        for name, source in sources:
            if _side_of(name) == side or not (has_sides or is_guider):
                found += self._behind(source, name == "guider", side, seen)
        return found

    def _side_of_output(self, link: Link, otherwise: str) -> str:
        """The side that an output is of, where a node has both: the positive one is the first. Of
        an unknown node the second output may be either."""
        kind = self._wiring.kind(link.node)
        if kind is None:
            return {0: POSITIVE, 1: otherwise}.get(link.slot, NEGATIVE)
        guiding = [n for n, it in enumerate(kind.outputs) if it in GUIDING]
        return NEGATIVE if link.slot in guiding[1:] else POSITIVE

    def _places(self, node_id: NodeId, side: str) -> list[NodeInput]:
        """Where the texts of an encoder are written."""
        names = self._names(node_id, side)
        return [self._wiring.written(NodeInput(node_id, name), str) for name in names]

    def _names(self, node_id: NodeId, side: str) -> list[str]:
        """The inputs of an encoder that take a text; where some are for the negative by name, only
        those of the side."""
        names = [
            name
            for name in self._wiring.inputs(node_id)
            if last_part(name) in TEXTS and self._takes_text(node_id, name)
        ]
        if any(_side_of(name) == NEGATIVE for name in names):
            return [name for name in names if _side_of(name) == side]
        return names

    def _takes_text(self, node_id: NodeId, name: str) -> bool:
        value = self._wiring.inputs(node_id)[name]
        if isinstance(value, str):
            kind = self._wiring.kind(node_id)
            declared = kind.input(name) if kind else None
            return declared is None or declared.kind == "STRING"
        link = next((it for linked, it in self._wiring.branches(node_id) if linked == name), None)
        given = self._wiring.gives(link) if link is not None else frozenset()
        return name not in BOTH if given is None else "STRING" in given


def _once(places: Iterable[NodeInput]) -> list[NodeInput]:
    return list(dict.fromkeys(places))


def _side_of(name: str) -> str:
    """The side that an input belongs to by its name; none if it is for neither."""
    name = name.lower()
    if "negative" in name or name.startswith("neg_"):
        return NEGATIVE
    return "" if name.startswith("empty") else POSITIVE
