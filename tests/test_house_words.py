"""Names tell the truth: what is defined is used, what is named exists, no name has two owners."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.draw import SAMPLING_PARAMETERS, documents
from storybook.events.catalog import EVENT_TYPES
from storybook.run import evolution
from tests.test_house import PACKAGE, ROOT, tracked

STILL_TWICE: set[str] = set()
"""Class names that have two owners today; each is to be renamed, and then goes from here."""

STILL_UNUSED: set[str] = set()
"""Constants that nothing uses today; each is to be kept or deleted, and then goes from here."""

OF_OTHERS = {
    "logprob_threshold": "OpenAI's transcribe.py",
    "compression_ratio_threshold": "OpenAI's transcribe.py",
    "no_speech_threshold": "OpenAI's transcribe.py",
    "library_7": "a table's name, made of the projection's and its generation",
}
"""Names in docstrings that stand in no file of ours, and where they come from."""


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Every node of a file's syntax tree, the module first."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def sources() -> list[Path]:
    """The Python files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def test_every_event_type_has_its_evolution() -> None:
    """An event that changes nothing says so in the table, too."""
    assert set(EVENT_TYPES.values()) == set(vars(evolution)["_EVOLVE"])


def test_every_drawing_is_drawn() -> None:
    """Each marked place has a drawing of that name and an end, and each drawing has a place."""
    used = set()
    for document in tracked("*.md"):
        text = document.read_text(encoding="utf-8")
        names = re.findall(r"^<!-- drawn: (.*?) -->$", text, re.MULTILINE)
        assert not names or document in documents(), f"{document}: `make docs` does not draw there"
        assert text.count("\n<!-- end -->\n") == len(names), f"{document}: drawings and ends"
        assert set(names) <= set(SAMPLING_PARAMETERS), document
        used |= set(names)
    assert used == set(SAMPLING_PARAMETERS), "a drawing that no document shows"


def constants(path: Path) -> Iterator[str]:
    """The public constants that a module defines."""
    module = nodes(path)[0]
    for node in ast.iter_child_nodes(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if re.fullmatch(r"[A-Z][A-Z0-9_]+", name):
                    yield name


@cache
def imported() -> dict[str, set[str]]:
    """The names that are imported from each module, and of every `x.NAME` under ""."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in tracked("*.py"):
        for node in nodes(path):
            match node:
                case ast.ImportFrom(module=module, names=names):
                    found[(module or "").rsplit(".", 1)[-1]] |= {it.name for it in names}
                case ast.Attribute(attr=name):
                    found[""].add(name)
    return found


def unused(path: Path) -> set[str]:
    """The public constants of a module that neither it nor another one reads."""
    module = path.parent.name if path.name == "__init__.py" else path.stem
    here = {
        it.id for it in nodes(path) if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Load)
    }
    return set(constants(path)) - here - imported()[""] - imported()[module]


@pytest.mark.slow
def test_every_constant_is_used() -> None:
    """A limit that nothing keeps is no limit."""
    assert {name for path in sources() for name in unused(path)} == STILL_UNUSED


def docstrings(path: Path) -> Iterator[str]:
    """Every text that stands as a statement: of modules, classes, functions, constants, fields."""
    for node in nodes(path):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def spoken_names(text: str) -> Iterator[str]:
    """The names of code in backticks: with an underscore, in CamelCase, or called."""
    for quoted in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        whole = re.fullmatch(r"([A-Za-z_][\w.]*)(\(.*\))?", quoted)
        if whole and not importable(whole[1]):
            *owners, last = whole[1].split(".")
            yield from (it for it in [*owners, last] if is_name(it))
            if whole[2]:
                yield last


def is_name(word: str) -> bool:
    """Whether a word is surely one of the code, and not of English."""
    return bool(re.fullmatch(r"\w*[A-Za-z0-9]_\w+|[A-Z][a-z0-9]+[A-Z]\w*", word))


def importable(dotted: str) -> bool:
    """Whether it is a thing of another package, such as `anyio.to_process`."""
    package, _, rest = dotted.partition(".")
    if not rest or not find_spec(package):
        return False
    try:
        pkgutil.resolve_name(dotted)
    except (ImportError, AttributeError):
        return False
    return True


@cache
def known_words() -> frozenset[str]:
    """All words of the code base, but those of comments and docstrings, and of the lists above."""
    files = tracked("*.sql", "*.toml", "*.html", "*.js")
    found = {it for path in files for it in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    for path in set(tracked("*.py")) - {Path(__file__)}:
        found |= {path.stem, *words_of(path)}
    return frozenset(found)


def words_of(path: Path) -> Iterator[str]:
    """The names in a file, and the words in its texts that are no docstrings."""
    docs = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    for node in nodes(path):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docs:
                yield from re.findall(r"\w+", text)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")


@pytest.mark.slow
def test_names_in_docstrings_exist() -> None:
    """What a docstring sends the reader to is there."""
    missing: dict[str, str] = {}
    for path in sources():
        for name in {it for text in docstrings(path) for it in spoken_names(text)}:
            if name not in known_words():
                missing[name] = str(path.relative_to(ROOT))
    assert {name: at for name, at in missing.items() if name not in OF_OTHERS} == {}
    assert set(OF_OTHERS) <= set(missing), "names that nobody speaks of any longer"


COMES_LATER = re.compile(
    r"\bbehind (?:(?:the|a|an|its|it|that|this|each|every) )?(?:log's |last |first )?"
    r"(?:cursor|position|event|append|end|message|batch|checkpoint)",
    re.IGNORECASE,
)
"""What stands in an order and not in space: there it is called after."""


def test_what_comes_later_comes_after() -> None:
    """Behind is where somebody stands; what comes later in time or order comes after."""
    for path in tracked("storybook/*.py", "tests/*.py", "docs/*.md", "*.md"):
        if path != Path(__file__):
            found = COMES_LATER.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path.relative_to(ROOT)}: {found and found[0]!r}; say 'after'"


def test_no_class_name_has_two_owners() -> None:
    """A noun names one thing; who searches for it finds one class."""
    owners = Counter(
        node.name
        for path in sources()
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    twice = {name for name, times in owners.items() if times > 1}
    assert twice == STILL_TWICE
