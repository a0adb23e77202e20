"""`storybook edit`, `editions`, `diff` and `revert`, without a server."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from storybook.book import Dialogue, Page
from storybook.cli.failure import Failure
from storybook.cli.page_file import edit_of, page_as_text
from tests.cli import doubles
from tests.cli.conftest import Shell, use_engines
from tests.engines import ScriptedWriter
from tests.export.finished import STORY

PAGE = Page(1, summary='토끼가 말했어요. "안녕!"', dialogues=(Dialogue("토끼", "안녕!"),))


def files_of(shell: Shell) -> set[str]:
    (folder,) = (shell.data / "outputs").iterdir()
    return {it.name for it in folder.iterdir()}


def book_html(shell: Shell) -> str:
    (page,) = (shell.data / "outputs").glob("*/book.html")
    return page.read_text("utf-8")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that stands in for an editor; what it does is written into this file as Python,
    where `path` is the file that was opened."""
    script = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    return script


def does(editor: Path, what: str) -> None:
    head = "import pathlib, sys, time\npath = pathlib.Path(sys.argv[-1])\n"
    editor.write_text(head + what, "utf-8")


def test_a_page_is_painted_anew(shell: Shell) -> None:
    """One file is made, what is told begins with the wish, and the book's page is the new one."""
    shell.make("--no-audio")
    before, page = files_of(shell), book_html(shell)
    result = shell("edit", "latest", "--page", "2", "--repaint", "--note", "blasser")
    assert result.exit_code == 0, result.output
    first, *_ = result.stdout.splitlines()
    assert "edition 2 is asked for by command line: page 2 repainted (blasser)" in first
    assert f"{STORY[0].title}, edition 2" in result.stdout
    assert files_of(shell) - before == {"panel_2.e2.png"}
    assert book_html(shell) == page  # the brush paints one colour
    assert shell("verify").exit_code == 0


def test_a_text_from_a_file_is_read_aloud_anew(shell: Shell, tmp_path: Path) -> None:
    """Also from standard input; the book's page has it."""
    shell.make()
    before = files_of(shell)
    (tmp_path / "text.txt").write_text("토끼가 크게\n웃었어요.\n", "utf-8-sig")
    made = shell.json("edit", "latest", "--page", "1", "--text", "text.txt")
    assert (made["status"], made["edition"], made["error"]) == ("DONE", 2, None)
    assert made["book_seconds"] < made["seconds"] + 1
    assert files_of(shell) - before == {"page_1.e2.wav"}
    assert "토끼가 크게 웃었어요." in book_html(shell)
    result = shell("edit", "latest", "--page", "0", "--text", "-", input="새 제목\n")
    assert result.exit_code == 0, result.output
    assert "새 제목, edition 3" in result.stdout


def test_editions_are_listed_compared_and_gone_back_to(shell: Shell) -> None:
    """With who, when, what and why; what went and what came."""
    shell.make("--no-audio")
    title = STORY[0].title
    shell("edit", "latest", "--page", "0", "--text", "-", "--note", "kürzer", input="짧은 제목")
    shell("edit", "latest", "--page", "1", "--repaint", "--seed", "0")
    listed = shell("editions", "latest").stdout.splitlines()
    assert "the book as it was asked for" in listed[1]
    assert "command line" in listed[2] and "the cover by hand (kürzer)" in listed[2]
    assert listed[3].startswith("3*") and "page 1 repainted" in listed[3]
    second = shell.json_lines("editions", "latest")[1]
    assert (second["edition"], second["note"], second["texts"]) == (2, "kürzer", [0])
    said = shell("diff", "latest", "1..3").stdout
    assert f"[-{title.split()[0]}-]" in said and "{+짧은+}" in said
    assert "picture  panel_1.png → panel_1.e3.png" in said
    assert shell.json("diff", "latest", "1..3")["after"] == 3
    assert book_html(shell).count("짧은 제목")
    exported = shell("export", "latest", "--edition", "1")
    assert "book.e1.html" in exported.stdout, exported.output
    first = next(shell.data.glob("outputs/*/book.e1.html")).read_text("utf-8")
    assert title in first and "짧은 제목" not in first
    assert "the newest is 3" in shell("export", "latest", "--edition", "9").stderr
    result = shell("revert", "latest", "1")
    assert result.exit_code == 0, result.output
    assert "as it was in edition 1" in result.stdout and "book.html" in result.stdout
    assert title in book_html(shell) and "짧은 제목" not in book_html(shell)
    assert "They are the same." in shell("diff", "latest", "1..4").stdout
    assert "all as in edition 1" in shell("editions", "latest").stdout


