"""Draws the pictures and tables in the documents from the code's own tables: `make docs`.

A document marks a place with `<!-- drawn: NAME -->` and `<!-- end -->`; what stands between is
replaced. A test fails while a document differs from what the code says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from docs.states import UNTOLD, Change, played
from storybook.book import FEWEST_PAGES, WRITING, Role, Stage
from storybook.events.catalog import EVENT_TYPES
from storybook.http.errors import STATUSES
from storybook.run import waits_for
from storybook.stages.registry import OWN_ENGINES

FOLDER: Final = Path(__file__).parent


def stages() -> str:
    """What each piece of work waits for."""
    lines = ["flowchart LR", "    R([RunRequested]) --> LLM"]
    plan = waits_for(FEWEST_PAGES)
    for work, pages in plan.items():
        name = "LLM" if work == WRITING else f"{work.stage}_{work.page}"
        label = str(work)
        if work != WRITING:
            lines += [f'    P{page}["text of page {page}"] --> {name}["{label}"]' for page in pages]
        else:
            waited = sorted({page for pages in plan.values() for page in pages})
            lines += [f'    LLM["{label}"] --> P{page}' for page in waited]
    return _mermaid(lines)


def runs() -> str:
    """The status of a run, and the events that change it."""
    return _states(played()[0])


def work() -> str:
    """The state of a piece of work, and the events that change it."""
    return _states(played()[1])


def _states(changes: list[Change]) -> str:
    from_the_begin = sorted(changes, key=lambda it: it.before != UNTOLD)
    lines = [f"    {it.before} --> {it.after}: {it.event}" for it in from_the_begin]
    return _mermaid(["stateDiagram-v2", *lines])


def events() -> str:
    """Every event type, what it says and what it carries."""
    rows = ["| event | says | carries |", "| --- | --- | --- |"]
    for name, kind in EVENT_TYPES.items():
        says = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        fields = ", ".join(f"`{field.name}`" for field in msgspec.structs.fields(kind))
        rows.append(f"| `{name}` | {says} | {fields or '–'} |")
    return "\n".join(rows)


def engines() -> str:
    """The engines of each role, best first, and the stages that it does."""
    stages_of = {
        Role.WRITER: [Stage.LLM],
        Role.ILLUSTRATOR: [stage for stage in Stage if stage.is_picture],
        Role.NARRATOR: [Stage.TTS],
        Role.TRANSCRIBER: [],
    }
    rows = ["| role | stages | engines, best first |", "| --- | --- | --- |"]
    for role, table in OWN_ENGINES.items():
        does = _from_to(stages_of[role])
        rows.append(f"| {role} | {does} | {', '.join(f'`{name}`' for name in table)} |")
    return "\n".join(rows)


def _from_to(stages: list[Stage]) -> str:
    """A few stages by name, of many the first two and the last."""
    named = [f"`{stage}`" for stage in stages]
    if len(named) > 3:
        named[2:-1] = ["…"]
    return ", ".join(named) or "–"


def errors() -> str:
    """Which error is answered with which status."""
    rows = ["| error | status |", "| --- | --- |"]
    rows += [f"| `{kind.__name__}` | {status} |" for kind, status in STATUSES.items()]
    return "\n".join(rows)


SAMPLING_PARAMETERS: Final[dict[str, Callable[[], str]]] = {
    "stages": stages,
    "runs": runs,
    "work": work,
    "events": events,
    "engines": engines,
    "errors": errors,
}

_PLACE: Final = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)


def drawn(text: str) -> str:
    """A document with its drawings made anew."""
    return _PLACE.sub(lambda it: it[1] + SAMPLING_PARAMETERS[it[2]]() + it[3], text)


def documents() -> list[Path]:
    """The documents that have drawings."""
    return [it for it in FOLDER.glob("*.md") if "<!-- drawn:" in it.read_text(encoding="utf-8")]


def _mermaid(lines: list[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```"])


if __name__ == "__main__":
    for document in documents():
        document.write_text(drawn(document.read_text(encoding="utf-8")), encoding="utf-8")
