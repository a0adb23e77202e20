"""What can go wrong between the illustrator and a server.

**ComfyTrouble** is the server's: it is left out for a while, and the picture goes to another one. A
**rejection** is the workflow's: no other try will help there. A prompt that is **gone** is nobody's
fault, and is submitted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from storybook.stages.addresses import AccessFault
from storybook.stages.illustrator.comfyui.explain import WorkflowProblem

PROBLEMS_SHOWN: Final = 4
"""Problems that a message lists; `storybook comfyui check` has them all."""


class ComfyTrouble(Exception):
    """A server cannot be worked with now. `waiting_helps` if it may come back by itself."""

    waiting_helps = True
    mend = "Start ComfyUI, or set `urls` in [illustrator] to where it answers"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url, self.why = url, why


class Unreachable(ComfyTrouble):
    """It does not answer, or not as ComfyUI does."""


class WorkerDead(ComfyTrouble):
    """It answers and takes prompts, but nothing is executed any more."""

    waiting_helps = False
    mend = "Restart ComfyUI: its worker has died, and only a restart brings it back"


class Hung(ComfyTrouble):
    """It began our prompt and gives no sign."""

    waiting_helps = False
    mend = "Look at ComfyUI's own log, and restart it if it stays like this"


class Unsuited(ComfyTrouble):
    """It is no ComfyUI that can be worked with, or its workflow cannot run there."""

    waiting_helps = False
    mend = "Run `storybook comfyui check` to see what the workflow needs and the server has"


class NotAdmitted(ComfyTrouble):
    """It refuses our key, or we its certificate; or its address cannot be asked."""

    waiting_helps = False

    def __init__(self, url: str, fault: AccessFault) -> None:
        super().__init__(url, fault.why)
        self.mend = fault.mend


class NotLaunched(ComfyTrouble):
    """The configured command does not start it."""

    waiting_helps = False
    mend = "Correct `launch` and `launch_folder` in [illustrator], or start ComfyUI by hand"


class PromptGone(Exception):
    """The server has forgotten our prompt."""


class Rejected(Exception):
    """The server refuses the workflow, or a part of it that the picture needs. `was_taken` if it
    executes the rest all the same."""

    def __init__(
        self, url: str, problems: Sequence[WorkflowProblem], *, was_taken: bool = False
    ) -> None:
        self.url, self.problems, self.was_taken = url, tuple(problems), was_taken
        said = [str(it) for it in self.problems[:PROBLEMS_SHOWN]]
        more = len(self.problems) - len(said)
        super().__init__(f"{url}: {'; '.join(said)}" + (f"; and {more} more" if more else ""))

    @property
    def mend(self) -> str:
        return next((it.mend for it in self.problems if it.mend), Unsuited.mend)
