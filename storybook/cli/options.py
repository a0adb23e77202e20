"""What the global options lead to: the data folder, the settings, and who writes the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from storybook.data_folder import DataFolder, data_folder

if TYPE_CHECKING:
    from storybook.settings import Settings
    from storybook.stores.sqlite.holder import Holder


@dataclass(frozen=True)
class ServerElsewhere:
    """The server that `--server` names, and the token that it is shown (empty for none)."""

    url: str
    token: str


@dataclass(frozen=True)
class GlobalOptions:
    """What the global options say. `environ` has `STORYBOOK_DATA` as `--data` gave it; with a
    `server` commands ask that, and no data folder is looked at."""

    environ: Mapping[str, str]
    config: Path | None
    verbose: bool
    server: ServerElsewhere | None = None

    @cached_property
    def folder(self) -> DataFolder:
        return data_folder(self.environ)

    @cached_property
    def settings(self) -> Settings:
        """The settings in force. A fault in them is a usage error."""
        from storybook.configuration import load_settings
        from storybook.settings import SettingsError

        try:
            return load_settings(self.environ, self.config)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error

    def holder(self) -> Holder | None:
        """Which process writes the log now, None if none does."""
        from storybook.stores.sqlite.holder import find_holder

        return find_holder(self.folder.log)

    def start_logging(self) -> None:
        """Warnings to stderr, for people; with `--verbose` what the storybook does, too."""
        from storybook.telemetry.logs import start_logging

        start_logging(logging.INFO if self.verbose else logging.WARNING, as_json=False)


pass_options = click.make_pass_decorator(GlobalOptions)

accept_loss_option = click.option(
    "--accept-loss",
    is_flag=True,
    help="Start although the log lacks what the folder shows; that is set aside, not deleted.",
)
