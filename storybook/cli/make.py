"""`storybook make`: one book, from the words to the page to open. How it is made, here or by a
server that holds the data folder, is told in `book_making`."""

from __future__ import annotations

import logging
import signal
import sys
import webbrowser
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import rich_click as click
from rich.text import Text

from storybook.book import AGES, CAST, FEWEST_PAGES, MOST_PAGES, VOICES, KeptPart, RunId
from storybook.cli.book_making import PAGE, BookMaking, Made, MakeOptions, short
from storybook.cli.called_as import say
from storybook.cli.copies import CopiesWanted, formats_option, wanted_formats
from storybook.cli.data_reader import open_data
from storybook.cli.errors import in_options, run_async, run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, accept_loss_option, pass_options
from storybook.cli.output import can_ask, console, duration, print_json
from storybook.cli.server_client import ServerClient
from storybook.cli.voices import voice_lines
from storybook.languages.ko import KOREAN
from storybook.new_run import NewRun, check_new_run
from storybook.request import (
    DEFAULT_LANGUAGE,
    DEFAULT_PAGE_COUNT,
    DEFAULT_SPEED,
    DEFAULT_VOICE,
    EDITION_RANGE,
    SEED_RANGE,
    SPEED_RANGE,
    InvalidRequest,
    clean_word,
    composed,
)
from storybook.run import Status
from storybook.stopping import exit_code
from storybook.telemetry.lines import attempts_log

QUESTIONS: Final = {
    "era": ("When does it happen?", KOREAN.sample.era),
    "place": ("Where?", KOREAN.sample.place),
    "characters": ("Who is in it?", KOREAN.sample.characters),
    "topic": ("What is it about?", KOREAN.sample.topic),
}
"""What is asked on a terminal for a word that is not given, and an example."""


