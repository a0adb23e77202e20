"""Whatever stands in a settings file: it is taken as it stands, or refused where it is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.cli import cli
from storybook.configuration import SettingInForce, load_settings, settings_in_force
from storybook.settings import RoleSettings, Settings, SettingsError
from storybook.stages import registry
from storybook.stages.addresses import without_secrets
from tests.cli.settings_files import (
    KEYS,
    TEXTS,
    Values,
    any_values,
    right,
    right_values,
    written,
    wrong,
)
from tests.fuzzing import BOUNDED

LAYOUTS = st.randoms(use_true_random=False)
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp949"])
CUTS = st.none() | st.tuples(st.floats(0, 1), st.integers(0, 9), st.binary(max_size=4))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file, where no other package has an engine: all of them would be read each time."""
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    return tmp_path / "storybook.toml"


def shown(value: Any) -> Any:
    """A value as `storybook config` may show it."""
    match value:
        case str():
            return without_secrets(value)
        case tuple() | list():
            return [shown(it) for it in value]
        case dict():
            return {key: shown(it) for key, it in value.items()}
    return value


def in_force(found: list[SettingInForce]) -> dict[tuple[str, str], tuple[Any, bool]]:
    return {(it.table, it.key): (shown(it.value), bool(it.said_by)) for it in found}


def meant(found: Settings) -> list[Any]:
    """The settings, with what asks for an engine in no order."""
    asked = [
        {name: set(keys) for name, keys in it.asked_by.items()}
        for it in msgspec.structs.astuple(found)
        if isinstance(it, RoleSettings)
    ]
    told = [
        msgspec.structs.replace(it, asked_by={}) if isinstance(it, RoleSettings) else it
        for it in msgspec.structs.astuple(found)
    ]
    return [asked, told]


def check_refusal(error: SettingsError, file: Path, content: bytes) -> None:
    """One line, not too long, with the file, and the line of it where it is TOML."""
    told = str(error)
    assert told.isprintable() and len(told) < len(str(file)) + 800, told
    assert told.startswith(f"settings: {file}"), told
    try:
        text = content.decode("utf-8-sig")
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    found = re.match(rf"{re.escape(f'settings: {file}, line ')}(\d+): ", told)
    assert found and 1 <= int(found[1]) <= text.count("\n") + 1, told


@pytest.mark.slow
@settings(BOUNDED, max_examples=100)
@given(values=any_values(), layout=LAYOUTS, encoding=ENCODINGS, ending=st.booleans(), cut=CUTS)
def test_any_file_is_taken_or_refused(
    file: Path,
    values: Values,
    layout: Random,
    encoding: str,
    ending: bool,
    cut: tuple[float, int, bytes] | None,
) -> None:
    """Never another exception; what stops the start stops `storybook config`, too."""
    text = written(values, layout)[0]
    content = text.replace("\n", "\r\n" if ending else "\n").encode(encoding, "replace")
    if cut is not None:
        at = round(cut[0] * len(content))
        content = content[:at] + cut[2] + content[at + cut[1] :]
    file.write_bytes(content)
    try:
        load_settings({}, file)
    except SettingsError as error:
        check_refusal(error, file, content)
        with pytest.raises(SettingsError, match=re.escape(str(error))):
            settings_in_force({}, file)
    else:
        settings_in_force({}, file)


@pytest.mark.slow
@settings(BOUNDED, max_examples=50)
@given(values=right_values(), layout=LAYOUTS)
def test_what_is_right_is_taken(file: Path, values: Values, layout: Random) -> None:
    """Each value as it was written, however."""
    file.write_text(written(values, layout)[0], "utf-8")
    found = {(it.table, it.key): it for it in settings_in_force({}, file)}
    for table, keys in values.items():
        for key, value in keys.items():
            it = found[table, key]
            assert (shown(it.value), it.said_by) == (shown(value), str(file))
    load_settings({}, file)


@pytest.mark.slow
@settings(BOUNDED, max_examples=40)
@given(values=right_values(), layout=LAYOUTS)
def test_what_config_prints_says_the_same(file: Path, values: Values, layout: Random) -> None:
    """Kept as a file, and as often as one likes."""
    file.write_text(written(values, layout)[0], "utf-8")
    before, taken = in_force(settings_in_force({}, file)), load_settings({}, file)
    printed = CliRunner().invoke(cli, ["--config", str(file), "config"]).stdout_bytes
    file.write_bytes(printed)
    assert in_force(settings_in_force({}, file)) == before
    if shown(values) == values:
        assert meant(load_settings({}, file)) == meant(taken)


@st.composite
def one_fault(draw: st.DrawFn) -> tuple[Values, str, str | None, str]:
    """Right settings with one fault: its table and key, and what is said of it."""
    values = draw(right_values())
    table = draw(st.sampled_from([it for it in KEYS if KEYS[it]]))
    key = draw(st.sampled_from(list(KEYS[table])))
    keys = values.setdefault(table, {})
    kind = draw(st.sampled_from(["value", "key", "table"]))
    if kind == "value":
        keys[key] = draw(wrong(table, key))
        return values, table, key, rf"\[{table}\] {key} is to be .*, found "
    misspelt = draw(st.sampled_from([f"{key}x", f"x{key}", key.replace(key[1], "", 1)]))
    if kind == "key" and misspelt not in KEYS[table]:
        keys[misspelt] = draw(right(table, key) | TEXTS)
        if not isinstance(keys[misspelt], dict):
            near = "|".join(KEYS[table])
            return values, table, misspelt, rf"unknown key {misspelt} in .*did you mean ({near})\?$"
        del keys[misspelt]
    misspelt = f"{table}x"
    values[misspelt] = {key: 1}
    near = "|".join(KEYS)
    return values, misspelt, None, rf"unknown table \[{misspelt}\].* did you mean ({near})\?$"


@pytest.mark.slow
@settings(BOUNDED, max_examples=100)
@given(faulty=one_fault(), layout=LAYOUTS)
def test_a_fault_is_told_where_it_stands(
    file: Path, faulty: tuple[Values, str, str | None, str], layout: Random
) -> None:
    """The line on which it begins, whatever else stands there; what is misspelt with a name that
    there is."""
    values, table, key, what = faulty
    text, places = written(values, layout)
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as found:
        load_settings({}, file)
    told = str(found.value)
    assert told.startswith(f"settings: {file}, line {places[table, key]}: "), (told, text)
    assert re.search(what, told), told


@pytest.mark.parametrize("nested", ["[" * 2_000 + "]" * 2_000, "{a=" * 2_000 + "1" + "}" * 2_000])
def test_what_is_nested_without_end_is_refused(file: Path, nested: str) -> None:
    """As no TOML that can be read."""
    for text in (f"[server]\nport = {nested}", f"[server]\nport{'.a' * 2_000} = 1"):
        file.write_text(text, "utf-8")
        with pytest.raises(SettingsError, match=re.escape(f"settings: {file}")):
            load_settings({}, file)
