"""The application: what can be done with the service, in one place for every front door.

HTTP and the command line translate what they are asked into these calls, and nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

import anyio
import anyio.to_thread
import msgspec

from storybook.access import Access
from storybook.book import BasedOn, CastMember, RunId
from storybook.callback_url import is_allowed_host
from storybook.changing import deciding_edition
from storybook.characters import (
    NoSuchCharacter,
    checked_name,
    giving,
    heroes_of,
    keep_picture,
    named,
    releasing,
    saving,
)
from storybook.clock import Clock
from storybook.commands import Commands, Decide, TooManyRuns
from storybook.data_folder import Usage
from storybook.deriving import (
    WantedBook,
    origin_of,
    share_files,
    wanted_book,
    with_voices_cast,
)
from storybook.editions import (
    EditionComparison,
    EditionSummary,
    compare,
    content_of,
    editions_of,
)
from storybook.estimates import Estimates
from storybook.events.log import EventLog
from storybook.events.parked import ParkedRuns, RunParked
from storybook.events.subscription import Subscription
from storybook.events.verdict import ChainVerdict
from storybook.export.archive.checking import open_archive
from storybook.export.making import CopyMakings
from storybook.forgetting import Forgetting
from storybook.idempotency import check_same_request, repeated_edition, run_id_for
from storybook.importing import TakenIn, take_in
from storybook.lexicon import characters_of
from storybook.new_run import NewRun
from storybook.processes import WorkerProcesses
from storybook.projections.characters import SavedCharacter, all_saved, saved_as
from storybook.projections.confirming import confirm
from storybook.projections.derived import DerivedBook, derived_from
from storybook.projections.forgotten import is_forgotten
from storybook.projections.library import open_runs
from storybook.projections.projector import Projections, ProjectionsBusy, ProjectionsStopped
from storybook.projections.storylines import next_storyline
from storybook.projections.voices import last_voices
from storybook.repair import Repair, Repairs
from storybook.request import InvalidRequest, RequestFault, composed
from storybook.retention import Retention
from storybook.run import (
    EditionRequest,
    NoSuchRun,
    Refused,
    Run,
    cancel_run,
    pin_run,
    read_history,
    read_whole,
    restore_edition,
    retry_run,
    unpin_run,
)
from storybook.settings import Settings
from storybook.stages.casting import cast_of
from storybook.stages.faces import Face, faces_of
from storybook.stages.illustrator.comfyui.png import BadPicture
from storybook.stages.outages import Outages
from storybook.stages.progress import WorkProgress
from storybook.stages.reference_pictures import picture_reader
from storybook.stages.registry import Engines
from storybook.stages.voice_casting import with_company
from storybook.stages.writer.check import PageCheck
from storybook.stores.artifacts import ArtifactStore
from storybook.stores.backup.last import LastBackup
from storybook.stores.deliveries import Deliveries
from storybook.telemetry.attempts import AttemptHandler
from storybook.telemetry.metrics import Metrics

logger = logging.getLogger(__name__)


class Application(msgspec.Struct, frozen=True):
    """The service, running. Everything that a request or a command needs hangs here."""

    settings: Settings
    clock: Clock
    log: EventLog
    commands: Commands
    projections: Projections
    artifacts: ArtifactStore
    live: WorkProgress
    engines: Engines
    check: PageCheck
    retention: Retention
    repairs: Repairs
    copies: CopyMakings
    parked: ParkedRuns = msgspec.field(default_factory=ParkedRuns)
    access: Access = msgspec.field(default_factory=Access)
    subscriptions: list[Subscription] = msgspec.field(default_factory=list)
    """Those that the service itself follows the log with."""
    outages: Outages | None = None
    """Which engines are away; None where nothing is worked on."""
    deliveries: Deliveries | None = None
    """Webhooks that are to be sent, or were; None where nothing can be written."""
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    attempts: AttemptHandler | None = None
    """What waits and what is in hand; None where nothing is worked on."""
    estimates: Estimates | None = None
    """How long open books still take; None where nothing is worked on."""
    usage: Callable[[], Usage] = lambda: Usage(0, 0)
    """How much room there is where all is kept. Raises OSError."""
    verdict: Callable[[RunId], ChainVerdict | None] = lambda _: None
    """What the digest chain says of a run, None if there is no such run; takes a fifth of a second
    at most. Raises `LogError`."""
    last_backup: Callable[[], LastBackup | None] = lambda: None
    """The last backup that is known of."""
    pictures: WorkerProcesses[bytes, bytes] = msgspec.field(default_factory=picture_reader)
    """Reads the pictures that people give."""
    queueing: anyio.Lock = msgspec.field(default_factory=anyio.Lock)
    taking_in: anyio.Lock = msgspec.field(default_factory=anyio.Lock)

    async def request_run(
        self,
        asked: NewRun,
        *,
        idempotency_key: str = "",
        requested_by: str = "",
        admit: Callable[[], None] | None = None,
    ) -> RunId:
        """Ask for a book. Answered when every reader can see it, or some seconds after it was
        recorded.

        `admit` is called if that is no repetition; whatever it raises refuses the book.

        A key belongs to who asks; one that was used before there was anybody to name finds its book
        all the same.

        Raises `IdempotencyMismatch`, `TooManyRuns`, or `InvalidRequest` for what no book can be
        made of here: forbidden words, nobody who is saved under a name, no book that it could be
        based on, and what the engines in force cannot do. `Refused` if that one cannot be kept now.
        """
        run_id = await self._run_id_for(idempotency_key, requested_by)
        try:
            if idempotency_key:
                before = await self.commands.load(run_id)
                if before is not None:
                    check_same_request(before, asked)
                    return run_id
            if admit is not None:
                admit()
            wanted = await self._wanted(asked)
            async with self.queueing:  # else many at once would all find room for one
                await self._check_queue()
                who = {"idempotency_key": idempotency_key, "requested_by": requested_by}
                await self._begin(run_id, wanted, **who)
        except Refused:  # somebody used the same key at the same moment
            before = await self.commands.load(run_id)
            if before is None:
                raise
            check_same_request(before, asked)
        return run_id

    async def _run_id_for(self, key: str, requested_by: str) -> RunId:
        nobodys = run_id_for(key, "")
        if key and requested_by and await self.commands.load(nobodys) is not None:
            return nobodys
        return run_id_for(key, requested_by)

    async def _wanted(self, asked: NewRun) -> WantedBook:
        """What is asked for, ready to be. Raises `InvalidRequest`, `Refused` and `RunParked`."""
        saved = heroes_of(asked.cast, await self.saved_characters() if asked.cast else ())
        origin = None
        if asked.based_on is not None:
            recorded = await self.log.read_run(asked.based_on.run_id)
            origin = origin_of(asked.based_on, recorded)
        wanted = wanted_book(asked, saved, origin)
        await self._check_feasible(wanted.asked)
        return await self._cast(wanted)

    async def _cast(self, wanted: WantedBook) -> WantedBook:
        """With a voice for each character, where that is asked for: the one that somebody of that
        name and kind had in the last book, if that can be."""
        tts, known = wanted.asked.tts, dict[str, str]()
        if tts is not None and tts.is_cast:
            people = [(it.name, it.kind.en) for it in characters_of(wanted.asked.request)]
            with suppress(ProjectionsBusy, ProjectionsStopped):
                known = await self.projections.ask(last_voices, people)
        return with_voices_cast(wanted, self.engines.narrator.best.capabilities.sounds, known)

    async def _begin(self, run_id: RunId, wanted: WantedBook, **who: str) -> None:
        """Ask for a book; what it shares with another one is there before an event names it."""
        chosen = await self._chosen(wanted)
        wanted = self._with_company(wanted, chosen.get("storyline", ""))
        if wanted.origin is None:
            await self._execute(run_id, partial(wanted.decision(), **chosen, **who))
            return
        if await self.commands.load(run_id) is not None:
            raise Refused("this run has been requested already")
        had = await share_files(run_id, wanted.origin, self.artifacts)
        await self._execute(run_id, partial(wanted.decision(had), **chosen, **who))
        await self.artifacts.settle_shared(run_id, is_named=True)

    async def _chosen(self, wanted: WantedBook) -> dict[str, Any]:
        """The story that a writer by rule is to tell, should it write the book, and whether it has
        any about the topic: of those that fit, the one least lately told for it, then least lately
        told here; with a seed that of the seed."""
        if wanted.has_text:
            return {}
        choice = self.engines.choice(wanted.asked)
        if choice is None:
            return {}
        names = choice.storylines
        is_fixed = wanted.asked.seed is not None
        if is_fixed:
            return {"storyline": names[0], "topic_known": choice.topic_known}
        topic, ways = wanted.asked.request.topic, (choice.meant, choice.unfit)
        name = await self.projections.ask(next_storyline, names, topic, *ways)
        return {"storyline": name, "topic_known": choice.topic_known}

    def _with_company(self, wanted: WantedBook, storyline: str) -> WantedBook:
        """With voices for those whom the story brings along."""
        if not storyline:
            return wanted
        company = self.engines.company(wanted.asked, storyline)
        sounds = self.engines.narrator.best.capabilities.sounds
        tts = with_company(wanted.asked.tts, wanted.asked.request, company, sounds)
        asked = msgspec.structs.replace(wanted.asked, tts=tts)
        return msgspec.structs.replace(wanted, asked=asked)

    async def _check_feasible(self, asked: NewRun) -> None:
        forbidden = self.check.request_faults(asked.request)
        callback = self._callback_faults(asked.callback_url)
        if faults := [*forbidden, *callback, *await self.engines.request_faults(asked)]:
            raise InvalidRequest(faults)

    def _callback_faults(self, url: str) -> list[RequestFault]:
        allowed = self.settings.webhooks.allowed_hosts
        if not url or is_allowed_host(url, allowed):
            return []
        why = "expected a host that this server may call: [webhooks] allowed_hosts names "
        named = "others" if allowed else "none"
        return [RequestFault(("callback_url",), why + named, "callback_host")]

    async def import_book(self, file: BinaryIO, by: str = "") -> TakenIn:
        """Take in a book from an archive. Answered as a request is. Raises `ArchiveRefused` with
        all that is wrong with it, `CannotKeep`, `LogError`."""
        archive = await anyio.to_thread.run_sync(open_archive, file)
        async with self.taking_in:
            taken = await take_in(archive, self.commands, self.artifacts, by)
        if taken.is_new:
            await confirm(self.projections, taken.run_id, taken.position)
        return taken

    async def request_edition(
        self,
        run_id: RunId,
        asked: EditionRequest,
        *,
        idempotency_key: str = "",
        requested_by: str = "",
        admit: Callable[[], None] | None = None,
    ) -> int:
        """Change a finished book; the number of the edition that this makes. Answered as a request
        is, while it is being made.

        Raises `Refused` (`StaleEdition` if somebody has changed it meanwhile), or `InvalidRequest`
        for what makes no sense, what the engines cannot do, and texts with `forbidden_words`, which
        `accept` overrules. `admit` is called once it is known to make sense, and to be no
        repetition; whatever it raises refuses the change. Raises `IdempotencyMismatch`.
        """
        key = partial(self._edition_of_key, run_id, asked, idempotency_key, requested_by)
        if (before := await key()) is not None:
            return before
        run = await self.commands.load(run_id)
        decide = await deciding_edition(run, asked, self.engines, self.check)
        if admit is not None:
            admit()
        decide = partial(decide, idempotency_key=idempotency_key, requested_by=requested_by)
        try:
            return (await self._execute(run_id, decide)).edition
        except Refused:  # somebody used the same key at the same moment
            if (before := await key()) is None:
                raise
            return before

    async def _edition_of_key(
        self, run_id: RunId, asked: EditionRequest, key: str, requested_by: str
    ) -> int | None:
        """The edition that was asked for under a key, which costs a look at all events."""
        if not key:
            return None
        history = read_history(await self.log.read_run(run_id)).readable
        return repeated_edition([it.event for it in history], asked, key, requested_by)

    async def restore_edition(
        self, run_id: RunId, edition: int, *, note: str = "", requested_by: str = ""
    ) -> int:
        """Give a book the content again that it had in an edition; the number of the edition that
        this makes, which is whole at once. Raises `Refused`."""
        decide = partial(restore_edition, edition=edition, note=note, requested_by=requested_by)
        return (await self._execute(run_id, decide)).edition

    async def editions(self, run_id: RunId) -> list[EditionSummary]:
        """The editions of a book, oldest first. Raises `NoSuchRun`, `ForgottenRun`, `RunParked`."""
        recorded = await self.log.read_run(run_id)
        if read_whole(recorded) is None:
            raise NoSuchRun
        return editions_of(recorded)

    async def edition(self, run_id: RunId, edition: int) -> Run:
        """The book as it was in an edition; of the newest one, as far as it is made. Raises
        `NoSuchEdition`, and as `editions`."""
        run = await self.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        return content_of(run, edition)

    async def compare_editions(self, run_id: RunId, before: int, after: int) -> EditionComparison:
        """How two editions of a book differ. Raises as `edition`."""
        pair = await self.edition(run_id, before), await self.edition(run_id, after)
        return await anyio.to_thread.run_sync(compare, *pair)  # up to a second of long texts

    async def cancel_run(self, run_id: RunId, by: str = "") -> None:
        """Stop a run. Raises `Refused`."""
        await self._execute(run_id, partial(cancel_run, cancelled_by=by))

    async def retry_run(self, run_id: RunId, by: str = "") -> None:
        """Let a run go on from what is missing. Raises `Refused`."""
        await self._execute(run_id, partial(retry_run, retried_by=by))

    async def pin_run(self, run_id: RunId, by: str = "") -> None:
        """Keep a run's files from retention. Raises `Refused`."""
        async with self.retention.deciding:
            await self._execute(run_id, partial(pin_run, pinned_by=by))

    async def unpin_run(self, run_id: RunId, by: str = "") -> None:
        """Give a run's files back to retention. Raises `Refused`."""
        await self._execute(run_id, partial(unpin_run, unpinned_by=by))

    async def cast_of(self, run_id: RunId) -> tuple[CastMember, ...]:
        """A run's characters. Raises `NoSuchRun`, `ForgottenRun`, `RunParked`."""
        run = await self.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        return cast_of(run)

    async def faces_of(self, run_id: RunId) -> dict[str, Face]:
        """Where a run's characters show their faces, by name; nobody's if it is gone."""
        try:
            run = await self.commands.load(run_id)
        except (Refused, RunParked):
            return {}
        return {} if run is None else faces_of(run)

    async def give_cast_picture(
        self, run_id: RunId, character: str, content: bytes, by: str = ""
    ) -> None:
        """Show what a run's character looks like, by a PNG or a JPEG. Raises `InvalidRequest` if it
        is neither, `NoSuchCharacter`, `Refused`, `CannotKeep`."""
        named(await self.cast_of(run_id), character)
        try:
            png = await self.pictures.do(content)
        except BadPicture as error:
            fault = RequestFault(("picture",), str(error), "bad_picture")
            raise InvalidRequest([fault]) from error
        finally:
            self.pictures.let_go()
        picture = await keep_picture(run_id, png, self.artifacts)
        await self._execute(run_id, giving(character, picture, by))

    async def saved_characters(self) -> list[SavedCharacter]:
        """The characters that a request can name."""
        return await self.projections.ask(all_saved)

    async def save_character(
        self, name: str, run_id: RunId, character: str = "", by: str = ""
    ) -> SavedCharacter:
        """Let requests name a run's character; the only one if it is not named. Raises
        `InvalidRequest`, `NoSuchCharacter`, `Refused`."""
        name = checked_name(name)
        await self._execute(run_id, saving(character, name, by))
        saved = await self.projections.ask(saved_as, name)
        return saved[-1]

    async def release_character(self, name: str, by: str = "") -> None:
        """Let no request name a character any more. Raises `NoSuchCharacter`."""
        name = composed(name)
        saved = await self.projections.ask(saved_as, name)
        if not saved:
            raise NoSuchCharacter(f"nobody is saved as {name!r}")
        for it in saved:
            await self._execute(it.run_id, releasing(name, by))

    async def based_on(self, run_id: RunId) -> tuple[BasedOn | None, bool]:
        """The book that a run is based on, if it is, and whether that one is gone. Raises
        `NoSuchRun`, `ForgottenRun`, `RunParked`."""
        run = await self.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        it = run.based_on
        return it, it is not None and await self.projections.ask(is_forgotten, it.run_id)

    async def derived_from(self, run_id: RunId) -> list[DerivedBook]:
        """The books that are based on a run, also on one that was forgotten."""
        return await self.projections.ask(derived_from, run_id)

    async def forget_run(self, run_id: RunId, by: str = "", *, with_derived: bool = False) -> None:
        """Erase a run: what its events said, its files, and what is shown of it; and before it, if
        that is asked for, the books that are based on it. Raises `NoSuchRun`, `ForgottenRun`,
        `LogError`, or `CannotRemove`: its files then go at the next start."""
        await self.forgetting.forget(run_id, by, with_derived=with_derived)
        self.copies.stop(run_id)

    @property
    def forgetting(self) -> Forgetting:
        return Forgetting(self.commands, self.projections, self.artifacts, self.deliveries)

    def seconds_left(self, run_id: RunId) -> float | None:
        """Until a run's book is whole; None if it has ended, or nobody can say."""
        return self.estimates.seconds_left(run_id) if self.estimates is not None else None

    async def repair_run(self, run_id: RunId, by: str = "") -> Repair:
        """Have lost or damaged files of an ended run made again; `repairs.of` tells what becomes
        of it. Raises `Refused`, `EngineUnavailable`, or `LogError`."""
        return await self.repairs.ask(run_id, by)

    async def _execute(self, run_id: RunId, decide: Decide) -> Run:
        """Record, then wait a while until readers see it."""
        outcome = await self.commands.execute(run_id, decide)
        await confirm(self.projections, run_id, outcome.position)
        return outcome.run

    async def _check_queue(self) -> None:
        limit = self.settings.limits.open_runs
        if len(await self.projections.ask(open_runs)) >= limit:
            raise TooManyRuns(limit, retry_after_seconds=30)
