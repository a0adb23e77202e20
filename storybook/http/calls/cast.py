"""The characters of books."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import (
    CHARACTER,
    NOT_KEPT,
    PARTIAL,
    PICTURE,
    RUN,
    SAVED,
    Call,
    Reply,
    answer,
    file_answers,
)
from storybook.http.cast import Cast, CharacterState, SavedCast, SavedState
from storybook.http.schemas import JSON

CAST: Final = (
    Call(
        "get_cast",
        "cast",
        "GET",
        "/api/runs/{run_id}/cast",
        "The characters of a book",
        {200: answer("all of them", Cast)},
        more="Their looks are settled once the cover is written: before that only those are there "
        "that come from another book.",
        errors=(503,),
        parameters=(RUN,),
    ),
    Call(
        "get_cast_picture",
        "cast",
        "GET",
        "/api/runs/{run_id}/cast/{name}/picture",
        "The picture that a character was given, or came with",
        file_answers("the picture", "image/png"),
        errors=(400, 410, 416, 503),
        parameters=(RUN, CHARACTER, *PARTIAL),
    ),
    Call(
        "give_cast_picture",
        "cast",
        "PUT",
        "/api/runs/{run_id}/cast/{name}/picture",
        "Show what a character looks like, by a PNG or a JPEG of at most 8 MB",
        {200: answer("the character, with its picture", CharacterState)},
        more="It is kept as a PNG of its pixels alone. Illustrators whose workflow has an image "
        "input titled `REFERENCE` get it with every page that is painted from now on.",
        errors=(403, 408, 413, 422, 503),
        parameters=(RUN, CHARACTER),
        body=(PICTURE, "Picture"),
    ),
    Call(
        "list_saved_cast",
        "cast",
        "GET",
        "/api/cast",
        "The characters that a request can name",
        {200: answer("all of them", SavedCast)},
        errors=(503,),
    ),
    Call(
        "save_character",
        "cast",
        "PUT",
        "/api/cast/{name}",
        "Save a character of a book, so that requests can name it",
        {200: answer("it is saved", SavedState)},
        more="Under a name that is taken already it means this one from now on. Forgetting the run "
        "that it comes from removes it.",
        errors=(403, 408, 413, 422, 503),
        parameters=(SAVED,),
        body=(JSON, "SaveRequest"),
    ),
    Call(
        "release_character",
        "cast",
        "DELETE",
        "/api/cast/{name}",
        "Let no request name a character any more",
        {204: Reply("none can", headers=(NOT_KEPT,))},
        more="Books that it is in keep it.",
        errors=(503,),
        parameters=(SAVED,),
    ),
)
