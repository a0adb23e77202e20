"""What a server says when it does not do what it was asked, and what that means.

The words come in a dozen shapes (OpenAI's `error`, FastAPI's `detail`, Ollama's text, a proxy's web
page), with a status, in the midst of a stream, or with the status of a success. What they mean is
told by the words first, as far as they are clear, and then by the status.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from storybook.stages.credentials import KEY_REFUSED
from storybook.stages.retry_after import seconds_of

SUCCESS: Final = 200
"""The status of a refusal that came in an answer that began as a success."""
UNREADABLE: Final = "unreadable"
"""The code of a refusal that is no JSON where there is to be some."""
_LONGEST_WAIT: Final = 3_600.0
"""Seconds. Who asks for more is looked at again all the same: quotas are renewed by hand, too."""


class Refusal(Exception):
    """An answer that is no success: its status, the code in it, and what it says of itself.

    `param` is the field that it blames, `location` where it points to, `retry_after` in how many
    seconds it asks to be asked again, and `context` and `prompt` are the tokens that it has room
    for and was given; each is empty or 0 or None where it does not say.
    """

    def __init__(
        self,
        status: int,
        code: str = "",
        text: str = "",
        *,
        param: str = "",
        location: str = "",
        retry_after: float | None = None,
        context: int = 0,
        prompt: int = 0,
    ) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.param = status, code, text, param
        self.location, self.retry_after = location, retry_after
        self.context, self.prompt = context, prompt


class Way(enum.Enum):
    """What becomes of work that was refused."""

    AWAY = "the server is away for now: the work waits"
    MEND = "the operator has to mend something"
    AGAIN = "another attempt may succeed"
    NEVER = "this work is refused for good"


class Meaning(NamedTuple):
    """A short stable word for what is wrong, and what becomes of the work."""

    kind: str
    way: Way


_WORDS: Final[tuple[tuple[str, Meaning], ...]] = (
    (
        r"(?<!error )(?<!failed )loading (the )?model|still starting|warming up|not ready"
        r"|model (is |was )?(still |currently |being )*loading",
        Meaning("loading", Way.AWAY),
    ),
    (
        r"context[ _]?(length|size|window)|n_ctx|maximum context|prompt is too long|too many tokens"
        r"|exceed\w* (the )?context",
        Meaning("context_too_small", Way.NEVER),
    ),
    (
        r"out of memory|\boom\b|(not enough|insufficient|requires more)\b.*\bmemory"
        r"|failed to allocate|alloc\w* failed|unable to allocate",
        Meaning("out_of_memory", Way.AGAIN),
    ),
    (
        r"rate.?limit|per (minute|second|hour)|too many requests|overloaded|at capacity"
        r"|no (free )?slot|server is busy",
        Meaning("busy", Way.AWAY),
    ),
    (
        r"\bquota\b|insufficient_quota|billing|\bcredits?\b|payment|insufficient balance",
        Meaning("quota", Way.MEND),
    ),
    (
        r"content.?(policy|filter|management)|moderation|\bsafety\b|flagged|inappropriate",
        Meaning("refused", Way.NEVER),
    ),
    (
        r"does(n't| not) support (chat|generat|text)|not a chat model"
        r"|chat model\b.*\bnot supported",
        Meaning("cannot_chat", Way.MEND),
    ),
    (
        r"model_not_(found|loaded)|unknown_model"
        r"|model\b[^.]{0,80}?(not found|does not exist|doesn't exist|not exist|not loaded)"
        r"|\b(no such|unknown|invalid|no|find|load) (the )?models?\b",
        Meaning("unknown_model", Way.MEND),
    ),
    (
        r"unknown_voice|voice\b[^.]{0,80}?(not found|not supported|unknown|invalid|not exist"
        r"|not available|not a valid|should be|must be)"
        r"|\b(unknown|invalid|unsupported|no such|no) (voice|speaker)|available voices"
        r"|speaker\b[^.]{0,80}?not found",
        Meaning("unknown_voice", Way.NEVER),
    ),
    (
        r"unsupported_lang|unsupported language|does not support the language"
        r"|\blanguage\b[^.]{0,60}?not supported",
        Meaning("unsupported_language", Way.NEVER),
    ),
)
"""The clearest words first: a server that loads its model is also one whose model is not there."""

_STATUS: Final[Mapping[int, Meaning]] = {
    402: Meaning("quota", Way.MEND),
    404: Meaning("not_found", Way.MEND),
    405: Meaning("not_found", Way.MEND),
    408: Meaning("timeout", Way.AGAIN),
    410: Meaning("not_found", Way.MEND),
    425: Meaning("busy", Way.AWAY),
    429: Meaning("busy", Way.AWAY),
    500: Meaning("endpoint_failed", Way.AGAIN),
    501: Meaning("refused", Way.NEVER),
    **dict.fromkeys((502, 503, 504), Meaning("away", Way.AWAY)),
    **dict.fromkeys((520, 521, 522, 523, 524, 529, 530), Meaning("away", Way.AWAY)),
}
"""The last ones are a CDN's words for a server behind it that is down, and "overloaded"."""
_FOR_GOOD: Final = re.compile(r"invalid|unsupported|bad.?request|not.?allowed|refus", re.IGNORECASE)
"""Of an error in a stream that says nothing else."""


