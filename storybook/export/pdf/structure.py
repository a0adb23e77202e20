"""The tree that tells whoever cannot see a PDF what is on its pages, and in which order.

An **element** is a title, a paragraph or a picture. What is drawn for it is marked with a number
that its side counts (MCID); the parent tree leads from there back to the element.
"""

from __future__ import annotations

from typing import Any

from pikepdf import Array, Dictionary, Name, NumberTree, Object, Pdf, String


class Structure:
    """The tree of one file."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array()))
        self._marked: list[list[Object]] = []
        self.document = self._added(self._root, "Document", {})

    def element(self, parent: Object, tag: str, **said: str) -> Object:
        """A new one, at the end of its parent's; `said` are what it says of itself (`Alt`, `Lang`,
        `T`), of which empty ones are left out."""
        return self._added(parent, tag, {name: String(it) for name, it in said.items() if it})

    def begin_side(self) -> int:
        """The number of the next side in the parent tree."""
        self._marked.append([])
        return len(self._marked) - 1

    def mark(self, element: Object, side: int, page: Object) -> int:
        """The number that what is drawn for an element on a side is to be marked with."""
        marked = self._marked[side]
        marked.append(element)
        number = len(marked) - 1
        element.K.append(Dictionary(Type=Name.MCR, Pg=page, MCID=number))
        return number

    def finish(self) -> None:
        """Make it the file's."""
        parents = NumberTree.new(self._pdf)
        for side, elements in enumerate(self._marked):
            parents[side] = self._pdf.make_indirect(Array(elements))
        self._root.ParentTree = parents.obj
        self._root.ParentTreeNextKey = len(self._marked)
        self._pdf.Root.StructTreeRoot = self._root
        self._pdf.Root.MarkInfo = Dictionary(Marked=True)

    def _added(self, parent: Object, tag: str, said: dict[str, Any]) -> Object:
        made = Dictionary(Type=Name.StructElem, S=Name(f"/{tag}"), P=parent, K=Array(), **said)
        element = self._pdf.make_indirect(made)
        parent.K.append(element)
        return element
