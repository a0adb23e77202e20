"""Who is away on a page, by what its Korean text says.

A picture that shows at the hero's side whom the text has just missed contradicts the story. A
sentence such as "하나가 돌아오지 않았어요" says that those it names are away, and so does one that
tells where else they are ("저 아래에서 곰은"). One who is away may be left out of the picture: a
writer decides it in the prompt, the page check allows it and the painter follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_SENTENCES: Final = re.compile(r'[.!?…]+["”]?\s*')
_QUOTED: Final = re.compile(r'"[^"]*"')
_AWAY: Final = re.compile(
    r"돌아오지 않|보이지 않|온데간데없|사라졌|사라지고|자취를 감|나오지 않|떠나고 없|먼 곳으로 떠나"
    r"|비운 사이|나간 사이|돌아간 깊은|잠든 깊은|집을 나섰|집에 남겨|문이 꼭 닫"
    r"|집에서는|집에서 웅크|집에 남아|집에 있는|멀리서|저 멀리|저 아래에서|저 위에서|벽 너머"
)


def away(text: str, names: Sequence[str]) -> frozenset[str]:
    """Those of `names` of whom a page's Korean text says that they are elsewhere."""
    sentences = _SENTENCES.split(_QUOTED.sub("", text))
    gone = " ".join(sentence for sentence in sentences if _AWAY.search(sentence))
    return frozenset(name for name in names if name in gone)
