"""Settings: a file, the environment over it, and clear words for what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storybook.configuration import load_settings
from storybook.data_folder import DataFolder, data_folder
from storybook.settings import Settings, SettingsError
from storybook.stages.illustrator.comfyui.spec import COMFYUI
from storybook.stages.narrator.openai.spec import OPENAI_NARRATOR
from storybook.stages.writer.llama.spec import LLAMA, LlamaSettings
from storybook.stages.writer.openai.spec import OPENAI_WRITER
from tests.test_house import ROOT


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a settings file of the working folder."""
    monkeypatch.chdir(tmp_path)


def test_without_a_file_the_defaults_are_in_force() -> None:
    """Nothing has to be configured."""
    assert load_settings({}) == Settings()


def test_a_table_may_have_lists_of_texts(tmp_path: Path) -> None:
    """In the environment, what has no name goes on with the list before."""
    file = tmp_path / "my.toml"
    file.write_text('[illustrator]\nnodes = { positive = ["6", "9.text"], seed = "3, 4" }\n')
    told = COMFYUI.settings_in(load_settings({}, file))
    assert told.nodes == {"positive": ("6", "9.text"), "seed": "3, 4"}
    told = COMFYUI.settings_in(
        load_settings({"STORYBOOK_ILLUSTRATOR_NODES": "positive=6,9,seed=3"})
    )
    assert told.nodes == {"positive": "6,9", "seed": "3"}


@pytest.mark.parametrize("size", ["big", "1024", "0x512", "1024x1024 "])
def test_a_size_is_a_word_or_two_numbers(size: str) -> None:
    """What else stands there is told with what was expected."""
    with pytest.raises(SettingsError, match=r"size is to be text, workflow or 1024x1024"):
        load_settings({"STORYBOOK_ILLUSTRATOR_SIZE": size})


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    """A variable wins over the same key of the file; lists have commas; types are converted."""
    file = tmp_path / "my.toml"
    file.write_text('[server]\nport = 1\nhost = "0.0.0.0"\n[retention]\nkeep_days = 3\n')
    environ = {
        "STORYBOOK_SERVER_PORT": "9000",
        "STORYBOOK_SERVER_CORS_ORIGINS": "http://a, http://b",
        "STORYBOOK_LIMITS_KEEPALIVE_SECONDS": "2.5",
    }
    settings = load_settings(environ, file)
    assert (settings.server.port, settings.server.host) == (9000, "0.0.0.0")
    assert settings.server.cors_origins == ("http://a", "http://b")
    assert settings.limits.keepalive_seconds == 2.5
    assert settings.retention.keep_days == 3


