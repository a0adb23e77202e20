"""`storybook comfyui check`, against the double."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import REPOSITORY, Shell
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.web import Request, Response

WORKFLOWS = REPOSITORY / "tests/comfyui/workflows"
NOBODY = "http://127.0.0.1:1"


def check(shell: Shell, name: str, *options: str) -> tuple[int, list[Any]]:
    """The exit code and what is said of each server."""
    file = str(WORKFLOWS / f"{name}.json")
    result = shell("comfyui", "check", "--workflow", file, *options, "--json")
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_good_workflow_is_explained(shell: Shell, double: ComfyDouble) -> None:
    """Version, format, each place and how it was found, each model: exit code 0."""
    result = shell("comfyui", "check", "--workflow", str(WORKFLOWS / "txt2img_tiny.json"))
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert f"✓ {double.url}, ComfyUI 0.3.64" in said
    assert "txt2img_tiny.json, API format, 7 nodes" in said
    assert "prompt node 6 (CLIPTextEncode 'Positive'), text by following links" in said
    assert "seed node 3 (KSampler), seed by following links" in said
    assert "model node 4, ckpt_name is there sd15_random_tiny.safetensors" in said


def test_what_it_lacks_is_said_with_what_there_is(shell: Shell, double: ComfyDouble) -> None:
    """A missing model, with the names that the server has and the mend: exit code 1."""
    file = WORKFLOWS / "editor_make_panel.json"
    result = shell("comfyui", "check", "--workflow", str(file))
    assert result.exit_code == 1
    assert f"cannot be painted at {double.url}" in result.stderr
    assert "is not there" in result.stdout
    assert "sd15_random_tiny.safetensors" in result.stdout
    assert "→ Put the file into ComfyUI's models folder" in result.stdout
    assert "the editor's format" in result.stdout
    code, (report,) = check(shell, "editor_make_panel")
    assert (code, report["ok"], report["format"]) == (1, False, "editor")
    (model,) = report["models"]
    assert model["name"] == "flux1-schnell-fp8.safetensors"
    assert model["is_there"] is False and "sd15_random_tiny.safetensors" in model["has"]
    assert [it["kind"] for it in report["problems"]] == ["missing_model"]


def test_how_a_node_was_found_is_told(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Named in the settings, by its title, or by following links."""
    graph = json.loads((WORKFLOWS / "txt2img_tiny.json").read_text())
    graph["7"]["_meta"] = {"title": "PROMPT_NEG"}
    (tmp_path / "mine.json").write_text(json.dumps(graph))
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_WORKFLOW", str(tmp_path / "mine.json"))
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_NODES", "positive=6,seed=3.seed")
    result = shell("comfyui", "check", "--json")
    assert result.exit_code == 0, result.output
    how = {it["role"]: it["how"] for it in json.loads(result.stdout)["found"]}
    assert how["positive"] == how["seed"] == "named in the settings"
    assert how["negative"] == "by its title"
    assert how["width"] == how["output"] == "by following links"


def test_a_missing_node_is_told_with_near_ones(
    shell: Shell, double: ComfyDouble, tmp_path: Path
) -> None:
    """The problem is a line, and so is its mend."""
    graph = json.loads((WORKFLOWS / "txt2img_tiny.json").read_text())
    graph["8"]["class_type"] = "VAEDecoder"
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(graph))
    result = shell("comfyui", "check", "--workflow", str(file))
    assert result.exit_code == 1
    assert "✗ node 8 (VAEDecoder): the server has no such node" in result.stdout
    assert "near: VAEDecode" in result.stdout


def test_the_shipped_workflow_is_the_default(shell: Shell, double: ComfyDouble) -> None:
    """Without a workflow in the settings; it takes the server's first checkpoint."""
    result = shell("comfyui", "check")
    assert result.exit_code == 0, result.output
    assert "the one that ships with storybook" in result.stdout


def test_no_server_is_one_line_and_the_file_is_explained(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be said without one: roles, but not whether models are there."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", NOBODY)
    result = shell("comfyui", "check", "--workflow", str(WORKFLOWS / "txt2img_tiny.json"))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"error: no ComfyUI answers at {NOBODY}: start it, or set `urls` in [illustrator] to "
        "where it answers"
    ]
    assert "Without a server, of the file alone:" in result.stdout
    assert "not asked" in result.stdout
    _, (report,) = check(shell, "txt2img_tiny")
    assert report["models"][0]["is_there"] is None


