"""The blocks of settings in the documents work: each is tried on a double of its server."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from storybook.book import Role
from storybook.configuration import load_settings
from storybook.engines import WritingTask
from storybook.stages.registry import find_engine
from tests.narrator.sounds import SENTENCE, read, spoken, task
from tests.openai_api.double import (
    Double,
    Rule,
    has_models,
    needs_key,
    refuses,
    serving,
)
from tests.writer.conformance import REQUEST, written

pytestmark = pytest.mark.anyio

DOCUMENTS: Final = Path(__file__).parent.parent.parent / "docs" / "engines"
KEY: Final = "sk-of-a-test"

_THINKING: Final = "Unsupported value: it does not support 0.7 with this model"
SERVERS: Final[Mapping[str, tuple[Sequence[Any], Sequence[Rule]]]] = {
    "Ollama": (["nomic-embed-text", "qwen3:14b"], [has_models("qwen3:14b")]),
    "LM Studio": (
        [{"id": "text-embedding-nomic-embed-text-v1.5"}, {"id": "qwen3-14b"}],
        [
            has_models("qwen3-14b"),
            refuses(
                "response_format",
                "'response_format.type' must be 'json_schema' or 'text'",
                value="json_object",
            ),
        ],
    ),
    "vLLM": ([{"id": "Qwen/Qwen3-14B", "max_model_len": 8192}], [has_models("Qwen/Qwen3-14B")]),
    "llama-server": ([{"id": "Qwen3-14B-Q4_K_M.gguf", "meta": {"n_ctx_train": 40960}}], []),
    "OpenAI": (
        ["gpt-5-mini"],
        [
            needs_key(KEY),
            refuses("chat_template_kwargs", "Unknown parameter: 'chat_template_kwargs'."),
            refuses("max_tokens", "Unsupported. Use 'max_completion_tokens' instead."),
            refuses("temperature", _THINKING, param="temperature"),
            refuses("seed", "Unsupported parameter: 'seed'", param="seed"),
        ],
    ),
}
"""What each server is known to list and to refuse."""


def blocks(document: str) -> list[tuple[str, str]]:
    """The blocks of settings for an endpoint, with the nearest heading above each."""
    text = (DOCUMENTS / document).read_text(encoding="utf-8")
    found = []
    for block in re.finditer(r"```toml\n(.*?)```", text, re.DOTALL):
        heading = re.findall(r"^#+ (.*)$", text[: block.start()], re.MULTILINE)[-1]
        if "url" in block[1]:
            found.append((heading, block[1]))
    return found


def engine_of(block: str, server: Double, folder: Path) -> Any:
    """The engine as a block sets it up, with the address of the double."""
    (role,) = tomllib.loads(block)
    file = folder / "storybook.toml"
    file.write_text(re.sub(r'(?m)^url = "[^"]*"', f'url = "{server.url}"', block), "utf-8")
    settings = load_settings({}, file)
    spec = find_engine(Role(role), getattr(settings, role).engine)
    return spec.build(spec.settings_in(settings), folder)


@pytest.mark.parametrize(
    ("heading", "block"), [it for it in blocks("openai.md") if it[0] in SERVERS], ids=SERVERS
)
async def test_a_book_is_written_with_each_block(
    heading: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a server that lists and refuses what that one does."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    listed, rules = SERVERS[heading]
    with serving(*rules) as server:
        server.listed = [{"id": it} if isinstance(it, str) else it for it in listed]
        writer = engine_of(block, server, tmp_path)
        assert (await writer.readiness()).ready
        assert len(await written(writer, WritingTask(REQUEST, seed=7, attempt=1))) == 5


@pytest.mark.parametrize("block", [it for _, it in blocks("narrator.md")])
async def test_a_sentence_is_spoken_with_each_block(block: str, tmp_path: Path) -> None:
    """In the voice that it gives to ours."""
    with serving() as server:
        narration = await read(engine_of(block, server, tmp_path), task(SENTENCE))
        assert spoken(narration) == pytest.approx(0.5, abs=0.05)
        assert server.asked[0]["voice"] == ("onyx" if "onyx" in block else "M1")


@pytest.mark.parametrize(
    "block", [it for _, it in blocks("openai.md") if it.startswith("[transcriber]")]
)
async def test_words_are_heard_with_each_block(
    block: str, tmp_path: Path, said_aloud: bytes
) -> None:
    """By the model that it names."""
    with serving() as server:
        openai = engine_of(block, server, tmp_path)
        assert (await openai.transcribe(said_aloud, "ko")).text == server.hears


def test_there_is_a_block_for_every_server() -> None:
    """And the address of each is one that can be asked."""
    assert {heading for heading, _ in blocks("openai.md")} >= set(SERVERS)
