"""A request that is repeated gets the run that it got the first time.

The run id of a request with an idempotency key follows from the key, so that the log's own
optimistic lock finds the repetition, also after a restart and at the same moment.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

import msgspec

from storybook.book import BasedOn, CastMember, RunId, TtsConfig, VoiceDelivery
from storybook.changing import voiced_in
from storybook.events.catalog import EditionRequested, Event
from storybook.languages.known import language_of, voiced
from storybook.new_run import NewRun, filled, with_voices
from storybook.run import EditionRequest, Refused, Run, fold, request_edition


class IdempotencyMismatch(Refused):
    """The same idempotency key came with another request."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request; use a new key for a new book or "
            "another change"
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
    tts = _as_recorded(same.tts, recorded)
    tts = with_voices(tts, [it for it in heroes if it.name in own])
    tts = voiced(language_of(run.language), run.request, tts)
    based_on = _with_edition(asked.based_on, run.based_on)
    if before != msgspec.structs.replace(same, seed=seed, tts=tts, based_on=based_on):
        raise IdempotencyMismatch


def _as_recorded(tts: TtsConfig | None, recorded: TtsConfig | None) -> TtsConfig | None:
    """With what a request cannot say: the voices that were cast then, and how books were read at
    that time, when no voices were cast."""
    if tts is None or recorded is None:
        return tts
    of_that_time = {"casting": recorded.casting, "delivery": recorded.delivery}
    if tts.is_cast and recorded.delivery is VoiceDelivery.EVEN:
        of_that_time["dialogue_voice"] = recorded.dialogue_voice
    return msgspec.structs.replace(tts, **of_that_time)


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


def repeated_edition(
    history: Sequence[Event], asked: EditionRequest, idempotency_key: str, requested_by: str
) -> int | None:
    """The edition of a run with these events that was asked for under a key, None if none was.
    Raises `IdempotencyMismatch` unless the same is asked for: what it then led to is decided again,
    with the seed that was drawn."""
    for index, event in enumerate(history):
        is_it = isinstance(event, EditionRequested) and (
            (event.idempotency_key, event.requested_by) == (idempotency_key, requested_by)
        )
        if not is_it:
            continue
        assert isinstance(event, EditionRequested)
        run = fold(history[:index])
        same = msgspec.structs.replace(asked, tts=_as_recorded(asked.tts, event.tts))
        try:
            again = request_edition(
                run,
                same if run is None else voiced_in(run, same),
                seed=_drawn(asked, event),
                requested_by=requested_by,
                accepted=event.accepted,
                idempotency_key=idempotency_key,
            )
        except Refused:
            raise IdempotencyMismatch from None
        if again != list(history[index : index + len(again)]):
            raise IdempotencyMismatch
        return event.edition
    return None


def _drawn(asked: EditionRequest, event: EditionRequested) -> int:
    """The seed that the pictures got whose seed was left to chance."""
    by_chance = {it.page for it in asked.pages if it.seed is None}
    return next((it.seed for it in event.pages if it.repaint and it.page in by_chance), 0)
