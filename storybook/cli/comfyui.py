"""`storybook comfyui check`: what a workflow is made of, and whether each ComfyUI can paint it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.cli.edge import run
from storybook.cli.failure import Failure
from storybook.cli.output import console, print_json
from storybook.cli.place import Place, pass_place
from storybook.stages.illustrator.comfyui.engine import ComfyUI, EndpointCheck
from storybook.stages.illustrator.comfyui.explain import Explanation, FoundRole, WorkflowProblem
from storybook.stages.illustrator.comfyui.roles import TITLES
from storybook.stages.illustrator.comfyui.spec import COMFYUI

SHIPPED: Final = "the one that ships with storybook"
VALUE_SHOWN: Final = 60
"""Characters of a value, so that a long prompt stays one line."""
NAMES: Final = {"positive": "prompt", "negative": "negative", "output": "file name"}
"""Roles by the words of users, where those differ from the code's."""
FORMATS: Final = {"api": "API format", "editor": "the editor's format"}


@click.group("comfyui")
def comfyui_command() -> None:
    """Look at ComfyUI: `check` explains a workflow and what it lacks."""


@comfyui_command.command("check")
@click.option(
    "--workflow",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A workflow in either format; that of the settings if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each server.")
@pass_place
def check_command(place: Place, workflow: Path | None, as_json: bool) -> None:
    """Explain a workflow, and say what each ComfyUI lacks to paint it.

    Which nodes take the prompt, the seed, the size and the file's name, and how they were found;
    which models the workflow names and whether the server has them; what the server would refuse,
    and what to do about it. Nothing is painted. The exit code is 1 unless every server can.
    """
    place.start_logging()
    settings = COMFYUI.settings_in(place.settings)
    if workflow is not None:
        settings = msgspec.structs.replace(settings, workflow=str(workflow))
    engine = COMFYUI.build(settings, place.folder.path)
    assert isinstance(engine, ComfyUI)
    checks = run(engine.check)
    name = settings.workflow or SHIPPED
    nodes = settings.nodes if settings.workflow else {}  # they name the user's own nodes
    if as_json:
        for check in checks:
            print_json(_report(check, name, nodes))
    else:
        _print(console(), checks, name, nodes)
    _fail(checks)


def _fail(checks: tuple[EndpointCheck, ...]) -> None:
    """Raise `Failure` unless all is well."""
    bad = [it for it in checks if not it.ok]
    if not bad:
        return
    away = [it for it in bad if not it.version]
    if len(away) == len(checks):
        raise Failure(
            f"no ComfyUI answers at {_urls(away)}: start it, or set `urls` in [illustrator] to "
            "where it answers"
        )
    raise Failure(f"the workflow cannot be painted at {_urls(bad)}; see above")


def _urls(checks: Iterable[EndpointCheck]) -> str:
    return ", ".join(it.url for it in checks)


# --------------------------------------------------------------------------------------- as values


class Taken(msgspec.Struct, frozen=True):
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
    format: str
    nodes: int
    found: tuple[Taken, ...]
    models: tuple[NamedModel, ...]
    problems: tuple[WorkflowProblem, ...]
    notes: tuple[str, ...]


def _report(check: EndpointCheck, name: str, nodes: Mapping[str, str]) -> Report:
    it = check.explanation
    if it is None:
        return Report(check.url, check.version, False, check.why, name, "", 0, (), (), (), ())
    return Report(
        *(check.url, check.version, check.ok, check.why, name, it.format, it.nodes),
        *(_taken(it, nodes), _models(it, bool(check.version)), it.problems, it.notes),
    )


def _taken(it: Explanation, nodes: Mapping[str, str]) -> tuple[Taken, ...]:
    return tuple(
        Taken(f.role, f.node, f.input, f.class_type, f.title, f.value, _how(f, nodes))
        for f in it.found
        if f.role != "model"
    )


def _how(found: FoundRole, nodes: Mapping[str, str]) -> str:
    """How a place was found: see `roles`, whose order this is."""
    if nodes.get(found.role) in (found.node, f"{found.node}.{found.input}"):
        return "named in the settings"
    if found.title and TITLES.get(found.role) == found.title:
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


def _print(
    out: Console, checks: tuple[EndpointCheck, ...], name: str, nodes: Mapping[str, str]
) -> None:
    for check in checks:
        _print_heading(out, check)
        if check.version and check.explanation is not None:
            _print_explanation(out, _report(check, name, nodes))
    if not any(it.version for it in checks) and checks[0].explanation is not None:
        out.print("Without a server, of the file alone:")
        _print_explanation(out, _report(checks[0], name, nodes))


def _print_heading(out: Console, check: EndpointCheck) -> None:
    mark = ("✓ ", "green") if check.ok else ("✗ ", "red")
    version = f", ComfyUI {check.version}" if check.version else ""
    why = f": {check.why}" if check.why else ""
    out.print(Text.assemble(mark, (check.url, "bold"), version, why))


def _print_explanation(out: Console, it: Report) -> None:
    out.print(f"  workflow: {it.workflow}, {FORMATS[it.format]}, {it.nodes} nodes")
    if it.found or it.models:
        out.print(_places(it))
    for problem in it.problems:
        where = f"{problem.where}: " if problem.where else ""
        out.print(Text.assemble(("  ✗ ", "red"), where, problem.message))
        if problem.mend:
            out.print(Text(f"    → {problem.mend}", "bold"))
        if problem.has and problem.kind == "missing_node":
            out.print(f"      near: {', '.join(problem.has)}")
    for note in it.notes:
        out.print(Text(f"  ! {note}", "yellow"))


def _places(it: Report) -> Table:
    table = Table.grid(padding=(0, 2), pad_edge=True)
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for taken in it.found:
        title = f" {taken.title!r}" if taken.title not in ("", taken.class_type) else ""
        node = f"node {taken.node} ({taken.class_type}{title}), {taken.input}"
        table.add_row(NAMES.get(taken.role, taken.role), node, taken.how, _short(taken.value))
    for model in it.models:
        node = f"node {model.node}, {model.input}"
        table.add_row("model", node, _presence(model), model.name or "the server's first one")
    return table


def _presence(model: NamedModel) -> Text:
    match model.is_there:
        case True:
            return Text("is there", "green")
        case False:
            return Text("is not there", "red")
        case None:
            return Text("not asked", "dim")


def _short(value: str) -> str:
    one_line = " ".join(value.split())
    return one_line if len(one_line) <= VALUE_SHOWN else one_line[: VALUE_SHOWN - 1] + "…"
