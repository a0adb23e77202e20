"""`storybook config`: the settings in force, and where each came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.configuration import SettingInForce, settings_in_force
from storybook.settings import SettingsError
from storybook.stages.addresses import without_secrets

BUILT_IN = "default"
"""What says a setting that nobody has given."""


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
    shown = [it for it in found if it.said_by or not given]
    if as_json:
        print_json([_as_json(it) for it in shown])
        return
    for line in _lines(shown):
        say(line)


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
        lines.append(f"{_setting(it)}  # {it.said_by or BUILT_IN}")
    return lines


def _setting(it: SettingInForce) -> str:
    """A line of TOML, which has no word for what is not set."""
    return f"# {it.key} is not set" if it.value is None else f"{it.key} = {_toml(it.value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_toml(str(key))} = {_toml(it)}" for key, it in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    text = msgspec.json.encode(value).decode()  # TOML's strings, numbers and truths are JSON's
    return without_secrets(text) if isinstance(value, str) else text
