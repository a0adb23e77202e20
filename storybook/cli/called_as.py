"""How this program was called: the command that a hint names works when it is typed.

Messages, also those of other rooms, name commands as `storybook COMMAND`. Not everybody has a
`storybook` on the PATH: after `make book` it is `.venv/bin/storybook`. And whoever named a data
folder has to name it again.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import rich_click as click
from click.core import ParameterSource

from storybook.system import to_type

NAME: Final = "storybook"
_COMMAND: Final = re.compile(rf"(?<=`){NAME}(?= [a-z-])")


def program_words(typed: Sequence[str]) -> list[str]:
    """The words that start this program. `typed` is the command line of the process, with its
    interpreter (`sys.orig_argv`)."""
    interpreter, *rest = typed
    if rest[:1] == ["-m"]:
        return [interpreter, *rest[:2]]
    program = next((it for it in rest if Path(it).stem == NAME), NAME)
    on_path = shutil.which(NAME)
    is_on_path = on_path is not None and Path(on_path).resolve() == Path(program).resolve()
    return [NAME] if is_on_path else [program]


def program() -> str:
    """This program as it is typed."""
    return to_type(program_words(sys.orig_argv))


def called_as() -> str:
    """This program as it is typed, with the options that name the same folder and settings, or
    the same server."""
    context = click.get_current_context(silent=True)
    if context is None:
        return NAME
    root = context.find_root()
    given = [
        word
        for name, option in (("data", "--data"), ("config", "--config"), ("server", "--server"))
        if root.get_parameter_source(name) is ParameterSource.COMMANDLINE
        for word in (option, str(root.params[name]))
    ]
    return " ".join(filter(None, (root.info_name, to_type(given))))


def as_called(text: str) -> str:
    """A message, its commands in the form in which they work."""
    return _COMMAND.sub(lambda _: called_as(), text)


def say(text: str, *, err: bool = False) -> None:
    """A line for people on standard output, or on standard error."""
    click.echo(as_called(text), err=err)
