"""The addresses of this API that an answer names.

They are paths, and begin with the prefix under which a proxy shows this server, if it does: a
browser puts scheme and host before them itself.
"""

from __future__ import annotations

import msgspec
from litestar.types import Scope

from storybook.book import RunId
from storybook.http.requests import shown_under


class Addresses(msgspec.Struct, frozen=True):
    """Addresses under a prefix: `/story`, or an empty one. Of what has no name yet there is no
    address, but an empty text."""

    prefix: str = ""

    def run(self, run_id: RunId) -> str:
        return f"{self.prefix}/api/runs/{run_id}"

    def picture(self, run_id: RunId, name: str) -> str:
        return f"{self.run(run_id)}/images/{name}" if name else ""

    def audio(self, run_id: RunId, name: str) -> str:
        return f"{self.run(run_id)}/audio/{name}" if name else ""

    def preview(self, run_id: RunId, page: int | None, number: int) -> str:
        """Each look of a page has another one: `number` counts them."""
        return f"{self.run(run_id)}/previews/{page}?v={number}"

    def repair(self, run_id: RunId) -> str:
        return f"{self.run(run_id)}/repair"


NO_PREFIX = Addresses()


def addresses(scope: Scope) -> Addresses:
    """The addresses as whoever sent the request sees them."""
    return Addresses(prefix) if (prefix := shown_under(scope)) else NO_PREFIX
