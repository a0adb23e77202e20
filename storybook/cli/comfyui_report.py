"""What `storybook comfyui check` found: as values, and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from storybook.cli.called_as import as_called
from storybook.stages.illustrator.comfyui.endpoint_check import EndpointCheck
from storybook.stages.illustrator.comfyui.explain import Explanation, FoundRole, GivenSize
from storybook.stages.illustrator.comfyui.problems import WorkflowProblem
from storybook.stages.illustrator.comfyui.roles import REFERENCE
from storybook.stages.illustrator.comfyui.texts import TITLES
from storybook.stages.illustrator.comfyui.workflow import Places, named_places

FEWEST_SHOWN, MOST_SHOWN = 20, 60
"""Columns of a value, so that a long prompt stays one line."""
NAME_CELLS: Final = 11
"""Columns of a role's name: the longest, and two more."""
NAMES: Final = {"positive": "prompt", "negative": "negative", "output": "file name"}
"""Roles by the words of users, where those differ from the code's."""
FORMATS: Final = {"api": "API format", "editor": "the editor's format"}


# --------------------------------------------------------------------------------------- as values


class RolePlace(msgspec.Struct, frozen=True):
    """A place that has a role."""

    node: str
    input: str
    title: str


class FoundPlace(msgspec.Struct, frozen=True):
    """A place in the workflow. `how` is how it was found."""

    role: str
    node: str
    input: str
    class_type: str
    title: str
    value: str
    how: str


class NamedModel(msgspec.Struct, frozen=True):
    """A model that the workflow names. `is_there` is None if no server was there to be asked;
    `has` are the names that it has instead of a missing one."""

    name: str
    node: str
    input: str
    is_there: bool | None
    has: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """What `check --json` prints of each server."""

    url: str
    version: str
    ok: bool
    why: str
    workflow: str
    format: str = ""
    nodes: int = 0
    positive: tuple[RolePlace, ...] = ()
    negative: tuple[RolePlace, ...] = ()
    seed: tuple[RolePlace, ...] = ()
    width: tuple[RolePlace, ...] = ()
    height: tuple[RolePlace, ...] = ()
    reference: tuple[RolePlace, ...] = ()
    output: tuple[RolePlace, ...] = ()
    size: GivenSize = GivenSize()
    problems: tuple[WorkflowProblem, ...] = ()
    warnings: tuple[WorkflowProblem, ...] = ()
    notes: tuple[str, ...] = ()
    found: tuple[FoundPlace, ...] = ()
    models: tuple[NamedModel, ...] = ()


def report_of(check: EndpointCheck, name: str, nodes: Mapping[str, Places]) -> Report:
    """What was found at an endpoint, for a workflow of this name."""
    it = check.explanation
    if it is None:
        return Report(check.url, check.version, False, check.why, name)
    return Report(
        *(check.url, check.version, check.ok, check.why, name, it.format, it.nodes),
        positive=_places_of(it, "positive"),
        negative=_places_of(it, "negative"),
        seed=_places_of(it, "seed"),
        width=_places_of(it, "width"),
        height=_places_of(it, "height"),
        reference=_places_of(it, REFERENCE),
        output=_places_of(it, "output"),
        size=it.size,
        problems=it.problems,
        warnings=it.warnings,
        notes=it.notes,
        found=_found(it, nodes),
        models=_models(it, check.knows_models),
    )


def _places_of(it: Explanation, role: str) -> tuple[RolePlace, ...]:
    return tuple(RolePlace(f.node, f.input, f.title) for f in it.found if f.role == role)


def _found(it: Explanation, nodes: Mapping[str, Places]) -> tuple[FoundPlace, ...]:
    return tuple(
        FoundPlace(f.role, f.node, f.input, f.class_type, f.title, f.value, _how(f, nodes))
        for f in it.found
        if f.role != "model"
    )


def _how(found: FoundRole, nodes: Mapping[str, Places]) -> str:
    """How a place was found: see `roles`, whose order this is."""
    if {found.node, f"{found.node}.{found.input}"} & set(named_places(nodes).get(found.role, ())):
        return "named in the settings"
    title = found.title.strip().upper()
    if found.role == REFERENCE or (title and TITLES.get(found.role) == title):
        return "by its title"
    return "by following links"


