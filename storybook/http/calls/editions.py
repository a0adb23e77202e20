"""Changes of a finished book."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import CONFLICT, LIMITED, RUN, Call, Parameter, answer
from storybook.http.editions import Comparison, EditionCreated, Editions
from storybook.http.schemas import EDITION, JSON, KEY

EDITIONS: Final = (
    Call(
        "change_book",
        "editions",
        "POST",
        "/api/runs/{run_id}/editions",
        "Change a finished book",
        {
            202: answer("the edition that this makes", EditionCreated, *LIMITED),
            409: CONFLICT,
        },
        more="Only what changed is made; meanwhile the book is shown as it was. A change of an "
        "edition that is not the newest is refused, and so is one while another is made.",
        errors=(403, 408, 413, 422, 503),
        parameters=(RUN, Parameter("Idempotency-Key", "header", "names this change", KEY)),
        body=(JSON, "EditionRequest"),
    ),
    Call(
        "list_editions",
        "editions",
        "GET",
        "/api/runs/{run_id}/editions",
        "The editions of a book, oldest first",
        {200: answer("each with who asked for it, what was to change, and what became", Editions)},
        errors=(503,),
        parameters=(RUN,),
    ),
    Call(
        "compare_editions",
        "editions",
        "GET",
        "/api/runs/{run_id}/editions/{pair}",
        "How two editions differ, such as 1..2",
        {200: answer("texts word by word, pictures and voices as pairs of addresses", Comparison)},
        errors=(503,),
        parameters=(
            RUN,
            Parameter(
                "pair",
                "path",
                "two editions",
                {"type": "string", "pattern": r"^[1-9][0-9]{0,8}\.\.[1-9][0-9]{0,8}$"},
            ),
        ),
    ),
    Call(
        "restore_edition",
        "editions",
        "POST",
        "/api/runs/{run_id}/editions/{edition}/restore",
        "Give a book the content again that it had in an edition",
        {202: answer("the edition that this makes", EditionCreated, *LIMITED), 409: CONFLICT},
        more="It is an edition of its own, whole at once: nothing is made for it.",
        errors=(403, 408, 413, 422, 503),
        parameters=(RUN, Parameter("edition", "path", "the edition", EDITION)),
        body=(JSON, "RestoreRequest"),
        needs_body=False,
    ),
)
