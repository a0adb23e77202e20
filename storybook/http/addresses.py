"""The addresses of this API that an answer names.

They are paths, and begin with the prefix under which a proxy shows this server, if it does: a
browser puts scheme and host before them itself.
"""

from __future__ import annotations

import msgspec

from storybook.book import FIRST_EDITION, RunId, split_edition, split_language


class Addresses(msgspec.Struct, frozen=True):
    """Addresses under a prefix: `/story`, or an empty one. Of what has no name yet there is no
    address, but an empty text.

    A file is named as the store has it. Its address names the edition in which it was made, unless
    that is the first one and the plain address serves it: that of `plain`, the file itself if it
    is not given; and the language, unless it is the book's own.
    """

    prefix: str = ""

    def run(self, run_id: RunId) -> str:
        return f"{self.prefix}/api/runs/{run_id}"

    def picture(self, run_id: RunId, name: str, plain: str | None = None) -> str:
        return f"{self.run(run_id)}/images/{_shown_as(name, plain)}" if name else ""

    def audio(self, run_id: RunId, name: str, plain: str | None = None) -> str:
        return f"{self.run(run_id)}/audio/{_shown_as(name, plain)}" if name else ""

    def preview(self, run_id: RunId, page: int | None, number: int) -> str:
        """Each look of a page has another one: `number` counts them."""
        return f"{self.run(run_id)}/previews/{page}?v={number}"

    def repair(self, run_id: RunId) -> str:
        return f"{self.run(run_id)}/repair"

    def comparison(self, run_id: RunId, before: int, after: int) -> str:
        return f"{self.run(run_id)}/editions/{before}..{after}"


def _shown_as(name: str, plain: str | None) -> str:
    """A file of the store as an address names it: `panel_1.e2.png` → `panel_1.png?edition=2`,
    `page_1.en.e2.wav` → `page_1.wav?language=en&edition=2`."""
    base, made_in = split_edition(name)
    base, language = split_language(base)
    is_plain = made_in == FIRST_EDITION and plain in (None, name)
    query = [f"language={language}"] if language else []
    query += [] if is_plain else [f"edition={made_in}"]
    return "?".join([base, *filter(None, ["&".join(query)])])


NO_PREFIX = Addresses()
