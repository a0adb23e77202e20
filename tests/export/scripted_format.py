"""A format that a test has in its hands: what it is made of is counted, and it can be held up."""

from __future__ import annotations

from typing import Any

import anyio

from storybook.export.formats import BookFormat, Material


class ScriptedFormat:
    """Makes a line of text of a book's title, once it is let; fails if it is to."""

    def __init__(self, *, held: bool = False, error: Exception | None = None) -> None:
        self.made: list[str] = []
        self.at_once = self.most_at_once = 0
        self.error = error
        self.fraction = 0.5
        self.workspaces: list[str] = []
        self._let = anyio.Event()
        if not held:
            self._let.set()

    def let(self) -> None:
        """Let all go on."""
        self._let.set()

    def hold(self) -> None:
        """Hold up those that are begun from now on."""
        self._let = anyio.Event()

    async def make(self, material: Material) -> bytes:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.workspaces.append(str(material.workspace))
        try:
            half = anyio.Path(material.workspace, "half")
            await half.write_bytes(b"half")
            material.report(self.fraction)
            await self._let.wait()
            if self.error is not None:
                raise self.error
            self.made.append(material.choice)
            return f"{material.book.title} {material.choice}\n".encode()
        finally:
            self.at_once -= 1

    def as_format(self, name: str = "html", **more: Any) -> BookFormat:
        told: dict[str, Any] = {"option": "size", "choices": ("a4", "a5"), **more}
        return BookFormat(name, "text/plain", self.make, **told)
