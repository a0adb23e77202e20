"""Pictures, voices, and when each sentence is spoken."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import (
    EDITION_PARAMETER,
    LANGUAGE_PARAMETER,
    NOT_KEPT,
    PARTIAL,
    PREVIEWS,
    RUN,
    Call,
    Parameter,
    Reply,
    file_answers,
    named,
)
from storybook.http.schemas import BINARY, PAGE

FILES: Final = (
    Call(
        "get_picture",
        "files",
        "GET",
        "/api/runs/{run_id}/images/{filename}",
        "A picture: cover.png, panel_1.png and on",
        file_answers("the picture", "image/png"),
        errors=(400, 410, 416, 503),
        parameters=(RUN, named(r"^(cover|panel_[1-9][0-9]?)\.png$"), EDITION_PARAMETER, *PARTIAL),
    ),
    Call(
        "get_audio",
        "files",
        "GET",
        "/api/runs/{run_id}/audio/{filename}",
        "A page read aloud: page_0.wav and on",
        file_answers("the voice", "audio/wav"),
        errors=(400, 410, 416, 503),
        parameters=(
            RUN,
            named(r"^page_(0|[1-9][0-9]?)\.wav$"),
            EDITION_PARAMETER,
            LANGUAGE_PARAMETER,
            *PARTIAL,
        ),
    ),
    Call(
        "get_preview",
        "files",
        "GET",
        "/api/runs/{run_id}/previews/{page}",
        "What a page looks like while it is painted",
        {200: Reply("as the illustrator shows it", PREVIEWS, BINARY, (NOT_KEPT,))},
        more="404 before the first and after the last. The `preview_url` of a "
        "`progress` message leads here.",
        parameters=(
            RUN,
            Parameter("page", "path", "the page", PAGE),
            Parameter("v", "query", "what makes each preview's address another; not looked at"),
        ),
    ),
)
