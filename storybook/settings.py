"""The settings: `storybook.toml`, and the environment over it.

The file is the first of `--config`, `STORYBOOK_CONFIG`, `storybook.toml` in the working folder and
in the data folder. Every key may also be given as `STORYBOOK_<TABLE>_<KEY>`: lists have commas, a
key that is a table is `name=value` with commas, and an empty variable counts as none. An unknown
key stops the start and names the nearest valid one; so does a value out of its range, and names
the range.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from storybook.data_folder import data_folder

FILE_NAME: Final = "storybook.toml"
PREFIX: Final = "STORYBOOK_"
_OUTSIDE: Final = {"STORYBOOK_CONFIG", "STORYBOOK_DATA"}
"""Variables of that prefix that are no setting."""


class SettingsError(Exception):
    """The settings cannot be used; the message names the key, what was expected and found."""


LONGEST_SECONDS: Final = 1e9
"""Some 30 years: long enough for "never", and still a number of microseconds, unlike `inf`."""

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=LONGEST_SECONDS)]
SecondsOrZero = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)]
Days = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
"""0 takes a free one."""


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    port: Port = 8000
    cors_origins: tuple[str, ...] = ()


class WriterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`engine`: `auto` takes the best that is there. `model` is a GGUF file for `llama`, a model's
    name for `openai`, which is asked at `url`, with the key in the variable `key_variable`.
    `device` is `cpu` or a GPU (`gpu0`); `context` is in tokens. `forbidden_words` is a TOML file
    with the words that no page may have (lists `korean` and `english`), instead of the package's
    own."""

    engine: str = "auto"
    model: str = ""
    url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    device: str = ""
    context: Count = 8_192
    forbidden_words: str = ""


class IllustratorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`urls` are ComfyUI servers, `workflow` a workflow file in either format, `nodes` the nodes in
    it that are not found by themselves, `style` what stands before every prompt. `launch` starts
    ComfyUI in `launch_folder` if it does not answer. `device` names the GPU that it shares."""

    engine: str = "auto"
    urls: tuple[str, ...] = ("http://127.0.0.1:8188",)
    workflow: str = ""
    nodes: dict[str, str] = {}
    style: str = "watercolor painting, children's book illustration"
    launch: str = ""
    launch_folder: str = ""
    device: str = ""


class NarratorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`model` is a folder for `supertonic`, a model's name for `openai`, which is asked at `url`
    and knows our voices under the names in `voices`. The key is in the variable `key_variable`."""

    engine: str = "auto"
    model: str = ""
    url: str = ""
    voices: dict[str, str] = {}
    key_variable: str = "OPENAI_API_KEY"
    device: str = ""


class TranscriberSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`model` is a Whisper model's name or folder, or what `openai` calls it; a model that nobody
    needs is unloaded after `idle_seconds`."""

    engine: str = "auto"
    model: str = ""
    url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    device: str = "auto"
    idle_seconds: Seconds = 300.0


class DeviceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How engines share a GPU: one at a time, unless all that name it fit there at once."""

    roomy: tuple[str, ...] = ()
    """Devices on which all their engines fit beside each other."""
    patience_seconds: SecondsOrZero = 120.0
    """How long an engine may keep a device while another's work waits: each change of hands loads
    a model anew, which takes about 20 s."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every bound that an operator may want to move."""

    body_bytes: Count = 64 * 1024
    """A request is four short fields: more is a mistake or an attack."""
    open_runs: Count = 100
    """Runs that are queued or running; beyond it a new one gets 429."""
    runs_per_minute: Count = 120
    """New runs a minute from one address; beyond it 429."""
    streams: Count = 5_000
    """Open event streams; beyond it a new one is told to come back in 15 s."""
    keepalive_seconds: Seconds = 15.0
    """Silence on a stream before a keepalive: under the 30 s that proxies commonly allow."""
    request_seconds: Seconds = 30.0
    """What a client gets to send the head of a request, and again for its body."""
    send_timeout_seconds: Seconds = 30.0
    """A client that does not take its bytes for so long is cut off; a stream is resumed later."""
    stage_timeout_seconds: Seconds = 1_800.0
    """One attempt at one stage; an engine that hangs longer is stopped and tried again."""
    shutdown_seconds: SecondsOrZero = 5.0
    """What work in hand gets to finish when the server stops."""


class RetentionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long files stay. The log itself keeps everything."""

    keep_days: Days = 0
    """Pictures and audio of ended runs older than this are removed; 0 keeps them for ever."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server: ServerSettings = ServerSettings()
    writer: WriterSettings = WriterSettings()
    illustrator: IllustratorSettings = IllustratorSettings()
    narrator: NarratorSettings = NarratorSettings()
    transcriber: TranscriberSettings = TranscriberSettings()
    devices: DeviceSettings = DeviceSettings()
    limits: Limits = Limits()
    retention: RetentionSettings = RetentionSettings()


