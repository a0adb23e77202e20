"""Reads the settings: `storybook.toml`, and the environment over it.

The file is the first of `--config`, `STORYBOOK_CONFIG`, `storybook.toml` in the working folder and
in the data folder. Every key may also be given as `STORYBOOK_<TABLE>_<KEY>`: lists have commas, a
key that is a table is `name=value` with commas, and an empty variable counts as none. An unknown
key stops the start and names the nearest valid one; so does a value out of its range, and names
the range.

A role's table has the role's own keys and those of all its engines of this package: each engine is
told the ones that it has. What is for one engine alone stands in a table of its own,
`[writer.llama]` (`STORYBOOK_WRITER_LLAMA_<KEY>`), which goes first; an engine of another package
has only that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_origin

import msgspec

from storybook.book import Role
from storybook.data_folder import data_folder
from storybook.settings import (
    AUTO,
    LARGEST,
    RoleSettings,
    SettingFault,
    Settings,
    SettingsError,
    check_server,
    in_words,
    kind_of,
    one_line,
)
from storybook.settings_file import line_in, read_tables
from storybook.stages.addresses import without_secrets
from storybook.stages.registry import OWN_ENGINES, engine_names, find_engine

FILE_NAME: Final = "storybook.toml"
PREFIX: Final = "STORYBOOK_"
_OUTSIDE: Final = {"STORYBOOK_CONFIG", "STORYBOOK_DATA", "STORYBOOK_TOKEN"}
"""Variables of that prefix that are no setting."""
MOST_SHOWN: Final = 200
"""Characters of a wrong value in a message."""

Given = dict[str, dict[str, Any]]
"""What was given: values by key by table (`server`, `writer`, `writer.llama`)."""
Places = dict[tuple[str, str], str]
"""Where it was given, in words, by table and key."""
Keys = Mapping[str, Any]
"""A table's keys and their types."""


