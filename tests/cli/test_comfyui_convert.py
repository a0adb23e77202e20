"""`storybook comfyui convert`, with saved node types and against the double."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.conftest import REPOSITORY, Shell
from tests.comfyui.double import ComfyDouble

COMFYUI: Final = REPOSITORY / "tests/comfyui"
EDITOR: Final = str(COMFYUI / "workflows/editor_make_panel.json")
TYPES: Final = str(COMFYUI / "cases/object_info.json")


def printed(shell: Shell, *arguments: str) -> dict[str, Any]:
    """The graph on standard output, which has nothing else on it."""
    result = shell("comfyui", "convert", *arguments)
    assert result.exit_code == 0, result.output
    graph: dict[str, Any] = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    return graph


def test_a_drawing_is_printed_as_a_graph(shell: Shell) -> None:
    """With saved node types no server is asked."""
    graph = printed(shell, EDITOR, "--object-info", TYPES)
    assert graph["5"]["class_type"] == "KSampler"
    assert graph["5"]["inputs"]["positive"] == ["2", 0]
    assert graph["5"]["inputs"]["steps"] == 5


def test_without_a_file_the_server_is_asked(shell: Shell, double: ComfyDouble) -> None:
    """The first of the configured ones that answers."""
    assert printed(shell, EDITOR)["5"]["inputs"]["steps"] == 5


def test_an_api_file_is_printed_as_it_is(shell: Shell) -> None:
    """Nothing needs to be known for that."""
    file = COMFYUI / "workflows/txt2img_tiny.json"
    assert printed(shell, str(file)) == json.loads(file.read_text())


def test_with_no_server_the_way_out_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is to start one, or to give its answer."""
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", "http://127.0.0.1:1")
    result = shell("comfyui", "convert", EDITOR)
    assert result.exit_code == 1
    assert "--object-info" in result.stderr and "http://127.0.0.1:1" in result.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ('{"nodes": []}', "no nodes to execute"),
        ('{"nodes": [{"id": 1, "type": "workflow>mine"}]}', "use Export (API)"),
    ],
)
def test_what_cannot_be_converted_says_why(
    shell: Shell, tmp_path: Path, content: str, says: str
) -> None:
    """One line with the file's name: exit code 1."""
    file = tmp_path / "drawing.json"
    file.write_text(content)
    result = shell("comfyui", "convert", str(file), "--object-info", TYPES)
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert says in said and "drawing.json" in said
