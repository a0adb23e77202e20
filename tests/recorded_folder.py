"""A data folder with seven books and 51 files, copied from the recorded one in a moment."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

RECORDED: Final = Path(__file__).parent / "recorded" / "v2.0"
FILES: Final = 51


def recorded_folder(at: Path) -> Path:
    """Put it there; with what later versions have beside the log."""
    shutil.copytree(RECORDED, at, ignore=shutil.ignore_patterns("expected.json"))
    for name in ("access.db", "webhooks.db"):
        with closing(sqlite3.connect(at / name)) as db, db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("CREATE TABLE notes (note TEXT)")
            db.execute("INSERT INTO notes VALUES (?)", (f"of {name}",))
    (at / "references").mkdir()
    (at / "references" / "rabbit.png").write_bytes(b"a rabbit")
    return at


def book_with_files(data: Path) -> Path:
    """The folder of a book that has ten files."""
    return next(it for it in sorted((data / "outputs").iterdir()) if len(list(it.iterdir())) == 10)


def files_in(folder: Path) -> dict[str, str]:
    """Every file in a folder by its path, with its SHA-256."""
    return {
        str(it.relative_to(folder)): hashlib.sha256(it.read_bytes()).hexdigest()
        for it in sorted(folder.rglob("*"))
        if it.is_file()
    }


def all_rows(log: Path) -> list[tuple[object, ...]]:
    """Every row of a log's two tables."""
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as db:
        return [
            *db.execute("SELECT * FROM events ORDER BY position"),
            *db.execute("SELECT * FROM commands ORDER BY command"),
        ]
