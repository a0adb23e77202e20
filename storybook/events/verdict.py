"""What a look at the digest chain says of one run."""

from __future__ import annotations

import msgspec

from storybook.events.log import Position


class ChainFault(msgspec.Struct, frozen=True):
    """Something that is wrong with an event."""

    position: Position
    message: str


class ChainVerdict(msgspec.Struct, frozen=True):
    """Whether the log is what it was, from a run's first event on.

    `events` of the run's `of` events were looked at, data and all; of the others between them the
    links of the chain: all `checked` events from `first` to `last`. Where that is not the log's end
    (`log_end`), a change of `last` itself could not show. `head` is the last one's position and
    digest, to be noted down: a chain does not show that a log was written anew, a head that was
    kept elsewhere does. At most so many `faults` as tell what happened.
    """

    whole: bool
    events: int
    of: int
    checked: int
    first: Position
    last: Position
    log_end: Position
    head: str
    faults: list[ChainFault]
