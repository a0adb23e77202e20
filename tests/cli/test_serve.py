"""`storybook serve`, before it serves."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import anyio
import pytest

import storybook.bootstrap
from storybook.engines import EngineUnavailable
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.conftest import Shell


def test_it_says_at_once_that_it_starts(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before engines are looked at, which may take a while; on stderr, so that the first line of
    standard output stays the address."""

    async def choose(settings: Settings, data: Path) -> Engines:
        raise EngineUnavailable("writer", "it is away", "Wait for it.")

    monkeypatch.setattr(storybook.bootstrap, "choose_engines", choose)
    result = shell("serve", "--port", "0")
    first, *_, last = result.stderr.splitlines()
    assert json.loads(first)["event"] == f"Starting on {shell.data} …"
    assert "writer is not available: it is away" in last
    assert result.stdout == ""


def test_it_may_be_stopped_while_it_starts(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is an end like any other, and says so."""

    async def choose(settings: Settings, data: Path) -> Engines:
        os.kill(os.getpid(), signal.SIGTERM)
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    monkeypatch.setattr(storybook.bootstrap, "choose_engines", choose)
    result = shell("serve", "--port", "0")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stderr.splitlines()[-1])["event"] == "Stopped."
