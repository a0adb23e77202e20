"""Settings files, made from the structure of the settings: right ones, and wrong ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any, Final, Literal, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from storybook.book import Role
from storybook.settings import (
    LARGEST,
    LONGEST_SECONDS,
    RoleSettings,
    Settings,
    kind_of,
    stated,
)
from storybook.stages.registry import OWN_ENGINES

Values = dict[str, dict[str, Any]]
"""Values by key by table (`server`, `writer`, `writer.llama`)."""
Place = tuple[str, str | None]
"""A key of a table, or a table."""
Places = dict[Place, int]
"""On which line each begins."""


class Raw(str):
    """TOML as it stands."""


def _keys_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    fields = msgspec.structs.fields(kind)
    return {it.name: it.type for it in fields if it.name not in ("engines", "asked_by")}


def _all_keys() -> dict[str, dict[str, Any]]:
    """The keys of each table, with their types; said here anew, as the documents say it."""
    found = {it.name: _keys_of(it.type) for it in msgspec.structs.fields(Settings)}
    for role in Role:
        assert issubclass(type(getattr(Settings(), role)), RoleSettings)
        for name, spec in OWN_ENGINES[role].items():
            own = found[f"{role}.{name}"] = _keys_of(spec.settings)
            found[role] = found[role] | own
    return found


KEYS: Final = _all_keys()
SOME_TEXTS: Final = ["`storybook list`", "http://a:1", "http://u:p@a?k=hush", '"', "\\", "\x7f"]
TEXTS: Final = st.sampled_from(SOME_TEXTS) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)
HUGE: Final = st.sampled_from([2**63, -(2**63) - 1, 10**30, Raw("0x" + "f" * 4_000), Raw("-1e999")])
SCALARS: Final = (
    TEXTS
    | st.integers()
    | st.floats()
    | st.booleans()
    | HUGE
    | st.sampled_from([Raw("1979-05-27T07:32:00Z"), Raw("07:32:00"), Raw("0x1F"), Raw("1_000")])
)
ANY: Final = st.recursive(
    SCALARS,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(TEXTS, it, max_size=3),
    max_leaves=6,
)


@cache
def right(table: str, key: str) -> st.SearchStrategy[Any]:
    """Values that a key may have."""
    setting = KEYS[table][key]
    match key:
        case "engine":
            return st.sampled_from(["auto", *OWN_ENGINES[Role(table)]])
        case "trusted_proxies":
            return st.lists(st.sampled_from(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]))
        case "trusted_hosts":
            return st.lists(st.sampled_from(["books.lan", "10.0.0.7", "[fd00::7]"]))
        case "header":
            return st.sampled_from(["X-Api-Key", "Authorization: Basic", "authorization:bearer"])
        case _ if key.endswith("_variable"):  # what is no name is not printed: it may be the key
            return st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True)
        case "cors_origins" | "frame_ancestors":
            return st.lists(st.sampled_from(["https://a.example", "http://b:1"]), min_size=1)
    kind, metas = kind_of(setting), get_args(stated(setting))[1:]
    bounds = {
        name: bound
        for it in metas
        if isinstance(it, msgspec.Meta)
        for name in ("ge", "gt", "le", "pattern")
        if (bound := getattr(it, name)) is not None
    }
    if "pattern" in bounds:
        return st.from_regex(bounds["pattern"], fullmatch=True).filter(str.isprintable)
    if kind is int:
        return st.integers(bounds.get("ge", -LARGEST), bounds.get("le", LARGEST))
    if kind is float:
        low = bounds.get("ge", bounds.get("gt", 0))
        return st.floats(low, bounds.get("le", LONGEST_SECONDS), exclude_min="gt" in bounds)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind == tuple[str, ...]:
        return st.lists(TEXTS, max_size=3)
    if get_origin(kind) is dict:
        return st.dictionaries(TEXTS, TEXTS, max_size=3)
    return {str: TEXTS, bool: st.booleans()}[kind]


@cache
def wrong(table: str, key: str) -> st.SearchStrategy[Any]:
    """Values that a key may not have."""
    kind = kind_of(KEYS[table][key])
    texts = st.sampled_from(["zzz", "\n", "9"])
    if kind is str or get_origin(kind) is Literal:
        return st.integers() | HUGE | st.booleans() | st.lists(TEXTS, max_size=2)
    if kind in (int, float):
        return texts | st.booleans() | HUGE | st.just(float("nan")) | st.just(float("-inf"))
    return texts | st.integers() | st.floats()


@st.composite
def right_values(draw: st.DrawFn) -> Values:
    """Some settings, each with a value that it may have."""
    found: Values = {}
    for table in draw(st.lists(st.sampled_from(list(KEYS)), unique=True, max_size=4)):
        keys = list(KEYS[table])
        named = draw(st.lists(st.sampled_from(keys), unique=True, max_size=4)) if keys else []
        found[table] = {key: draw(right(table, key)) for key in named}
    if found.get("server", {}).get("cors_credentials"):
        found["server"]["cors_origins"] = ["https://a.example"]
    return found


@st.composite
def any_values(draw: st.DrawFn) -> Values:
    """Tables and keys that there are, and others, with values of any kind."""
    found = draw(right_values())
    names = (
        st.sampled_from(list(KEYS)) | TEXTS | st.sampled_from(["writer.", "writer.a.b", "sever"])
    )
    for table in draw(st.lists(names, unique=True, max_size=2)):
        keys = st.sampled_from([*KEYS.get(table, {}), "prot", ""]) | TEXTS
        found.setdefault(table, {}).update(draw(st.dictionaries(keys, ANY, max_size=3)))
    return found


# ---------------------------------------------------------------------------------------- as text


def written(values: Values, layout: Random) -> tuple[str, Places]:
    """A file with these values, in one of the many ways in which TOML has them."""
    writer = _Writer(layout)
    tops: dict[str, Values] = {}
    for table, keys in values.items():
        top, _, inner = table.partition(".")
        tops.setdefault(top, {})[inner] = keys
    headed = {top for top in tops if layout.random() < 0.6}
    for top in sorted(tops, key=lambda it: it in headed):  # below a head, all is of its table
        (writer.head if top in headed else writer.no_head)(top, tops[top])
    return "\n".join(writer.lines) + "\n", writer.places


class _Writer:
    def __init__(self, layout: Random) -> None:
        self.lines: list[str] = []
        self.places: Places = {}
        self._layout = layout

    def _add(self, text: str, *said: Place) -> None:
        if self._layout.random() < 0.2:
            self.lines += [self._layout.choice(["", "# [server]", "  # port = 1"])]
        for it in said:
            self.places.setdefault(it, len(self.lines) + 1)
        self.lines += text.split("\n")

    def head(self, top: str, tables: Values) -> None:
        """`[server]`, and its keys below."""
        for inner, keys in tables.items():
            table = f"{top}.{inner}" if inner else top
            names = [_name(it, self._layout) for it in ([top, inner] if inner else [top])]
            self._add(f"[{'.'.join(names)}]", (top, None), (table, None))
            for key, value in keys.items():
                spaced = self._layout.choice(["", " ", "\t"])
                text = f"{_name(key, self._layout)}{spaced}= {self._value(value)}"
                self._add(text, (table, key))

    def no_head(self, top: str, tables: Values) -> None:
        """`server.port = 1`, or `server = { port = 1 }`."""
        if self._layout.random() < 0.5:
            value = tables.pop("", {}) | tables
            said: list[Place] = [(f"{top}.{inner}", None) for inner in tables]
            every: list[Place] = [(top, key) for key in value]
            inside = [(f"{top}.{it}", key) for it, keys in tables.items() for key in keys]
            text = f"{_name(top, self._layout)} = {toml(value)}"
            self._add(text, (top, None), *said, *every, *inside)
            return
        for inner, keys in tables.items():
            table = f"{top}.{inner}" if inner else top
            for key, value in keys.items():
                names = [top, inner, key] if inner else [top, key]
                text = ".".join(_name(it, self._layout) for it in names)
                whole = f"{text} = {self._value(value)}"
                self._add(whole, (top, None), (table, None), (table, key))

    def _value(self, value: Any) -> str:
        """A list or a text over several lines, at times: with what looks like keys in it."""
        if isinstance(value, list) and self._layout.random() < 0.5:
            inside = "".join(f"\n  {toml(it)},  # port = 1" for it in value)
            return f"[{inside}\n]"
        is_plain = isinstance(value, str) and not isinstance(value, Raw)
        if is_plain and value.strip() == value and self._layout.random() < 0.2:
            return f'"""\\\n\n  {toml(value)[1:-1]}"""'
        return toml(value)


def _name(name: str, layout: Random) -> str:
    is_bare = re.fullmatch(r"[A-Za-z0-9_-]+", name) and layout.random() < 0.8
    return name if is_bare else toml(name)


def toml(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(it)}" for key, it in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
