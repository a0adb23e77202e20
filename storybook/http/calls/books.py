"""Books to be taken along, a call for each format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storybook.export.formats import FORMATS, BookFormat
from storybook.export.making import CopyProgress
from storybook.http.books import BookFormats
from storybook.http.calls.call import (
    EDITION_PARAMETER,
    NOT_KEPT,
    PARTIAL,
    RETRY_AFTER,
    RUN,
    Call,
    Header,
    Parameter,
    Reply,
    answer,
    file_answers,
)
from storybook.http.components import component
from storybook.http.schemas import JSON

_ABOUT: Final = {
    "html": "A book as one page for browsers",
    "epub": "A book for reading systems, which read it aloud",
    "pdf": "A book for screen and paper",
    "mp4": "A book as a film",
    "webm": "A book as a film of free codecs",
    "srt": "The subtitles of its film",
    "zip": "A book with all of its files, signed",
}
_OPTIONS: Final = {
    "size": "how large its pages are: `booklet` is to be folded",
    "shape": "of the film: for a screen, or for a telephone that is held upright",
}
_LANGUAGE: Final = Parameter(
    "language",
    "query",
    "in this language, one of the book's `languages`, or `both` for the text of each; in its own "
    "if it is not there",
)
_WHAT_THERE_IS: Final = Parameter(
    "partial",
    "query",
    "1: what there is of a book that is not whole, which is answered by 409 else",
    {"type": "string", "enum": ["0", "1", "false", "true"]},
)
_NAME: Final = Header("Content-Disposition", "the file's name: the book's title, in UTF-8")
_MISSING: Final = Header(
    "Storybook-Missing",
    "only with `partial`: what the book is without, such as `the picture of page 3`",
    required=False,
)
_PROGRESS: Final = Reply(
    "it is being made: ask again at the same address",
    (JSON,),
    component(CopyProgress.__name__),
    (
        NOT_KEPT,
        Header("Location", "the same address"),
        RETRY_AFTER,
    ),
)


def _calls() -> Iterator[Call]:
    for it in FORMATS.values():
        more = "Made when it is asked for, and kept until the book is changed."
        if it.is_long:
            more += (
                " A film takes a while: 202 says how far it is (`fraction`, 0 to 1) and how many "
                "have to end before it is begun (`waiting`), until it is 200; a failure is told "
                "for some seconds, then it is tried again."
            )
        yield Call(
            f"get_book_{it.name}",
            "books",
            "GET",
            f"/api/runs/{{run_id}}/book.{it.name}",
            _ABOUT[it.name],
            {
                **file_answers("the book", it.media_type, _NAME, _MISSING),
                **({202: _PROGRESS} if it.is_long else {}),
            },
            more=more,
            errors=(400, 409, 410, 416, 422, 429, 500, 503),
            parameters=(RUN, *_options(it), _LANGUAGE, EDITION_PARAMETER, _WHAT_THERE_IS, *PARTIAL),
        )


def _options(it: BookFormat) -> tuple[Parameter, ...]:
    if not it.option:
        return ()
    schema = {"type": "string", "enum": [*it.choices]}
    return (Parameter(it.option, "query", _OPTIONS[it.option], schema),)


BOOKS: Final = (
    Call(
        "list_formats",
        "books",
        "GET",
        "/api/runs/{run_id}/formats",
        "The formats that a book can be taken along in",
        {200: answer("each with its address, and whether it can be made here", BookFormats)},
        errors=(503,),
        parameters=(RUN,),
    ),
    *_calls(),
)
