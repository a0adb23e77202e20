"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "storybook"

ROOMS = [
    *("system", "service_manager", "processes", "notifier", "stopping"),
    *("clock", "data_folder", "qr_code"),
    *("scene", "book"),
    *("korean", "lexicon", "languages", "callback_url", "request", "new_run"),
    "events",
    "run",
    "commands",
    *("settings", "settings_file", "access", "home"),
    "stores",
    "projections",
    "telemetry",
    "engines",
    *("composer", "painter"),
    "stages",
    "configuration",
    "export",
    *(
        "retention",
        "repair",
        "evidence",
        "webhooks",
        "editions",
        "changing",
        "idempotency",
        "characters",
    ),
    "edition_request",
    *("deriving", "importing", "forgetting", "estimates"),
    *("application", "bootstrap"),
    *("http", "client"),
    "cli",
]
"""From the ground up: a module imports only from its own room and from rooms before it."""

GROUND = {"system", "processes", "notifier", "clock"}

NEIGHBOURS = {
    "composer": {"scene", "book", "korean", "lexicon", "engines", "events"},
    "painter": {"scene", "book", "lexicon", "engines", "events", *GROUND},
}
"""Engines that stand beside the house, and the rooms that each may know."""

THE_REGISTRY = PACKAGE / "stages" / "registry.py"
"""The one module that knows the neighbours."""
MAY_KNOW_WHERE_FILES_LIE = {"stores", "bootstrap", "evidence", "data_folder", "cli"}
"""The store itself, who opens it, and who tells people which folder is meant or looks whether it is
there."""

MAY_KNOW_THE_LOG = {"bootstrap", "cli", "evidence"}
"""Rooms that may know which log is under the `EventLog` contract."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package, with the room that it stands in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        room = parts[0].removesuffix(".py")
        if room not in ("__init__", "__main__"):
            yield room, path


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules of this project that a file imports, also inside functions."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (it.name for it in names if it.name.startswith("storybook"))
            case ast.ImportFrom(module=str(module), level=0) if module.startswith("storybook"):
                yield module
            case ast.ImportFrom(level=level) if level:
                yield "." * level  # relative: stays in its own room


def test_every_room_is_listed() -> None:
    """A new room gets its place in the order."""
    assert {room for room, _ in modules()} <= set(ROOMS)


@pytest.mark.parametrize(
    ("room", "path"), list(modules()), ids=lambda it: str(it).removeprefix(str(PACKAGE))
)
def test_imports_run_one_way(room: str, path: Path) -> None:
    """No module imports from a room that stands above its own."""
    for module in imports(path):
        _, _, rest = module.partition("storybook.")
        other = rest.split(".")[0]
        if other:
            assert ROOMS.index(other) <= ROOMS.index(room), f"{path.name} imports {module}"


def rooms_known_by(path: Path) -> set[str]:
    """The rooms that a file imports from; the package itself, asked for its version, is none."""
    return {it.split(".")[1] for it in imports(path) if it.startswith("storybook.")}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_neighbour_is_an_engine_like_any_other(neighbour: str) -> None:
    """It knows what an engine of another package may know, and only the registry knows it."""
    for room, path in modules():
        known = rooms_known_by(path)
        if room == neighbour:
            assert known <= {neighbour, *NEIGHBOURS[neighbour]}, path
        elif path != THE_REGISTRY:
            assert neighbour not in known, path


def test_only_the_composition_root_knows_the_log() -> None:
    """Everything else speaks to the `EventLog` contract."""
    for room, path in modules():
        if room in MAY_KNOW_THE_LOG | {"stores"}:
            continue
        assert not [it for it in imports(path) if it.startswith("storybook.stores.sqlite")], path


def test_only_the_composition_root_knows_where_artifacts_lie() -> None:
    """Everything else speaks to the `ArtifactStore` contract, in bytes."""
    for room, path in modules():
        if room not in MAY_KNOW_THE_LOG | {"stores"}:
            found = set(imports(path)) & {"storybook.stores.files", "storybook.stores.memory"}
            assert not found, path


SPEAK_SQL = {"stores", "projections"}
"""Rooms that may know that SQLite is under them."""


def test_only_stores_and_projections_speak_sql() -> None:
    """Who stands above them asks a function of theirs, and another database changes nothing."""
    for room, path in modules():
        if room not in SPEAK_SQL:
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            imported = {
                it.name for node in tree if isinstance(node, ast.Import) for it in node.names
            }
            assert not imported & {"sqlite3", "aiosqlite"}, path


KNOW_ADDRESSES = {"http", "client", "cli"}
"""Rooms that may know the addresses of the HTTP API: the server, and who asks one."""


def test_no_address_of_the_api_stands_below_http() -> None:
    """What is told there is a value; only HTTP gives it an address. ComfyUI's own API, of which an
    engine is a client, has other addresses, and a docstring may name a call."""
    address = re.compile(r"^/api/(runs|events|engines|speech|previews)")
    for room, path in modules():
        if room not in KNOW_ADDRESSES:
            found = [it for it in strings(path) if address.search(it)]
            assert not found, f"{path}: {found}"


def test_no_path_of_an_artifact_is_known_above_the_stores() -> None:
    """A file of a book is asked for by its run and its name, never by where it lies."""
    lies_there = re.compile(r"\.location\(|folder\.outputs\b")
    for room, path in modules():
        if room not in MAY_KNOW_WHERE_FILES_LIE:
            assert not lies_there.search(path.read_text(encoding="utf-8")), path


def strings(path: Path) -> Iterator[str]:
    """The texts in a file, docstrings included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository that match."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_lock_file_names_a_package_index() -> None:
    """Where packages come from is the user's choice."""
    for path in tracked("requirements/*"):
        assert not re.search(r"https?://|--(extra-)?index-url", path.read_text()), path


def test_every_locked_requirement_has_its_hashes() -> None:
    """A package that was tampered with is not installed."""
    for path in tracked("requirements/*.txt"):
        blocks = re.split(r"\n(?=[a-z0-9])", path.read_text().strip(), flags=re.IGNORECASE)
        for block in blocks:
            assert "==" in block and "--hash=sha256:" in block, f"{path.name}: {block[:80]}"


def test_the_project_carries_what_it_needs() -> None:
    """No file reaches out of the repository or names a path of somebody's machine."""
    reach = re.compile(r"\.\./shared|(?<!\w)/home/\w|/root/|/Users/\w")
    for path in tracked("*.py", "*.md", "*.toml", "*.sql", "Makefile", "*.html", "*.js", "*.css"):
        if path.name != Path(__file__).name:
            assert not reach.search(path.read_text(encoding="utf-8")), path
