"""Record what ComfyUI's own frontend submits: `python bench/servers/frontend_gold.py OUT`.

    python -m venv gold && gold/bin/pip install playwright comfyui-frontend-package \
        comfyui-workflow-templates
    gold/bin/python bench/servers/frontend_gold.py OUT --object-info FILE --templates image
    STORYBOOK_GOLD=OUT python -m bench.servers.conversion

The frontend of the package `comfyui-frontend-package` runs in a Chromium without a window; there is
no server: every request is answered here, `/object_info` with FILE, which is a real server's saved
answer. Each workflow is loaded as a person would open it, and what would be submitted is written to
OUT/NAME.json beside the workflow itself. Needs nothing of storybook, and has an environment of its
own, since a browser is not among storybook's dependencies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mimetypes
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

HOST: Final = "comfyui.test"
CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--no-first-run", "--disable-quic"),
)
START_MS: Final = 180_000
"""From opening the page until all node types are registered: about 15 s on a quiet machine."""
SETTLE_MS: Final = 2_000
"""The frontend goes on working for a moment after it says that it is ready."""
DRAWN: Final = frozenset({"Note", "MarkdownNote", "Reroute", "PrimitiveNode"})
"""Nodes that the frontend itself brings."""

LISTS: Final = ("extensions", "embeddings", "experiment/models", "userdata", "v2/userdata")
OBJECTS: Final = (
    *("workflow_templates", "i18n", "features", "global_subgraphs", "node_replacements"),
    "history",
)
ANSWERS: Final[dict[str, Any]] = {
    **{f"/api/{it}": [] for it in LISTS},
    **{f"/api/{it}": {} for it in OBJECTS},
    "/api/users": {"storage": "server", "migrated": True},
    "/api/settings": {"Comfy.TutorialCompleted": True, "Comfy.Validation.Workflows": False},
    "/api/queue": {"queue_running": [], "queue_pending": []},
    "/api/prompt": {"exec_info": {"queue_remaining": 0}},
    "/api/jobs": {"jobs": [], "pagination": {"offset": 0, "limit": 1, "total": 0}},
    "/api/system_stats": {
        "system": {"os": "posix", "comfyui_version": "0", "python_version": "3", "argv": []},
        "devices": [],
    },
}
"""What a server without anything answers."""

READY: Final = """count => window.app?.vueAppReady
    && Object.keys(window.LiteGraph?.registered_node_types ?? {}).length >= count"""
SUBMITTED: Final = """async text => {
    await window.app.loadGraphData(JSON.parse(text));
    for (let frame = 0; frame < 4; frame++)  // types of sockets follow their links a frame later
        await new Promise(done => requestAnimationFrame(() => setTimeout(done, 15)));
    return JSON.stringify((await window.app.graphToPrompt()).output);
}"""


def main() -> None:
    arguments = _arguments()
    node_types: dict[str, Any] = json.loads(arguments.object_info.read_bytes())
    files = [*arguments.files, *_templates(arguments.templates)]
    known = [it for it in files if _classes(json.loads(it.read_bytes())) <= {*node_types, *DRAWN}]
    print(f"{len(known)} of {len(files)} workflows have only nodes that this server knows")
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "object_info.json").write_text(json.dumps(node_types))
    asyncio.run(_record(known, node_types, arguments.out))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("files", type=Path, nargs="*", metavar="WORKFLOW")
    parser.add_argument("--object-info", type=Path, required=True, metavar="FILE")
    parser.add_argument("--templates", default="", metavar="TYPE", help="such as image or video")
    return parser.parse_args()


def _templates(kind: str) -> list[Path]:
    """The templates of the package `comfyui-workflow-templates` of one type."""
    if not kind:
        return []
    folder = Path(str(resources.files("comfyui_workflow_templates_json"))) / "templates"
    groups = json.loads((folder / "index.json").read_bytes())
    names = {it["name"] for group in groups if group["type"] == kind for it in group["templates"]}
    return sorted(folder / f"{name}.json" for name in names)


def _classes(document: dict[str, Any]) -> set[str]:
    """The classes of all nodes of a workflow that are drawn as such."""
    subgraphs = (document.get("definitions") or {}).get("subgraphs") or []
    used = {node["type"] for drawing in (document, *subgraphs) for node in drawing["nodes"]}
    return used - {it["id"] for it in subgraphs}


async def _record(files: list[Path], node_types: dict[str, Any], out: Path) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        page = await browser.new_page()
        await _open(page, node_types)
        for file in files:
            try:
                graph = json.loads(await page.evaluate(SUBMITTED, file.read_text()))
            except Exception as error:  # one workflow that breaks the frontend is no reason to stop
                print(f"{file.stem}: the frontend fails: {str(error).splitlines()[0]}")
                continue
            recorded = {"editor": json.loads(file.read_bytes()), "graph": graph}
            (out / file.name).write_text(json.dumps(recorded))
        await browser.close()


async def _open(page: Any, node_types: dict[str, Any]) -> None:
    content = json.dumps(node_types)
    static = Path(str(resources.files("comfyui_frontend_package"))) / "static"

    async def answer(route: Any) -> None:
        url = urlsplit(route.request.url)
        if url.hostname != HOST:
            await route.abort()
        elif url.path == "/api/object_info":
            await route.fulfill(body=content, content_type="application/json")
        elif url.path in ANSWERS:
            await route.fulfill(json=ANSWERS[url.path])
        else:
            await route.fulfill(**_file(static, url.path))

    await page.route("**/*", answer)
    await page.route_web_socket("**/ws*", lambda socket: socket.send(_status()))
    await page.goto(f"http://{HOST}/", timeout=START_MS)
    await page.wait_for_function(READY, arg=len(node_types), timeout=START_MS)
    await page.wait_for_timeout(SETTLE_MS)


def _file(static: Path, path: str) -> dict[str, Any]:
    found = static / (path.lstrip("/") or "index.html")
    if not found.is_file():
        return {"status": 404, "body": "{}"}
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return {"path": found, "content_type": kind}


def _status() -> str:
    data = {"status": {"exec_info": {"queue_remaining": 0}}, "sid": "recorder"}
    return json.dumps({"type": "status", "data": data})


if __name__ == "__main__":
    main()
