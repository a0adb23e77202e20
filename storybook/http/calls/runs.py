"""Books: asked for, looked at, stopped, kept, forgotten."""

from __future__ import annotations

from typing import Final

from storybook.events.verdict import ChainVerdict
from storybook.http.calls.call import (
    LANGUAGE_PARAMETER,
    LIMITED,
    NOT_KEPT,
    RUN,
    Call,
    Header,
    Parameter,
    Reply,
    answer,
)
from storybook.http.components import component
from storybook.http.kinship import Kinship
from storybook.http.library import Library
from storybook.http.run_state import RunState
from storybook.http.runs import (
    LIBRARY_DEFAULT,
    LIBRARY_MOST,
    LOG_DEFAULT,
    LOG_MOST,
    RunCreated,
    RunLog,
)
from storybook.http.schemas import (
    EDITION,
    JSON,
    KEY,
    LIBRARY_CURSOR,
    POSITION,
    SEARCHED,
    STATUS,
    whole_number,
)
from storybook.repair import Repair

RUNS: Final = (
    Call(
        "create_run",
        "runs",
        "POST",
        "/api/runs",
        "Ask for a book",
        {201: answer("the run that makes it", RunCreated, *LIMITED)},
        more="Answered at once; the book is made page by page. With an `Idempotency-Key`, the same "
        "key and body give the same `run_id`, however often and after a restart. A book that it is "
        "to be `based_on` may be unknown or without that edition (404), forgotten (410), or not "
        "whole (409); 409 also where pictures that are to be kept are gone. Words that say "
        "nothing, or are not for a children's book, are refused at their field (422, of type "
        "`says_nothing` or `forbidden_words`).",
        errors=(400, 403, 404, 408, 409, 410, 413, 422, 429, 503),
        parameters=(Parameter("Idempotency-Key", "header", "names this wish for a book", KEY),),
        body=(JSON, "RunRequest"),
    ),
    Call(
        "list_runs",
        "runs",
        "GET",
        "/api/runs",
        "The library, newest first",
        {200: answer("a page of it", Library)},
        errors=(400, 503),
        parameters=(
            Parameter("status", "query", "only these", STATUS),
            Parameter("limit", "query", "runs a page", whole_number(LIBRARY_DEFAULT, LIBRARY_MOST)),
            Parameter("before", "query", "the `next` of the page before", LIBRARY_CURSOR),
            Parameter(
                "q",
                "query",
                "only those whose title or words contain it, whatever their case; a page of them "
                "may be short, or empty, and have a `next`",
                SEARCHED,
            ),
        ),
    ),
    Call(
        "get_run",
        "runs",
        "GET",
        "/api/runs/{run_id}",
        "The state of a run",
        {200: answer("its state", RunState)},
        more="What is not ready is an empty string.",
        errors=(400, 503),
        parameters=(
            RUN,
            Parameter("at", "query", "as it was right after this position", POSITION),
            Parameter("edition", "query", "as this edition has it", EDITION),
            LANGUAGE_PARAMETER,
        ),
    ),
    Call(
        "forget_run",
        "runs",
        "DELETE",
        "/api/runs/{run_id}",
        "Forget a run for ever",
        {204: Reply("nothing of it is left", headers=(NOT_KEPT,))},
        more="It stops if it goes on. What its events said, its files and all that is shown of it "
        "go; from then on every call about it answers 410, and so does its `Idempotency-Key`.",
        errors=(400, 503),
        parameters=(
            RUN,
            Parameter(
                "with_derived",
                "query",
                "`true`: the books that are based on it, too, and those that are based on these",
                {"type": "string", "enum": ["true", "false"]},
            ),
        ),
    ),
    Call(
        "get_derived_books",
        "runs",
        "GET",
        "/api/runs/{run_id}/derived",
        "The book that a book is based on, and those that are based on it",
        {200: answer("all of them", Kinship)},
        more="What is kept of a book stands in the new one: it stays whole when its origin is "
        "changed, loses its files or is forgotten, and then says that it is gone.",
        errors=(503,),
        parameters=(RUN,),
    ),
    Call(
        "pin_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/pin",
        "Keep a run's files from retention",
        {204: Reply("they stay", headers=(NOT_KEPT,))},
        errors=(403, 503),
        parameters=(RUN,),
    ),
    Call(
        "unpin_run",
        "runs",
        "DELETE",
        "/api/runs/{run_id}/pin",
        "Give a run's files back to retention",
        {204: Reply("they need not stay", headers=(NOT_KEPT,))},
        errors=(503,),
        parameters=(RUN,),
    ),
    Call(
        "get_run_log",
        "runs",
        "GET",
        "/api/runs/{run_id}/log",
        "The events of a run, as recorded",
        {200: answer("a page of them", RunLog)},
        errors=(400, 503),
        parameters=(
            RUN,
            Parameter("after", "query", "only those after this position", POSITION),
            Parameter("limit", "query", "events a page", whole_number(LOG_DEFAULT, LOG_MOST)),
        ),
    ),
    Call(
        "get_verdict",
        "runs",
        "GET",
        "/api/runs/{run_id}/verdict",
        "What the log's digest chain says of a run",
        {200: answer("what was looked at, and every fault found", ChainVerdict)},
        more="The chain is followed from the run's first event on, for 20,000 events at most. It "
        "cannot show that the log's end was cut off, or that all was written anew: compare `head` "
        "with one that was noted down elsewhere.",
        errors=(503,),
        parameters=(RUN,),
    ),
    Call(
        "cancel_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/cancel",
        "Stop a run; finished pages stay readable",
        {202: answer("it has stopped", RunCreated)},
        errors=(403, 409, 503),
        parameters=(RUN,),
    ),
    Call(
        "retry_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/retry",
        "Let a failed or cancelled run go on from what is missing",
        {202: answer("it goes on", RunCreated, *LIMITED)},
        errors=(403, 409, 503),
        parameters=(RUN,),
    ),
    Call(
        "repair_run",
        "runs",
        "POST",
        "/api/runs/{run_id}/repair",
        "Make lost or damaged files of an ended run again",
        {
            202: Reply(
                "the damaged files, and which engine makes each",
                (JSON,),
                component(Repair.__name__),
                (NOT_KEPT, Header("Location", "where to ask what has become of them"), *LIMITED),
            )
        },
        more="The answer names no file where nothing is damaged. Status, text and progress of the "
        "run do not change.",
        errors=(403, 409, 503),
        parameters=(RUN,),
    ),
    Call(
        "get_repair",
        "runs",
        "GET",
        "/api/runs/{run_id}/repair",
        "What has become of the last repair of a run",
        {200: answer("each file, and how it went", Repair)},
        more="It has looked at no file if none was asked for since the server started.",
        parameters=(RUN,),
    ),
)
