"""docs/glossary.md: each noun once, and what it sends the reader to is there."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import pytest

from tests.test_house import ROOT

GLOSSARY: Final = ROOT / "docs" / "glossary.md"
ENTRIES: Final = re.findall(
    r"^- \*\*(.+?)\*\*: (.*?)(?=^- |^#|\Z)", GLOSSARY.read_text("utf-8"), re.MULTILINE | re.DOTALL
)
PLACES: Final = re.compile(r"((?:`\w+`,?\s+)*)(?:in\s+)?\[`([\w/.]+)`\]\((.+?)\)")
"""Names, if any, and the file that has them: `Lease`, `Leases` in [`stores/leases.py`](…)."""


def test_no_term_stands_twice() -> None:
    """Nor in the plural: one word for each idea, and one place for each word."""
    counted = Counter(term.lower().removesuffix("s") for term, _ in ENTRIES)
    assert [term for term, times in counted.items() if times > 1] == []
    assert len(counted) == GLOSSARY.read_text("utf-8").count("- **") > 50


@pytest.mark.parametrize(("term", "text"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_a_term_is_where_the_glossary_says(term: str, text: str) -> None:
    """Its file is there, and defines the names that are given for it."""
    places = PLACES.findall(text)
    assert places, f"{term} names no file"
    for names, shown, link in places:
        path = GLOSSARY.parent / link
        assert path.is_file(), f"{term}: {link}"
        assert link == f"../storybook/{shown}", term
        source = path.read_text("utf-8")
        for name in re.findall(r"\w+", names):
            defined = rf"^\s*(?:(?:async )?def|class) {name}\b|^{name}(?:: [^=\n]+)? = "
            assert re.search(defined, source, re.MULTILINE), f"{term}: {shown} has no {name}"
