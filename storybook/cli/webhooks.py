"""`storybook webhooks`: who is told what becomes of books, and how far that is."""

from __future__ import annotations

import rich_click as click
from rich.table import Table

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json
from storybook.clock import SystemClock
from storybook.http.times import iso_time
from storybook.stores.deliveries import DeliveriesUnavailable, Delivery, DeliveryStatus
from storybook.stores.sqlite.webhooks import read_deliveries, replay_deliveries


@click.command("webhooks")
@click.argument("which", metavar="[RUN|ID]", default="")
@click.option(
    "--replay",
    is_flag=True,
    help="Send what was given up again; one that is named by its ID also if it was delivered.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar="N",
    help="How many of the newest to show; --replay takes all.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def webhooks_command(
    options: GlobalOptions, which: str, replay: bool, limit: int, as_json: bool
) -> None:
    """Show who was told what became of books, or have it sent again.

    Newest first: all deliveries, those of a book, or one by its ID. A server on this folder sends
    what is due, within seconds also what is to be sent again.
    """
    try:
        deliveries = _found(options, which, None if replay else limit)
        if replay:
            deliveries = _replayed(options, deliveries, is_one=_is_id(which))
    except DeliveriesUnavailable as error:
        raise Failure(str(error)) from error
    if as_json:
        for it in deliveries:
            print_json(_told(it))
    elif deliveries:
        console().print(_table(deliveries))
    if replay:
        say(f"{len(deliveries)} to be sent again.", err=True)
    elif not deliveries and not as_json:
        say("No deliveries: they come with `callback_url` in POST /api/runs.")


def _is_id(which: str) -> bool:
    return "-" in which


def _found(options: GlobalOptions, which: str, limit: int | None) -> list[Delivery]:
    path = options.folder.webhooks
    if not which:
        return read_deliveries(path, None, limit)
    run, _, position = which.partition("-")
    run_id = _run_id(options, run)
    if not position:
        return read_deliveries(path, run_id, limit)
    of_run = read_deliveries(path, run_id, None)
    found = [it for it in of_run if str(it.position) == position]
    if not found:
        raise Failure(f"no delivery {which!r} here; `storybook webhooks` shows those there are")
    return found


def _run_id(options: GlobalOptions, text: str) -> RunId:
    async def main() -> RunId:
        async with open_data(options) as reader:
            return await reader.find(text)

    return run_async(main)


def _replayed(options: GlobalOptions, found: list[Delivery], *, is_one: bool) -> list[Delivery]:
    """Have those sent again that were given up; one that is named in any case."""
    given_up = (DeliveryStatus.FAILED, DeliveryStatus.GONE)
    again = [it for it in found if is_one or it.status in given_up]
    if again:
        positions = [it.position for it in again]
        replay_deliveries(options.folder.webhooks, positions, SystemClock().now())
    return again


def _table(deliveries: list[Delivery]) -> Table:
    table = Table("id", "type", "to", "status", "tries", "last")
    table.columns[0].overflow = table.columns[2].overflow = "fold"
    for it in deliveries:
        row = (it.id, it.type, it.url, it.status.value, str(it.attempts), it.last)
        table.add_row(*row)
    return table


def _told(delivery: Delivery) -> dict[str, str | int | None]:
    it = delivery
    is_due = it.status is DeliveryStatus.DUE
    return {
        "id": it.id,
        "run_id": it.run_id,
        "position": it.position,
        "type": it.type,
        "callback_url": it.url,
        "status": it.status.value,
        "attempts": it.attempts,
        "last": it.last,
        "since": iso_time(it.since),
        "due_at": iso_time(it.due_at) if is_due else None,
        "ended_at": iso_time(it.ended_at) if it.ended_at is not None else None,
    }
