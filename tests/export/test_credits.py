"""Who made a book is said in its language, and to machines in IPTC's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import Role
from storybook.export.content import Maker, book_content
from storybook.export.credits import credits_of, notice_of, source_type_of
from storybook.stores.files import FileArtifactStore
from tests.export.finished import RUN, finished_run

BY_RULE = (
    Maker(Role.WRITER, "composer"),
    Maker(Role.ILLUSTRATOR, "painter"),
    Maker(Role.NARRATOR, "espeak"),
)
PAINTED_BY_A_MODEL = (BY_RULE[0], Maker(Role.ILLUSTRATOR, "comfyui", "paper.safetensors"))


@pytest.mark.parametrize(
    "makers, lines, notice",
    [
        (
            BY_RULE,
            ["글: storybook composer", "그림: storybook painter", "목소리: eSpeak NG"],
            "이 책은 생성형 인공지능(AI) 모델 없이 컴퓨터 프로그램이 만들었어요.",
        ),
        (
            PAINTED_BY_A_MODEL,
            ["글: storybook composer", "그림: ComfyUI (paper.safetensors)"],
            "인공지능(AI)이 만든 것: 그림.",
        ),
        ((Maker(Role.TRANSCRIBER, "whisper"),), [], ""),
    ],
)
def test_a_book_names_its_makers(
    makers: tuple[Maker, ...], lines: list[str], notice: str, tmp_path: Path
) -> None:
    """Text, pictures and voice, each with its engine; what a model generated is said."""
    book = book_content(RUN, finished_run(FileArtifactStore(tmp_path)), makers=makers)
    assert [it.line for it in credits_of(book)] == lines
    assert notice_of(book) == notice


def test_several_engines_of_one_role_share_a_line(tmp_path: Path) -> None:
    """As when pages were painted anew by another one; one model among them counts."""
    makers = (Maker(Role.ILLUSTRATOR, "painter"), Maker(Role.ILLUSTRATOR, "comfyui"))
    book = book_content(RUN, finished_run(FileArtifactStore(tmp_path)), makers=makers)
    (credit,) = credits_of(book)
    assert credit.line == "그림: storybook painter, ComfyUI" and credit.by_model


def test_an_unknown_engine_counts_as_a_model() -> None:
    """What generated it cannot be denied."""
    own = (Maker(Role.NARRATOR, "somebody's"), *BY_RULE[:2])
    assert source_type_of(own, Role.NARRATOR).endswith("/trainedAlgorithmicMedia")
    assert source_type_of(own, Role.ILLUSTRATOR).endswith("/algorithmicMedia")
