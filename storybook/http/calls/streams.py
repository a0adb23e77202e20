"""What is told as it happens."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import (
    CURSOR_PARAMETERS,
    NOT_KEPT,
    RUN,
    Call,
    Parameter,
    Reply,
    stream_answer,
)
from storybook.http.schemas import EVENT_KINDS

STREAMS: Final = (
    Call(
        "follow_run",
        "streams",
        "GET",
        "/api/runs/{run_id}/events",
        "The progress of a run, as server-sent events",
        {
            200: stream_answer("its changes, until it has ended", "RunMessage"),
            204: Reply("nothing comes after that position any more", headers=(NOT_KEPT,)),
        },
        more="Each change is one `update`, whose id is a position in the log. Without a cursor the "
        "first message is the present state; with it the stream goes on right after that position. "
        "It ends when the run has. `progress` messages say how far a stage is and where it shows a "
        "preview, `keepalive` that nothing happens, `reset` that the cursor lay beyond the log's "
        "end.",
        errors=(400, 503),
        parameters=(RUN, *CURSOR_PARAMETERS),
    ),
    Call(
        "follow_log",
        "streams",
        "GET",
        "/api/events",
        "The whole log, as server-sent events",
        {200: stream_answer("every event of every run", "LogMessage")},
        more="Each message is named by its event's type. Without a cursor the stream begins at the "
        "log's end. It never ends.",
        errors=(400, 503),
        parameters=(
            *CURSOR_PARAMETERS,
            Parameter("types", "query", "only these, with commas", EVENT_KINDS),
        ),
    ),
)