def test_a_password_in_an_address_is_sent_and_not_printed(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where it is taken nor where it is refused, by no command."""
    workflow = str(WORKFLOWS / "txt2img_tiny.json")
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_WORKFLOW", workflow)
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_ENGINE", "comfyui")
    for password in ("hush", "hush-hush"):
        address = double.url.replace("://", f"://me:{password}@")
        monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", address)
        double.gate = takes("me:hush")
        told = shell("comfyui", "check").output
        told += shell("comfyui", "check", "--json").output + shell("doctor", "--json").output
        assert double.url in told
        assert "hush" not in told
        assert ("it refuses the key" in told) == (password != "hush")
    assert "Set the user and password in [illustrator] urls" in told


def takes(user_and_password: str) -> Callable[[Request], Response | None]:
    wanted = "Basic " + base64.b64encode(user_and_password.encode()).decode()
    return lambda it: None if it.headers.get("authorization") == wanted else Response(401)


def test_every_server_is_asked(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not answer makes the exit code 1, and is named."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", f"{double.url},{NOBODY}")
    code, (there, gone) = check(shell, "txt2img_tiny")
    assert (code, there["ok"], gone["ok"]) == (1, True, False)
    assert "does not answer" in gone["why"]
    result = shell("comfyui", "check")
    assert f"cannot be painted at {NOBODY}" in result.stderr
    assert "of the file alone" not in result.stdout


def test_a_file_that_is_no_workflow_is_said(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No JSON, and, in the settings, no file: exit code 1; on the command line no file: 2."""
    (tmp_path / "note.json").write_text("hello")
    result = shell("comfyui", "check", "--workflow", str(tmp_path / "note.json"))
    assert result.exit_code == 1
    assert "cannot be read" in result.stdout
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_WORKFLOW", str(tmp_path / "gone.json"))
    result = shell("comfyui", "check", "--json")
    assert result.exit_code == 1
    assert "gone.json" in json.loads(result.stdout)["why"]
    assert shell("comfyui", "check", "--workflow", "gone.json").exit_code == 2


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_a_long_prompt_is_one_line_and_the_verdict_comes_first(
    shell: Shell,
    double: ComfyDouble,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    columns: str,
) -> None:
    """In every width; what keeps the workflow from being painted stands above its places."""
    graph = json.loads((WORKFLOWS / "txt2img_tiny.json").read_text())
    graph["6"]["inputs"]["text"] = "a fox in a forest at night, " * 100
    graph["4"]["inputs"]["ckpt_name"] = "gone.safetensors"
    file = tmp_path / "long.json"
    file.write_text(json.dumps(graph))
    monkeypatch.setenv("COLUMNS", columns)
    lines = shell("comfyui", "check", "--workflow", str(file)).stdout.splitlines()
    assert lines[0].startswith(f"✗ {double.url}")
    assert len(lines) < 30
    (prompt,) = (n for n, line in enumerate(lines) if line.startswith("  prompt "))
    assert "a fox in a forest" in lines[prompt] and lines[prompt].endswith("…")
    (bad,) = (n for n, line in enumerate(lines) if line.startswith("  ✗ node 4"))
    assert bad < prompt
    assert any(line.endswith("is not there  gone.safetensors") for line in lines), "never cut"


# ------------------------------------------------------------------------------ without any server


OBJECT_INFO = REPOSITORY / "tests/comfyui/recordings/object_info.json"


def test_a_kept_catalogue_takes_a_servers_place(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server is asked: also the editor's format is read, and missing models are told."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", NOBODY)
    good = str(WORKFLOWS / "txt2img_tiny.json")
    result = shell("comfyui", "check", good, "--object-info", str(OBJECT_INFO))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "✓ it can be painted"
    drawn = str(WORKFLOWS / "editor_make_panel.json")
    result = shell("comfyui", "check", drawn, "--object-info", str(OBJECT_INFO), "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["ok"]) == (1, False)
    assert [it["kind"] for it in report["problems"]] == ["missing_model"]


def test_each_role_is_a_list_of_places(shell: Shell) -> None:
    """Node, input and title; the size that is given and the one that is kept."""
    file = str(WORKFLOWS / "kind_base_refiner.json")
    result = shell("comfyui", "check", file, "--object-info", str(OBJECT_INFO), "--json")
    report = json.loads(result.stdout)
    assert report["positive"] == [
        {"node": "15", "input": "text", "title": "Refiner positive"},
        {"node": "6", "input": "text", "title": "Base positive"},
    ]
    assert [it["node"] for it in report["negative"]] == ["16", "7"]
    assert {it["node"] for it in report["seed"]} == {"10", "11"}
    assert [(it["node"], it["input"]) for it in report["width"]] == [("5", "width")]
    assert [(it["node"], it["input"]) for it in report["height"]] == [("5", "height")]
    assert [(it["node"], it["input"]) for it in report["output"]] == [("19", "filename_prefix")]
    assert report["size"] == {"width": 1024, "height": 1024, "picture": "1024x1024"}
    (problem,) = report["problems"]
    assert problem["kind"] == "missing_node" and "KSamplerAdvanced" in problem["where"]
    assert report["warnings"] == []


def test_a_missing_node_is_named_with_its_pack_and_its_consequences_are_not(
    shell: Shell, tmp_path: Path
) -> None:
    """First, once for all nodes of the class; that no sampler leads to a prompt only follows."""
    file = tmp_path / "packed.json"
    file.write_text(json.dumps(packed()))
    result = shell("comfyui", "check", str(file), "--object-info", str(OBJECT_INFO), "--json")
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["kind"] == "missing_node"
    assert "it is from the node pack comfyui-odd-samplers" in problem["message"]
    assert "Install comfyui-odd-samplers" in problem["mend"]


def packed() -> dict[str, Any]:
    """A drawing whose only sampler is from a node pack."""
    sampler = {
        "id": 3,
        "type": "OddSampler",
        "inputs": [],
        "outputs": [{"name": "LATENT", "type": "LATENT", "links": [1]}],
        "properties": {"cnr_id": "comfyui-odd-samplers", "Node name for S&R": "OddSampler"},
    }
    samples = {"name": "samples", "type": "LATENT", "link": 1}
    decode = {"id": 8, "type": "VAEDecode", "inputs": [samples], "outputs": []}
    images = {"name": "images", "type": "IMAGE", "link": 2}
    save = {"id": 9, "type": "SaveImage", "inputs": [images], "widgets_values": ["x"]}
    links = [[1, 3, 0, 8, 0, "LATENT"], [2, 8, 0, 9, 0, "IMAGE"]]
    return {"nodes": [sampler, decode, save], "links": links, "version": 0.4}


def test_a_catalogue_that_is_none_is_said(shell: Shell, tmp_path: Path) -> None:
    """And the workflow is given once."""
    (tmp_path / "note.json").write_text("[1]")
    good = str(WORKFLOWS / "txt2img_tiny.json")
    result = shell("comfyui", "check", good, "--object-info", str(tmp_path / "note.json"))
    assert result.exit_code == 1 and "no answer to /object_info" in result.stderr
    assert shell("comfyui", "check", good, "--workflow", good).exit_code == 2


def test_the_size_of_the_settings_is_the_one_that_is_checked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `workflow` it is the file's own; any other word stops the start."""
    file = str(WORKFLOWS / "kind_hires_fix.json")
    ask = ("comfyui", "check", file, "--object-info", str(OBJECT_INFO), "--json")
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_SIZE", "workflow")
    size = json.loads(shell(*ask).stdout)["size"]
    assert size == {"width": 1024, "height": 1536, "picture": None}
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_SIZE", "512x512")
    assert json.loads(shell(*ask).stdout)["size"]["picture"] == "512x512"
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_SIZE", "big")
    result = shell(*ask)
    assert result.exit_code != 0 and "workflow or 1024x1024" in result.output + result.stderr


def test_several_nodes_are_named_by_a_text_with_commas(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the environment, too, where commas part the names as well."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_NODES", "positive=6,7,seed=3")
    _, (report,) = check(shell, "txt2img_tiny")
    assert [it["node"] for it in report["positive"]] == ["6", "7"]
    assert {it["how"] for it in report["found"] if it["role"] == "positive"} == {
        "named in the settings"
    }


def test_a_checkpoint_is_chosen_in_the_settings(
    shell: Shell, double: ComfyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its whole name or without its ending; one that is not there is told."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_CHECKPOINT", "sd15_random_tiny")
    (model,) = json.loads(shell("comfyui", "check", "--json").stdout)["models"]
    assert (model["name"], model["is_there"]) == ("sd15_random_tiny.safetensors", True)
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_CHECKPOINT", "dream")
    result = shell("comfyui", "check")
    assert result.exit_code == 1 and "the server has no 'dream'" in result.stdout
