"""The double is held against recordings of a real ComfyUI 0.3.64."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.comfyui.double import ComfyDouble
from tests.comfyui.listening import (
    HERE,
    as_recorded,
    get,
    heard,
    listen,
    post,
    recording,
    websocket,
    workflow,
)

pytestmark = pytest.mark.anyio

CLIENT = "3f1d2c7e-6b1a-4a55-9a3e-000000000001"


def order_of(messages: list[dict[str, Any]]) -> list[str]:
    """The order in which a recording executes its nodes."""
    texts = [it["text"] for it in messages if "text" in it]
    return [
        it["data"]["node"]
        for it in texts
        if it["type"] == "executing" and it["data"]["node"] is not None
    ]


async def play(double: ComfyDouble, name: str, *, features: bool = False) -> None:
    """Post what was posted in a recording, and compare all that is answered."""
    lines = recording(name)
    (posted, *_), messages = [it for it in lines if "http" in it], lines
    messages = [it for it in lines if "http" not in it]
    asked = [it for it in lines if "http" in it and "/history/" in it["http"]]
    double.order = order_of(messages) or double.order
    async with websocket(double, CLIENT) as socket:
        await socket.recv()
        if features:
            await socket.send('{"type":"feature_flags","data":{"supports_preview_metadata":true}}')
        answer = await post(double, posted["request"])
        assert answer.status_code == posted["status"]
        prompt_id = answer.json()["prompt_id"]
        assert answer.json()["node_errors"] == posted["response"]["node_errors"]
        found = await listen(socket, prompt_id)
    skipped = [it for it in messages if it.get("text", {}).get("type") != "feature_flags"]
    if "sid" in skipped[0].get("text", {}).get("data", {}):
        skipped = skipped[1:]
    assert [heard(it) for it in found] == [heard(it) for it in skipped]
    if asked:
        compare_history(await get(double, f"/history/{prompt_id}"), asked[-1]["response"])


def compare_history(found: dict[str, Any], recorded: dict[str, Any]) -> None:
    (ours,), (theirs,) = found.values(), recorded.values()
    assert ours["outputs"] == theirs["outputs"]
    assert ours["meta"] == theirs["meta"]
    assert [it[0] for it in ours["status"]["messages"]] == [
        it[0] for it in theirs["status"]["messages"]
    ]
    assert ours["status"]["status_str"] == theirs["status"]["status_str"]
    assert ours["prompt"][4] == theirs["prompt"][4]


async def test_a_fresh_picture_its_repeat_and_another_seed_are_told_as_recorded() -> None:
    """Message by message, cached and partly cached prompts and file names included."""
    double = ComfyDouble(previews=True)
    async with double.serving():
        for name in ("txt2img_success", "txt2img_cached", "txt2img_other_seed_partly_cached"):
            await play(double, name)


@pytest.mark.parametrize("name", ["runtime_error", "partly_bad_two_outputs", "text_output"])
async def test_other_ends_are_told_as_recorded(name: str) -> None:
    """An error, a prompt of which half is accepted, an output that is no picture."""
    double = ComfyDouble()
    async with double.serving():
        if name == "partly_bad_two_outputs":  # it was recorded after a prompt of the same nodes
            await post(double, {"prompt": workflow("nomodel_websocket_image")})
            await double.until(lambda: len(double.history) == 1)
        await play(double, name)


async def test_previews_with_metadata_come_to_those_who_ask() -> None:
    """A client that asks for metadata gets binary event 4 before the progress, not 1 after it."""
    double = ComfyDouble(previews=True)
    async with double.serving():
        name = "txt2img_preview_metadata"
        messages = [it for it in recording(name) if "http" not in it]
        binaries = [heard(it) for it in messages if "binary" in it]
        assert {it[1] for it in binaries} == {4}
        double.order = order_of(messages)
        request = recording(name)[0]["request"] if "http" in recording(name)[0] else None
        graph = request["prompt"] if request else workflow("txt2img_tiny")
        async with websocket(double, CLIENT) as socket:
            await socket.send('{"type":"feature_flags","data":{"supports_preview_metadata":true}}')
            answer = await post(double, {"prompt": graph, "client_id": CLIENT})
            found = await listen(socket, answer.json()["prompt_id"])
    assert heard(next(it for it in found if "binary" in it)) == binaries[0]


async def test_an_interruption_is_told_as_recorded() -> None:
    """The sampler stops, and the end looks like any other end."""
    recorded = [it for it in recording("interrupted") if "http" not in it]
    graph = workflow("txt2img_long_for_interrupt")
    double = ComfyDouble()
    async with double.serving():
        double.order = order_of(recorded)
        double.faults.hold = "VAEDecode"
        async with websocket(double, CLIENT) as socket:
            await post(double, {"prompt": graph, "client_id": CLIENT, "prompt_id": "x"})
            await double.until(lambda: double.sampled == 1)
            async with httpx.AsyncClient(trust_env=False, verify=False) as http:
                await http.post(f"{double.url}/interrupt", json={"prompt_id": "other"})
                await http.post(f"{double.url}/interrupt", json={"prompt_id": "x"})
            found = await listen(socket, "x")
        compare_history({"x": double.history["x"]}, interrupted_history())
    assert [heard(it)[0] for it in found][-3:] == [heard(it)[0] for it in recorded][-3:]


def interrupted_history() -> dict[str, Any]:
    lines = [it for it in recording("interrupted") if "/history/" in it.get("http", "")]
    found: dict[str, Any] = lines[-1]["response"]
    return found


async def test_what_it_refuses_it_refuses_as_recorded() -> None:
    """Every recorded 400, word for word."""
    recorded = json.loads((HERE / "recordings/validation_errors.json").read_text())
    double = ComfyDouble()
    async with double.serving():
        for name, answer in recorded.items():
            found = await post(double, {"prompt": workflow(name)})
            assert found.status_code == answer["status"], name
            assert sorted_errors(found.json()) == sorted_errors(answer["response"]), name


def sorted_errors(answer: dict[str, Any]) -> dict[str, Any]:
    """The server looks at a node's inputs in no particular order."""
    for node in answer["node_errors"].values():
        node["errors"].sort(key=lambda it: it["type"])
    return answer


