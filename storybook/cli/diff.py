"""`storybook diff`: two editions of a book, compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import rich_click as click
from rich.text import Text

from storybook.book import COVER_PAGE, RunId, TtsConfig
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json
from storybook.cli.voices import voices_told
from storybook.editions import (
    EditionComparison,
    Files,
    PageComparison,
    Words,
    compare,
    content_of,
)
from storybook.run import read_whole

_PAIR: Final = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")
_LOOKS: Final = {
    "same": ("", "", ""),
    "removed": ("[-", "-]", "red strike"),
    "added": ("{+", "+}", "green"),
}
"""What stands before and after a stretch of text, and how it looks on a terminal."""


@click.command("diff")
@click.argument("run", metavar="RUN")
@click.argument("pair", metavar="A..B")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_options
def diff_command(options: GlobalOptions, run: str, pair: str, as_json: bool) -> None:
    """Compare two editions of a book: texts word by word, files as pairs.

    What went stands in [-these-], what came in {+these+}.
    """
    found = _PAIR.fullmatch(pair)
    if found is None:
        raise click.BadParameter("expected two editions, such as 1..2", param_hint="A..B")
    run_id, compared = _compared(options, run, int(found[1]), int(found[2]))
    if as_json:
        print_json(compared)
        return
    out, folder = console(), options.folder.outputs / run_id
    lines = list(_lines(compared))
    for line in lines or [Text("They are the same.")]:
        out.print(line, soft_wrap=True)
    if any(it.picture or it.narration for it in compared.pages):
        out.print(Text.assemble(("files  ", "dim"), str(folder)), soft_wrap=True)


def _compared(
    options: GlobalOptions, text: str, before: int, after: int
) -> tuple[RunId, EditionComparison]:
    async def main() -> tuple[RunId, EditionComparison]:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
            run = read_whole(await reader.history(run_id))
            if run is None:
                raise Failure(f"no book {text!r} here")
            return run_id, compare(content_of(run, before), content_of(run, after))

    return run_async(main)


def _lines(compared: EditionComparison) -> Iterator[Text]:
    if compared.tts is not None:
        yield _pair("voices", *map(_voices, compared.tts))
    if compared.languages is not None:
        yield _pair("languages", *map(", ".join, compared.languages))
    if compared.style is not None:
        yield _pair("style", *(it or "the illustrator's own" for it in compared.style))
    for page in compared.pages:
        yield from _of_page(page)


def _of_page(page: PageComparison) -> Iterator[Text]:
    name = "the cover" if page.page == COVER_PAGE else f"page {page.page}"
    yield Text(f"{name} in {page.language}" if page.language else name, "bold")
    if page.text is not None:
        yield _marked("  text", page.text)
    if page.image_prompt is not None:
        yield _marked("  shows", page.image_prompt)
    if page.picture is not None:
        yield _files("  picture", page.picture)
    if page.narration is not None:
        yield _files("  voice", page.narration)


def _marked(name: str, words: tuple[Words, ...]) -> Text:
    text = Text.assemble((f"{name}  ", "dim"))
    for it in words:
        before, after, look = _LOOKS[it.kind]
        text.append(f"{before}{it.text}{after}", look)
    return text


def _files(name: str, files: Files) -> Text:
    return _pair(name, files.before or "none", files.after or "none")


def _pair(name: str, before: str, after: str) -> Text:
    return Text.assemble((f"{name}  ", "dim"), before, (" → ", "dim"), after)


def _voices(tts: TtsConfig | None) -> str:
    if tts is None:
        return "not read aloud"
    return f"{voices_told(tts)}, speed {tts.speed:g}"