def test_the_file_is_looked_for_in_order(tmp_path: Path) -> None:
    """`--config`, STORYBOOK_CONFIG, the working folder, the data folder: the first one counts."""
    data = tmp_path / "data"
    data.mkdir()
    places = {
        "option": tmp_path / "option.toml",
        "variable": tmp_path / "variable.toml",
        "working": tmp_path / "storybook.toml",
        "data": data / "storybook.toml",
    }
    for port, place in enumerate(places.values(), 1):
        place.write_text(f"[server]\nport = {port}\n")
    environ = {"STORYBOOK_CONFIG": str(places["variable"])}
    assert load_settings(environ, places["option"]).server.port == 1
    assert load_settings(environ).server.port == 2
    assert load_settings({}).server.port == 3
    places["working"].unlink()
    assert load_settings({}).server.port == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nprot = 1", r"unknown key prot in \[server\]; did you mean port\?"),
        ("[sever]\nport = 1", r"unknown table \[sever\]; did you mean server\?"),
        ("[zzz]", r"unknown table \[zzz\]; known are server, writer"),
        (
            "[server]\nport = 'x'",
            r"\[server\] port is to be .* from 0 to 65535, found 'x'",
        ),
        ("[server]\ncors_origins = [1]", r"cors_origins is to be a list of texts, found \[1\]"),
        ("[writer]\nmodel = 1", r"\[writer\] model is to be text, found 1"),
        (
            "[illustrator]\nurls = 'http://me:hush@painter'",
            r"urls is to be a list of texts, found 'http://painter'",
        ),
        ("port = 1", r"my.toml, line 1: port stands outside a table; write it below \[server\]"),
        ("[server", "is no TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_mend(tmp_path: Path, text: str, message: str) -> None:
    """An unknown key names the nearest valid one, a wrong type what was expected."""
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings({}, file)


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        (
            "STORYBOOK_SERVER_PROT",
            "1",
            r"SERVER_PROT: unknown key prot in \[server\]; did you mean port",
        ),
        ("STORYBOOK_PORT", "1", "unknown variable STORYBOOK_PORT"),
        ("STORYBOOK_SERVER_PORT", "x", "PORT is to be a whole number from 0 to 65535, found 'x'"),
        ("STORYBOOK_SERVER_PROT", "", r"unknown key prot in \[server\]"),
    ],
)
def test_a_wrong_variable_is_refused(variable: str, text: str, message: str) -> None:
    """Misspelt variables are not ignored."""
    with pytest.raises(SettingsError, match=message):
        load_settings({variable: text})


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("LIMITS_RUNS_PER_MINUTE", "0", r"\[limits\] runs_per_minute is to be .* from 1, found 0"),
        ("LIMITS_STREAMS", "-1", r"streams is to be a whole number from 1, found -1"),
        ("LIMITS_KEEPALIVE_SECONDS", "0", r"above 0, at most 1000000000, found 0\.0"),
        ("LIMITS_SHUTDOWN_SECONDS", "-1", "a number from 0 to 1000000000, found"),
        ("TRANSCRIBER_IDLE_SECONDS", "inf", "found inf"),
        ("RETENTION_KEEP_DAYS", "-1", "a whole number from 0, found -1"),
        ("SERVER_PORT", "-5", "from 0 to 65535, found -5"),
        ("SERVER_PORT", "65536", "from 0 to 65535, found 65536"),
        ("LIMITS_BODY_BYTES", f"1{'0' * 18}1", f"is to be at most 1{'0' * 18}, found 1{'0' * 18}1"),
        ("SERVER_CORS_ORIGINS", "http://a,b\nc", "a list of origins .*, found 'b.nc'"),
        ("SERVER_FRAME_ANCESTORS", "http://a;script-src *", "a list of origins .*, found 'http"),
    ],
)
def test_a_value_out_of_range_is_refused(variable: str, text: str, message: str) -> None:
    """The message says what was expected and what was found."""
    with pytest.raises(SettingsError, match=message):
        load_settings({f"STORYBOOK_{variable}": text})


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    """`STORYBOOK_SERVER_PORT=` in an env file leaves the file's value, or the default."""
    file = tmp_path / "my.toml"
    file.write_text("[server]\nport = 1\n")
    assert load_settings({"STORYBOOK_SERVER_PORT": ""}, file).server.port == 1
    assert load_settings({"STORYBOOK_ILLUSTRATOR_URLS": " "}) == Settings()


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Windows' editors write one."""
    file = tmp_path / "my.toml"
    file.write_text("[server]\nport = 1\n", encoding="utf-8-sig")
    assert load_settings({}, file).server.port == 1


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """A path that leads nowhere is no wish for the defaults."""
    with pytest.raises(SettingsError, match="no file"):
        load_settings({}, tmp_path / "missing.toml")


def test_tables_come_from_pairs() -> None:
    """A table's key in the environment is name=value with commas; anything else is refused."""
    settings = load_settings({"STORYBOOK_NARRATOR_VOICES": "M1=alloy, F1 = nova"})
    assert OPENAI_NARRATOR.settings_in(settings).voices == {"M1": "alloy", "F1": "nova"}
    with pytest.raises(SettingsError, match="name=value"):
        load_settings({"STORYBOOK_NARRATOR_VOICES": "alloy"})


def test_the_data_folder_comes_from_its_variable(tmp_path: Path) -> None:
    """STORYBOOK_DATA, else ./data."""
    assert data_folder({"STORYBOOK_DATA": str(tmp_path)}) == DataFolder(tmp_path)
    assert data_folder({}) == DataFolder(tmp_path / "data")


def test_a_role_tells_each_of_its_engines_what_it_takes() -> None:
    """`[writer] model` and `device` are for every writer, `url` is for the endpoint alone."""
    settings = load_settings(
        {"STORYBOOK_WRITER_DEVICE": "gpu0", "STORYBOOK_WRITER_URL": "http://a"}
    )
    assert LLAMA.settings_in(settings) == LlamaSettings(device="gpu0")
    asked = OPENAI_WRITER.settings_in(settings)
    assert (asked.device, asked.url) == ("gpu0", "http://a")