def load_settings(environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """The settings in force. Raises `SettingsError`."""
    tables = _read(_find(environ, config))
    for variable, text in environ.items():
        if variable.startswith(PREFIX) and variable not in _OUTSIDE:
            table, key = _table_and_key(variable)
            _check_known(table, key)
            if text.strip():
                tables.setdefault(table, {})[key] = _from_text(table, key, text, variable)
    for table, key in _keys(tables):
        _check_known(table, key)
    try:
        return msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {_wrong(str(error), tables)}") from error


_WHERE: Final = re.compile(r"`\$\.(\w+)\.(\w+)")
"""What msgspec's message for a wrong value has: its table and key."""


def _wrong(message: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    where = _WHERE.search(message)
    if where is None:
        return message
    table, key = where.groups()
    return f"[{table}] {key} is to be {_wanted(_TABLES[table][key])}, found {tables[table][key]!r}"


def _wanted(kind: Any) -> str:
    """A setting's type and range in words."""
    plain = _plain(kind)
    what = _KINDS[get_origin(plain) or plain]
    for bound in (it for it in get_args(kind)[1:] if isinstance(it, msgspec.Meta)):
        if bound.ge is not None:
            what += f" from {bound.ge:.0f}"
        if bound.gt is not None:
            what += f" above {bound.gt:.0f}"
        if bound.le is not None:
            what += f" to {bound.le:.0f}" if bound.ge is not None else f", at most {bound.le:.0f}"
    return what


_KINDS: Final[dict[type, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    tuple: "a list of texts",
    dict: "a table of texts",
}


def _find(environ: Mapping[str, str], config: Path | None) -> Path | None:
    named = config or (Path(it) if (it := environ.get("STORYBOOK_CONFIG")) else None)
    if named is not None:
        if not named.is_file():
            raise SettingsError(f"settings: no file {named}; name one that exists, or none")
        return named
    places = (Path(FILE_NAME), data_folder(environ).path / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def _read(file: Path | None) -> dict[str, dict[str, Any]]:
    if file is None:
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings: {file} is no TOML: {error}") from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"settings: {name} stands outside a table; write it in [server] …")
    return tables


_TABLES: Final[dict[str, dict[str, Any]]] = {
    table.name: {field.name: field.type for field in msgspec.structs.fields(table.type)}
    for table in msgspec.structs.fields(Settings)
}


def _keys(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for table, keys in tables.items():
        yield from ((table, key) for key in keys)
        if not keys:
            yield table, ""


def _check_known(table: str, key: str) -> None:
    if table not in _TABLES:
        raise SettingsError(f"settings: unknown table [{table}]{_nearest(table, _TABLES)}")
    if key and key not in _TABLES[table]:
        near = _nearest(key, _TABLES[table])
        raise SettingsError(f"settings: unknown key {key} in [{table}]{near}")


def _nearest(word: str, known: Mapping[str, object]) -> str:
    found = difflib.get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {found[0]}?" if found else f"; known are {', '.join(known)}"


def _table_and_key(variable: str) -> tuple[str, str]:
    name = variable.removeprefix(PREFIX).lower()
    for table in _TABLES:
        if name.startswith(f"{table}_"):
            return table, name.removeprefix(f"{table}_")
    known = {
        f"{PREFIX}{table}_{key}".upper(): key for table, keys in _TABLES.items() for key in keys
    }
    raise SettingsError(f"settings: unknown variable {variable}{_nearest(variable, known)}")


def _from_text(table: str, key: str, text: str, variable: str) -> Any:
    kind = _plain(_TABLES[table][key])
    try:
        if kind is str:
            return text
        if kind is int or kind is float:
            return kind(text)
        items = [item.strip() for item in text.split(",") if item.strip()]
        return _pairs(items, variable) if get_origin(kind) is dict else items
    except ValueError as error:
        wanted = _wanted(_TABLES[table][key])
        raise SettingsError(f"settings: {variable} is to be {wanted}, found {text!r}") from error


def _plain(kind: Any) -> Any:
    """A type without its range."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _pairs(items: list[str], variable: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in items]
    if not all(sign for _, sign, _ in pairs):
        found = ",".join(items)
        raise SettingsError(f"settings: {variable} is to be name=value,…, found {found!r}")
    return {name.strip(): value.strip() for name, _, value in pairs}
