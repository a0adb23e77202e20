"""`storybook config`: the settings in force, and where each came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.configuration import SettingInForce, settings_in_force
from storybook.settings import SettingsError
from storybook.stages.addresses import without_secrets
from storybook.stages.credentials import HIDDEN

BUILT_IN = "default"
"""What says a setting that nobody has given."""
_VARIABLE: Final = re.compile(r"([A-Z_][A-Z0-9_]*)?")
_HEADER: Final = re.compile(r"[^:]*(: *[A-Za-z]*)?")


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="A list, for programs.")
@click.option("--given", is_flag=True, help="Only what a file or the environment says.")
@pass_options
def config_command(options: GlobalOptions, as_json: bool, given: bool) -> None:
    """Print the settings in force, and where each came from.

    As TOML that storybook.toml could have; users, passwords and queries of addresses are left out.
    """
    try:
        found = settings_in_force(options.environ, options.config)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    shown = [_without_keys(it) for it in found if it.said_by or not given]
    if as_json:
        print_json([_as_json(it) for it in shown])
        return
    for line in _lines(shown):
        say(line)


def _without_keys(it: SettingInForce) -> SettingInForce:
    """A setting, without what may be a key by mistake where the name of its variable or the word
    before it belongs."""
    if not isinstance(it.value, str):
        return it
    value = it.value
    if it.key.endswith("_variable") and not _VARIABLE.fullmatch(value):
        value = HIDDEN
    elif it.key == "header" and not _HEADER.fullmatch(value):
        value = f"{value.partition(':')[0]}: {HIDDEN}"
    return msgspec.structs.replace(it, value=value)


def _as_json(it: SettingInForce) -> dict[str, Any]:
    value = msgspec.json.decode(without_secrets(msgspec.json.encode(it.value).decode()))
    return {"table": it.table, "key": it.key, "value": value, "from": it.said_by or BUILT_IN}


def _lines(settings: Iterable[SettingInForce]) -> list[str]:
    """A table's head, and its keys below it."""
    lines: list[str] = []
    table = ""
    for it in settings:
        if it.table != table:
            lines += [*([""] if lines else []), f"[{it.table}]"]
            table = it.table
        said = f"# {it.key} is not set" if it.value is None else f"{it.key} = {_toml(it.value)}"
        lines.append(f"{said}  # {it.said_by or BUILT_IN}")
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_toml(str(key))} = {_toml(it)}" for key, it in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    text = msgspec.json.encode(value).decode()  # TOML's strings, numbers and truths are JSON's
    return without_secrets(text) if isinstance(value, str) else text
