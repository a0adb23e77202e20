"""A server with books that earlier versions have recorded: done, failed, retried, cancelled."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.recorded_folder import RECORDED
from tests.whole.server import Server, serving, storybook

REFUSED = "0358c6870ec5434da2c709864496c985"
"""A book that failed: a page was refused, and the writer then wrote another one than was due."""
DONE = "95ccc1b6707647779c9ecc96298d6382"
"""A book that was done at the first attempt."""
RETRIED = "d250b31bc60b46d5b4c402d06764a268"
"""A book that failed, and was done after a retry."""

SIZES = ((360, 640), (390, 844), (844, 390), (820, 1180), (1440, 900))


def recorded_data(folder: Path) -> Path:
    """A data folder of its own."""
    data = folder / "data"
    shutil.copytree(RECORDED, data, ignore=shutil.ignore_patterns("expected.json"))
    return data


@contextmanager
def recorded_server(folder: Path, **settings: str) -> Iterator[Server]:
    """One on a copy of what was recorded."""
    with serving(recorded_data(folder), **settings) as server:
        yield server


def new_token(data: Path, scope: str) -> str:
    """The secret of a token; from now on everybody needs one."""
    added = storybook(data, "token", "add", scope, "--scope", scope)
    (secret,) = re.findall(r"\S{32,}", added.stdout)
    return str(secret)
