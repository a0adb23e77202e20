"""What is handed out: wheel and sdist have everything that the program needs, and no more.

`make dist` also installs the wheel into a bare environment and makes a book with it; that needs a
package index, and is no part of `make test`.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

import storybook
from tests.test_house import ROOT, tracked

pytestmark = pytest.mark.slow

NAME = f"storybook-{storybook.__version__}"


def build(source: Path, to: Path) -> None:
    """What `make dist` begins with."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(to)],
        cwd=source,
        capture_output=True,
        timeout=60,
        check=True,
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


def contents(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel."""
    with ZipFile(wheel) as files:
        return {name: files.read(name) for name in files.namelist()}


def wheel_of(folder: Path) -> dict[str, bytes]:
    return contents(folder / f"{NAME}-py3-none-any.whl")


def test_the_wheel_is_the_package_and_its_migrations(dist: Path) -> None:
    """Every file of the two, with its bytes; no tests, no documents, nobody's data."""
    expected = {
        path.relative_to(ROOT).as_posix(): path.read_bytes() for path in tracked("storybook")
    }
    for path in tracked("migrations"):
        expected[f"storybook/{path.relative_to(ROOT).as_posix()}"] = path.read_bytes()
    about = f"{NAME}.dist-info/"
    found = {name: it for name, it in wheel_of(dist).items() if not name.startswith(about)}
    assert found == expected


def test_the_wheel_has_what_is_read_at_run_time(dist: Path) -> None:
    """Migrations, the book's page, word lists and the mark of typed packages are not code."""
    found = wheel_of(dist)
    assert {
        "storybook/py.typed",
        "storybook/migrations/log/0001_events.sql",
        *(f"storybook/export/html/book.{kind}" for kind in ("html", "css", "js")),
        "storybook/lexicon/words.toml",
    } <= set(found)


def test_the_wheel_brings_the_command_and_the_license(dist: Path) -> None:
    """What installing it adds."""
    found = wheel_of(dist)
    assert b"storybook = storybook.cli:main" in found[f"{NAME}.dist-info/entry_points.txt"]
    assert found[f"{NAME}.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_sdist_makes_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    """Who builds from the source that was handed out gets what we got."""
    with tarfile.open(dist / f"{NAME}.tar.gz") as source:
        source.extractall(tmp_path, filter="data")
    build(tmp_path / NAME, tmp_path / "dist")
    assert wheel_of(tmp_path / "dist") == wheel_of(dist)