def test_a_changed_book_is_shown_in_chapters(shell: Shell) -> None:
    """What was done for each edition stands under its request; `--edition` shows one alone, with
    its text and files."""
    shell.make("--no-audio")
    title = STORY[0].title
    shell("edit", "latest", "--page", "2", "--repaint", "--note", "blasser")
    shell("edit", "latest", "--page", "0", "--text", "-", input="짧은 제목")
    whole = shell("show", "latest").stdout
    first, second, third = whole.split("UTC  edition ")
    assert first.startswith("짧은 제목") and "edition    3\n" in first and "book.html" in first
    assert first.count("painting page 2") == second.count("painting page 2") == 1
    assert second.startswith("2 is asked for by command line: page 2 repainted (blasser)")
    assert third.startswith("3 is asked for by command line") and "painting" not in third
    one = shell("show", "latest", "--edition", "2").stdout
    assert one.startswith(title) and "edition    2 of 3\n" in one
    assert "panel_2.e2.png" in one and "panel_2.png" not in one and "book.html" not in one
    assert one.count("painting ") == 1 and "UTC  edition 2" in one
    told = [shell.json("show", "latest", "--edition", it) for it in "123"]
    assert [it["state"]["pages"][0]["title"] for it in told] == [title, title, "짧은 제목"]
    assert [it["state"].get("edition") for it in told] == [None, 2, 3]
    urls = [it["state"]["pages"][2]["image_url"].rpartition("/")[2] for it in told]
    assert urls == ["panel_2.png?edition=1", "panel_2.png?edition=2", "panel_2.png?edition=2"]
    assert [len(it["timeline"]) for it in told] == [6, 1, 0]
    assert sum(len(it["timeline"]) for it in told) == len(shell.json("show", "latest")["timeline"])
    missing = shell("show", "latest", "--edition", "4")
    assert (missing.exit_code, "the newest is edition 3" in missing.stderr) == (1, True)
    assert "edition" not in shell("show", "latest", "--at", "3").stdout


