"""Which engines there are, and which one does which role.

Each role has engines by name: those of this package, best first, and those of other packages, that
entry points of the group `storybook.engines` lead to. Under `auto` all of this package are built,
and the first that is ready takes each new book (`candidates`); a name takes that one, ready or not.
Nothing that the settings ask for is replaced in silence: what it lacks is said, and what mends it.
A name that nobody has stops the start and says which names there are.

An entry point is named `ROLE.NAME`, as its table in the settings, and leads to an `EngineSpec`; it
is loaded only if that engine is asked for, by its name or by a table of its own. Under `auto` it
then goes before those of this package: which of them it is better than, nobody else can tell. The
name of an engine of this package is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import anyio
import msgspec

from storybook.book import FigureParameters, Page, Role, StoryRequest
from storybook.clock import Clock, sleep
from storybook.composer.spec import COMPOSER
from storybook.engines import (
    Choice,
    Engine,
    EngineSpec,
    Illustrator,
    Narrator,
    PaintingTask,
    TellsStories,
    Transcriber,
    Tried,
    Writer,
)
from storybook.new_run import NewRun
from storybook.painter.spec import PAINTER
from storybook.request import RequestFault, any_seed
from storybook.settings import AUTO, RoleSettings, Settings, SettingsError
from storybook.stages.candidates import Candidate, Candidates, EngineReport
from storybook.stages.capabilities import request_faults, writing_faults
from storybook.stages.illustrator.comfyui.spec import COMFYUI
from storybook.stages.narrator.espeak.spec import ESPEAK
from storybook.stages.narrator.kokoro.spec import KOKORO
from storybook.stages.narrator.openai.spec import OPENAI_NARRATOR
from storybook.stages.narrator.supertonic.spec import SUPERTONIC
from storybook.stages.transcriber.openai.spec import OPENAI_TRANSCRIBER
from storybook.stages.transcriber.whisper.spec import WHISPER
from storybook.stages.writer.llama.spec import LLAMA
from storybook.stages.writer.openai.spec import OPENAI_WRITER

GROUP: Final = "storybook.engines"
"""The entry points that lead to engines of other packages."""

_BEST_FIRST: Final[tuple[EngineSpec[Any], ...]] = (
    *(OPENAI_WRITER, LLAMA, COMPOSER),
    *(COMFYUI, PAINTER),
    *(OPENAI_NARRATOR, SUPERTONIC, KOKORO, ESPEAK),
    *(OPENAI_TRANSCRIBER, WHISPER),
)

OWN_ENGINES: Final[Mapping[Role, Mapping[str, EngineSpec[Any]]]] = {
    role: {it.name: it for it in _BEST_FIRST if it.role is role} for role in Role
}
"""Each role's engines of this package, best first. The last one of a role is taken ready or not."""

LOOK_AGAIN_SECONDS: Final = 60.0
"""How often it is looked whether what is asked for can be used again; a book looks anew anyway."""
ASKED_SECONDS: Final = 0.5
"""How long a request waits to know which engines would do it; then it is judged by what was known
before. It is to be answered at once, also while a server that is asked for does not answer."""

logger = logging.getLogger(__name__)


class Engines(msgspec.Struct, frozen=True):
    """The candidates for each role."""

    writer: Candidates[Writer]
    illustrator: Candidates[Illustrator]
    narrator: Candidates[Narrator]
    transcriber: Candidates[Transcriber]

    @classmethod
    def only(
        cls, writer: Writer, illustrator: Illustrator, narrator: Narrator, transcriber: Transcriber
    ) -> Engines:
        """One engine for each role, and nothing to choose."""
        return cls(
            Candidates.only(Role.WRITER, writer),
            Candidates.only(Role.ILLUSTRATOR, illustrator),
            Candidates.only(Role.NARRATOR, narrator),
            Candidates.only(Role.TRANSCRIBER, transcriber),
        )

    def of(self, role: Role) -> Candidates[Any]:
        """The candidates for a role."""
        candidates: Candidates[Any] = getattr(self, role.value)
        return candidates

    def all(self) -> Iterator[tuple[Role, Engine]]:
        """Every engine that is built, chosen or not."""
        return ((role, engine) for role in Role for engine in self.of(role))

    async def look(self, *roles: Role) -> None:
        """See which engines are ready now, in these roles, or in all of them."""
        async with anyio.create_task_group() as tasks:
            for role in roles or Role:
                tasks.start_soon(self.of(role).look)

    async def report(self) -> list[EngineReport]:
        """What can be said of each role now."""
        await self.look()
        return self.told()

    def told(self) -> list[EngineReport]:
        """What the last look has found in each role."""
        return [self.of(role).report() for role in Role]

    async def try_out(self) -> None:
        """Try those engines that have to be tried to be known, of those that a book would get."""
        await self.look()
        for role in Role:
            if isinstance(best := self.of(role).best, Tried):
                await best.try_out()

    async def request_faults(self, asked: NewRun) -> list[RequestFault]:
        """What of a request those engines cannot do that would get the book now."""
        asked_of = (self.writer, self.illustrator, self.narrator)
        if to_choose := [it.role for it in asked_of if it.is_open]:
            with anyio.move_on_after(ASKED_SECONDS):
                await self.look(*to_choose)
        return request_faults(asked, *(it.best.capabilities for it in asked_of))

    def choice(self, asked: NewRun) -> Choice | None:
        """What the first writer by rule could tell that can write the book, in the place of others
        or by itself; None if there is none."""
        seed = any_seed() if asked.seed is None else asked.seed
        writer = self._teller(asked)
        return writer.choice(asked.request, seed) if writer is not None else None

    def company(self, asked: NewRun, storyline: str) -> tuple[str, ...]:
        """The names of those whom that story brings along."""
        writer = self._teller(asked)
        return writer.company(asked.request, storyline) if writer is not None else ()

    def _teller(self, asked: NewRun) -> TellsStories | None:
        for writer in self.writer:
            able = not any(writing_faults(asked, writer.capabilities))
            if isinstance(writer, TellsStories) and able:
                return writer
        return None

    async def keep_looking(self, clock: Clock) -> None:
        """Look again every minute while something is asked for and cannot be used. Never returns.
        Between two books nobody else looks, and who comes back is to be known before the next."""
        while True:
            await sleep(clock, LOOK_AGAIN_SECONDS)
            if away := [role for role in Role if self.of(role).is_lacking]:
                await self.look(*away)

    async def close(self) -> None:
        """Let go of everything that the engines hold, for good; one that fails stops no other."""
        for role, engine in self.all():
            try:
                await (engine.aclose() if isinstance(engine, Closing) else engine.unload())
            except Exception:
                logger.exception("the %s %s did not close", role, engine.info.name)


