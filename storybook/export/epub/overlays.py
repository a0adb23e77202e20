"""Media overlays: which piece of a page's text is lit from when to when.

A piece is lit from the start of its segment to the start of the next one: the pause between them
belongs to it, because readers leave out what no overlay names, and sentences would run together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from storybook.book import Segment
from storybook.engines import Narration
from storybook.export.content import PageContent
from storybook.export.epub.pieces import END, TEXT_ID, TextPiece, line_id, page_name, pieces_of


class SpokenClip(msgspec.Struct, frozen=True):
    """A stretch of the recording, in seconds, and the element that is lit meanwhile."""

    id: str
    start: float
    end: float


class Overlay(msgspec.Struct, frozen=True):
    """The reading of a sheet."""

    sheet: str
    clips: tuple[SpokenClip, ...]

    @property
    def seconds(self) -> float:
        return sum(it.end - it.start for it in self.clips)

    @property
    def document(self) -> str:
        """SMIL."""
        pars = "\n".join(map(self._par, self.clips))
        return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" version="3.0">
<body epub:textref="{self.sheet}.xhtml">
{pars}
</body>
</smil>
"""

    def _par(self, clip: SpokenClip) -> str:
        return (
            f'<par><text src="{self.sheet}.xhtml#{clip.id}"/><audio '
            f'src="{audio_file(self.sheet)}" clipBegin="{clip.start:.3f}s" '
            f'clipEnd="{clip.end:.3f}s"/></par>'
        )


def audio_file(sheet: str) -> str:
    return f"audio/{sheet}.mp3"


def overlay_of(page: PageContent) -> Overlay | None:
    """None if there is nothing to hear. Where nobody knows what is spoken when, all of it is one
    clip."""
    if page.narration is None:
        return None
    segments, seconds = page.narration.segments, page.narration.seconds
    pieces = [it for paragraph in pieces_of(page.text) for it in paragraph]
    clips = tuple(_clips(segments, seconds, pieces)) or (SpokenClip(TEXT_ID, 0.0, seconds),)
    return Overlay(page_name(page), clips) if seconds else None


def end_overlay(lines: Sequence[str], narration: Narration) -> Overlay:
    """The reading of the last sheet, where each line is a piece."""
    pieces = [*_line_pieces(lines, narration.segments)]
    return Overlay(END, tuple(_clips(narration.segments, narration.seconds, pieces)))


def _line_pieces(lines: Sequence[str], segments: Sequence[Segment]) -> Iterator[TextPiece]:
    """Of each segment the line that it stands in."""
    line = 0
    for segment in segments:
        on = range(line, len(lines))
        line = next((it for it in on if segment.text in lines[it]), line)
        yield TextPiece((), segment, line_id(line))


def _clips(
    segments: Sequence[Segment], seconds: float, pieces: Sequence[TextPiece]
) -> Iterator[SpokenClip]:
    """Of each segment, in the order in which they are spoken."""
    for segment, end in zip(segments, _ends(segments, seconds), strict=True):
        lit = [it for it in pieces if it.segment == segment] or [TextPiece((), segment, TEXT_ID)]
        yield from (it for it in _shared(segment.start, end, lit) if it.end > it.start)


def _ends(segments: Sequence[Segment], seconds: float) -> list[float]:
    starts = [following.start for _, following in pairwise(segments)]
    return [*starts, max(seconds, segments[-1].end)] if segments else []


def _shared(start: float, end: float, pieces: Sequence[TextPiece]) -> Iterator[SpokenClip]:
    """The time of a segment that goes on in another paragraph: each piece has as much of it as it
    has letters."""
    letters = sum(it.letters for it in pieces) or 1
    for piece in pieces:
        until = end if piece is pieces[-1] else start + (end - start) * piece.letters / letters
        yield SpokenClip(piece.id, round(start, 3), round(until, 3))
        start = until
