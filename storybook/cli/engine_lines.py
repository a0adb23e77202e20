"""What is said of a role's engine: in `doctor`, and where `serve` and `make` begin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from storybook.book import Role
from storybook.settings import AUTO
from storybook.stages.candidates import EngineReport

OF_BOOKS = (Role.WRITER, Role.ILLUSTRATOR, Role.NARRATOR)
"""Without one of these no book can be made; nobody needs to speak to this program."""


def engine_words(it: EngineReport) -> str:
    """The engine with its version and model."""
    return " ".join(word for word in (it.engine, it.version, it.model) if word)


def is_missed(it: EngineReport) -> bool:
    """Whether the settings ask for what cannot be had, or books cannot be made."""
    return bool(it.why) and (it.configured != AUTO or it.role in OF_BOOKS)


def lack(it: EngineReport) -> str:
    """What cannot be had, who stands in for it, and why."""
    if not it.ready:
        return f"{engine_words(it)} cannot be used: {it.why}"
    if it.engine in it.configured.split(", "):
        return f"{engine_words(it)} is ready, but not with all that is asked for: {it.why}"
    return f"{engine_words(it)} stands in: {it.why}"


def missing_lines(
    reports: Iterable[EngineReport], roles: Collection[Role] = tuple(Role)
) -> Iterator[str]:
    """Lines for each of these roles in which something is missed: what, and the mend."""
    for it in reports:
        if it.role in roles and is_missed(it):
            yield f"! {it.role}: {lack(it)}"
            yield f"  → {it.mend}"
