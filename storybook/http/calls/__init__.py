"""The table of the API's calls: how each is made, and all that it may answer.

It is not derived from the handlers' signatures: these take raw bodies and answer ready bytes
(docs/decisions/0012-litestar.md). A test holds it against the routes, another against the server.
"""

from __future__ import annotations

from typing import Final

from storybook.http.calls.access import ACCESS
from storybook.http.calls.archives import ARCHIVES
from storybook.http.calls.books import BOOKS
from storybook.http.calls.cast import CAST
from storybook.http.calls.editions import EDITIONS
from storybook.http.calls.files import FILES
from storybook.http.calls.runs import RUNS
from storybook.http.calls.server import SERVER
from storybook.http.calls.speech import SPEECH
from storybook.http.calls.streams import STREAMS

CALLS: Final = (
    *(*SERVER, *RUNS, *ARCHIVES, *STREAMS, *EDITIONS),
    *(*FILES, *BOOKS, *CAST, *ACCESS, *SPEECH),
)
