"""The rules of a run, as pure functions: no I/O, no clock, no chance.

`evolve` folds a run's events into its state. A **decision** takes the state and an intention and
returns the events that follow from it, or raises `Refused`. What comes next is decided here and
nowhere else, in the same batch as the fact that causes it: a decision's own events are folded, and
the work that has become due, or the run's end, is appended to them.

A piece of work goes through these states; `attempt` counts from 1 and never goes back:

    (not due) ─► Waiting ─► InHand ─► Complete
                    ▲          ├────► Failed      (no attempts left, or trying again can't help)
                    └──────────┘ failed or abandoned, to be tried again
                 Waiting, InHand ───► Abandoned   (the run was cancelled)
                 Waiting, InHand ───► Waiting     (deferred, the same attempt: its engine is away)
                 Waiting ───────────► Failed      (deferred for too long)
                 Waiting ───────────► Abandoned   (the run is to fail: something has Failed)
                 Failed, Abandoned ─► Waiting     (the run is retried)
                 Complete ──────────► Outdated    (a later edition makes it anew)
                 Outdated ──────────► Waiting     (the text that it needs stands)
                 all others ────────► Complete, Outdated  (another edition is asked for)

`attempt` is the fence: what is reported for any attempt but the one in hand is refused.

A finished book is changed by another **edition**: `Run.shown` is the last whole one, the content in
the making beside it.

`state` has the plan as a table, the states of work, and the run; `evolution` the fold, of which
`draft` is the run meanwhile and `editions` how its content changes; `history` how far recorded
events can be folded; `decisions` what may be done, `writing` with its text, `editing` with a
finished book; `keeping` what a new one has of another; `follow_up` what comes next.
"""

from storybook.run.decisions import (
    BACKOFF_JITTER,
    BACKOFF_SECONDS,
    LONGEST_WAIT_SECONDS,
    MAX_ATTEMPTS,
    MAX_CRASHES,
    MAX_SUSPICIONS,
    abandon_stage,
    cancel_run,
    complete_stage,
    defer_stage,
    fail_stage,
    forget_run,
    give_cast_picture,
    give_up_waiting,
    import_run,
    is_suspect,
    kept_artifacts,
    pin_run,
    prune_artifacts,
    release_character,
    remake_artifact,
    request_run,
    retry_run,
    save_character,
    start_stage,
    submit_stage,
    unpin_run,
)
from storybook.run.draft import InvalidHistory
from storybook.run.editing import (
    EditionRequest,
    PageEdit,
    edited,
    request_edition,
    restore_edition,
)
from storybook.run.evolution import evolve, fold
from storybook.run.history import History, read_history, read_whole
from storybook.run.keeping import Making, edition_to_keep, kept_content, kept_files
from storybook.run.refusing import (
    ForgottenRun,
    NoSuchRun,
    Refused,
    StaleAttempt,
    StaleEdition,
)
from storybook.run.state import (
    Abandoned,
    Complete,
    Deferred,
    Failed,
    InHand,
    Outdated,
    Run,
    Status,
    Waiting,
    WorkState,
    plan_of,
    waits_for,
)
from storybook.run.writing import (
    EXCERPT_CHARACTERS,
    refuse_page,
    rewrite_page,
    translate_page,
    write_page,
)

__all__ = [
    "BACKOFF_JITTER",
    "BACKOFF_SECONDS",
    "EXCERPT_CHARACTERS",
    "LONGEST_WAIT_SECONDS",
    "MAX_ATTEMPTS",
    "MAX_CRASHES",
    "MAX_SUSPICIONS",
    "Abandoned",
    "Complete",
    "Deferred",
    "EditionRequest",
    "Failed",
    "ForgottenRun",
    "History",
    "InHand",
    "InvalidHistory",
    "Making",
    "NoSuchRun",
    "Outdated",
    "PageEdit",
    "Refused",
    "Run",
    "StaleAttempt",
    "StaleEdition",
    "Status",
    "Waiting",
    "WorkState",
    "abandon_stage",
    "cancel_run",
    "complete_stage",
    "defer_stage",
    "edited",
    "edition_to_keep",
    "evolve",
    "fail_stage",
    "fold",
    "forget_run",
    "give_cast_picture",
    "give_up_waiting",
    "import_run",
    "is_suspect",
    "kept_artifacts",
    "kept_content",
    "kept_files",
    "pin_run",
    "plan_of",
    "prune_artifacts",
    "read_history",
    "read_whole",
    "refuse_page",
    "release_character",
    "remake_artifact",
    "request_edition",
    "request_run",
    "restore_edition",
    "retry_run",
    "rewrite_page",
    "save_character",
    "start_stage",
    "submit_stage",
    "translate_page",
    "unpin_run",
    "waits_for",
    "write_page",
]
