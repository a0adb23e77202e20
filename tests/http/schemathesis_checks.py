"""A check of our own for schemathesis: which requests for a book are refused although the schema
allows them. No schema knows what words say."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.engine import observations

OF_THE_WORDS: Final = {"says_nothing", "forbidden_words"}


@schemathesis.check
def refused_only_for_its_words(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Of 422 that a well-formed request for a book gets, each fault is one of its words."""
    is_wish = case.operation.definition.raw.get("operationId") == "create_run"
    is_allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if is_wish and is_allowed and response.status_code == 422:
        types = {it["type"] for it in response.json()["detail"]}
        assert types <= OF_THE_WORDS, f"a well-formed request is refused for {types}"


schemathesis.serializer.alias("application/zip", "application/octet-stream")


_path_of = observations._same_origin_path  # schemathesis 4.32.5


def _path_or_none(value: str, origin: tuple[str, str]) -> str | None:
    """It takes any text of an answer for an address, and fails on one such as http://[B, which a
    topic may be."""
    try:
        return _path_of(value, origin)
    except ValueError:
        return None


observations._same_origin_path = _path_or_none
