"""A Supertonic model small enough for tests: four ONNX graphs and a few tables, made in no time.

It has the names, inputs and shapes of the real one. What it says can be computed: a token takes a
fixed time, a voice is a pitch with two overtones, and the text adds a tone whose strength depends
on its characters. `noise` is the part of the noise that each step of denoising leaves, so that
with 0 the seed has no effect.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from storybook.book import VOICES

RATE: Final = 44_100
CHUNK: Final = 512 * 6
"""Samples of one step of the latent."""
CHANNELS: Final = 8 * 6
"""Each channel of the latent is a tone with so many periods in a chunk: 14 to 689 Hz."""
TEXT_CHANNEL: Final = 45
SECONDS_PER_TOKEN: Final = 0.02
PERIODS: Final = dict(zip(VOICES, (6, 7, 8, 9, 10, 14, 15, 16, 17, 18), strict=True))
"""The pitch of each voice."""
KNOWN_CHARACTERS: Final = (*range(0x20, 0x7F), *range(0x1100, 0x1200))
"""ASCII, and the letters of Hangul that syllables are decomposed into."""
INDEXER_LENGTH: Final = 0x1200

VERSIONS: Final = {
    "supertonic": ("v1.5.0", "opensource-en"),
    "supertonic-2": ("v1.6.0", "opensource-multilingual"),
    "supertonic-3": ("v1.7.3", "opensource-multilingual"),
}


def make_model(folder: Path, model: str = "supertonic-3", noise: float = 0.9) -> Path:
    """Write a model into a folder, which is made, and give the folder back."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "voice_styles").mkdir()
    version, split = VERSIONS[model]
    _write(
        folder / "onnx/tts.json",
        {
            "tts_version": version,
            "split": split,
            "ae": {"sample_rate": RATE, "base_chunk_size": 512},
            "ttl": {"chunk_compress_factor": 6, "latent_dim": 8},
        },
    )
    numbers = {char: number for number, char in enumerate(KNOWN_CHARACTERS)}
    indexer = [numbers.get(char, -1) for char in range(INDEXER_LENGTH)]
    _write(folder / "onnx/unicode_indexer.json", indexer)
    for voice, periods in PERIODS.items():
        _write(folder / f"voice_styles/{voice}.json", _style(periods))
    for name, network in _networks(noise).items():
        onnx.save(network, folder / f"onnx/{name}.onnx")
    return folder


def _write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")


def _style(periods: int) -> dict[str, Any]:
    spectrum = [0.0] * CHANNELS
    for overtone, strength in ((1, 1.0), (2, 0.5), (3, 0.25)):
        if periods * overtone <= CHANNELS:
            spectrum[periods * overtone - 1] = strength
    return {
        "style_ttl": {"dims": [1, 1, CHANNELS], "data": spectrum},
        "style_dp": {"dims": [1, 1, 1], "data": [SECONDS_PER_TOKEN]},
    }


def _networks(noise: float) -> dict[str, onnx.ModelProto]:
    node = helper.make_node
    ids = _value("text_ids", TensorProto.INT64, ["B", "T"])
    text_mask = _value("text_mask", shape=["B", 1, "T"])
    style_dp = _value("style_dp", shape=["B", 1, 1])
    style_ttl = _value("style_ttl", shape=["B", 1, CHANNELS])
    text = _value("text_emb", shape=["B", 1, "T"])
    latent_mask = _value("latent_mask", shape=["B", 1, "L"])
    return {
        # The duration is the number of tokens times the seconds that the style gives to one.
        "duration_predictor": _network(
            [
                node("ReduceSum", ["text_mask", "axes"], ["tokens"], keepdims=1),
                node("Mul", ["tokens", "style_dp"], ["long"]),
                node("Reshape", ["long", "flat"], ["duration"]),
            ],
            [ids, style_dp, text_mask],
            _value("duration", shape=["B"]),
            {"axes": np.array([1, 2]), "flat": np.array([-1])},
        ),
        # The embedding of a character is its number in the indexer, from 0 to 1.
        "text_encoder": _network(
            [
                node("Cast", ["text_ids"], ["numbers"], to=TensorProto.FLOAT),
                node("Unsqueeze", ["numbers", "axes"], ["row"]),
                node("Mul", ["row", "scale"], ["text_emb"]),
            ],
            [ids, style_ttl, text_mask],
            text,
            {"axes": np.array([1]), "scale": _number(1 / len(KNOWN_CHARACTERS))},
        ),
        # Each step mixes what the latent is with what it is to become: voice and text.
        "vector_estimator": _network(
            [
                node("Transpose", ["style_ttl"], ["voice"], perm=[0, 2, 1]),
                node("ReduceMean", ["text_emb", "axes"], ["said"], keepdims=1),
                node("Mul", ["said", "text_tone"], ["tone"]),
                node("Add", ["voice", "tone"], ["spectrum"]),
                node("Mul", ["spectrum", "latent_mask"], ["goal"]),
                node("Mul", ["goal", "denoised"], ["goal_part"]),
                node("Mul", ["noisy_latent", "noise"], ["noise_part"]),
                node("Add", ["goal_part", "noise_part"], ["denoised_latent"]),
            ],
            [
                _value("noisy_latent", shape=["B", CHANNELS, "L"]),
                text,
                style_ttl,
                text_mask,
                latent_mask,
                _value("current_step", shape=["B"]),
                _value("total_step", shape=["B"]),
            ],
            _value("denoised_latent", shape=["B", CHANNELS, "L"]),
            {
                "axes": np.array([1, 2]),
                "text_tone": _text_tone(),
                "denoised": _number(1 - noise),
                "noise": _number(noise),
            },
        ),
        # The sound is the sum of the channels' tones.
        "vocoder": _network(
            [
                node("Transpose", ["latent"], ["steps"], perm=[0, 2, 1]),
                node("MatMul", ["steps", "tones"], ["chunks"]),
                node("Reshape", ["chunks", "flat"], ["wav"]),
            ],
            [_value("latent", shape=["B", CHANNELS, "L"])],
            _value("wav", shape=["B", "S"]),
            {"tones": _tones(), "flat": np.array([0, -1])},
        ),
    }


def _value(name: str, kind: int = TensorProto.FLOAT, shape: Any = ()) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _number(value: float) -> Any:
    return np.array(value, np.float32)


def _text_tone() -> Any:
    tone = np.zeros((1, CHANNELS, 1), np.float32)
    tone[0, TEXT_CHANNEL - 1] = 1
    return tone


def _tones() -> Any:
    periods = np.arange(1, CHANNELS + 1)[:, None]
    phase = np.arange(CHUNK)[None, :] / CHUNK
    return (0.05 * np.sin(2 * np.pi * periods * phase)).astype(np.float32)


def _network(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    output: onnx.ValueInfoProto,
    constants: dict[str, Any],
) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model
