"""Where a model is looked for, and how a conversation is put to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.stages.writer.llama.files import OLDER_PLACE, find_model
from storybook.stages.writer.llama.template import rendered

TALK = [{"role": "system", "content": "규칙"}, {"role": "user", "content": "토끼"}]


def touch(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


def test_a_models_file_is_found_in_the_data_folder(tmp_path: Path) -> None:
    """The first by name; projectors and later parts of a model in parts are none."""
    for name in ("mmproj-a.gguf", "a-00002-of-00002.gguf", "notes.txt"):
        touch(tmp_path / "data/models" / name)
    assert find_model(tmp_path / "data") is None
    first = touch(tmp_path / "data/models/a-00001-of-00002.gguf")
    touch(tmp_path / "data/models/b.gguf")
    assert find_model(tmp_path / "data") == first


def test_older_set_ups_keep_their_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the data folder or in the working folder; one in the data folder goes before it."""
    data = tmp_path / "here/data"
    beside = touch(data.parent / OLDER_PLACE)
    assert find_model(data) == beside
    monkeypatch.chdir(touch(tmp_path / "there" / OLDER_PLACE).parents[1])
    assert find_model(data) == OLDER_PLACE
    own = touch(data / "models/own.gguf")
    assert find_model(data) == own


def test_a_configured_model_is_never_replaced(tmp_path: Path) -> None:
    """There or not; a bare name may stand for a file in the data folder."""
    other = touch(tmp_path / "models/other.gguf")
    missing = tmp_path / "missing.gguf"
    assert find_model(tmp_path, missing) == missing
    assert find_model(tmp_path, Path("other.gguf")) == other


def test_a_template_with_a_switch_does_not_think() -> None:
    """Qwen3's way: the switch is given to the template."""
    switch = "{% if enable_thinking is defined and enable_thinking is false %}no{% endif %}"
    template = "{{ messages[1].content }}>" + switch
    assert rendered(template, TALK, bos="", eos="") == "토끼>no"


def test_a_thought_that_a_template_opens_is_closed() -> None:
    """DeepSeek's way: the answer is to begin inside of a thought."""
    template = "{{ messages[1].content }}<think>\n"
    assert rendered(template, TALK, bos="", eos="") == "토끼<think>\n\n</think>\n\n"


def test_a_template_without_system_messages_gets_the_rules_all_the_same() -> None:
    """Gemma's way: it refuses the role."""
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ bos_token }}{{ messages[0].content }}"
    )
    assert rendered(template, TALK, bos="<s>", eos="") == "<s>규칙\n\n토끼"


def test_a_model_without_a_template_is_asked_in_chatml() -> None:
    """The form that most models have seen."""
    prompt = rendered(None, TALK, bos="", eos="")
    assert prompt.startswith("<|im_start|>system\n규칙<|im_end|>\n")
    assert prompt.endswith("<|im_start|>assistant\n")
