"""What is refused, and the two questions that every decision asks first."""

from __future__ import annotations

from storybook.book import Work
from storybook.run.state import InHand, Run


class Refused(Exception):
    """The intention contradicts the run's state. The message says what the state is."""


class NoSuchRun(Refused):
    """There is no such run."""

    def __init__(self) -> None:
        super().__init__("no such run")


class ForgottenRun(Refused):
    """The run was forgotten: nothing of it is left, and nothing can be done with it."""

    def __init__(self) -> None:
        super().__init__("this run was forgotten; nothing of it is left")


class StaleAttempt(Refused):
    """The report is for an attempt that is not the one expected: its sender was overtaken."""


class StaleEdition(Refused):
    """The change is of an edition that is not the newest: whoever asks has not seen that one."""

    def __init__(self, base: int, newest: int) -> None:
        super().__init__(f"edition {base} is not the newest: that is edition {newest}")
        self.newest = newest


def existing(run: Run | None) -> Run:
    """The run. Raises `NoSuchRun`."""
    if run is None:
        raise NoSuchRun
    return run


def in_hand(run: Run, work: Work, attempt: int) -> InHand:
    """The state of work of which this attempt is in hand. Raises `StaleAttempt`."""
    state = run.work.get(work)
    if not (isinstance(state, InHand) and state.attempt == attempt):
        raise StaleAttempt(f"{work} attempt {attempt} is not in hand: it is {state}")
    return state


def check_kept(run: Run) -> None:
    """Raise `Refused` if retention has removed a file that the book is made of."""
    if any(it.name in run.pruned for it in run.artifacts):
        raise Refused("files of this run were removed by retention; ask for the book anew")
