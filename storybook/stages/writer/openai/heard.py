"""What has been heard of one answer, and what it means if it has ended without a book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from storybook.engines import WorkFailed
from storybook.stages.openai_api.completions import Said, error_in
from storybook.stages.openai_api.refusals import Refusal
from storybook.stages.writer.answer.reader import MemberReader

_LENGTH: Final = ("length", "max_tokens", "model_length")
_FILTERED: Final = ("content_filter", "safety", "prohibited_content", "recitation")
_LEAST_REPEATED: Final = 8
"""Characters. A shorter piece may be like all that was said before by chance."""
_EXCERPT: Final = 160
"""Characters of an answer that is no book which are passed on."""


class HeardAnswer:
    """The answer as far as it has come; `told` passes the model's words on without secrets."""

    def __init__(self, told: Callable[[str], str]) -> None:
        self._told = told
        self._texts: list[str] = []
        self._length = 0
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._finished = ""

    def add(self, said: Said) -> str:
        """Take some more of it; returns the text that is new. Some servers say all of it again,
        each time or at the end."""
        text = said.text
        if len(text) >= max(self._length, _LEAST_REPEATED) and self._length:
            text = text.removeprefix("".join(self._texts))
        self._texts.append(text)
        self._length += len(text)
        self._thoughts.append(said.thought)
        self._refusals.append(said.refusal)
        self._finished = said.finished or self._finished
        return text

    @property
    def is_cut(self) -> bool:
        """Whether it ended because it was long enough for the server."""
        return self._finished.lower() in _LENGTH

    @property
    def reason(self) -> str:
        """Why it has ended, with what it was if it was no book."""
        text = " ".join(self._told("".join(self._texts)).split())
        said = f", and it says: {text[:_EXCERPT]}" if text and "{" not in text else ""
        return (self._finished or "the server said no more") + said

    def whole_thought(self, keys: set[str]) -> str:
        """What was thought aloud, if nothing was said and an object with these keys stands there:
        some servers take all of an answer for a thought."""
        thought = "".join(self._thoughts)
        if "".join(self._texts).strip():
            return ""
        reader = MemberReader()
        found = {it.key for it in (*reader.feed(thought), *reader.end())}
        return thought if keys <= found else ""

    def refusal(self) -> WorkFailed | Refusal | None:
        """What the answer says instead of a book: a refusal, an error, a mere thought, or None."""
        text, refused = "".join(self._texts), "".join(self._refusals).strip()
        if refused:
            message = f"the model refuses: {self._told(refused)[:_EXCERPT]}"
            return WorkFailed("refused", message, retryable=False)
        if self._finished.lower() in _FILTERED:
            message = f"the server's content filter has ended the answer ({self.reason})"
            return WorkFailed("refused", message, retryable=True)
        if said := error_in(text):
            return Refusal(200, text=said)
        if self._thoughts_only():
            message = (
                f"the model only thought ({len(''.join(self._thoughts))} characters) and answered "
                f"nothing ({self.reason}): switch its thinking off at the server (llama-server: "
                "--reasoning-budget 0, vLLM: --default-chat-template-kwargs, Ollama: another tag "
                "such as instruct), or give it more room by [writer] context"
            )
            return WorkFailed("only_thought", message, retryable=True)
        return None

    def _thoughts_only(self) -> bool:
        return bool("".join(self._thoughts).strip() and not "".join(self._texts).strip())
