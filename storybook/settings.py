"""The settings: what an operator decides. `configuration` reads them; what an engine can be told
stands beside the engine, and is found here by the engine's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec


class SettingsError(Exception):
    """The settings cannot be used; the message names the key, what was expected and found."""


class SettingFault(SettingsError):
    """What is wrong with a key of a table, or with a table if there is no key."""

    def __init__(self, what: str, table: str, key: str | None = None) -> None:
        super().__init__(f"settings: {what}")
        self.what, self.table, self.key = what, table, key


LARGEST: Final = 10**18
"""Of whole numbers: TOML's have 64 bits, and so have those of the system and of SQLite. This leaves
room to reckon with."""
LONGEST_SECONDS: Final = 1e9
"""Some 30 years: long enough for "never", and still a number of microseconds, unlike `inf`."""

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=LONGEST_SECONDS)]
SecondsOrZero = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS / 60)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]
Days = Annotated[int, msgspec.Meta(ge=0)]
CountOrAll = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
"""0 takes a free one."""

BASE_PATH_PATTERN: Final = r"^(?!/api(/|\Z))(/(?!\.\.?(/|\Z))[A-Za-z0-9._~-]+)*\Z"
"""A path under which a proxy shows this server; what would have to be encoded is left out,
and what a call's own path begins with, which could not be told from it."""
BasePath = Annotated[
    str,
    msgspec.Meta(
        pattern=BASE_PATH_PATTERN, description="a path like /story, no slash at its end, not /api"
    ),
]


class ServerSettings(msgspec.Struct, frozen=True):
    host: str = "127.0.0.1"
    port: Port = 8000
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    """Whether pages of those origins may use the session of whoever looks at them."""
    trusted_hosts: tuple[str, ...] = ()
    """Names that are answered to besides those of loopback, while bound there."""
    frame_ancestors: tuple[str, ...] = ()
    """Origins whose pages may show this server's in a frame."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies, whose word on who asks, and for what, is believed."""
    base_path: BasePath = ""
    """Under which path a proxy shows this server: `/story`."""

    @property
    def is_behind_a_proxy(self) -> bool:
        """Whether the settings say that a proxy stands where others reach it."""
        return bool(self.trusted_proxies or self.base_path)


def check_server(server: Mapping[str, Any]) -> None:
    """Texts that are addresses or names; and what stands in one key may make no sense with what
    stands in another. `server` has what was given of `[server]`. Raises `SettingFault`."""
    for key, is_one, what in _TEXTS:
        for text in server.get(key, ()):
            if not is_one(text):
                found = "one with a user or password in it" if "@" in text else repr(text)
                message = f"[server] {key} is to be a list of {what}, found {found}"
                raise SettingFault(message, "server", key)
    origins = server.get("cors_origins", ())
    if server.get("cors_credentials") and (not origins or "*" in origins):
        named = "names all" if origins else "names none"
        raise SettingFault(
            "[server] cors_credentials lets the origins that cors_origins names use a session, and "
            f"that {named}: name those that may, or leave cors_credentials out",
            "server",
            "cors_credentials",
        )


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    bare = text.removeprefix("[").removesuffix("]")
    return _HOST.fullmatch(text) is not None or ("/" not in bare and _is_network(bare))


def _is_source(text: str) -> bool:
    return _SOURCE.fullmatch(text) is not None


_SOURCE: Final = re.compile(r"[!-+\--:<-~]+")
"""What can stand in a header that lists origins: nothing that ends or divides it."""
_HOST: Final = re.compile(r"[A-Za-z0-9_.-]+")
_TEXTS: Final = (
    ("cors_origins", _is_source, "origins (https://a.example)"),
    ("frame_ancestors", _is_source, "origins (https://a.example)"),
    ("trusted_proxies", _is_network, "addresses and networks (10.0.0.0/8)"),
    ("trusted_hosts", _is_host, "names and addresses, each without https:// and port (books.lan)"),
)
"""Keys of `[server]` that are more than texts, and what each of their texts is to be."""


AUTO: Final = "auto"


class RoleSettings(msgspec.Struct, frozen=True):
    """Which engine does a role: `auto` is the best that is ready. `engines` is what each engine was
    told, by its name; one that is not there has its defaults. `asked_by` are, by its name, the
    settings that ask for an engine, each with where it stands."""

    engine: str = AUTO
    engines: Mapping[str, msgspec.Struct] = {}
    asked_by: Mapping[str, tuple[str, ...]] = {}


class WriterSettings(RoleSettings, frozen=True):
    """`forbidden_words` is a TOML file with the words that no page may have (a list by the name of
    each language: `korean`, `english`), instead of the package's own."""

    forbidden_words: str = ""


class HomeSettings(msgspec.Struct, frozen=True):
    """Where `storybook serve --home` is found in the house. The ports are to stay as they are: what
    a tablet keeps of a page belongs to its address."""

    port: Port = 8443
    trust_port: Port = 8444
    """Of the page that tells devices how to trust this server; another one if it is taken."""


class DeviceSettings(msgspec.Struct, frozen=True):
    """How engines share a GPU: one at a time, unless all that name it fit there at once."""

    roomy: tuple[str, ...] = ()
    """Devices on which all their engines fit beside each other."""
    patience_seconds: SecondsOrZero = 120.0
    """How long an engine may keep a device while another's work waits: each change of hands loads
    a model anew, which takes about 20 s."""


