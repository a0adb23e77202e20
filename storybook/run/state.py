"""What a run is: its plan as a table, the states of its work, and the run itself."""

from __future__ import annotations

import enum
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import takewhile

import msgspec

from storybook.book import (
    FIRST_EDITION,
    WRITING,
    Artifact,
    BasedOn,
    CastMember,
    Page,
    Role,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
    is_same_language,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.events.catalog import (
    BEFORE_LANGUAGES,
    BEFORE_PAGE_COUNTS,
    EngineInfo,
    Fault,
    Problem,
    Submission,
)


@cache
def waits_for(page_count: int, added: tuple[str, ...] = ()) -> Mapping[Work, tuple[int, ...]]:
    """All work of a book of so many pages, in the order in which it is reported, and the pages
    whose text it waits for. A picture or a voice needs only its own page's text. `added` are the
    languages that it has beside its own."""
    pages = range(page_count)
    in_others = [(page, language) for language in added for page in pages]
    return {
        WRITING: (),
        **{translation_of(*it): it[:1] for it in in_others},
        **{picture_of(page): (page,) for page in pages},
        **{narration_of(page): (page,) for page in pages},
        **{narration_of(*it): it[:1] for it in in_others},
    }


@cache
def plan_of(page_count: int, is_read_aloud: bool, added: tuple[str, ...] = ()) -> tuple[Work, ...]:
    """The work of a run with these facts, in the order in which it is reported."""
    work = waits_for(page_count, added)
    return tuple(it for it in work if is_read_aloud or it.stage is not Stage.TTS)


class Status(enum.StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def has_ended(self) -> bool:
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """Requested; to be started at `not_before` (microseconds since 1970) or later, and `alone` in
    its process if it may be what kills processes."""

    attempt: int
    not_before: int
    alone: bool = False


class Deferred(msgspec.Struct, frozen=True, gc=False):
    """What a piece of work waits for, and why. `version` is which of the run's events says so
    (counted from 1): the fold knows no time, and that event's is since when."""

    engine: EngineInfo
    why: str
    version: int


class InHand(msgspec.Struct, frozen=True, gc=False):
    """A worker is at it."""

    attempt: int
    worker: str
    engine: EngineInfo


class Complete(msgspec.Struct, frozen=True, gc=False):
    """Done, with its artifact (the writer's work makes none)."""

    attempt: int
    artifact: Artifact | None


class Failed(msgspec.Struct, frozen=True, gc=False):
    """Given up."""

    attempt: int
    fault: Fault


class Abandoned(msgspec.Struct, frozen=True, gc=False):
    """Put down; whether it is taken up again is told by the next event."""

    attempt: int


class Outdated(msgspec.Struct, frozen=True, gc=False):
    """To be made anew in the edition in hand, as soon as the text that it needs stands. `attempt`
    is the last one of earlier editions, 0 if there was none."""

    attempt: int


WorkState = Waiting | InHand | Complete | Failed | Abandoned | Outdated


class Run(msgspec.Struct, frozen=True, gc=False):
    """The fold of a run's events. `version` is how many there are.

    `pages` and `work` are the content in the making: of the first edition, or of the newest one.
    What readers see is `shown`.
    """

    version: int
    status: Status
    request: StoryRequest
    seed: int
    tts: TtsConfig | None
    idempotency_key: str = ""
    pages: tuple[Page, ...] = ()
    """The pages whose text stands, in order from page 0."""
    work: dict[Work, WorkState] = {}
    failures: dict[Work, int] = {}
    """Failed attempts since the run was requested or retried; the writer's, since a page stands."""
    crashes: dict[Work, int] = {}
    """Deaths of a process in which nothing else ran."""
    suspicions: dict[Work, int] = {}
    """Deaths of a process in which other work ran too."""
    submissions: dict[Work, Submission] = {}
    """Work given away that may come back finished, also to a later attempt."""
    deferred: dict[Work, Deferred] = {}
    """Outages that are not over: until a page is written, or the attempt ends. Meanwhile the work
    waits, or is in hand once more."""
    pruned: frozenset[str] = frozenset()
    """Names of artifacts whose files retention has removed."""
    fault: Fault | None = None
    """Why the run failed."""
    page_count: int = BEFORE_PAGE_COUNTS
    """How many pages the book has, its cover included."""
    language: str = BEFORE_LANGUAGES
    engines: tuple[tuple[Role, str], ...] = ()
    """The engines that began work of each role, by name, in the order of their first works."""
    refused: tuple[tuple[Problem, ...], ...] = ()
    """What was found each time that the page which is next was refused."""
    callback_url: str = ""
    """Who is told what becomes of it, empty for nobody."""
    is_pinned: bool = False
    """Whether retention is to leave its files alone."""
    edition: int = FIRST_EDITION
    """The number of the newest edition. Each is used once, also by one that was never whole."""
    editions: tuple[Run, ...] = ()
    """The whole editions before the newest one, oldest first: the run as it stood when each was
    whole, without its own `editions` and `made`."""
    made: dict[str, tuple[Work, Artifact]] = {}
    """Every file of every edition, by name; empty in the first one, whose work has them all."""
    rewrites: dict[int, str] = {}
    """The pages that the writer is to write anew in this edition, and the wish for each."""
    variations: dict[int, int] = {}
    """The seeds of the pictures that are not painted by the book's own chance, by page."""
    style: str = ""
    """How it is to be painted; empty leaves it to the illustrator."""
    cast: tuple[CastMember, ...] = ()
    """Its characters: those that came from other books, and once the cover is written all. A run of
    before there was a cast has none, or those alone that were given a picture."""
    characters_asked: str = ""
    """What was asked for beside characters that come back, if there are any."""
    saved: dict[str, CastMember] = {}
    """Its characters as they were saved, by the names that requests can name them by."""
    age: str = ""
    """Whom the book is for (one of `AGES`), "" for nobody in particular."""
    based_on: BasedOn | None = None
    """The book that it was made from, if it was."""
    translations: dict[str, dict[int, Page]] = {}
    """The pages whose text stands in each language that was added to its own, by number; without
    what their pictures show."""
    storyline: str = ""
    """The story that a writer by rule tells, "" for what it told before that was chosen."""
    topic_known: bool | None = None
    """Whether such a writer has stories about its topic, None if nobody has looked."""

    def engines_of(self, role: Role) -> tuple[str, ...]:
        """The names of the engines that have worked in a role, the first one first."""
        return tuple(name for of, name in self.engines if of is role)

    @property
    def plan(self) -> tuple[Work, ...]:
        """All work of this run, in the order in which it is reported."""
        plan = plan_of(self.page_count, self.tts is not None, (*self.translations,))
        if not self.rewrites:
            return plan
        return (WRITING, *map(rewriting_of, sorted(self.rewrites)), *plan[1:])

    @property
    def shown(self) -> Run:
        """The book as readers see it: the last whole edition; the first one also while it is
        made."""
        is_whole = self.status is Status.DONE or not self.editions
        return self if is_whole else self.editions[-1]

    @property
    def first(self) -> Run:
        """The first edition: the book as it was asked for."""
        return self.editions[0] if self.editions else self

    @property
    def is_whole(self) -> bool:
        """Whether all of it is made."""
        return all(self.is_complete(work) for work in self.plan)

    def of_edition(self, edition: int) -> Run | None:
        """The book as it was when this edition was whole; of the newest one, as far as it is made.
        None for a number that no edition has, or one that was never whole and is given up."""
        if edition == self.edition:
            return self
        index = bisect_left(self.editions, edition, key=lambda it: it.edition)
        found = self.editions[index] if index < len(self.editions) else None
        if found is None or found.edition != edition:
            return None
        return msgspec.structs.replace(found, pruned=self.pruned, is_pinned=self.is_pinned)

    def file_of(self, work: Work, edition: int | None = None) -> Artifact | None:
        """The file that an edition shows for a piece of work, or, without one, the book as it is
        shown. The newest edition shows what was before where it has not made its own yet."""
        of = self.shown if edition is None else self.of_edition(edition)
        if of is None:
            return None
        return of.artifact(work) or (self.shown.artifact(work) if of is self else None)

    def has_text_for(self, work: Work) -> bool:
        """Whether the text stands that the work needs. Pages are written anew and translated one
        after the other, so that each can go on from those before it."""
        if work.stage is Stage.LLM:
            earlier = takewhile(lambda it: it != work, self.plan)
            return all(map(self.is_complete, earlier))
        return all(
            page < len(self.pages)
            and (page not in self.rewrites or self.is_complete(rewriting_of(page)))
            and (not work.language or self.is_complete(translation_of(page, work.language)))
            for page in waits_for(self.page_count, (*self.translations,))[work]
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that it is in, its own first."""
        return (self.language, *self.translations)

    def added_as(self, tag: str) -> str | None:
        """What a language is called in the work of this book: "" if it is the book's own, None if
        the book is not in it."""
        if is_same_language(tag, self.language):
            return ""
        return next((it for it in self.translations if is_same_language(it, tag)), None)

    def page_in(self, number: int, language: str = "") -> Page | None:
        """A page in the book's own language or an added one; None while its text does not stand."""
        if language:
            return self.translations.get(language, {}).get(number)
        return self.pages[number] if number < len(self.pages) else None

    @property
    def is_written(self) -> bool:
        """Whether the text of every page stands."""
        return len(self.pages) == self.page_count

    @property
    def is_lost(self) -> bool:
        """Whether it is certain that the run fails: something has failed for good. A retry requests
        that again in its own append, so that a run that is queued has lost nothing yet."""
        return self.status is not Status.QUEUED and any(
            isinstance(state, Failed) for state in self.work.values()
        )

    def is_complete(self, work: Work) -> bool:
        return isinstance(self.work.get(work), Complete)

    @property
    def stage(self) -> Stage:
        """The first stage that is not complete; the last one once all are."""
        return next((w.stage for w in self.plan if not self.is_complete(w)), Stage.TTS)

    @property
    def ready_max_page(self) -> int:
        """The largest n such that pages 0 to n have their picture, -1 if page 0 has none; of the
        book as it is shown."""
        return self._ready_up_to(picture_of)

    @property
    def ready_max_audio_page(self) -> int:
        """The same for audio."""
        return self._ready_up_to(narration_of)

    def _ready_up_to(self, work_of: Callable[[int], Work]) -> int:
        work = self.shown.work
        for page in range(self.page_count):
            if not isinstance(work.get(work_of(page)), Complete):
                return page - 1
        return self.page_count - 1

    @property
    def waiting_for(self) -> Deferred | None:
        """The engine that it waits for, of several the one that it has waited for longest."""
        waiting = (it for work, it in self.deferred.items() if isinstance(self.work[work], Waiting))
        return min(waiting, key=lambda it: it.version, default=None)

    def artifact(self, work: Work) -> Artifact | None:
        """The finished file of a piece of work, if there is one."""
        state = self.work.get(work)
        return state.artifact if isinstance(state, Complete) else None

    @property
    def artifacts(self) -> Iterator[Artifact]:
        """Every finished file of the content in the making, retention's victims included."""
        return (found for work in self.plan if (found := self.artifact(work)) is not None)

    @property
    def files(self) -> Mapping[str, tuple[Work, Artifact]]:
        """Every finished file of all editions by its name, retention's victims included."""
        if self.edition != FIRST_EDITION:
            return self.made
        made = ((work, self.artifact(work)) for work in self.plan)
        return {it.name: (work, it) for work, it in made if it is not None}
