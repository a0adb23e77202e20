"""`storybook comfyui check`: what a workflow is made of, and whether each ComfyUI can paint it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import rich_click as click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from storybook.cli.called_as import as_called
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json
from storybook.stages.illustrator.comfyui.engine import ComfyUI, EndpointCheck
from storybook.stages.illustrator.comfyui.explain import Explanation, FoundRole, WorkflowProblem
from storybook.stages.illustrator.comfyui.roles import TITLES
from storybook.stages.illustrator.comfyui.spec import COMFYUI

SHIPPED: Final = "the one that ships with storybook"
FEWEST_SHOWN, MOST_SHOWN = 20, 60
"""Columns of a value, so that a long prompt stays one line."""
NAME_CELLS: Final = 11
"""Columns of a role's name: the longest, and two more."""
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
@pass_options
def check_command(options: GlobalOptions, workflow: Path | None, as_json: bool) -> None:
    """Explain a workflow, and say what each ComfyUI lacks to paint it.

    Which nodes take the prompt, the seed, the size and the file's name, and how they were found;
    which models the workflow names and whether the server has them; what the server would refuse,
    and what to do about it. Nothing is painted. The exit code is 1 unless every server can.
    """
    options.start_logging()
    settings = COMFYUI.settings_in(options.settings)
    if workflow is not None:
        settings = msgspec.structs.replace(settings, workflow=str(workflow))
    engine = COMFYUI.build(settings, options.folder.path)
    assert isinstance(engine, ComfyUI)
    checks = run_async(engine.check)
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
    if len(away) == len(checks) and (mend := next((it.mend for it in away if it.mend), "")):
        raise Failure(f"no ComfyUI can be used at {_urls(away)}; {mend}")
    if len(away) == len(checks):
        raise Failure(
            f"no ComfyUI answers at {_urls(away)}: start it, or set `urls` in [illustrator] to "
            "where it answers"
        )
    raise Failure(f"the workflow cannot be painted at {_urls(bad)}; see above")


def _urls(checks: Iterable[EndpointCheck]) -> str:
    return ", ".join(it.url for it in checks)


# --------------------------------------------------------------------------------------- as values


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
    format: str
    nodes: int
    found: tuple[FoundPlace, ...]
    models: tuple[NamedModel, ...]
    problems: tuple[WorkflowProblem, ...]
    notes: tuple[str, ...]


def _report(check: EndpointCheck, name: str, nodes: Mapping[str, str]) -> Report:
    it = check.explanation
    if it is None:
        return Report(check.url, check.version, False, check.why, name, "", 0, (), (), (), ())
    return Report(
        *(check.url, check.version, check.ok, check.why, name, it.format, it.nodes),
        *(_found(it, nodes), _models(it, bool(check.version)), it.problems, it.notes),
    )


def _found(it: Explanation, nodes: Mapping[str, str]) -> tuple[FoundPlace, ...]:
    return tuple(
        FoundPlace(f.role, f.node, f.input, f.class_type, f.title, f.value, _how(f, nodes))
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
    """What keeps it from being painted comes first."""
    out.print(f"  workflow: {it.workflow}, {FORMATS[it.format]}, {it.nodes} nodes", soft_wrap=True)
    for problem in it.problems:
        where = f"{problem.where}: " if problem.where else ""
        out.print(Text.assemble(("  ✗ ", "red"), where, problem.message))
        if problem.mend:
            out.print(Text(as_called(f"    → {problem.mend}"), "bold"))
        if problem.has and problem.kind == "missing_node":
            out.print(f"      near: {', '.join(problem.has)}")
    for note in it.notes:
        out.print(Text(f"  ! {note}", "yellow"))
    for line in _places(it, out.width):
        out.print(line, soft_wrap=True)


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
