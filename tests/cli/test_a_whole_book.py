"""The whole product once: four words, the embedded engines, a finished book."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from tests.cli.conftest import REPOSITORY, WORDS, Shell

pytestmark = pytest.mark.slow

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def test_four_words_become_a_book(shell: Shell) -> None:
    """Five pages of text, five pictures, five voices, and a page to open; nothing is damaged."""
    command = [sys.executable, "-m", "storybook", "--data", str(shell.data)]
    environ = {name: it for name, it in os.environ.items() if not name.startswith("STORYBOOK_")}
    done = subprocess.run(
        [*command, "make", *WORDS, "--seed", "7", "--json"],
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    made = json.loads(done.stdout)
    shown = shell.json("show", made["run_id"])
    assert all(page["title"] or page["summary"] for page in shown["state"]["pages"])
    folder = Path(made["folder"])
    pictures = [it.read_bytes() for it in sorted(folder.glob("*.png"))]
    assert len(set(pictures)) == 5
    assert all(it.startswith(PNG_SIGNATURE) for it in pictures)
    seconds = [soundfile.info(it).duration for it in sorted(folder.glob("*.wav"))]
    assert len(seconds) == 5
    assert all(it > 0.5 for it in seconds)
    assert made["title"] in Path(made["book"]).read_text("utf-8")
    assert Path(made["book"]).stat().st_size < 6_000_000
    assert shell("verify").exit_code == 0
