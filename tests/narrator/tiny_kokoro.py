"""A Kokoro model small enough for tests: one ONNX graph and five packs, made in no time.

It has the names, inputs and shapes of the real one. What it says can be computed: a number takes a
fixed time, a pack is a pitch, and the numbers add a quiet tone of their own.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from storybook.stages.narrator.kokoro.clause import RATE
from storybook.stages.narrator.kokoro.folder import NETWORK, VOICES_FILES
from storybook.stages.narrator.kokoro.voices import PACKS

SECONDS_PER_NUMBER: Final = 0.06
STYLES: Final = 510
STYLE: Final = 256
HERTZ: Final = dict(zip(PACKS, (120.0, 210.0, 230.0, 250.0, 270.0), strict=True))
"""The pitch of each pack, which is the first number of its styles."""


def make_model(folder: Path, voices: str = VOICES_FILES[0], tokens: str = "tokens") -> Path:
    """Write a model into a folder, which is made, and give the folder back. `tokens` is what its
    first input is called."""
    folder.mkdir(parents=True)
    onnx.save(_network(tokens), folder / NETWORK)
    with zipfile.ZipFile(folder / voices, "w") as archive:
        for pack in PACKS:
            styles = np.zeros((STYLES, 1, STYLE), np.float32)
            styles[:, 0, 0] = HERTZ[pack]
            with archive.open(f"{pack}.npy", "w") as file:
                np.save(file, styles)
    return folder


def _network(tokens: str) -> onnx.ModelProto:
    node = helper.make_node
    constants: dict[str, Any] = {
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "first": np.array(0, np.int64),
        "last_axis": np.array(1, np.int64),
        "samples_per_number": np.array(SECONDS_PER_NUMBER * RATE, np.float32),
        "turn": np.array(2 * np.pi / RATE, np.float32),
        "loud": np.array(0.3, np.float32),
        "quiet": np.array(0.02, np.float32),
    }
    nodes = [
        node("Shape", [tokens], ["shape"]),
        node("Gather", ["shape", "last_axis"], ["count"]),
        node("Cast", ["count"], ["counted"], to=TensorProto.FLOAT),
        node("Squeeze", ["speed"], ["fast"]),
        node("Mul", ["counted", "samples_per_number"], ["usual"]),
        node("Div", ["usual", "fast"], ["length"]),
        node("Range", ["zero", "length", "one"], ["samples"]),
        node("Mul", ["samples", "turn"], ["turns"]),
        node("Gather", ["style", "first"], ["hertz_at_one"], axis=1),
        node("Mul", ["turns", "hertz_at_one"], ["phase"]),
        node("Sin", ["phase"], ["tone"]),
        node("Mul", ["tone", "loud"], ["voice"]),
        node("Cast", [tokens], ["numbers"], to=TensorProto.FLOAT),
        node("ReduceSum", ["numbers"], ["said"], keepdims=0),
        node("Mul", ["turns", "said"], ["said_phase"]),
        node("Sin", ["said_phase"], ["said_tone"]),
        node("Mul", ["said_tone", "quiet"], ["text"]),
        node("Add", ["voice", "text"], ["audio"]),
    ]
    inputs = [
        helper.make_tensor_value_info(tokens, TensorProto.INT64, [1, "sequence_length"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, STYLE]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    output = helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["audio_length"])
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model
