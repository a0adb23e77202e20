"""`docs/digest-chain.md` is enough to check a log without this project."""

from __future__ import annotations

import re
import shutil
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from storybook.stores.sqlite.verify import head_of

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = (ROOT / "docs" / "digest-chain.md").read_text(encoding="utf-8")
RECORDED: Final = ROOT / "tests" / "recorded" / "v2.0" / "log.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of a log that an earlier version wrote."""
    return Path(shutil.copy(RECORDED, tmp_path))


def verified(path: Path) -> list[str]:
    """What the document's own program prints, where nothing of this project can be imported."""
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    command = [sys.executable, "-I", "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=path.parent)
    return done.stdout.splitlines()


def test_the_program_in_the_document_verifies_a_log(path: Path) -> None:
    """It finds nothing, and comes to the same head."""
    assert verified(path) == [str(head_of(path))]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET data = x'7b7d' WHERE position = 5", ["event 5: its data was changed"]),
        ("UPDATE events SET recorded_at = 7 WHERE position = 5", ["event 5: the chain is broken"]),
        (
            "DELETE FROM events WHERE position = 5",
            ["event 6: the chain is broken", "event 6: an event is missing before it"],
        ),
    ],
)
def test_it_finds_what_was_changed(path: Path, change: str, found: list[str]) -> None:
    """At the event where it happened."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(change)
    assert verified(path)[: len(found)] == found


def test_the_example_is_right() -> None:
    """The two digests in the text follow from the columns in the text, by the table's layout."""
    payload = sha256(b'{"type":"RunCompleted"}').digest()
    run, name = b"0f" * 16, b"RunCompleted"
    fields = (bytes(32), 1, 1, 1, 1_786_000_000_000_000, len(run), len(name), run, name, payload)
    digest = sha256(struct.pack(">32sQQIqHH32s12s32s", *fields)).hexdigest()
    assert payload.hex() in DOCUMENT
    assert digest in DOCUMENT
