"""Model files that do not load, out of what a server says when a node fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storybook.stages.illustrator.comfyui.errors import Rejected
from storybook.stages.illustrator.comfyui.faults import is_model_file
from storybook.stages.illustrator.comfyui.graph import Graph, NodeId
from storybook.stages.illustrator.comfyui.problems import WorkflowProblem, where
from storybook.stages.illustrator.comfyui.state import PromptFailed
from storybook.stages.illustrator.comfyui.wiring import Wiring

NO_MODEL: Final = (
    "the file is no whole model: it was cut off, or a page or a pointer is in its place"
)

SAYINGS: Final = {
    "header too large": NO_MODEL,
    "headertoolarge": NO_MODEL,
    "deserializing header": NO_MODEL,
    "invalid load key": NO_MODEL,
    "pytorchstreamreader failed": NO_MODEL,
    "corrupt or invalid": NO_MODEL,
    "could not detect model type": "ComfyUI does not know what kind of model it is",
    "clip input is invalid": "the file has no text encoder in it",
    "vae is invalid": "the file has no VAE in it",
}
"""What ComfyUI says in small letters, and what that means."""


class BrokenModel(Rejected):
    """A file in the server's `models` folder cannot be used as the workflow wants."""

    def __init__(self, url: str, file: str, problem: WorkflowProblem) -> None:
        super().__init__(url, [problem])
        self.file = file


def broken_model(url: str, graph: Graph, failed: PromptFailed) -> BrokenModel | None:
    """The model file that a failure is about, if it is about one."""
    said = failed.message.lower()
    why = next((meaning for words, meaning in SAYINGS.items() if words in said), None)
    file = next(_files(graph, failed.node_id), None) if why else None
    if why is None or file is None:
        return None
    mend = (
        f"Download {file} again and whole, or choose another one: `checkpoint` in [illustrator], "
        "or the workflow's own loader"
    )
    message = f"{file} cannot be used: {why} (ComfyUI says: {failed.message})"
    at = where(graph, failed.node_id)
    return BrokenModel(url, file, WorkflowProblem("broken_model", at, message, mend))


def _files(graph: Graph, node_id: NodeId) -> Iterator[str]:
    """The model files that a node is given, its own first."""
    for it in Wiring(graph).upwards(node_id) if node_id in graph else ():
        yield from (value for value in graph[it]["inputs"].values() if is_model_file(value))
