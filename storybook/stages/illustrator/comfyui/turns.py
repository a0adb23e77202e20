"""One picture's way from server to server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from storybook.engines import EngineAway, EngineUnavailable, WorkFailed
from storybook.events.catalog import Submission
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble, Hung, Rejected, Unreachable
from storybook.stages.illustrator.comfyui.picture import Job
from storybook.stages.illustrator.comfyui.spec import NAME

MOST_SUBMISSIONS: Final = 3
"""How often one attempt at a picture gives it away before the attempt has failed."""


class Turns:
    """Which servers have had their turn at a picture, who refused it, and when to give up."""

    def __init__(self, job: Job) -> None:
        self._submitted = job.submitted
        self.job = msgspec.structs.replace(job, submitted=self._count)
        self.tried: set[str] = set()
        self.rejections: dict[str, Rejected] = {}
        self._doubted: set[str] = set()
        self.submissions = 0

    def was_rejected(self, rejection: Rejected) -> None:
        """Pass a server over that refuses the workflow; but not for what it was once able to run:
        that is looked at anew first, since its models may have changed since."""
        if rejection.url in self._doubted:
            self.rejections[rejection.url] = rejection
        self._doubted.add(rejection.url)

    def was_flat(self, failure: WorkFailed) -> None:
        """Go on with another seed after a picture of one colour, as long as there are submissions
        left; raise any other failure."""
        if failure.kind != "flat_picture":
            raise failure
        if self.submissions >= MOST_SUBMISSIONS:
            said = f"{failure.message} ({self.submissions} seeds were tried)"
            raise WorkFailed(failure.kind, said, retryable=False) from failure
        self.job = msgspec.structs.replace(self.job, seed=self.job.seed + 1)

    async def _count(self, submission: Submission) -> None:
        await self._submitted(submission)
        self.submissions += 1

    def check(self) -> None:
        """Raise `WorkFailed` when it has been given away often enough."""
        if self.submissions >= MOST_SUBMISSIONS:
            raise WorkFailed(
                "not_painted",
                f"the picture was given away {self.submissions} times and never came back",
                retryable=True,
            )

    def failure(self, troubles: Sequence[ComfyTrouble]) -> EngineUnavailable | WorkFailed:
        """Why the picture cannot be painted anywhere, or not now: a server that may come back is
        waited for, whatever the others say."""
        away = [it for it in troubles if isinstance(it, Unreachable)]
        rejections = [*self.rejections.values()]
        if rejections and not away:
            return EngineUnavailable(NAME, str(rejections[0]), rejections[0].mend)
        for trouble in troubles:
            if isinstance(trouble, Hung):
                return WorkFailed("hung", str(trouble), retryable=True)
        why = "; ".join(map(str, [*troubles, *rejections])) or "there is no endpoint"
        if away:
            asked = [it.retry_after for it in away]
            soonest = None if None in asked else min(it for it in asked if it is not None)
            return EngineAway(NAME, why, away[0].mend, retry_after=soonest)
        return EngineUnavailable(NAME, why, troubles[0].mend if troubles else ComfyTrouble.mend)
