"""What a server takes of a request, found out by asking.

A **wish** is a field that a request has only as far as the server takes it: its values, the best
first. A refusal that blames a field, in whatever wording, lets it **yield**: it gets the name or
the limit that the server tells, its next value, or is left out. A refusal that blames none lets
the wishes yield in their order, the least first. **Terms** are what has been found out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.stages.openai_api.refusals import Refusal, meaning_of

NEGOTIABLE: Final = (400, 415, 422)
"""The form of the request is refused."""
_IF_NAMED: Final = (406, 500, 501)
"""Statuses of servers that mean the form of the request by them (llama-cpp-python: 500), if they
say which field."""
_OF_FORM: Final = re.compile(
    r"support|unknown|unexpected|unrecogni|invalid|implement|allowed|permitted|expected|must|should"
    r"|error'",
    re.IGNORECASE,
)
_LEAST_TOKENS: Final = 256
"""About half a page: a smaller number in a refusal is no limit, or none that is worth a request."""
_ABOUT_A_NUMBER: Final = re.compile(
    r"too (large|big|high|long|many)|at most|exceed|less than|greater than|maximum|range|between"
    r"|up to|<=?|limit",
    re.IGNORECASE,
)
_USE: Final = re.compile(
    r"(?:\buse|\btry|did you mean|renamed to|replaced by|in favou?r of)\W+(?:the )?\W*(\w+)",
    re.IGNORECASE,
)
_NOT_A_MATTER_OF_FORM: Final = (
    *("loading", "out_of_memory", "quota", "cannot_chat", "unknown_model", "busy"),
    *("context_too_small", "unknown_voice", "unsupported_language"),
)


class Wish(msgspec.Struct, frozen=True):
    """A field of a request, and its values, the best first. `also` are other words by which servers
    name it. One that is `needed` is never left out; `counts` tokens are lowered."""

    name: str
    values: tuple[Any, ...]
    also: tuple[str, ...] = ()
    needed: bool = False
    counts: bool = False


class Terms(msgspec.Struct, frozen=True):
    """What a server takes: other names of fields, how far down their values they are, limits, and
    what is left out."""

    names: Mapping[str, str] = {}
    steps: Mapping[str, int] = {}
    limits: Mapping[str, int] = {}
    left_out: frozenset[str] = frozenset()

    def fields(self, wishes: Iterable[Wish]) -> dict[str, Any]:
        """The fields as this server takes them."""
        return {
            self.names.get(wish.name, wish.name): self._value(wish)
            for wish in wishes
            if wish.name not in self.left_out
        }

    def yielding(self, wishes: Sequence[Wish], refusal: Refusal) -> Terms | None:
        """The terms to ask on after a refusal; None if it is not about the form of the request, or
        nothing is left to yield."""
        held = [wish for wish in wishes if wish.name not in self.left_out]
        if lowered := self._within_context(held, refusal):
            return lowered
        is_refused = refusal.status in NEGOTIABLE
        if not is_refused and not (refusal.status in _IF_NAMED and _OF_FORM.search(refusal.text)):
            return None
        is_of_form = meaning_of(refusal).kind not in _NOT_A_MATTER_OF_FORM
        blamed = self._blamed(held, refusal)
        if blamed and (is_of_form or blamed.counts or refusal.param):
            return self._yielded(blamed, refusal.text)
        blames_another = bool(refusal.param)
        if not is_of_form or not is_refused or blames_another:
            return None
        return next((it for wish in held if (it := self._yielded(wish, ""))), None)

    def told(self) -> tuple[str, ...]:
        """What differs from what would be asked for, in words."""
        renamed = (f"{name} is sent as {to}" for name, to in self.names.items())
        limited = (f"{name} is at most {most}" for name, most in self.limits.items())
        stepped = (f"{it} has another form" for it in self.steps if it not in self.left_out)
        left_out = (f"{name} is not sent" for name in sorted(self.left_out))
        return (*renamed, *limited, *stepped, *left_out)

    def _value(self, wish: Wish) -> Any:
        value = wish.values[min(self.steps.get(wish.name, 0), len(wish.values) - 1)]
        return min(value, self.limits.get(wish.name, value)) if wish.counts else value

    # ------------------------------------------------------------------------------ who is to blame

    def _blamed(self, wishes: Sequence[Wish], refusal: Refusal) -> Wish | None:
        """The wish that a refusal names: as the field in fault, else first in its words."""
        parts = re.split(r"[.\[\]]+", refusal.param)
        for wish in wishes:
            if self._names_of(wish) & set(parts):
                return wish
        by_name = [(_place(self._sent_as(it), refusal.text), it) for it in wishes]
        by_word = [(_place(word, refusal.text), it) for it in wishes for word in it.also]
        for found in (by_name, by_word):
            if placed := [(place, it) for place, it in found if place >= 0]:
                return min(placed, key=lambda it: it[0])[1]
        return None

    def _sent_as(self, wish: Wish) -> str:
        return self.names.get(wish.name, wish.name)

    def _names_of(self, wish: Wish) -> set[str]:
        return {wish.name, self._sent_as(wish), *wish.also}

    # -------------------------------------------------------------------------------- how it yields

    def _yielded(self, wish: Wish, text: str) -> Terms | None:
        """The terms without what was refused; None if the wish cannot yield any more."""
        name = wish.name
        if wish.counts and (limit := self._lower(wish, text)):
            return _with(self, limits={**self.limits, name: limit})
        if other := self._other_name(wish, text):
            return _with(self, names={**self.names, name: other})
        if (step := self._next_step(wish, text)) is not None:
            return _with(self, steps={**self.steps, name: step})
        return None if wish.needed else _with(self, left_out=self.left_out | {name})

    def _lower(self, wish: Wish, text: str) -> int | None:
        """The largest limit that is named and lower than what was sent, else half of that."""
        sent = self._value(wish)
        numbers = [int(it.replace(",", "")) for it in re.findall(r"\d[\d,]*", text)]
        limits = [it for it in numbers if _LEAST_TOKENS <= it < sent]
        if limits and _ABOUT_A_NUMBER.search(text):
            return max(limits)
        is_about_size = re.search(r"too (large|big|high|many|long)|exceed", text, re.IGNORECASE)
        return sent // 2 if is_about_size and sent // 2 >= _LEAST_TOKENS else None

    def _other_name(self, wish: Wish, text: str) -> str | None:
        taken = (wish.name, *self.names.values())
        if isinstance(self._value(wish), dict | list):
            return None
        named = (it for it in _USE.findall(text) if "_" in it or it in wish.also)
        return next((str(it) for it in named if it not in taken), None)

    def _next_step(self, wish: Wish, text: str) -> int | None:
        """Of the values that are left, the first that the server names, else the next."""
        left = range(self.steps.get(wish.name, 0) + 1, len(wish.values))
        named = (it for it in left if _place(_word_of(wish.values[it]), text) >= 0)
        return next(named, next(iter(left), None))

    def _within_context(self, wishes: Sequence[Wish], refusal: Refusal) -> Terms | None:
        """Ask for no more than fits beside the prompt, if that is a page or more."""
        room = refusal.context - refusal.prompt
        for wish in wishes:
            if wish.counts and refusal.prompt and _LEAST_TOKENS <= room < self._value(wish):
                return _with(self, limits={**self.limits, wish.name: room})
        return None


def _with(terms: Terms, **changed: Any) -> Terms:
    return msgspec.structs.replace(terms, **changed)


def _place(word: str, text: str) -> int:
    """Where a word stands in a text, -1 if nowhere."""
    found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE)
    return found.start() if word and found else -1


def _word_of(value: Any) -> str:
    """By what a server names a value of a field."""
    if isinstance(value, dict):
        return str(value.get("type", ""))
    return value if isinstance(value, str) else ""
