"""The API's description of itself: the OpenAPI document, made from the table of its calls.

Pictures and sound are `type: string, format: binary`, which is how generators of clients know a
file. What each message of a stream is like, version 3.2 says by `itemSchema`; the clients'
generators read 3.1, which allows it only as an extension, `x-itemSchema`.
"""

from __future__ import annotations

from typing import Any, Final

from storybook import __version__
from storybook.http.calls import CALLS
from storybook.http.calls.call import EVENT_STREAM, Call, Header, Parameter, Reply
from storybook.http.components import component, components
from storybook.http.schemas import JSON, POSITION, RUN_ID, Schema
from storybook.webhooks.notices import NOTICES, PAGE_READY

ITEM_SCHEMA: Final = "x-itemSchema"
ABOUT: Final = (
    "Four Korean words become a picture book: text, pictures and voices. HEAD is answered wherever "
    "GET is, and every error is JSON with `detail`."
)

NOTICE: Final[Schema] = {
    "type": "object",
    "title": "Notice",
    "description": "What a webhook tells: the run as it was right after the event at `position`.",
    "required": ["type", "run_id", "position", "state"],
    "properties": {
        "type": {"type": "string", "enum": list(NOTICES)},
        "run_id": RUN_ID,
        "position": POSITION,
        "state": component("RunState"),
    },
}
SENT: Final = (
    "Sent to the `callback_url` of `POST /api/runs`, signed as Standard Webhooks 1.0: "
    "HMAC-SHA256 of `webhook-id.webhook-timestamp.body`."
)
SIGNATURE: Final = (
    Parameter("webhook-id", "header", "run and position; the same each time that it is sent"),
    Parameter("webhook-timestamp", "header", "when it is sent, in seconds since 1970"),
    Parameter("webhook-signature", "header", "`v1,` and base64; several have blanks between them"),
)
_SENT_WHEN: Final = {
    "run.done": "The book is done.",
    "run.failed": "The book has failed.",
    "run.cancelled": "The book was cancelled.",
    PAGE_READY: "A page has everything: text, picture, and its recording if it is read aloud.",
}


def openapi_document(prefix: str = "") -> dict[str, Any]:
    """The OpenAPI 3.1 document of all calls, of a server that is shown under a path."""
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "storybook", "version": __version__, "description": ABOUT},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "webhooks": {it: {"post": _webhook(it)} for it in NOTICES},
        "components": {"schemas": {**components(), "Notice": NOTICE}},
    }


def _operation(call: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.operation_id,
        "tags": [call.tag],
        "summary": call.about,
    }
    if call.more:
        operation["description"] = call.more
    if call.parameters:
        operation["parameters"] = [_parameter(it) for it in call.parameters]
    if call.body is not None:
        media_type, name = call.body
        content = {media_type: {"schema": component(name)}}
        operation["requestBody"] = {"required": call.needs_body, "content": content}
    operation["responses"] = {str(status): _reply(it) for status, it in call.answers.items()}
    return operation


def _webhook(notice: str) -> dict[str, Any]:
    """What is sent to `callback_url`, as the receiver sees it."""
    content = {JSON: {"schema": component("Notice")}}
    return {
        "operationId": notice.replace(".", "_"),
        "tags": ["webhooks"],
        "summary": _SENT_WHEN[notice],
        "description": SENT,
        "parameters": [_parameter(it) for it in SIGNATURE],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "2XX": {"description": "Taken; its body is not read."},
            "410": {"description": "Nothing more is to be sent of this run."},
            "default": {"description": "Sent again later, for a day. No redirect is followed."},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    told = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "description": parameter.about,
        "schema": parameter.schema,
    }
    is_list = parameter.schema["type"] == "array"
    return {**told, "style": "form", "explode": False} if is_list else told


def _reply(reply: Reply) -> dict[str, Any]:
    told: dict[str, Any] = {"description": reply.about}
    if reply.headers:
        told["headers"] = {it.name: _header(it) for it in reply.headers}
    if reply.media_types:
        told["content"] = {it: {_schema_of(it): reply.schema} for it in reply.media_types}
    return told


def _header(header: Header) -> dict[str, Any]:
    return {"description": header.about, "required": header.required, "schema": header.schema}


def _schema_of(media_type: str) -> str:
    """What is described: a whole body, or each message of a stream."""
    return ITEM_SCHEMA if media_type == EVENT_STREAM else "schema"
