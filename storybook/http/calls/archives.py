"""Books from elsewhere."""

from __future__ import annotations

from typing import Final

from storybook.http.archives import ImportedRun
from storybook.http.calls.call import LIMITED, Call, answer

ZIP: Final = "application/zip"

ARCHIVES: Final = (
    Call(
        "import_book",
        "runs",
        "POST",
        "/api/archives",
        "Take in a book from the ZIP that it was exported as, here or elsewhere",
        {
            201: answer("the run that it is here", ImportedRun, *LIMITED),
            200: answer("the run that it has been here before", ImportedRun, *LIMITED),
        },
        more="All of it is checked before: its manifest, its signature if it has one, and the book "
        "itself; what is wrong is told (422, of type `bad_archive`). The run's first events say "
        "where it came from. One archive is taken in at a time (429).",
        errors=(403, 408, 409, 413, 422, 429, 503),
        body=(ZIP, "Archive"),
    ),
)