@click.command("make")
@click.option("--era", metavar="TEXT", help=f"When it happens, such as {KOREAN.sample.era}.")
@click.option("--place", "where", metavar="TEXT", help=f'Where, such as "{KOREAN.sample.place}".')
@click.option("--characters", metavar="TEXT", help=f'Who, such as "{KOREAN.sample.characters}".')
@click.option("--topic", metavar="TEXT", help=f"What it is about, such as {KOREAN.sample.topic}.")
@click.option(
    "--seed",
    metavar="NUMBER",
    type=click.IntRange(*SEED_RANGE),
    help="The same words and seed make the same book. Drawn by chance if not given.",
)
@click.option(
    "--pages",
    type=click.IntRange(FEWEST_PAGES, MOST_PAGES),
    metavar="NUMBER",
    show_default=str(DEFAULT_PAGE_COUNT),
    help="How many pages it has, the cover included; `doctor` says what the writer can do.",
)
@click.option(
    "--language",
    metavar="TAG",
    show_default=DEFAULT_LANGUAGE,
    help="The language that it is written and read in, such as ko or en.",
)
@click.option(
    "--age",
    type=click.Choice(AGES),
    metavar="AGES",
    help="Whom it is for: 3-4, 5-7 or 8-9 years; `doctor` says what the writer can do.",
)
@click.option(
    "--cast",
    "heroes",
    metavar="[NAME]",
    multiple=True,
    is_flag=False,
    flag_value="",
    help="Who comes back from another book, as `storybook cast list` names them; once for each. "
    "Without a name: show who speaks in which voice.",
)
@click.option(
    "--style",
    metavar="TEXT",
    help="How it is painted; `doctor` says what the illustrator can do.",
)
@click.option(
    "--based-on",
    metavar="RUN",
    help="A book whose text, pictures or characters it has; what it has is not made again.",
)
@click.option(
    "--edition",
    type=click.IntRange(*EDITION_RANGE),
    metavar="NUMBER",
    help="Which edition of that book; the one that readers see if not given.",
)
@click.option(
    "--keep",
    type=click.Choice([it.value for it in KeptPart]),
    help="What it has of that book: its text, its text and pictures, or its cast for a new story.",
)
@click.option("--no-audio", is_flag=True, help="Text and pictures only.")
@click.option(
    "--narrator-voice",
    type=click.Choice(VOICES, case_sensitive=False),
    metavar="VOICE",
    show_default=DEFAULT_VOICE,
    help="Who reads it aloud, all of it unless --dialogue-voice says otherwise: M1 to M5 are male, "
    "F1 to F5 female.",
)
@click.option(
    "--dialogue-voice",
    type=click.Choice((*VOICES, CAST), case_sensitive=False),
    metavar="VOICE",
    help=f"Who speaks for the characters; `{CAST}` gives each a voice of its own, which is what "
    "happens if no voice is named.",
)
@click.option(
    "--voice",
    "voices",
    metavar="NAME=VOICE",
    multiple=True,
    help="Let a character speak in this voice; the others have their own all the same.",
)
@click.option(
    "--speed",
    type=click.FloatRange(*SPEED_RANGE),
    metavar="FACTOR",
    show_default=f"{DEFAULT_SPEED:g}, or what suits --age",
    help="How fast it is read, from 0.7 to 2.",
)
@click.option("--resume", metavar="RUN", default="", help="Go on with a book that isn't whole yet.")
@accept_loss_option
@formats_option(default="")
@click.option("--open", "opens", is_flag=True, help="Open the finished book in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end, no more.")
@pass_options
def make_command(
    options: GlobalOptions,
    /,
    era: str | None,
    where: str | None,
    characters: str | None,
    topic: str | None,
    seed: int | None,
    pages: int | None,
    language: str | None,
    heroes: tuple[str, ...],
    style: str | None,
    age: str | None,
    based_on: str | None,
    edition: int | None,
    keep: str | None,
    no_audio: bool,
    narrator_voice: str | None,
    dialogue_voice: str | None,
    voices: tuple[str, ...],
    speed: float | None,
    resume: str,
    accept_loss: bool,
    formats: str,
    out: Path | None,
    opens: bool,
    as_json: bool,
    **chosen: str | None,
) -> None:
    """Make a book from four words: text, pictures and voices.

    With --based-on a book has what another one has, and only the rest is made.

    Words that are missing are asked for on a terminal. The book lies in its own folder at the end,
    with `book.html`, which opens from disk. Beside a running server, the server makes it.

    \b
    For example:
    storybook make --era 조선시대 --place "깊은 숲속 마을" \\
        --characters "호기심 많은 토끼, 겁 많은 호랑이" --topic 우정
    """
    words = {"era": era, "place": where, "characters": characters, "topic": topic}
    if resume and (seed is not None or based_on or any(words.values())):
        raise click.UsageError("--resume goes on with a book as it was asked for: give no words.")
    options.start_logging()
    shows_casting, heroes = "" in heroes, tuple(filter(None, heroes))
    tts = {
        "narrator_voice": narrator_voice,
        "dialogue_voice": dialogue_voice or (CAST if voices and not narrator_voice else None),
        "character_voices": dict(map(_voice, voices)) or None,
        "speed": speed,
    }
    told = {
        "read_aloud": False if no_audio else None,
        "tts": tts if any(it is not None for it in tts.values()) else None,
        "page_count": pages,
        "language": language,
        "age": age,
        "seed": seed,
        "style": style,
        "cast": heroes,
        "based_on": _origin(options, based_on, edition, keep),
    }
    asked = None if resume else _new_run(words, told)
    copies = PAGE
    if formats or out is not None:
        copies = CopiesWanted(wanted_formats(formats or "html", chosen), out)
    wanted = MakeOptions(asked, resume, shows_casting=shows_casting, copies=copies)
    if options.server is not None:
        _make_elsewhere(options, wanted, as_json)
        return
    if not options.verbose:
        attempts_log.setLevel(logging.ERROR)  # each is told as an event, and why the book failed
    made = BookMaking(options, wanted, as_json, accept_loss)
    try:
        result = run_until_stopped(made.make)
    except KeyboardInterrupt:  # before it had taken over the signals
        made.stop.signal, result = signal.SIGINT, None
    if as_json:
        print_json(result or made.as_stopped())
    if result is None:
        made.say_how_to_go_on()
        sys.exit(exit_code(made.stop.signal))
    _finish(result, opens, quiet=as_json)


