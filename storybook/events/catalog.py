"""Every event there is: past-tense facts about one run, as frozen tagged structs.

An event is recorded as JSON: its type is the `type` column of the log, its fields the `data`.
Unknown fields of a newer version are ignored when it is read. A shape that has been released
never changes meaning: a new field gets a default, and a change that needs more than a default
gets an entry in `UPCASTERS` beside the type, which lifts the old JSON. `tests/events/samples`
keeps one recorded sample of every shape ever released, and a test replays them for ever.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final, Union, get_args

import msgspec

from storybook.book import (
    FIRST_READING,
    Artifact,
    BasedOn,
    CastMember,
    Dialogue,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
)
from storybook.scene import PageScene


class EngineInfo(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which engine did a piece of work: its name, its version, the model and the device."""

    name: str
    version: str = ""
    model: str = ""
    device: str = "cpu"
    apart: bool = False
    """Whether the work is done in a process of its own or on another machine: such work cannot be
    what kills the process that asked for it."""

    def is_same_as(self, other: EngineInfo) -> bool:
        """Whether both are one engine, whatever version and model it has by now."""
        return (self.name, self.device) == (other.name, other.device)


class Submission(msgspec.Struct, frozen=True, gc=False):
    """Where work was given away to, and under which id it can be asked for again."""

    endpoint: str
    prompt_id: str