def test_a_book_that_is_being_changed_shows_what_readers_see(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that it is not the newest edition, of which the status is."""
    shell.make("--no-audio")
    use_engines(monkeypatch, fails_at=2)
    shell("edit", "latest", "--page", "2", "--repaint")
    shown = shell("show", "latest").stdout
    assert "edition    2; readers see 1\n" in shown
    assert "status     FAILED: the paint has run out" in shown
    assert "panel_2.png" in shown and "book.html" in shown
    old = shell("show", "latest", "--edition", "1").stdout
    assert "status     DONE\n" in old and "FAILED" not in old


def test_voices_are_changed_by_name(shell: Shell) -> None:
    """The others keep theirs."""
    shell.make("--narrator-voice", "M2")
    assert shell("edit", "latest", "--voice", "토끼=f3").exit_code == 0
    assert shell("edit", "latest", "--voice", "F1").exit_code == 0
    voices = [it["tts"] for it in shell.json_lines("editions", "latest")]
    assert voices[1]["narrator_voice"] == "M2"
    assert voices[1]["character_voices"] == voices[2]["character_voices"] == {"토끼": "F3"}
    assert voices[2]["narrator_voice"] == "F1"
    said = shell("diff", "latest", "1..3").stdout
    assert "voices  M2" in said and "→ F1, 토끼 F3, speed 1.05" in said


def test_a_voice_is_changed_by_either_name_of_a_character(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an English book the rabbit of the request is Rabbit."""
    monkeypatch.setattr(doubles, "Scribe", ScriptedWriter)
    shell.make("--language", "en")
    for voice in ("Rabbit=F1", "토끼=F3", "Rabbit=F4"):
        assert shell("edit", "latest", "--voice", voice).exit_code == 0
    _, first, second, third = [it["tts"] for it in shell.json_lines("editions", "latest")]
    assert first["character_voices"] == {"Rabbit": "F1"}
    assert second["character_voices"] == {"토끼": "F3", "Rabbit": "F3"}
    assert third["character_voices"]["Rabbit"] == "F4"


def test_a_failed_change_leaves_the_book_as_it_was(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says how to go on."""
    shell.make("--no-audio")
    page = book_html(shell)
    use_engines(monkeypatch, fails_at=2)
    failed = shell("edit", "latest", "--page", "2", "--repaint")
    assert failed.exit_code == 1
    assert "the paint has run out" in failed.stderr and "as it was before" in failed.stderr
    assert book_html(shell) == page
    assert "FAILED" in shell("editions", "latest").stdout
    assert shell("edit", "latest", "--page", "1", "--repaint").exit_code == 0
    assert "given up" in shell("diff", "latest", "1..2").stderr


def test_who_does_not_wait_leaves_the_edition_to_others(shell: Shell) -> None:
    """The wish is recorded, and `make --resume` makes it and the book's page."""
    shell.make("--no-audio")
    asked = shell("edit", "latest", "--page", "2", "--repaint", "--no-wait")
    assert asked.exit_code == 0, asked.output
    assert "make --resume" in asked.stdout
    assert shell.json_lines("editions", "latest")[1]["status"] == "QUEUED"
    busy = shell("edit", "latest", "--page", "1", "--repaint")
    assert busy.exit_code == 1 and "edition 2 is QUEUED" in busy.stderr
    assert shell("make", "--resume", "latest").exit_code == 0
    assert shell.json_lines("editions", "latest")[1]["status"] == "DONE"
    third = shell.json("edit", "latest", "--page", "2", "--repaint", "--no-wait")
    assert (third["edition"], list(third)) == (3, ["run_id", "edition"])
    refused = shell("edit", "latest", "--page", "1", "--rewrite", "더 웃기게", "--no-wait")
    assert refused.exit_code == 2 and "--rewrite" in refused.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Nothing is asked"),
        (("--repaint",), "Which page?"),
        (("--page", "1"), "What of page 1?"),
        (("--page", "9", "--repaint"), "pages 0 to 4"),
        (("--page", "1", "--rewrite", "더 웃기게"), "--rewrite: the writer"),
        (("--page", "1", "--text", "-", "--editor"), "not both"),
        (("--page", "0", "--text", "-"), "--text: "),
        (("--voice", "X9"), "--voice: expected one of M1"),
        (("--voice", "토끼=X9"), "--voice: expected one of M1"),
        (("--voice", "=F2"), "--voice: expected some text"),
    ],
)
def test_what_makes_no_sense_is_told_of_its_option(
    filled: Shell, options: tuple[str, ...], said: str
) -> None:
    """As a usage error; nothing is recorded."""
    result = filled("edit", "latest", *options, input="토끼의 권총")
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.replace("│", "").split())
    assert len(filled.json_lines("editions", "latest")) == 1


def test_a_text_that_is_not_for_children_is_accepted_by_name(shell: Shell) -> None:
    """Who asked for it stands in the edition, with what was found."""
    shell.make("--no-audio")
    edit = ("edit", "latest", "--page", "0", "--text", "-")
    assert shell(*edit, input="토끼의 권총").exit_code == 2
    assert shell(*edit, "--accept", input="토끼의 권총").exit_code == 0
    second = shell.json_lines("editions", "latest")[1]
    assert (second["requested_by"], len(second["accepted"])) == ("command line", 1)


def test_a_page_is_changed_in_an_editor(shell: Shell, editor: Path) -> None:
    """What is unchanged is not asked for; a new description is painted."""
    shell.make("--no-audio")
    before = files_of(shell)
    old = STORY[1].image_prompt
    does(editor, f"path.write_text(path.read_text('utf-8').replace({old!r}, 'A pond.'), 'utf-8')")
    result = shell("edit", "latest", "--page", "1", "--editor")
    assert result.exit_code == 0, result.output
    assert files_of(shell) - before == {"panel_1.e2.png"}
    assert shell.json("diff", "latest", "1..2")["pages"][0]["text"] is None


