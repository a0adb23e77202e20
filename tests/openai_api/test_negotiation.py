"""Fields of a request yield to what a server says of them, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from storybook.stages.openai_api.negotiation import Terms, Wish
from storybook.stages.openai_api.refusals import Refusal, refusal_of

FORMS = ({"type": "json_schema"}, {"type": "json_object", "schema": {}}, {"type": "json_object"})
WISHES = (
    Wish("chat_template_kwargs", ({"enable_thinking": False},), also=("enable_thinking",)),
    Wish("response_format", FORMS, also=("json_schema", "json_object", "format")),
    Wish("temperature", (0.7,)),
    Wish("seed", (5,)),
    Wish("max_tokens", (7_179,), also=("max_completion_tokens",), counts=True),
    Wish("messages", ("two roles", "one role"), also=("system role",), needed=True),
)


def after(refusal: Refusal, terms: Terms | None = None) -> dict[str, Any] | None:
    """What is asked for after a refusal, None if nothing is."""
    terms = (terms or Terms()).yielding(WISHES, refusal)
    return terms.fields(WISHES) if terms else None


def saying(text: str, status: int = 400, **more: Any) -> Refusal:
    return refusal_of({"error": {"message": text, **more}}, status)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("max_tokens is too large: 7179. This model supports at most 4096", 4_096),
        ("max_tokens must be less than or equal to `8192`; range [1, 2,000]", 2_000),
        ("gpt-4o-2024-08-06 supports at most 1024 max_tokens", 2_024),
        ("max_tokens too large", 3_589),
        (
            "maximum context length is 8192 tokens. However, you requested 9179 tokens "
            "(2000 in the messages, 7179 in the completion)",
            6_192,
        ),
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 7179. This model's maximum "
            "context length is 8192 tokens and your request has 1500 input tokens",
            6_692,
        ),
    ],
)
def test_a_limit_that_is_told_is_kept_to(text: str, limit: int) -> None:
    """The largest number below what was sent; a wrong one is refused in its turn."""
    fields = after(saying(text))
    assert fields is not None
    assert fields["max_tokens"] == limit


@pytest.mark.parametrize(
    ("refusal", "name", "to"),
    [
        (saying("Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead"), *("",) * 2),
        (saying("unknown field max_tokens, did you mean max_new_tokens?"), "", "max_new_tokens"),
        (saying("Extra inputs: seed; try random_seed"), "seed", "random_seed"),
    ],
)
def test_a_field_gets_the_name_that_is_told(refusal: Refusal, name: str, to: str) -> None:
    """And keeps its value."""
    name, to = name or "max_tokens", to or "max_completion_tokens"
    fields = after(refusal)
    assert fields is not None
    assert name not in fields
    assert fields[to] == Terms().fields(WISHES)[name]


@pytest.mark.parametrize(
    ("refusal", "name"),
    [
        (saying("temperature does not support 0.7. Only the default (1) value"), "temperature"),
        (saying("not today", param="seed"), "seed"),
        (saying("not today", 422, param="body.seed"), "seed"),
        (saying("Unrecognized request argument supplied: enable_thinking"), "chat_template_kwargs"),
        (saying("seed: unexpected", 500), "seed"),
        (
            refusal_of({"detail": [{"loc": ["body", "seed"], "msg": "no", "input": WISHES}]}, 422),
            "seed",
        ),
    ],
)
def test_a_field_that_is_blamed_is_left_out(refusal: Refusal, name: str) -> None:
    """By the field of the error, by its words, or by a part of it."""
    usual = Terms().fields(WISHES)
    assert after(refusal) == {key: it for key, it in usual.items() if key != name}


def test_a_form_steps_down_to_none() -> None:
    """To the one that the server names, if it names one."""
    terms, forms = Terms(), []
    while "response_format" in (fields := terms.fields(WISHES)):
        forms.append(fields["response_format"])
        found = terms.yielding(WISHES, saying("response_format is not supported"))
        assert found is not None
        terms = found
    assert forms == [*FORMS]
    assert after(saying("system role not supported", 500)) == Terms().fields(WISHES) | {
        "messages": "one role"
    }


def test_where_none_is_blamed_the_least_goes_first() -> None:
    """What is needed never goes, and there is an end."""
    terms, lost = Terms(), []
    while found := terms.yielding(WISHES, saying("Bad Request")):
        lost += [it for it in terms.fields(WISHES) if it not in found.fields(WISHES)]
        terms = found
    assert lost == [it.name for it in WISHES if not it.needed]
    assert terms.fields(WISHES) == {"messages": "one role"}


@pytest.mark.parametrize(
    "refusal",
    [
        saying("Loading model", 503),
        saying("slow down: seed", 429),
        saying("model 'x' not found"),
        saying("CUDA out of memory"),
        saying("the request violates the content policy", 500),
        saying("no", param="model"),
        saying("broken pipe", 500),
        saying("exceeds the available context size", n_ctx=2048, n_prompt_tokens=2890),
    ],
)
def test_what_is_not_about_the_form_changes_nothing(refusal: Refusal) -> None:
    """It would only be asked for less than it gives."""
    assert after(refusal) is None


def test_what_was_found_out_is_told() -> None:
    """In words for people."""
    terms = Terms({"max_tokens": "max_new_tokens"}, {"a": 1}, {"max_tokens": 9}, frozenset({"b"}))
    assert terms.told() == (
        "max_tokens is sent as max_new_tokens",
        "max_tokens is at most 9",
        "a has another form",
        "b is not sent",
    )
