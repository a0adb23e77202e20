"""`storybook comfyui check`: what a workflow is made of, and whether each ComfyUI can paint it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from storybook.cli.comfyui_convert import convert_command
from storybook.cli.comfyui_report import print_report, report_of
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json
from storybook.stages.illustrator.comfyui.endpoint_check import EndpointCheck
from storybook.stages.illustrator.comfyui.engine import ComfyUI
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.spec import COMFYUI

SHIPPED = "the one that ships with storybook"

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("comfyui")
def comfyui_command() -> None:
    """Look at ComfyUI: `check` explains a workflow, `convert` prints its graph."""


comfyui_command.add_command(convert_command)


@comfyui_command.command("check")
@click.argument("file", type=EXISTING, required=False)
@click.option(
    "--workflow",
    type=EXISTING,
    metavar="FILE",
    help="The same as FILE.",
)
@click.option(
    "--object-info",
    type=EXISTING,
    metavar="FILE",
    help="What a server answers to /object_info, kept in a file; no server is asked then.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each server.")
@pass_options
def check_command(
    options: GlobalOptions,
    file: Path | None,
    workflow: Path | None,
    object_info: Path | None,
    as_json: bool,
) -> None:
    """Explain a workflow, and say what each ComfyUI lacks to paint it.

    FILE is a workflow in either format; that of the settings if not given. Which nodes take the
    prompt, the seed, the size and the file's name, and how they were found; the size that it gives;
    which models it names and whether the server has them; what keeps it from being painted, and
    what may. Nothing is painted. The exit code is 1 unless every server can.
    """
    options.start_logging()
    if file is not None and workflow is not None:
        raise click.UsageError("give the workflow once: as FILE, or with --workflow")
    settings = COMFYUI.settings_in(options.settings)
    if (given := file or workflow) is not None:
        settings = msgspec.structs.replace(settings, workflow=str(given))
    engine = COMFYUI.build(settings, options.folder.path)
    assert isinstance(engine, ComfyUI)
    checks = (_offline(engine, object_info),) if object_info else run_async(engine.check)
    name = settings.workflow or SHIPPED
    nodes = settings.nodes if settings.workflow else {}  # they name the user's own nodes
    reports = [report_of(check, name, nodes) for check in checks]
    if as_json:
        for report in reports:
            print_json(report)
    else:
        print_report(console(), reports, was_asked=object_info is None)
    if object_info is None:
        _fail(checks)
    elif not checks[0].ok:
        raise Failure(f"the workflow {name} cannot be painted; see above")


def _offline(engine: ComfyUI, object_info: Path) -> EndpointCheck:
    """What a server with these node types would say. Raises `Failure`."""
    try:
        known: Any = msgspec.json.decode(object_info.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise Failure(f"{object_info} cannot be read: {error}") from error
    if not isinstance(known, dict) or not all(isinstance(it, dict) for it in known.values()):
        raise Failure(f"{object_info} is no answer to /object_info: no object of objects")
    return engine.check_against(NodeTypes(known))


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