def _models(it: Explanation, was_asked: bool) -> tuple[NamedModel, ...]:
    missing = [problem for problem in it.problems if problem.kind == "missing_model"]
    named = []
    for found in it.found:
        if found.role == "model":
            has = [p.has for p in missing if _is_about(p, found)]
            is_there = not has if was_asked else None
            named.append(
                NamedModel(found.value, found.node, found.input, is_there, has[0] if has else ())
            )
    return tuple(named)


def _is_about(problem: WorkflowProblem, found: FoundRole) -> bool:
    where = problem.where
    return where.startswith(f"node {found.node} (") and where.endswith(f", {found.input}")


# --------------------------------------------------------------------------------------- as a page


def print_report(out: Console, reports: Sequence[Report], *, was_asked: bool) -> None:
    """The verdict of each server first, and what the workflow is made of below it."""
    for it in reports:
        _print_heading(out, it)
        if it.format and (it.version or not was_asked):
            _print_explanation(out, it)
    if was_asked and not any(it.version for it in reports) and reports[0].format:
        out.print("Without a server, of the file alone:")
        _print_explanation(out, reports[0])


def _print_heading(out: Console, it: Report) -> None:
    mark = ("✓ ", "green") if it.ok else ("✗ ", "red")
    version = f", ComfyUI {it.version}" if it.version else ""
    why = f": {it.why}" if it.why else ""
    said = "it can be painted" if it.ok else "it cannot be painted"
    at = (it.url, "bold") if it.url else (said, "bold")
    out.print(Text.assemble(mark, at, version, why))


def _print_explanation(out: Console, it: Report) -> None:
    """What keeps it from being painted comes first, then what may."""
    out.print(f"  workflow: {it.workflow}, {FORMATS[it.format]}, {it.nodes} nodes", soft_wrap=True)
    for problem in it.problems:
        _print_problem(out, problem, ("  ✗ ", "red"))
    for warning in it.warnings:
        _print_problem(out, warning, ("  ! ", "yellow"))
    for note in it.notes:
        out.print(Text(f"  · {note}", "dim"))
    for line in _places(it, out.width):
        out.print(line, soft_wrap=True)


def _print_problem(out: Console, it: WorkflowProblem, mark: tuple[str, str]) -> None:
    out.print(Text.assemble(mark, f"{it.where}: " if it.where else "", it.message))
    if it.mend:
        out.print(Text(as_called(f"    → {it.mend}"), "bold"))
    if it.has and it.kind == "missing_node":
        out.print(f"      near: {', '.join(it.has)}")


def _places(it: Report, width: int) -> Iterator[Text]:
    """A line each; of a value so much as fits."""
    for found in it.found:
        title = f" {found.title!r}" if found.title not in ("", found.class_type) else ""
        node = f"node {found.node} ({found.class_type}{title}), {found.input}"
        start = f"  {NAMES.get(found.role, found.role):<{NAME_CELLS}}{node}  {found.how}  "
        room = min(max(width - cell_len(start), FEWEST_SHOWN), MOST_SHOWN)
        value = Text(" ".join(found.value.split()))
        value.truncate(room, overflow="ellipsis")
        yield Text(start) + value
    yield Text(f"  {'size':<{NAME_CELLS}}{_size(it.size)}")
    for model in it.models:
        name = model.name or "the server's first one"
        start = f"  {'model':<{NAME_CELLS}}node {model.node}, {model.input}  "
        yield Text.assemble(start, _presence(model), f"  {name}")


def _presence(model: NamedModel) -> Text:
    match model.is_there:
        case True:
            return Text("is there", "green")
        case False:
            return Text("is not there", "red")
        case None:
            return Text("not asked", "dim")


def _size(it: GivenSize) -> str:
    given = f"{it.width}x{it.height}" if it.width else "not known before it is painted"
    if it.picture in (None, given):
        return given
    return f"{given}, scaled and cropped to {it.picture}"