async def test_its_other_routes_answer_as_recorded() -> None:
    """Statistics, queue and the first message of a websocket."""
    recorded = json.loads((HERE / "recordings/http_get.json").read_text())
    double = ComfyDouble()
    async with double.serving():
        assert await get(double, "/system_stats") == recorded["/system_stats"]
        assert await get(double, "/queue") == recorded["/queue"]
        assert await get(double, "/object_info/NoSuchNode") == {}
        async with websocket(double, CLIENT) as socket:
            assert as_recorded(await socket.recv()) == recording("ws_connect")[0]


async def test_a_reconnect_is_told_the_node_without_a_prompt_id() -> None:
    """As recorded, and nothing of what was missed."""
    first, second = recording("reconnect_mid_run_second_connection")[:2]
    double = ComfyDouble()
    async with double.serving():
        double.faults.hold = "KSampler"
        async with websocket(double, CLIENT):
            await post(double, {"prompt": workflow("txt2img_tiny"), "client_id": CLIENT})
            await double.until(lambda: double.executing.get(CLIENT) == "3")
        async with websocket(double, CLIENT) as socket:
            found = [as_recorded(await socket.recv()) for _ in range(2)]
    assert [heard(it) for it in found] == [heard(first), heard(second)]


async def test_a_websocket_that_closes_late_makes_the_newer_one_deaf() -> None:
    """The real server's fault: the older one's end takes the newer one's place away."""
    double = ComfyDouble()
    async with double.serving(), websocket(double, CLIENT) as older:
        await older.recv()
        async with websocket(double, CLIENT) as newer:
            await newer.recv()
            await older.close()
            await double.until(lambda: CLIENT not in double.sockets)
            assert double.connections == [CLIENT, CLIENT]


async def test_the_same_id_and_number_twice_kill_the_worker() -> None:
    """HTTP goes on answering, and nothing runs ever again."""
    double = ComfyDouble()
    async with double.serving():
        double.faults.hold = "SaveImage"
        graph = workflow("nomodel_seeded_noise")
        await post(double, {"prompt": graph, "prompt_id": "first"})
        for prompt_id, number in (("next", 1), ("same", 5), ("same", 5)):
            graph["2"]["inputs"]["seed"] += 1
            body = {"prompt": graph, "prompt_id": prompt_id, "number": number}
            assert (await post(double, body)).status_code == 200
        await double.until(lambda: double.running == ["first"])
        double.release()
        await double.until(lambda: not double.running)
        assert (await post(double, {"prompt": graph})).status_code == 200
        assert list(double.history) == ["first"]


async def test_names_are_used_again_when_files_go() -> None:
    """Another prompt's picture then stands under the old entry's name."""
    double = ComfyDouble()
    async with double.serving():
        graph = workflow("nomodel_seeded_noise")
        for seed in (1, 2):
            graph["2"]["inputs"]["seed"] = seed
            await post(double, {"prompt": graph, "prompt_id": str(seed)})
            await double.until(lambda: len(double.painted) == seed)  # noqa: B023 - awaited at once
            await double.until(lambda: not double.running)
            names = [it["outputs"]["3"]["images"][0]["filename"] for it in double.history.values()]
            if seed == 1:
                double.files.clear()
        assert names == ["noise_00001_.png", "noise_00001_.png"]


async def test_newer_servers_insist_on_canonical_ids() -> None:
    """400 for any other id."""
    double = ComfyDouble(has_jobs_api=True)
    async with double.serving():
        graph = workflow("nomodel_seeded_noise")
        bad = await post(double, {"prompt": graph, "prompt_id": "x"})
        good = await post(double, {"prompt": graph, "prompt_id": str(uuid.uuid4())})
    assert (bad.status_code, good.status_code) == (400, 200)
    assert bad.json()["error"]["type"] == "invalid_prompt_id"
