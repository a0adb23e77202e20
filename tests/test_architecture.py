"""docs/architecture.md tells of the house as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.test_house import PACKAGE, ROOMS, ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def table(heading: str) -> Iterator[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = ARCHITECTURE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    yield from (row.strip("| ").split(" | ") for row in rows[2:])


def test_the_table_of_rooms_has_every_room_in_its_order() -> None:
    """A new room gets its line there, and one that is gone loses it."""
    named = [name for first, *_ in table("Rooms, from the ground up") for name in first.split(", ")]
    assert [re.sub(r"\.py$|/$", "", name.strip("`")) for name in named] == ROOMS


def test_every_subscription_stands_in_the_table() -> None:
    """By its name, with the file that makes it."""
    files = {path for path in PACKAGE.rglob("*.py") if " Subscription(" in path.read_text("utf-8")}
    told = {
        PACKAGE.parent / link: name.strip("`")
        for name, handler, _ in table("Following the log")
        for link in re.findall(r"\(\.\./(.+?)\)", handler)
    }
    assert set(told) == files
    for path, name in told.items():
        assert f'"{name}"' in path.read_text("utf-8"), path


def files_in(line: str) -> list[str]:
    """The modules in a line that the measurement printed: a room, how many, their names."""
    room, _, *names = line.split(maxsplit=2)
    return [f"{room}/{it}.py" for it in names[0].split(", ")] if names else [f"{room}.py"]


@pytest.mark.slow  # a whole book, with a function called at every call
def test_what_a_newcomer_is_to_read_is_what_a_book_runs_through() -> None:
    """Each of those modules; and there are about as many in all as the document says."""
    printed = subprocess.run(
        [sys.executable, "-m", "bench.modules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=170,
    ).stdout
    *rooms, total = printed.splitlines()
    run_through = {name for line in rooms for name in files_in(line)}
    to_read = [
        link
        for first, _ in table("What to read first")
        for link in re.findall(r"\(\.\./storybook/(.+?)\)", first)
    ]
    assert len(to_read) == 12, "the document says twelve"
    assert set(to_read) <= run_through
    said = re.findall(r"(\d+) modules.*?(\d+) of the house", ARCHITECTURE, re.DOTALL)[0]
    measured = re.findall(r"(\d+) modules: (\d+) of the house", total)[0]
    assert all(
        abs(int(one) - int(other)) <= 5 for one, other in zip(said, measured, strict=True)
    ), f"docs/architecture.md says {said}, measured were {measured}"
