"""The modules of the page: what needs no browser runs under Node; all are checked by TypeScript."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
READER = REPOSITORY / "storybook" / "reader"
TESTS = sorted(Path(__file__).parent.glob("*.test.js"))
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="no Node here")


@needs_node
@pytest.mark.parametrize("module", TESTS, ids=lambda it: it.stem)
def test_a_module_does_what_its_tests_say(module: Path) -> None:
    """Each file of tests in a process of its own."""
    assert NODE is not None
    ran = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", str(module)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^# pass [1-9]", ran.stdout, re.MULTILINE)


@needs_node
@pytest.mark.slow
def test_the_types_are_right() -> None:
    """As TypeScript reads the comments; `npm ci` has put it there."""
    tsc = REPOSITORY / "node_modules" / "typescript" / "bin" / "tsc"
    if not tsc.exists():
        pytest.skip("`npm ci` has not been run")
    ran = subprocess.run(
        [str(NODE), str(tsc)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_what_is_vendored_is_what_was_published() -> None:
    """Each file has the digest that is written down, and there is no other."""
    folder = READER / "vendor"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    written = {name: digest for digest, name in (it.split("  ", 1) for it in lines)}
    there = {it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file()}
    assert there - {"SHA256SUMS", "README.md"} == written.keys()
    for name, digest in written.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No address of another host, and no import that is not of a file beside it."""
    for path in READER.rglob("*"):
        if path.suffix not in (".js", ".css", ".html") or "vendor" in path.parts:
            continue
        text = path.read_text("utf-8")
        assert not re.search(
            r"""(?:src|href|import|from|url\(|@import)\s*\(?["'(]?https?://""", text
        ), path
        for name in re.findall(r"""(?:from|import)\s*\(?["']([^"']+)["']""", text):
            assert name.startswith("."), f"{path.name}: {name}"
            assert (path.parent / name).exists(), f"{path.name}: {name}"