def meaning_of(refusal: Refusal) -> Meaning:
    """What a refusal means."""
    status = refusal.status
    if 300 <= status < 400:
        return Meaning("moved", Way.MEND)
    by_words = _by_words(f"{refusal.code} {refusal.text}")
    by_status = _STATUS.get(status)
    is_outage = by_status is not None and by_status.way is Way.AWAY
    if by_words and not (is_outage and by_words.kind != "quota"):
        return by_words
    if by_status:
        return by_status
    if refusal.code == UNREADABLE:
        return Meaning("bad_answer", Way.AGAIN)
    if status == SUCCESS:
        is_for_good = _FOR_GOOD.search(refusal.code) is not None
        return Meaning("refused", Way.NEVER) if is_for_good else _STATUS[500]
    return _STATUS[500] if status >= 500 else Meaning("refused", Way.NEVER)


def _by_words(text: str) -> Meaning | None:
    return next(
        (it for words, it in _WORDS if re.search(words, text, re.IGNORECASE | re.DOTALL)), None
    )


# ------------------------------------------------------------------------------------ its own words


def refusal_in(content: bytes, status: int = SUCCESS) -> Refusal:
    """The refusal in the content of an answer; its text is on one line."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        return refusal_of(msgspec.json.decode(text), status)
    except msgspec.DecodeError:
        return Refusal(status, text=_of_page(text) if is_web_page(text) else _line(text))


def refusal_of(told: Any, status: int = SUCCESS) -> Refusal:
    """The refusal in an answer's JSON, in whatever shape."""
    if isinstance(told, list) and told:
        told = told[0]
    error = told
    while isinstance(error, dict) and error.get("error"):
        error = error["error"]
    if not isinstance(error, dict):
        return Refusal(status, text=_line(error))
    code = error.get("code") or error.get("type") or error.get("status") or ""
    if status == SUCCESS and 400 <= _number(code) < 600:  # as OpenRouter and vLLM say it in streams
        status = _number(code)
    if status in KEY_REFUSED:  # what it says of a key may quote it
        return Refusal(status, text="it refuses the key")
    about = error.get("message") or error.get("detail") or error.get("error_message")
    param = error.get("param")
    if isinstance(about, dict):
        return refusal_of(about, status)
    text = _line(about) if about else _line(msgspec.json.encode(error).decode())
    if isinstance(about, list):
        param = param or next((_leaf(it) for it in about if isinstance(it, dict)), "")
    return Refusal(
        status,
        str(code),
        text,
        param=param if isinstance(param, str) else "",
        context=_number(error.get("n_ctx")) or _first_number(_CONTEXT, text),
        prompt=_number(error.get("n_prompt_tokens")) or _first_number(_PROMPT, text),
    )