@runtime_checkable
class Closing(Protocol):
    """An engine that has something to end for good, such as a server that it started."""

    async def aclose(self) -> None: ...


@runtime_checkable
class Idling(Protocol):
    """An engine that lets go of its model by itself when nobody has needed it for a while."""

    async def unload_when_idle(self) -> None:
        """Watch for that until it is cancelled."""
        ...


def read_figures(
    cover: Page,
    request: StoryRequest,
    seed: int,
    known: Mapping[str, FigureParameters],
) -> dict[str, FigureParameters]:
    """How the embedded painter draws a book's characters, by name, whoever paints the book; those
    that are known stay as they are. Imported when it is first used, as engines are."""
    from storybook.painter.reading import read_figures as read

    return read(cover, request, seed, known)


def is_painted_here(illustrators: Sequence[str]) -> bool:
    """Whether the embedded painter alone is among the illustrators of a book."""
    return [*illustrators] == [PAINTER.name]


def find_faces(task: PaintingTask) -> dict[str, tuple[float, float, float]]:
    """Where the heads are in a picture that the embedded painter made of a task, by the character's
    name: the middle of a square and its side, as shares of the picture's side."""
    from storybook.painter.group import faces_in

    return faces_in(task)


def engine_names(role: Role) -> list[str]:
    """The engines of a role: this package's, best first, and then all others."""
    return [
        *OWN_ENGINES[role],
        *(name for name in _installed(role) if name not in OWN_ENGINES[role]),
    ]


def find_engine(role: Role, name: str) -> EngineSpec[Any]:
    """The engine of that name. Raises `SettingsError` if there is none, or it cannot be loaded."""
    if name in OWN_ENGINES[role]:
        return OWN_ENGINES[role][name]
    if entry := _installed(role).get(name):
        return _loaded(role, name, entry)
    known = ", ".join([AUTO, *engine_names(role)])
    raise SettingsError(f"settings: unknown engine {name!r} in [{role}]; known are {known}")


def _installed(role: Role) -> dict[str, EntryPoint]:
    """The entry points of a role by the engine's name."""
    named = ((it.name.partition("."), it) for it in entry_points(group=GROUP))
    return {name: it for (of, _, name), it in named if of == role}


def _loaded(role: Role, name: str, entry: EntryPoint) -> EngineSpec[Any]:
    what = f"settings: the engine {name!r} of [{role}] cannot be used"
    try:
        spec = entry.load()
    except (Exception, SystemExit) as error:  # somebody else's module: whatever it raises
        mend = "mend or remove the package that it is from"
        raise SettingsError(f"{what}: {entry.value}: {error!r}; {mend}") from error
    match spec:
        case EngineSpec(name=its_name, role=its_role) if (its_role, its_name) == (role, name):
            return spec
    found = f"{entry.value} is {spec!r}"
    raise SettingsError(f"{what}: {found}, and not the EngineSpec of {name!r} as {role}")


async def choose_engines(settings: Settings, data: Path) -> Engines:
    """The engines in force, looked at once. Raises `SettingsError` for a name that nobody has."""
    built: dict[str, Any] = {
        role.value: Candidates(role, _candidates(role, settings, data)) for role in Role
    }
    engines = Engines(**built)
    await engines.look()
    return engines


def _candidates(role: Role, settings: Settings, data: Path) -> list[Candidate[Any]]:
    told: RoleSettings = getattr(settings, role.value)
    asked_by = dict(told.asked_by)
    if told.engine == AUTO:
        others = [name for name in asked_by if name not in OWN_ENGINES[role]]
        names = [*others, *OWN_ENGINES[role]]
    else:
        names = [told.engine]
        asked_by[told.engine] = (f"`engine` in [{role}]",)
    specs = [find_engine(role, name) for name in names]
    return [
        Candidate(spec.build(spec.settings_in(settings), data), asked_by.get(spec.name, ()))
        for spec in specs
    ]
