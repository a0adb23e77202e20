"""`GET /docs`: the API as one page, made on the server. No script, no font, nothing from elsewhere:
it works with no internet and under any content security policy."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from storybook.http.openapi import ITEM_SCHEMA
from storybook.http.page_safety import page_policy

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2a6f97; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 small { font-weight: normal; font-size: 1rem; opacity: .7; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary { padding: .6rem .8rem; cursor: pointer; }
details > div { padding: 0 .8rem .6rem; border-top: 1px solid var(--line); overflow-x: auto; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { background: var(--soft); padding: .6rem; border-radius: .4rem; overflow-x: auto; }
summary b { display: inline-block; min-width: 3.5rem; color: var(--accent); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; }
tr + tr { border-top: 1px solid var(--line); }
"""


DOCS_POLICY: Final = page_policy(styles=[_STYLE])


def render_page(document: dict[str, Any], prefix: str = "") -> bytes:
    """An OpenAPI document as a page of HTML, of a server that is shown under a path."""
    info = document["info"]
    calls = "".join(
        _call(method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    webhooks = "".join(
        _call("POST", name, operations["post"]) for name, operations in document["webhooks"].items()
    )
    schemas = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<div>{_json(schema)}</div></details>"
        for name, schema in document["components"]["schemas"].items()
    )
    title, version = escape(info["title"]), escape(info["version"])
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} API</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{_STYLE}</style></head><body>"
        f"<h1>{title} <small>{version}</small></h1><p>{escape(info['description'])} "
        f"The same as a document: <a href='{prefix}/openapi.json'>openapi.json</a>.</p>"
        f"<h2>Calls</h2>{calls}<h2>Webhooks</h2>{webhooks}<h2>Schemas</h2>{schemas}</body></html>"
    ).encode()


def _call(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation['description'])}</p>"] if "description" in operation else []
    if parameters := operation.get("parameters"):
        rows = [(f"{it['name']} <small>{it['in']}</small>", _parameter(it)) for it in parameters]
        parts.append(_table(rows))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media_type)}</code>{_link(content['schema'])}</p>")
    answers = [(status, _answer(it)) for status, it in operation["responses"].items()]
    parts.append(_table(answers))
    head = f"<b>{method}</b> <code>{escape(path)}</code> {escape(operation['summary'])}"
    return f"<details><summary>{head}</summary><div>{''.join(parts)}</div></details>"


def _parameter(parameter: dict[str, Any]) -> str:
    schema = json.dumps(parameter["schema"], ensure_ascii=False)
    return f"{escape(parameter['description'])} <code>{escape(schema)}</code>"


def _answer(response: dict[str, Any]) -> str:
    text = escape(response["description"])
    for media_type, content in response.get("content", {}).items():
        schema = content.get("schema") or content[ITEM_SCHEMA]
        text += f" <code>{escape(media_type)}</code>{_link(schema)}"
    for name, header in response.get("headers", {}).items():
        text += f"<br><code>{escape(name)}</code>: {escape(header['description'])}"
    return text


def _link(schema: dict[str, Any]) -> str:
    """Where a schema that has a name is told on the page."""
    if "$ref" not in schema:
        return ""
    name = escape(schema["$ref"].rsplit("/", 1)[1])
    return f" <a href='#{name}'>{name}</a>"


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{a}</th><td>{b}</td></tr>" for a, b in rows) + "</table>"


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