class Limits(msgspec.Struct, frozen=True):
    """Every bound that an operator may want to move."""

    body_bytes: Count = 64 * 1024
    """A request is four short fields: more is a mistake or an attack."""
    open_runs: Count = 100
    """Runs that are queued or running; beyond it a new one gets 429."""
    runs_per_minute: Count = 120
    """New runs, retries and repairs a minute of one client; beyond it 429, as for the next two. A
    client is a token, or else an address."""
    speech_per_minute: Count = 60
    """Recordings a minute."""
    reads_per_minute: Count = 60_000
    """All that only looks: what a loop without a pause makes of one client's core."""
    streams: Count = 5_000
    """Open event streams; beyond it a new one is told to come back in 15 s."""
    streams_per_client: Count = 1_000
    """Open event streams of one client, which may be a school behind one address."""
    free_bytes: Bytes = 256 * 1024 * 1024
    """With less room on its disk the server is not ready: a dozen books, and what SQLite writes
    beside its files."""
    keepalive_seconds: Seconds = 15.0
    """Silence on a stream before a keepalive: under the 30 s that proxies commonly allow."""
    request_seconds: Seconds = 30.0
    """What a client gets to send the head of a request, and again for its body."""
    send_timeout_seconds: Seconds = 30.0
    """A client that does not take its bytes for so long is cut off; a stream is resumed later."""
    stage_timeout_seconds: Seconds = 1_800.0
    """One attempt at one stage; an engine that hangs longer is stopped and tried again."""
    outage_minutes: Minutes = 60.0
    """How long work waits for an engine that is away before it fails: longer than a reboot and an
    update of its server take. 0 waits for none."""
    shutdown_seconds: SecondsOrZero = 5.0
    """What work in hand gets to finish when the server stops."""


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "text"]


class LoggingSettings(msgspec.Struct, frozen=True):
    """What the server writes to stderr."""

    level: LogLevel = "info"
    """At `debug` also messages that may quote what a child wrote."""
    format: LogFormat = "auto"
    """`auto`: lines of JSON, unless stderr is a terminal."""


class RetentionSettings(msgspec.Struct, frozen=True):
    """Which files stay. The log itself keeps everything."""

    keep_runs: CountOrAll | None = None
    """The newest runs that keep their pictures and audio; 0: all. Not set: 100 in a folder that was
    created by a version with this setting, else all."""
    keep_bytes: Bytes = 0
    """So many bytes of them at most, with the copies of books that were taken along, which go
    first; 0 is no limit."""
    keep_days: Days = 0
    """Those of runs that ended longer ago are removed, too; 0 is no limit."""

    keep_editions: CountOrAll = 0
    """So many of a book's newest editions keep their files, those that a later one has, too; 0:
    all."""


class WebhookSettings(msgspec.Struct, frozen=True):
    """Who may be told what becomes of books. Without allowed hosts nobody is."""

    allowed_hosts: tuple[str, ...] = ()
    """Hosts that a `callback_url` may name, each with or without a port."""
    secret_variable: str = ""
    """The environment variable that holds what webhooks are signed with: `whsec_…`."""
    private_addresses: bool = False
    """Whether those hosts may be on this machine or in this network."""


class Settings(msgspec.Struct, frozen=True):
    server: ServerSettings = ServerSettings()
    writer: WriterSettings = WriterSettings()
    illustrator: RoleSettings = RoleSettings()
    narrator: RoleSettings = RoleSettings()
    transcriber: RoleSettings = RoleSettings()
    devices: DeviceSettings = DeviceSettings()
    limits: Limits = Limits()
    retention: RetentionSettings = RetentionSettings()
    webhooks: WebhookSettings = WebhookSettings()
    logging: LoggingSettings = LoggingSettings()
    home: HomeSettings = HomeSettings()


KINDS: Final[Mapping[Any, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
    LogLevel: "debug, info, warning or error",
    LogFormat: "auto, json or text",
    dict[str, str]: "a table of texts",
    dict[str, str | tuple[str, ...]]: "a table of texts or lists of texts",
}
"""What a setting can be, in words; a number may have a range."""


def stated(setting: Any) -> Any:
    """A setting's type, without the None of one that need not be set."""
    kinds = get_args(setting)
    return kinds[0] if type(None) in kinds else setting


def kind_of(setting: Any) -> Any:
    """A setting's type without its range: one of `KINDS`, if it is well made."""
    kind = stated(setting)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def in_words(setting: Any) -> str:
    """A setting's type and range in words."""
    what = KINDS[kind_of(setting)]
    for bound in (it for it in get_args(stated(setting))[1:] if isinstance(it, msgspec.Meta)):
        if bound.description is not None:
            what += f", {bound.description}"
        if bound.ge is not None:
            what += f" from {bound.ge:.0f}"
        if bound.gt is not None:
            what += f" above {bound.gt:.0f}"
        if bound.le is not None:
            what += f" to {bound.le:.0f}" if bound.ge is not None else f", at most {bound.le:.0f}"
    return what


def is_variable(text: str) -> bool:
    """Whether a text looks as names of environment variables do. What does not may be a secret that
    was written in the place of its variable's name, and is shown to nobody."""
    return _VARIABLE.fullmatch(text) is not None


_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")


def one_line(name: str) -> str:
    """A name that somebody wrote, for a message or a comment."""
    return name if name and name.isprintable() else repr(name)


def path_of(text: str) -> Path | None:
    """The path in a setting, None for an empty one."""
    return Path(text).expanduser() if text else None