def _make_elsewhere(options: GlobalOptions, wanted: MakeOptions, as_json: bool) -> None:
    """By a server that `--server` names: it keeps the book."""
    asked = wanted.asked
    if asked is None or asked.seed is not None:
        raise click.UsageError(
            "A server elsewhere takes no --seed, and goes on with its books itself: "
            "leave --seed and --resume out; `storybook retry` lets a failed book go on."
        )
    from storybook.cli import remote
    from storybook.cli.server_client import body_of

    copies, out = wanted.copies, wanted.copies.out
    if copies is not PAGE and out is None:
        raise click.UsageError("A server elsewhere keeps its books: say with --out where to.")
    body = body_of(asked)
    shows = wanted.shows_casting
    made = remote.asked(
        options, lambda it: remote.make_book(it, body, silent=as_json, shows_casting=shows)
    )
    if made["status"] != Status.DONE:
        if as_json:
            print_json(made)
        raise Failure(f"the book is {made['status']}: {made['error']}")
    if out is not None:
        run_id = made["run_id"]
        bringing = remote.bring_copies
        made["copies"] = remote.asked(
            options, lambda it: bringing(it, run_id, copies, out, silent=as_json)
        )
    if as_json:
        print_json(made)
    else:
        say(f"{made['title']}  run {made['run_id']}")
        for line in voice_lines(made.get("voices") or {}):
            say(line)
        for name, where in made.get("copies", {}).items():
            say(f"{name:<5} {where}")


# ---------------------------------------------------------------------------------------- the words


def _origin(
    options: GlobalOptions, run: str | None, edition: int | None, keep: str | None
) -> dict[str, object] | None:
    """The book that a new one is to be based on, as a request has it."""
    if run is None and edition is None and keep is None:
        return None
    if run is None or keep is None:
        raise click.UsageError("--based-on RUN and --keep belong together; --edition needs both.")

    async def find() -> RunId:
        if options.server is not None:
            from storybook.cli import remote

            server = ServerClient(options.server.url, options.server.token)
            async with server.asking() as client:
                return await remote.find(client, run)
        async with open_data(options) as reader:
            return await reader.find(run)

    return {"run_id": run_async(find), "edition": edition, "keep": keep}


def _voice(given: str) -> tuple[str, str]:
    """A character's name and its voice."""
    name, sign, voice = given.rpartition("=")
    if not sign or not name.strip():
        raise click.UsageError(f"--voice {given!r}: expected NAME=VOICE, with a voice such as F2.")
    return composed(name), voice


def _new_run(words: Mapping[str, str | None], told: Mapping[str, Any]) -> NewRun:
    missing = [name for name, word in words.items() if word is None]
    if (origin := told["based_on"]) is not None and KeptPart(origin["keep"]).has_text:
        missing = []
    if told["cast"] and "characters" in missing:
        missing.remove("characters")
    if missing and not can_ask():
        named = ", ".join(f"--{name}" for name in missing)
        raise click.UsageError(f"Missing {named}: a book is made from four words.")
    given = {name: _asked(name) if name in missing else word for name, word in words.items()}
    try:
        return check_new_run({**given, **told})
    except InvalidRequest as invalid:
        raise in_options(invalid) from invalid


def _asked(name: str) -> str:
    question, example = QUESTIONS[name]
    asked = f"{question} (for example {example})"
    return str(click.prompt(asked, value_proc=partial(_clean, name), err=True))


def _clean(name: str, word: str) -> str:
    """A word as it is used; what is wrong with it is told, and it is asked for again."""
    try:
        return clean_word((name,), word)
    except InvalidRequest as invalid:
        raise in_options(invalid) from invalid


# ------------------------------------------------------------------------------------------ the end


def _finish(made: Made, opens: bool, quiet: bool) -> None:
    if made.book is None:
        kept = f"; what is finished lies in {made.folder}" if Path(made.folder).is_dir() else ""
        if made.can_go_on:
            assert made.run_id is not None  # it has begun
            mend = f"`storybook make --resume {short(made.run_id)}` tries again"
        else:
            mend = "Ask for it anew with other words: going on would come to the same"
        raise Failure(f"{made.error}{kept}. {mend}")
    assert made.run_id is not None and made.book_seconds is not None  # it is done
    page = Path(made.book).as_uri()
    if not quiet:
        out = console()
        took = f"  {duration(made.book_seconds)} after it was asked for"
        out.print(Text.assemble(("✓ ", "green"), (made.title, "bold"), took))
        others = [(name, where) for name, where in made.copies.items() if where != made.book]
        told = (("run", made.run_id), ("folder", made.folder), ("open", page), *others)
        for name, what in told:
            out.print(Text.assemble((f"  {name:<7}", "dim"), what), soft_wrap=True)
    if opens and not webbrowser.open(page):
        say("No browser could be opened here.", err=True)
