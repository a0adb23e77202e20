"""The API as a client: for programs of others, and for the command line.

A `StorybookClient` asks one server. What may be asked twice is asked again while the server is away
(a book by its idempotency key, whatever only looks); what a server refuses is a `ServerRefuses`,
and one that does not answer in time a `ServerAway`. `StorybookClient.follow` is a run's stream as
if it were never cut: it comes back with its cursor, tells every `update` once, and ends with the
run.

Answers are the values that the server itself answers with (`storybook.http`). docs/client.md has
an example of each.
"""

from storybook.client.api import StorybookClient, TakenBook
from storybook.client.asking import NoStorybook, ServerAway, ServerRefuses
from storybook.client.following import RunTold, RunUpdate, StreamReset

__all__ = [
    "NoStorybook",
    "RunTold",
    "RunUpdate",
    "ServerAway",
    "ServerRefuses",
    "StorybookClient",
    "StreamReset",
    "TakenBook",
]