def load_settings(environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """The settings in force. Raises `SettingsError`."""
    return _loaded(environ, _find(environ, config))[0]


class SettingInForce(msgspec.Struct, frozen=True):
    """One key of one table: what holds, and the file or variable that says so; empty for what the
    program itself says."""

    table: str
    key: str
    value: Any
    said_by: str


def settings_in_force(
    environ: Mapping[str, str], config: Path | None = None
) -> list[SettingInForce]:
    """Every setting there is, and of engines' own tables those that are given. Raises
    `SettingsError`."""
    file = _find(environ, config)
    _, given, places = _loaded(environ, file)
    found = []
    for table in [*_TABLES, *(it for it in given if it not in _TABLES)]:
        values = given.get(table, {})
        for key in _keys_of(table) if table in _TABLES else values:
            place = places.get((table, key), "")
            said_by = str(file) if place.startswith("`") else place
            value = values[key] if key in values else _default(table, key)
            found.append(SettingInForce(table, key, value, said_by))
    return found


def _default(table: str, key: str) -> Any:
    """What holds of a key that nobody gave; of one that several engines of a role have, what the
    first of them has."""
    kinds = [_TABLES[table]]
    if _has_engines(table):
        kinds += [it.settings for it in OWN_ENGINES[Role(table)].values()]
    return next(getattr(kind(), key) for kind in kinds if key in _fields(kind))


@contextmanager
def _told_of(file: Path | None, places: Places) -> Iterator[None]:
    """What is wrong is said with where it stands: file and line, or a variable's name."""
    try:
        yield
    except SettingFault as fault:
        place = places.get((fault.table, fault.key or ""), "")
        if file is not None and (not place or place.startswith("`")):
            line = line_in(file, fault.table, fault.key)
            place = f"{file}, line {line}" if line else str(file)
        raise SettingsError(f"settings: {place}: {fault.what}" if place else str(fault)) from None


def _loaded(environ: Mapping[str, str], file: Path | None) -> tuple[Settings, Given, Places]:
    """The settings, what was given for them, and where."""
    with _told_of(file, {}):
        given = dict(_tables(read_tables(file) if file is not None else {}))
    places = {
        (table, key): f"`{key}` in [{table}]" for table, keys in given.items() for key in keys
    }
    for variable, text in environ.items():
        if variable.startswith(PREFIX) and variable not in _OUTSIDE:
            table, key = _table_and_key(variable)
            with _told_of(None, {(table, key): variable}):
                _check_key(table, key)
            if text.strip():
                given.setdefault(table, {})[key] = _from_text(table, key, text, variable)
                places[table, key] = variable
    with _told_of(file, places):
        checked = {
            table: {key: _checked(table, key, value) for key, value in keys.items()}
            for table, keys in given.items()
        }
        _check_consistent(checked)
        return Settings(**dict(_settings(checked, places))), checked, places


def _check_consistent(given: Given) -> None:
    """What stands in one key may make no sense with what stands in another, or name nothing."""
    check_server(given.get("server", {}))
    for role in Role:
        name = given.get(role, {}).get("engine", AUTO)
        if name != AUTO and not _is_known(f"{role}.{name}"):
            near = _nearest(name, [AUTO, *_engines_of(role)])
            raise SettingFault(f"unknown engine {name!r} in [{role}]{near}", role, "engine")


def _settings(given: Given, places: Places) -> Iterator[tuple[str, Any]]:
    for table, kind in _TABLES.items():
        values = given.get(table, {})
        made = kind(**{key: it for key, it in values.items() if key in _fields(kind)})
        if isinstance(made, RoleSettings):
            told = dict(_told(Role(table), given))
            made = msgspec.structs.replace(
                made,
                engines={
                    name: find_engine(Role(table), name).settings(**told[name]) for name in told
                },
                asked_by=_asked_by(Role(table), given, told, places),
            )
        yield table, made


def _told(role: Role, given: Given) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each engine of a role was told; none that was told nothing."""
    for name in dict.fromkeys([*OWN_ENGINES[role], *_own_tables(role, given)]):
        kind = find_engine(role, name).settings
        values = given.get(role, {}) if name in OWN_ENGINES[role] else {}
        values = values | given.get(f"{role}.{name}", {})
        if told := {key: it for key, it in values.items() if key in _fields(kind)}:
            yield name, told


def _own_tables(role: Role, given: Given) -> list[str]:
    """The engines of a role that have a table of their own."""
    return [table.removeprefix(f"{role}.") for table in given if table.startswith(f"{role}.")]


def _asked_by(
    role: Role, given: Given, told: Mapping[str, Keys], places: Places
) -> dict[str, tuple[str, ...]]:
    """Which settings ask for which engine of a role; one that is empty asks for none."""
    found: dict[str, tuple[str, ...]] = {}
    for table in (role, *(f"{role}.{name}" for name in _own_tables(role, given))):
        for key, value in given.get(table, {}).items():
            name = table.partition(".")[2] or _meant(role, key, told)
            if name and value not in ("", (), {}):
                found[name] = (*found.get(name, ()), places[table, key])
    return found


def _meant(role: Role, key: str, told: Mapping[str, Keys]) -> str:
    """The engine that a key of the role's table is meant for: the first one that has it, and for
    which what it needs is told, too; if that is none, the first one that has it. With a `url` the
    `model` is the endpoint's, without one it is a file."""
    having = [spec for spec in OWN_ENGINES[role].values() if key in _fields(spec.settings)]
    meant = [it for it in having if not it.needs or told.get(it.name, {}).get(it.needs)]
    return next((it.name for it in (*meant, *having)), "")


# ------------------------------------------------------------------------------------------ tables

_TABLES: Final = {it.name: it.type for it in msgspec.structs.fields(Settings)}


def _fields(kind: Any) -> Keys:
    return _fields_read_once(kind)


@cache  # msgspec evaluates all annotations each time
def _fields_read_once(kind: type[msgspec.Struct]) -> Keys:
    """The keys that a file may have for a type of settings."""
    keys = {it.name: it.type for it in msgspec.structs.fields(kind)}
    if issubclass(kind, RoleSettings):
        del keys["engines"], keys["asked_by"]  # the keys of the engines say both
    return keys


def _keys_of(table: str) -> Keys:
    """The keys of a table that there is."""
    first, _, engine = table.partition(".")
    if engine:
        return _fields(find_engine(Role(first), engine).settings)
    keys = dict(_fields(_TABLES[first]))
    if _has_engines(first):
        for spec in OWN_ENGINES[Role(first)].values():
            keys |= _fields(spec.settings)
    return keys


def _is_known(table: str) -> bool:
    """Whether there is such a table, also one without any keys."""
    first, dot, engine = table.partition(".")
    return first in _TABLES and (not dot or engine in _engines_of(first))


def _engines_of(table: str) -> list[str]:
    """The engines that may have tables in a table."""
    return engine_names(Role(table)) if _has_engines(table) else []


def _has_engines(table: str) -> bool:
    return issubclass(_TABLES[table], RoleSettings)


def _check_table(table: str) -> None:
    if not _is_known(table):
        first, inner, _ = table.partition(".")
        near = [f"{first}.{it}" for it in (*_engines_of(first), *_keys_of(first))] if inner else []
        what = f"unknown table [{one_line(table)}]{_nearest(table, near or _TABLES)}"
        raise SettingFault(what, table)


def _check_key(table: str, key: str) -> None:
    """Both the table and the key."""
    _check_table(table)
    if key not in (keys := _keys_of(table)):
        told = f"unknown key {one_line(key)} in [{table}]{_nearest(key, keys)}"
        raise SettingFault(told, table, key)


def _nearest(word: str, known: Iterable[str]) -> str:
    known = list(known)
    if found := difflib.get_close_matches(word, known, 1, 0.5):
        return f"; did you mean {found[0]}?"
    return f"; known are {', '.join(known)}" if known else "; it has none"


# ---------------------------------------------------------------------------------------- the file


def _find(environ: Mapping[str, str], config: Path | None) -> Path | None:
    named = config or (Path(it) if (it := environ.get("STORYBOOK_CONFIG")) else None)
    if named is not None:
        if not named.is_file():
            raise SettingsError(f"settings: no file {named}; name one that exists, or none")
        return named
    places = (Path(FILE_NAME), data_folder(environ).path / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def _tables(tables: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The file's tables, and in a role's table those of its engines, each key a known one."""
    for table, keys in tables.items():
        if not isinstance(keys, dict):
            having = [it for it in _TABLES if table in _keys_of(it)] or ["server"]
            mend = f"write it below [{'] or ['.join(having)}]"
            raise SettingFault(f"{one_line(table)} stands outside a table; {mend}", table)
        _check_table(table)
        known = _keys_of(table)
        own = {}
        for key, value in keys.items():
            if key not in known and isinstance(value, dict) and _has_engines(table):
                _check_table(f"{table}.{key}")
                for inner in value:
                    _check_key(f"{table}.{key}", inner)
                yield f"{table}.{key}", value
            else:
                _check_key(table, key)
                own[key] = value
        yield table, own


# --------------------------------------------------------------------------------- the environment


def _table_and_key(variable: str) -> tuple[str, str]:
    name = variable.removeprefix(PREFIX).lower()
    for table in _TABLES:
        if name.startswith(f"{table}_"):
            key = name.removeprefix(f"{table}_")
            return (table, key) if key in _keys_of(table) else _engine_and_key(table, key)
    known = {f"{PREFIX}{table}_{key}".upper() for table in _TABLES for key in _keys_of(table)}
    raise SettingsError(f"settings: unknown variable {variable}{_nearest(variable, known)}")


def _engine_and_key(table: str, key: str) -> tuple[str, str]:
    """A key of an engine's own table, if it begins with an engine's name."""
    for name in _engines_of(table):
        begins = f"{name.replace('-', '_').lower()}_"
        if key.startswith(begins):
            return f"{table}.{name}", key.removeprefix(begins)
    return table, key


def _from_text(table: str, key: str, text: str, variable: str) -> Any:
    setting = _keys_of(table)[key]
    kind = kind_of(setting)
    try:
        if kind is str or get_origin(kind) is Literal:
            return text
        if kind is bool:
            return _flag(text)
        if kind is int or kind is float:
            return kind(text)
        items = [item.strip() for item in text.split(",") if item.strip()]
        if get_origin(kind) is not dict:
            return items
        return _pairs(_joined(items) if kind != dict[str, str] else items, variable)
    except ValueError:
        wanted = f"{variable} is to be {in_words(setting)}"
        raise SettingsError(f"settings: {wanted}, found {_shown(text)}") from None


def _flag(text: str) -> bool:
    """Raises ValueError for what is neither true nor false."""
    return bool(["false", "true"].index(text.strip().lower()))


def _joined(items: list[str]) -> list[str]:
    """A value that is a list has commas itself: what has no name goes with what stands before."""
    joined: list[str] = []
    for item in items:
        if "=" in item or not joined:
            joined.append(item)
        else:
            joined[-1] += f",{item}"
    return joined


def _pairs(items: list[str], variable: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in items]
    if not all(sign for _, sign, _ in pairs):
        shown = _shown(",".join(items))
        raise SettingsError(f"settings: {variable} is to be name=value,…, found {shown}")
    return {name.strip(): value.strip() for name, _, value in pairs}


# ------------------------------------------------------------------------------------------ values


def _checked(table: str, key: str, found: Any) -> Any:
    """A value as the settings have it. Raises `SettingsError` for one of another kind or range."""
    setting = _keys_of(table)[key]
    try:
        value = msgspec.convert(found, setting)
    except msgspec.ValidationError:
        what = f"[{table}] {key} is to be {in_words(setting)}, found {_shown(found)}"
        raise SettingFault(what, table, key) from None
    if isinstance(value, int) and value > LARGEST:
        what = f"[{table}] {key} is to be at most {LARGEST}, found {_shown(value)}"
        raise SettingFault(what, table, key)
    return value


def _shown(found: Any) -> str:
    """A value for a message: no secrets, and no more than an eye takes in."""
    try:
        text = without_secrets(repr(found))
    except (ValueError, RecursionError):  # so many digits, or tables in tables
        return "what is too large to show"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
