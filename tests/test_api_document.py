"""docs/api.md tells of every call, status and member that this version serves."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from storybook.http.calls import CALLS
from storybook.http.calls.call import ERRORS
from storybook.http.openapi import openapi_document
from tests.test_house import ROOT

DOCUMENT: Final = (ROOT / "docs" / "api.md").read_text("utf-8")
CALLED: Final = {
    (method, re.sub(r"\?.*", "", path))
    for method, path in re.findall(r"`(GET|POST|PUT|DELETE) (/[^` ]*)`", DOCUMENT)
}
"""Every call that the document names."""
SCHEMAS: Final[dict[str, dict[str, Any]]] = openapi_document()["components"]["schemas"]


def test_the_document_has_every_call_and_says_which_are_not_served_yet() -> None:
    """Whoever reads `/openapi.json` and whoever reads the document find the same."""
    served = {(it.method, it.path) for it in CALLS}
    assert served <= CALLED
    (later,) = re.findall(
        r"^Of this contract, this version does not serve yet: (.*)$", DOCUMENT, re.M
    )
    assert {f"`{method} {path}`" for method, path in CALLED - served} <= set(
        re.findall(r"`.+?`", later)
    )


def test_what_a_stream_that_was_cut_off_means_is_told() -> None:
    """Nobody is to take the end of a body for the end of a book."""
    ends = "A stream that ends without `DONE`, `FAILED` or `CANCELLED` means: come back"
    assert ends in DOCUMENT


def test_every_status_of_an_error_is_explained() -> None:
    """In the table of errors, with those that are answered to every call."""
    explained = {int(it) for it in re.findall(r"^\| (\d{3}) \|", DOCUMENT, re.M)}
    assert {*ERRORS, 500} <= explained
    assert explained == {*ERRORS, 500}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_member_is_named(name: str) -> None:
    """Of each body and answer."""
    members = set(SCHEMAS[name].get("properties", {}))
    assert {it for it in members if not re.search(rf"\b{it}\b", DOCUMENT)} == set()
