"""Errors at the edge: messages for people, tracebacks for us."""

from __future__ import annotations

import anyio
import pytest
import rich_click as click

from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.projections.projector import ProjectionsBusy
from storybook.projections.views import ForeignFile
from storybook.run import NoSuchRun
from storybook.settings import SettingsError


async def _in_a_task_group(error: Exception) -> None:
    async def fail() -> None:
        raise error

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fail)


@pytest.mark.parametrize(
    "error",
    [
        *(NoSuchRun(), OSError("no space"), Failure("no such run")),
        *(ForeignFile("another version"), ProjectionsBusy("ask again")),
    ],
)
def test_errors_for_people_become_messages(error: Exception) -> None:
    """Also out of a task group, which wraps them."""
    with pytest.raises(Failure, match=str(error)):
        run_async(lambda: _in_a_task_group(error))


def test_a_fault_in_the_settings_is_a_usage_error() -> None:
    """Also one that is found only while things are built."""
    with pytest.raises(click.UsageError, match="unknown engine") as raised:
        run_async(lambda: _in_a_task_group(SettingsError("unknown engine")))
    assert raised.value.exit_code == 2


def test_other_errors_keep_their_traceback() -> None:
    """They are faults of ours."""
    with pytest.raises(ExceptionGroup) as raised:
        run_async(lambda: _in_a_task_group(KeyError("x")))
    assert isinstance(raised.value.exceptions[0], KeyError)


def test_a_closed_pipe_is_not_told() -> None:
    """`storybook log | head` ends quietly."""
    with pytest.raises(BrokenPipeError):
        run_async(lambda: _in_a_task_group(BrokenPipeError()))