class MadeFrom(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What something was made from, for an audit or for making it again.

    `voices` are the engine's own names of those that spoke, `language` the one that was written or
    spoken. `model` and `version` are those that did it, as far as the engine or its server says:
    with several servers they may be others than `StageStarted` could know. `fitted_from` is the
    size (`1536x1024`) that a picture was given in, if it was scaled and cropped to its own.
    `references` are the digests of the pictures that it was shown.
    `unrepeatable` is why the same again would come out otherwise, such as a server that takes no
    seed; empty where nothing is known against it.
    """

    prompt: str = ""
    seed: int = 0
    workflow_sha256: str = ""
    voices: tuple[str, ...] = ()
    language: str = ""
    model: str = ""
    version: str = ""
    fitted_from: str = ""
    unrepeatable: str = ""
    references: tuple[str, ...] = ()


class Fault(msgspec.Struct, frozen=True, gc=False):
    """Why a stage failed. `kind` is a short stable word, `message` is for people."""

    kind: str
    message: str
    retryable: bool


class Problem(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a page. `kind` is a short stable word, `message` is for people."""

    kind: str
    message: str


class AbandonReason(enum.StrEnum):
    """Why a piece of work was put down unfinished."""

    CRASH = "crash"
    SHUTDOWN = "shutdown"
    CANCEL = "cancel"
    FAILURE = "failure"
    """The run is to fail for another piece of work; only waiting work is put down for it."""


BEFORE_PAGE_COUNTS: Final = 5
"""The pages of every run that was requested before its event said how many."""
BEFORE_LANGUAGES: Final = "ko"
"""The language of every run that was requested before its event named one."""


class Blame(enum.StrEnum):
    """How far work in hand can be to blame for the death of its process."""

    ALONE = "alone"
    """Nothing else ran in that process. What was recorded before there was a blame reads so."""
    SHARED = "shared"
    """Other work ran in that process too."""
    NONE = "none"
    """The work ran outside of that process."""


class RunRequested(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A book was asked for. `seed` decides everything that is left to chance in it.

    `page_count` (cover included) and `language` are written always: msgspec never takes the value
    of a `default_factory` of our own for a default to omit. Where they are absent the event is of
    the time before, and means what it meant then, whatever a new request gets by default today.
    """

    request: StoryRequest
    seed: int
    tts: TtsConfig | None = None
    """None: the book is not read aloud."""
    idempotency_key: str = ""
    requested_by: str = ""
    page_count: int = msgspec.field(default_factory=lambda: BEFORE_PAGE_COUNTS)
    language: str = msgspec.field(default_factory=lambda: BEFORE_LANGUAGES)
    callback_url: str = ""
    """Who is told what becomes of the run; nobody if it is empty."""
    style: str = ""
    """How it is to be painted, as a name or in words; empty leaves it to the illustrator."""
    cast: tuple[CastMember, ...] = ()
    """The characters that come back from other books, as they are. The words of the request name
    them, and `tts` has their voices."""
    characters_asked: str = ""
    """What was said of the others, where there are such; empty where `request` has it as it was."""
    age: str = ""
    """Whom the book is for (one of `AGES`); "" if nothing was said of it."""
    based_on: BasedOn | None = None
    """The book that it is made from. What is kept of its text and pictures follows in the same
    append, as attempt 0; its characters are the `cast`."""
    variations: dict[int, int] = {}
    """The seeds of kept pictures that were not painted by the book's own chance, by page."""
    reading: int = FIRST_READING
    """By which rules the words of the request are read (`StoryRequest.reading`)."""
    storyline: str = ""
    """The story that a writer by rule is to tell, by its name, should it write the book; "" is what
    it told before it was chosen here."""
    topic_known: bool | None = None
    """Whether such a writer has stories about the topic; None where nobody has looked."""


class RunImported(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The book was taken in from a file: it is edition `edition` of the run `origin`, which may be
    another installation's. Its pages and files follow in the same append, as attempt 0."""

    origin: str
    edition: int
    sha256: str
    """Of the file's manifest, which has the digests of all else in it."""
    key: str = ""
    """The public key (Ed25519, hexadecimal) that has signed it; "" for a file that nobody signed.
    """
    languages: tuple[str, ...] = ()
    """Those that the book is in beside its own."""
    modified: int = 0
    """When the last of it was made there (microseconds since 1970, UTC)."""
    imported_by: str = ""


class _InLanguage(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A fact about a page in one `language`: "" is the book's own, as in all events from before a
    book could have another. The last member of each."""

    language: str = ""


class _StageEvent(_InLanguage, frozen=True, gc=False, omit_defaults=True):
    """A fact about one attempt at one piece of work. Attempts count from 1."""

    stage: Stage
    page: int | None
    attempt: int

    @property
    def work(self) -> Work:
        return Work(self.stage, self.page, self.language)


class StageRequested(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Work is to be done, not before `not_before` (microseconds since 1970, UTC)."""

    not_before: int = 0
    alone: bool = False
    """Nothing else is to run in the process that does it: it may be what kills processes."""


class StageStarted(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A worker took the work in hand. `worker` names the process and its start; `stands_in_for` the
    engine that the settings ask for, or that began the book, and in whose place this one works."""

    worker: str
    engine: EngineInfo
    stands_in_for: str = ""


class StageDeferred(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The work waits for an engine that is away, and `why` it seems to be; an outage begins. The
    attempt is not used up: the same one is started when the engine is back."""

    engine: EngineInfo
    why: str
    alone: bool = False
    """As in `StageRequested`."""


class StageSubmitted(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The work was given to an outside server, which may finish it even if we do not see it."""

    submission: Submission


class PageWritten(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A page's text is whole, checked, and stands from now on, in place of what stood there before.
    Attempts count from 1; 0 is a text that was given: by a person, or `kept` from the book that the
    run is based on, or from the file that it was imported from. `cast` comes with the cover: the
    characters of the book, whose looks it has settled.
    """

    page: int
    attempt: int
    title: str = ""
    summary: str = ""
    dialogues: tuple[Dialogue, ...] = ()
    image_prompt: str = ""
    cast: tuple[CastMember, ...] = ()
    kept: bool = False
    scene: PageScene | None = None
    """What the page shows, where its writer says it."""


class PageTranslated(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A page's text in another `language` is whole, checked, and stands from now on, in place of
    what stood there in it before. Attempts count from 1; 0 is a text that a person gave, or `kept`
    from the file that the book was imported from."""

    page: int
    language: str
    attempt: int
    title: str = ""
    summary: str = ""
    dialogues: tuple[Dialogue, ...] = ()
    kept: bool = False


class PageRefused(_InLanguage, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A page did not pass the check; the attempt at it fails. `excerpt` is how its text begins."""

    page: int
    attempt: int
    problems: tuple[Problem, ...]
    excerpt: str = ""


class StageCompleted(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The work is done. The writer's work makes no artifact. As attempt 0 it was done by `made_by`
    in the book that the run is based on, or that it was imported from, and is kept."""

    artifact: Artifact | None = None
    made_from: MadeFrom | None = None
    made_by: EngineInfo | None = None
    """None where the run's own `StageStarted` says it, or nobody knows."""


class StageFailed(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The attempt failed."""

    fault: Fault


class StageAbandoned(_StageEvent, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The attempt was put down unfinished. `blame` says more of a `crash`."""

    reason: AbandonReason
    blame: Blame = Blame.ALONE


class RunCompleted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Every stage of the run is complete."""


class RunFailed(_InLanguage, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Nothing is left that can be done, and something failed."""

    fault: Fault
    stage: Stage
    page: int | None


class RunCancelled(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Somebody stopped the run."""

    cancelled_by: str = ""


class RunRetried(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A failed or cancelled run goes on from what is missing."""

    retried_by: str = ""


class ArtifactsPruned(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Files of a finished run were removed by retention."""

    names: tuple[str, ...]


class RunPinned(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Retention is to leave the run's files alone."""

    pinned_by: str = ""


class RunUnpinned(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Retention may have the run's files again."""

    unpinned_by: str = ""


class CastPictureGiven(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A character got a reference picture: it stands as it is now, with that one first."""

    member: CastMember
    given_by: str = ""


class CharacterSaved(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A character of the run can be named in requests for other books, as `name`."""

    name: str
    member: CastMember
    saved_by: str = ""


class CharacterReleased(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A character of the run can be named so no more; books that have it keep it."""

    name: str
    released_by: str = ""


class RunForgotten(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """The run was erased: this is its last event, and `data` of all others is empty since then."""

    forgotten_by: str = ""


class PageChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is asked of a page, beside the text that a person gives: that follows as `PageWritten`.

    `rewrite` is a wish for the writer, who writes the page anew; empty for nobody. A picture that
    is to be repainted leaves to `seed` what is by chance in it; the cast is the book's. `language`
    is that of the voice that is to read the page again, "" for the book's own.
    """

    page: int
    rewrite: str = ""
    repaint: bool = False
    seed: int = 0
    revoice: bool = False
    language: str = ""


class EditionRequested(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A change of a finished book was asked for: another edition, made of `base_edition`.

    A text that a person gives stands in `PageWritten` and `PageTranslated` events of the same
    append, as attempt 0.
    What is None stays as it is. `accepted` are the problems that the check found in it, and that
    whoever asked for it takes upon themselves.
    """

    edition: int
    base_edition: int
    pages: tuple[PageChange, ...] = ()
    tts: TtsConfig | None = None
    style: str | None = None
    note: str = ""
    restores: int = 0
    """The edition whose content it has again, 0 for none: then nothing is to be made."""
    requested_by: str = ""
    accepted: tuple[Problem, ...] = ()
    idempotency_key: str = ""
    add_language: str = ""
    """The language in which the book is to be, too; each page is put into it."""
    added_voices: dict[str, str] = {}
    """The voices of characters by the names that the added language calls them; nothing that was
    read aloud before is read otherwise."""


class ArtifactRemade(_InLanguage, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A lost or damaged file of an ended run was made again, and is there.

    `previous_sha256` is the digest that stood until then, where the new one is another;
    `damage` says what was found wrong, as words that go on after the file's name.
    """

    stage: Stage
    page: int
    artifact: Artifact
    engine: EngineInfo
    made_from: MadeFrom | None = None
    previous_sha256: str = ""
    damage: str = ""
    requested_by: str = ""

    @property
    def work(self) -> Work:
        return Work(self.stage, self.page, self.language)


Event = Union[  # noqa: UP007 - a runtime union that `get_args` and msgspec read
    RunRequested,
    RunImported,
    StageRequested,
    StageStarted,
    StageDeferred,
    StageSubmitted,
    PageWritten,
    PageTranslated,
    PageRefused,
    StageCompleted,
    StageFailed,
    StageAbandoned,
    RunCompleted,
    RunFailed,
    RunCancelled,
    RunRetried,
    EditionRequested,
    ArtifactsPruned,
    ArtifactRemade,
    RunPinned,
    RunUnpinned,
    CastPictureGiven,
    CharacterSaved,
    CharacterReleased,
    RunForgotten,
]

ENDINGS: Final = frozenset({RunCompleted, RunFailed, RunCancelled})
"""What ends a run; one that failed or was cancelled may go on after a retry."""
NAMES_OF_ENDINGS: Final = frozenset(it.__name__ for it in ENDINGS)

EVENT_TYPES: Final[dict[str, type[Event]]] = {kind.__name__: kind for kind in get_args(Event)}

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""(type, schema) → the function that lifts that shape's JSON to the next schema."""