@pytest.mark.parametrize("what", ["", "path.write_text('')", "path.touch()"])
def test_an_editor_that_changes_nothing_asks_for_nothing(
    shell: Shell, editor: Path, what: str
) -> None:
    """Nor does one that empties the file."""
    shell.make("--no-audio")
    does(editor, what)
    result = shell("edit", "latest", "--page", "1", "--editor")
    assert (result.exit_code, result.stdout) == (0, "Nothing is changed, and nothing was asked.\n")
    assert len(shell.json_lines("editions", "latest")) == 1


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("text.replace('== text ==', '== text ==\\n권총').encode()", "권총"),
        ("text.replace('== lines ==', '== lines ==\\n토끼가 말했어요').encode()", "NAME"),
        ("text.replace('== text ==', '== text ==\\n' + '긴 글 ' * 500).encode()", "at most 1000"),
        ("'새로 쓴 글이에요.'.encode()", "another heading"),
        ("(text + '\\n== text ==\\n새로 쓴 글이에요.').encode()", "each heading once"),
        ("text.encode('cp949', 'ignore')", "UTF-8"),
    ],
    ids=["forbidden", "line", "long", "headings", "twice", "encoding"],
)
def test_what_was_typed_is_kept_if_it_is_refused(
    filled: Shell, editor: Path, what: str, said: str
) -> None:
    """As it was saved, in a file that is named; nothing is asked."""
    does(editor, f"text = path.read_text('utf-8')\npath.write_bytes({what})")
    result = filled("edit", "latest", "--page", "1", "--editor")
    assert result.exit_code != 0 and said in " ".join(result.stderr.replace("│", "").split())
    (kept,) = re.findall(r"kept in (\S+)\.$", result.stderr, re.MULTILINE)
    assert len(Path(kept).read_bytes()) > 20
    Path(kept).unlink()
    assert len(filled.json_lines("editions", "latest")) == 1


@pytest.mark.parametrize("what", ["sys.exit(3)", "path.unlink(); sys.exit(3)"])
def test_an_editor_that_fails_is_told(filled: Shell, editor: Path, what: str) -> None:
    """Nothing was written that could be kept."""
    does(editor, what)
    result = filled("edit", "latest", "--page", "1", "--editor")
    assert result.exit_code == 1 and "Editing failed" in result.stderr
    assert "kept" not in result.stderr


def test_a_narrow_terminal_shows_what_was_changed_and_why(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a line of its own, which is never cut."""
    shell.make("--no-audio")
    shell("edit", "latest", "--page", "2", "--repaint", "--note", "밤이어야 해요")
    monkeypatch.setenv("COLUMNS", "40")
    lines = shell("editions", "latest").stdout.splitlines()
    assert lines[2].startswith("2*  ") and lines[2].endswith("DONE")
    assert lines[3] == "  page 2 repainted (밤이어야 해요)"


def test_there_is_no_edition_before_the_first(filled: Shell) -> None:
    """Nor was it given up."""
    result = filled("diff", "latest", "0..1")
    assert result.exit_code == 1 and "the newest is edition 1" in result.stderr


def test_a_file_that_is_no_text_is_told_of_its_option(filled: Shell, tmp_path: Path) -> None:
    """A picture by mistake."""
    file = tmp_path / "page1.png"
    file.write_bytes(b"\x89PNG\r\n")
    result = filled("edit", "latest", "--page", "1", "--text", str(file))
    assert result.exit_code == 2 and "UTF-8" in result.stderr and "--text" in result.stderr


def test_a_page_as_text_comes_back_as_it_was() -> None:
    """Whatever stands before the first heading."""
    for page in (PAGE, Page(0, title="제목", image_prompt="A cover.")):
        text = page_as_text(page, "제목", 3)
        assert edit_of(text, page) == {}
        assert edit_of("", page) == {}


def test_lines_are_given_with_who_says_them() -> None:
    """A line without a name is told."""
    text = page_as_text(PAGE, "제목", 1)
    changed = text.replace("토끼: 안녕!", "호랑이: 안녕!")
    assert edit_of(changed, PAGE) == {"dialogues": [{"character": "호랑이", "text": "안녕!"}]}
    assert edit_of(text.replace("토끼: 안녕!", ""), PAGE) == {"dialogues": []}
    with pytest.raises(Failure, match="NAME"):
        edit_of(text.replace("토끼: 안녕!", "안녕!"), PAGE)