def is_web_page(text: str) -> bool:
    return bool(re.match(r"\s*<(!doctype|html|head|body|\?xml)", text, re.IGNORECASE))


def _of_page(page: str) -> str:
    """The title of a web page, or what is to be read on it."""
    from html import unescape  # with its table of entities, which no start needs

    titled = re.search(r"<(title|h1)[^>]*>(.*?)</\1", page, re.IGNORECASE | re.DOTALL)
    shown = titled[2] if titled else re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return f"a web page: {_line(unescape(re.sub(r'<[^>]*>', ' ', shown)))}"


def _line(said: Any) -> str:
    """Text on one line. FastAPI tells faults as a list; what it was sent stands in them, too, and
    is left out."""
    if isinstance(said, list):
        return "; ".join(
            f"{'.'.join(map(str, it.get('loc', ())))}: {it.get('msg', '')}"
            if isinstance(it, dict)
            else str(it)
            for it in said
        )
    if isinstance(said, dict):
        return _line(said.get("message") or said.get("error") or msgspec.json.encode(said).decode())
    return " ".join(str(said).split())


def _leaf(fault: Mapping[str, Any]) -> str:
    """The field that a fault of FastAPI's is about."""
    place = fault.get("loc")
    names = [it for it in place if isinstance(it, str)] if isinstance(place, list) else []
    return next((it for it in names if it not in ("body", "query", "header")), "")


_CONTEXT: Final = (
    r"context (?:length|size|window)\D{0,30}?(\d[\d,]*)",
    r"(?:n_ctx|maximum context)\D{0,30}?(\d[\d,]*)",
)
_PROMPT: Final = (
    r"(\d[\d,]*)(?: tokens)? (?:in|of|from) the (?:messages|prompt|input)",
    r"(\d[\d,]*) (?:input|prompt) tokens",
    r"requested tokens \((\d+)\)",
    r"prompt\D{0,30}?(\d[\d,]*) tokens",
    r"request \((\d+) tokens",
    r"first (\d+) tokens",
)
"""As OpenAI, vLLM, llama-server, llama-cpp-python and LM Studio say it."""


def _first_number(patterns: tuple[str, ...], text: str) -> int:
    found = (re.search(it, text, re.IGNORECASE) for it in patterns)
    return next((_number(it[1].replace(",", "")) for it in found if it), 0)


def _number(said: Any) -> int:
    return int(said) if isinstance(said, int | float) or str(said).isdecimal() else 0


# ------------------------------------------------------------------------------- when to come again

_TRY_IN: Final = re.compile(
    r"(?:again|retry)\D{0,24}(?=\d)(?:(\d+)\s*m(?!s)(?:in\w*)?)?\s*(?:(\d+(?:\.\d+)?)\s*(ms|s))?",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """In how many seconds a server asks to be asked again: a number of seconds, a date, or in its
    words ("try again in 1m3.5s"). `now` is in seconds since 1970; `headers` has small letters."""
    said = _in_milliseconds(headers) or headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        found = seconds_of(said, now) if said else _in_words(text)
        seconds = -1.0 if found is None else found
    return max(0.0, min(seconds, _LONGEST_WAIT)) if seconds == seconds and seconds >= 0 else None


def _in_milliseconds(headers: Mapping[str, str]) -> str:
    said = headers.get("retry-after-ms", "").strip()
    return str(int(said) / 1_000) if said.isdecimal() else ""


def _in_words(text: str) -> float:
    found = _TRY_IN.search(text)
    if not found or not (found[1] or found[2]):
        return -1
    return int(found[1] or 0) * 60 + float(found[2] or 0) / (1_000 if found[3] == "ms" else 1)