def test_an_engines_own_table_stands_over_the_roles(tmp_path: Path) -> None:
    """What one engine alone is told, in the file and by variable."""
    file = tmp_path / "my.toml"
    file.write_text('[writer]\nmodel = "a"\ncontext = 1\n[writer.llama]\nmodel = "b.gguf"\n')
    settings = load_settings({"STORYBOOK_WRITER_LLAMA_CONTEXT": "4096"}, file)
    assert LLAMA.settings_in(settings) == LlamaSettings(model="b.gguf", context=4096)
    asked = OPENAI_WRITER.settings_in(settings)
    assert (asked.model, asked.context) == ("a", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[writer.lama]", r"unknown table \[writer.lama\]; did you mean writer.llama\?"),
        ("[narrator.voice]", r"unknown table \[narrator.voice\]; did you mean narrator.voices\?"),
        ("[writer.llama]\nmodle = 1", r"unknown key modle in \[writer.llama\]; .* model\?"),
        (
            "[writer.llama]\nurl = 1",
            r"unknown key url in \[writer.llama\]; known are model",
        ),
        ("[writer.llama]\ncontext = 0", r"\[writer.llama\] context is to be .* from 1, found 0"),
        ("[writer.composer]\nmood = 1", r"unknown key mood in \[writer.composer\]; it has none"),
        ("[writer]\nllama = 1", r"unknown key llama in \[writer\]"),
        ("[server.llama]\nport = 1", r"unknown key llama in \[server\]"),
        ("[writer]\nengines = {}", r"unknown table \[writer.engines\]"),
    ],
)
def test_a_wrong_table_of_an_engine_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """As every other one."""
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings({}, file)


def test_reading_the_settings_imports_no_engine() -> None:
    """What an engine can be told is known without it."""
    program = (
        "import sys; from storybook.configuration import load_settings; load_settings({});"
        "sys.exit(any(it.endswith('.engine') for it in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("text", "role", "asked_by"),
    [
        ('[writer]\nurl = "http://a"\nmodel = "m"', "writer", {"openai": ("url", "model")}),
        ('[writer]\nmodel = "m.gguf"', "writer", {"llama": ("model",)}),
        ('[writer]\nurl = ""\nmodel = "m.gguf"', "writer", {"llama": ("model",)}),
        ('[narrator]\nkey_variable = "KEY"', "narrator", {"openai": ("key_variable",)}),
        ('[narrator]\ndevice = "gpu0"', "narrator", {"supertonic": ("device",)}),
        ('[illustrator]\nstyle = "oil"', "illustrator", {"comfyui": ("style",)}),
        ('[illustrator]\nurls = []\nworkflow = ""', "illustrator", {}),
        ('[writer]\nengine = "auto"\nforbidden_words = ""', "writer", {}),
    ],
)
def test_a_setting_asks_for_the_engine_that_it_is_meant_for(
    tmp_path: Path, text: str, role: str, asked_by: dict[str, tuple[str, ...]]
) -> None:
    """Keys that several engines have are of the first one that can do with them; what is empty asks
    for nobody."""
    file = tmp_path / "my.toml"
    file.write_text(text)
    found = getattr(load_settings({}, file), role).asked_by
    assert found == {
        name: tuple(f"`{key}` in [{role}]" for key in keys) for name, keys in asked_by.items()
    }


def test_where_a_setting_stands_is_known(tmp_path: Path) -> None:
    """A table of the engine's own, and a variable, which goes before any table."""
    file = tmp_path / "my.toml"
    file.write_text('[writer]\nmodel = "m"\n[writer.llama]\nmodel = "l"\ncontext = 9000\n')
    variables = {"STORYBOOK_WRITER_URL": "http://a", "STORYBOOK_WRITER_LLAMA_CONTEXT": "9001"}
    assert load_settings(variables, file).writer.asked_by == {
        "openai": ("`model` in [writer]", "STORYBOOK_WRITER_URL"),
        "llama": ("`model` in [writer.llama]", "STORYBOOK_WRITER_LLAMA_CONTEXT"),
    }


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("# mine\n[server]\nprot = 1", 3, "unknown key prot in [server]; did you mean port?"),
        ("[limits]\nstreams = 1\n\n[sever]\n", 4, "unknown table [sever]"),
        ("[writer.llama]\n\n model = 1", 3, "[writer.llama] model is to be text"),
        ("[server]\nport = 'x'\n[limits]\nport = 1", 4, "unknown key port in [limits]"),
        ("[server]\n\ntrusted_proxies = ['nginx']", 3, "[server] trusted_proxies is to be a list"),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, key: str
) -> None:
    """Of the file that is meant, where there may be several."""
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as found:
        load_settings({}, file)
    assert str(found.value).startswith(f"settings: {file}, line {line}: {key}")


def test_a_value_out_of_range_names_its_variable(tmp_path: Path) -> None:
    """Also where a file has that key, which the variable stands over."""
    file = tmp_path / "my.toml"
    file.write_text("[server]\nport = 1")
    with pytest.raises(SettingsError, match=r"^settings: STORYBOOK_SERVER_PORT: \[server\] port"):
        load_settings({"STORYBOOK_SERVER_PORT": "-1"}, file)


@pytest.mark.parametrize("origins", ["[]", '["*"]'])
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, origins: str) -> None:
    """A session for whoever asks is one for everybody."""
    file = tmp_path / "my.toml"
    file.write_text(f"[server]\ncors_credentials = true\ncors_origins = {origins}\n")
    with pytest.raises(SettingsError, match=r"line 2: \[server\] cors_credentials"):
        load_settings({}, file)
