"""A run while events are folded into it."""

from __future__ import annotations

from msgspec.structs import replace

from storybook.book import Artifact, Work
from storybook.run.state import Complete, Outdated, Run, WorkState


class InvalidHistory(Exception):
    """Recorded events do not make a run; the log was written by something else."""


class Draft:
    """What events change of a run, while they are folded; the run itself stays as it is."""

    __slots__ = (
        "cast",
        "crashes",
        "deferred",
        "edition",
        "editions",
        "engines",
        "failures",
        "fault",
        "is_pinned",
        "made",
        "pages",
        "pruned",
        "refused",
        "rewrites",
        "run",
        "saved",
        "status",
        "style",
        "submissions",
        "suspicions",
        "translations",
        "tts",
        "variations",
        "version",
        "work",
    )

    def __init__(self, run: Run) -> None:
        self.run = run
        self.status, self.fault, self.pruned, self.pages = (
            run.status,
            run.fault,
            run.pruned,
            list(run.pages),
        )
        self.work, self.submissions = dict(run.work), dict(run.submissions)
        self.failures, self.crashes = dict(run.failures), dict(run.crashes)
        self.suspicions, self.deferred = dict(run.suspicions), dict(run.deferred)
        self.version, self.engines, self.refused = run.version, run.engines, run.refused
        self.is_pinned, self.edition, self.editions = run.is_pinned, run.edition, run.editions
        self.tts, self.style, self.made = run.tts, run.style, run.made
        self.rewrites, self.variations = run.rewrites, run.variations
        self.cast, self.saved = run.cast, run.saved
        self.translations = run.translations

    def finish(self) -> Run:
        run = self.run
        return Run(
            self.version,
            self.status,
            run.request,
            run.seed,
            self.tts,
            run.idempotency_key,
            tuple(self.pages),
            self.work,
            self.failures,
            self.crashes,
            self.suspicions,
            self.submissions,
            self.deferred,
            self.pruned,
            self.fault,
            run.page_count,
            run.language,
            self.engines,
            self.refused,
            run.callback_url,
            self.is_pinned,
            self.edition,
            self.editions,
            self.made,
            self.rewrites,
            self.variations,
            self.style,
            self.cast,
            run.characters_asked,
            self.saved,
            run.age,
            run.based_on,
            self.translations,
            run.storyline,
            run.topic_known,
        )

    def whole(self) -> Run:
        """The edition as it stands, to be kept: without the others."""
        return replace(self.finish(), editions=(), made={})

    def files(self) -> dict[str, tuple[Work, Artifact]]:
        """The files that stand, by name."""
        return {
            state.artifact.name: (work, state.artifact)
            for work, state in self.work.items()
            if isinstance(state, Complete) and state.artifact is not None
        }

    def outdate(self, work: Work) -> None:
        """Let work be done once more, whatever has become of it before."""
        self.work[work] = Outdated(last_attempt(self.work, work))


def last_attempt(work: dict[Work, WorkState], of: Work) -> int:
    """The attempt that was counted last, 0 if there was none."""
    state = work.get(of)
    return 0 if state is None else state.attempt
