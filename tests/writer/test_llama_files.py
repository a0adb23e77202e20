"""Where a model is looked for, and how a conversation is put to it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from storybook.stages.writer.llama.files import OLDER_PLACE, find_model
from storybook.stages.writer.llama.header import NotGGUF, read_header, why_not
from storybook.stages.writer.llama.template import BadTemplate, rendered
from tests.writer.tiny_gguf import TEMPLATE, make_tiny_gguf

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
    template = "{{ messages[0].content }}{{ messages[1].content }}>" + switch
    assert rendered(template, TALK, bos="", eos="") == "규칙토끼>no"


def test_a_thought_that_a_template_opens_is_closed() -> None:
    """DeepSeek's way: the answer is to begin inside of a thought."""
    template = "{{ messages[0].content }}{{ messages[1].content }}<think>\n"
    assert rendered(template, TALK, bos="", eos="") == "규칙토끼<think>\n\n</think>\n\n"


def test_a_template_without_system_messages_gets_the_rules_all_the_same() -> None:
    """Gemma's way: it refuses the role."""
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ bos_token }}{{ messages[0].content }}"
    )
    assert rendered(template, TALK, bos="<s>", eos="") == "<s>규칙\n\n토끼"


def test_a_template_that_leaves_system_messages_out_gets_the_rules_too() -> None:
    """An older Phi's way: it knows the user's turns only, and says nothing of others."""
    template = "{% for it in messages if it.role == 'user' %}<u>{{ it.content }}{% endfor %}"
    assert rendered(template, TALK, bos="", eos="") == "<u>규칙\n\n토끼"


GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant') }}{% endif %}"
    "{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]"
    "{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        (GEMMA, "<s><start_of_turn>user\n규칙\n\n토끼<end_of_turn>\n<start_of_turn>model\n"),
        (MISTRAL, "<s>[INST] 규칙\n\n토끼 [/INST]"),
    ],
    ids=["gemma", "mistral"],
)
def test_templates_of_models_without_a_system_role(template: str, prompt: str) -> None:
    """The rules stand before the order, in the user's turn."""
    assert rendered(template, TALK, bos="<s>", eos="</s>") == prompt


def test_a_template_that_cannot_be_filled_is_told() -> None:
    """It is the model file's fault, and another file mends it."""
    for template in (
        "{% if %}",
        "{{ raise_exception('tools only') }}",
        "{{ messages[9].content }}",
    ):
        with pytest.raises(BadTemplate, match="chat template"):
            rendered(template, TALK, bos="", eos="")


# ------------------------------------------------------------------------ what it says of itself


def header_of(tmp_path: Path, name: str = "it.gguf", **changes: str | None) -> str:
    """Why a model with such a header cannot be asked."""
    file = make_tiny_gguf(tmp_path / name, **changes)  # type: ignore[arg-type]
    return why_not(file, read_header(file))


def test_a_header_is_read_without_the_model(tmp_path: Path) -> None:
    """Single values of each kind; lists are passed over."""
    file = make_tiny_gguf(tmp_path / "tiny.gguf", context=4_096)
    header = read_header(file)
    assert header["general.architecture"] == "llama"
    assert header["llama.context_length"] == 4_096
    assert header["tokenizer.ggml.add_bos_token"] is False
    assert header["tokenizer.chat_template"] == TEMPLATE
    assert "tokenizer.ggml.tokens" not in header


@pytest.mark.parametrize("size", [4, 20, 400, 1_500])
def test_a_cut_header_is_told(tmp_path: Path, size: int) -> None:
    """Wherever a download stopped."""
    file = make_tiny_gguf(tmp_path / "tiny.gguf")
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(NotGGUF, match="no whole GGUF header"):
        read_header(file)


def test_a_file_of_nonsense_is_told(tmp_path: Path) -> None:
    """A count of keys or a length of a text that no file has is not waited for."""
    file = tmp_path / "it.gguf"
    file.write_bytes(b"GGUF" + b"\xff" * 100)
    with pytest.raises(NotGGUF, match="too many keys"):
        read_header(file)
    file.write_bytes(b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60))
    with pytest.raises(NotGGUF, match="a text of"):
        read_header(file)


def test_a_model_that_answers_questions_can_be_asked(tmp_path: Path) -> None:
    """It has a chat template."""
    assert header_of(tmp_path) == ""
    assert header_of(tmp_path, "Qwen2.5-0.5B-Instruct-based-on-Base.gguf") == ""


def test_a_base_model_cannot_be_asked(tmp_path: Path) -> None:
    """Without a template; or with one, as Qwen's base models have it, and a name that says so."""
    assert "no chat template" in header_of(tmp_path, template=None)
    assert "is a base model" in header_of(tmp_path, "Qwen3-4B-Base-Q8_0.gguf")
