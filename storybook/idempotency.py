"""A request that is repeated gets the run that it got the first time.

The run id of a request with an idempotency key follows from the key, so that the log's own
optimistic lock finds the repetition, also after a restart and at the same moment.
"""

from __future__ import annotations

import hashlib
import uuid

import msgspec

from storybook.book import BasedOn, CastMember, RunId
from storybook.languages.known import language_of, voiced
from storybook.new_run import NewRun, filled, with_voices
from storybook.run import Refused, Run


class IdempotencyMismatch(Refused):
    """The same idempotency key came with another request."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request; use a new key for a new book"
        )


def run_id_for(idempotency_key: str, requested_by: str) -> RunId:
    """The run id of a request: a fresh one without a key. A key belongs to who asks."""
    if not idempotency_key:
        return RunId(uuid.uuid4().hex)
    name = f"{len(requested_by)}:{requested_by}:{idempotency_key}"
    return RunId(hashlib.sha256(name.encode()).hexdigest()[:32])


def check_same_request(run: Run, asked: NewRun) -> None:
    """Raise `IdempotencyMismatch` unless the run was asked for in the same words, and for the same
    book in all else. Who leaves the seed to chance takes the one that was drawn; who leaves
    something to another book, what that one had."""
    heroes, recorded = _heroes(run), run.first.tts
    before = _asked_for(run, heroes)
    same = filled(asked, before)
    seed = run.seed if asked.seed is None else asked.seed
    # By now each has a voice: those that brought one stand in what was recorded.
    own = recorded.character_voices if recorded is not None else {}
    tts = with_voices(same.tts, [it for it in heroes if it.name in own])
    tts = voiced(language_of(run.language), run.request, tts)
    based_on = _with_edition(asked.based_on, run.based_on)
    if before != msgspec.structs.replace(same, seed=seed, tts=tts, based_on=based_on):
        raise IdempotencyMismatch


def _heroes(run: Run) -> list[CastMember]:
    """The characters that came into the words of the request."""
    if run.based_on is not None and run.based_on.keep.has_text:
        return []
    return [it for it in run.cast if it.origin]


def _asked_for(run: Run, heroes: list[CastMember]) -> NewRun:
    words = run.request
    if heroes:
        words = msgspec.structs.replace(words, characters=run.characters_asked)
    return NewRun(
        words,
        run.first.tts,
        run.page_count,
        run.language,
        run.seed,
        run.callback_url,
        run.first.style,
        tuple(it.saved_as for it in heroes if it.saved_as),
        run.age,
        run.based_on,
    )


def _with_edition(asked: BasedOn | None, before: BasedOn | None) -> BasedOn | None:
    """Who names no edition takes the one that was shown then."""
    if asked is None or before is None or asked.edition:
        return asked
    return msgspec.structs.replace(asked, edition=before.edition)
