"""`storybook config`."""

from __future__ import annotations

import tomllib

import pytest

from storybook.configuration import load_settings
from storybook.settings import Settings
from tests.cli.conftest import Shell


def test_each_setting_says_where_it_came_from(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, a variable over it, or the program itself."""
    shell.data.mkdir()
    file = shell.data / "storybook.toml"
    file.write_text("[server]\nport = 9000\nhost = 'localhost'\n[writer.llama]\nmodel = 'a.gguf'\n")
    monkeypatch.setenv("STORYBOOK_SERVER_HOST", "::1")
    found = {(it["table"], it["key"]): (it["value"], it["from"]) for it in shell.json("config")}
    assert found["server", "port"] == (9000, str(file))
    assert found["server", "host"] == ("::1", "STORYBOOK_SERVER_HOST")
    assert found["server", "cors_origins"] == ([], "default")
    assert found["writer.llama", "model"] == ("a.gguf", str(file))
    assert found["writer", "engine"] == ("auto", "default")
    assert f"port = 9000  # {file}" in shell("config").stdout
    assert "cors_origins" not in shell("config", "--given").stdout


def test_what_it_prints_is_a_file_that_says_the_same(shell: Shell) -> None:
    """It can be kept as storybook.toml."""
    printed = shell("config").stdout
    shell.data.mkdir(exist_ok=True)
    (shell.data / "storybook.toml").write_text(printed, "utf-8")
    assert set(tomllib.loads(printed)) == set(Settings.__struct_fields__)
    assert load_settings({}, shell.data / "storybook.toml") == Settings()


def test_no_secret_is_shown(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses may have passwords and keys in them."""
    address = "http://me:hush@painter:8188/?key=hush"
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", address)
    for arguments in (["config"], ["config", "--json"]):
        printed = shell(*arguments).stdout
        assert "http://painter:8188" in printed and "hush" not in printed


def test_a_key_in_the_place_of_a_name_is_not_shown(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever puts it there by mistake does not print it, too; what is a name is shown."""
    monkeypatch.setenv("STORYBOOK_WRITER_KEY_VARIABLE", "sk-hush-0123")
    monkeypatch.setenv("STORYBOOK_WRITER_HEADER", "X-API-Key: sk-hush-0123")
    monkeypatch.setenv("STORYBOOK_WEBHOOKS_SECRET_VARIABLE", "whsec_hush")
    monkeypatch.setenv("STORYBOOK_NARRATOR_KEY_VARIABLE", "VOICE_KEY")
    monkeypatch.setenv("STORYBOOK_NARRATOR_HEADER", "Authorization: Token")
    for arguments in (["config", "--given"], ["config", "--given", "--json"]):
        printed = shell(*arguments).stdout
        assert "hush" not in printed and "X-API-Key: …" in printed
        assert "VOICE_KEY" in printed and "Authorization: Token" in printed


def test_a_fault_is_told_as_everywhere(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops the start of a server stops this, too."""
    monkeypatch.setenv("STORYBOOK_LOGGING_LEVEL", "loud")
    result = shell("config")
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", " ").split())
    assert "[logging] level is to be debug, info, warning or error, found 'loud'" in told


def test_what_has_no_secret_is_shown_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside an address with a password, and of any signs."""
    addresses = "http://first:1,http://me:hush@second:2,http://third:3?key=hush"
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", addresses)
    monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_STYLE", "`storybook list`\x7f")
    expected = ["http://first:1", "http://second:2", "http://third:3"]
    found = {it["key"]: it["value"] for it in shell.json("config", "--given")}
    assert (found["urls"], found["style"]) == (expected, "`storybook list`\x7f")
    printed = tomllib.loads(shell("config", "--given").stdout)["illustrator"]
    assert (printed["urls"], printed["style"]) == (expected, "`storybook list`\x7f")
