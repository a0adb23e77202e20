"""`storybook config`: the settings in force, and where each came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import rich_click as click

from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.configuration import SettingInForce, settings_in_force
from storybook.settings import SettingsError, is_variable, one_line
from storybook.stages.addresses import without_secrets
from storybook.stages.credentials import HIDDEN

BUILT_IN = "default"
"""What says a setting that nobody has given."""
_HEADER: Final = re.compile(r"[^:]*(: *[A-Za-z]*)?")


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="A list, for programs.")
@click.option("--given", is_flag=True, help="Only what a file or the environment says.")
@pass_options
def config_command(options: GlobalOptions, as_json: bool, given: bool) -> None:
    """Print the settings in force, and where each came from.

    As TOML that storybook.toml could have, with what nobody has given behind a #; users, passwords
    and queries of addresses are left out.
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
        click.echo(line)  # as it is: a value that names a command stays as it was written


def _without_keys(it: SettingInForce) -> SettingInForce:
    """A setting, without what may be a key by mistake where the name of its variable or the word
    before it belongs."""
    if not isinstance(it.value, str):
        return it
    value = it.value
    if it.key.endswith("_variable") and value and not is_variable(value):
        value = HIDDEN
    elif it.key == "header" and not _HEADER.fullmatch(value):
        value = f"{value.partition(':')[0]}: {HIDDEN}"
    return msgspec.structs.replace(it, value=value)


def _as_json(it: SettingInForce) -> dict[str, Any]:
    said_by = it.said_by or BUILT_IN
    return {"table": it.table, "key": it.key, "value": _shown(it.value), "from": said_by}


def _lines(settings: Iterable[SettingInForce]) -> list[str]:
    """A table's head, and its keys below it. What nobody has given stands behind a #: kept as a
    file, it would ask for the engine that it is of."""
    lines: list[str] = []
    table = ""
    for it in settings:
        if it.table != table:
            lines += [*([""] if lines else []), f"[{it.table}]"]
            table = it.table
        if it.said_by:
            lines.append(f"{it.key} = {_toml(_shown(it.value))}  # {one_line(it.said_by)}")
        else:
            value = "" if it.value is None else _toml(_shown(it.value))
            lines.append(f"# {it.key} = {value}  # {BUILT_IN}")
    return lines


def _shown(value: Any) -> Any:
    """A value without the secrets in its texts."""
    if isinstance(value, Mapping):
        return {key: _shown(it) for key, it in value.items()}
    if isinstance(value, tuple | list):
        return [_shown(it) for it in value]
    return without_secrets(value) if isinstance(value, str) else value


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_toml(str(key))} = {_toml(it)}" for key, it in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    text = msgspec.json.encode(value).decode()  # TOML's strings, numbers and truths are JSON's
    return text.replace("\x7f", "\\u007f")  # but for this one
