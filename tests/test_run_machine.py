"""A run under random commands, edits, failures, crashes and cancels: what must hold whatever
happens."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storybook.book import (
    COVER_PAGE,
    FEWEST_PAGES,
    MOST_PAGES,
    WRITING,
    Artifact,
    BasedOn,
    KeptPart,
    Page,
    RunId,
    Stage,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
    rewriting_of,
    translation_of,
)
from storybook.events.catalog import (
    AbandonReason,
    EditionRequested,
    EngineInfo,
    Event,
    Fault,
    RunCompleted,
    StageCompleted,
    StageRequested,
)
from storybook.run import (
    Complete,
    EditionRequest,
    Failed,
    InHand,
    Outdated,
    PageEdit,
    Refused,
    Run,
    StaleAttempt,
    Status,
    Waiting,
    abandon_stage,
    cancel_run,
    complete_stage,
    defer_stage,
    edition_to_keep,
    fail_stage,
    fold,
    give_up_waiting,
    kept_artifacts,
    kept_content,
    kept_files,
    remake_artifact,
    request_edition,
    request_run,
    restore_edition,
    retry_run,
    rewrite_page,
    start_stage,
    translate_page,
    write_page,
)
from tests.test_run import REQUEST, page

Whole = tuple[tuple[Page, ...], dict[str, dict[int, Page]], dict[Work, Artifact]]
"""Text, text in other languages, and files."""

ENGINE = EngineInfo("test")
ADDED = ("en", "fr")
ORIGIN = RunId("7" * 32)


class RunMachine(RuleBasedStateMachine):
    """Plays the client, the workers and the misfortunes of one run."""

    run: Run
    events: list[Event]
    disk: dict[str, str]
    """The digest of each file that was ever kept."""
    whole: dict[int, Whole]
    """What each edition was when it was whole."""
    to_make: set[Work]
    """What an edition is to make, by what was asked for."""

    @initialize(
        tts=st.booleans(),
        page_count=st.integers(FEWEST_PAGES, MOST_PAGES),
        made=st.sampled_from(["", "in one language", "in two languages"]),
    )
    def request(self, tts: bool, page_count: int, made: str) -> None:
        config = TtsConfig() if tts else None
        self.events = request_run(None, REQUEST, 7, config, page_count=page_count)
        run = fold(self.events)
        assert run is not None
        self.run, self.before = run, run
        self.disk, self.whole, self.to_make, self.numbers = {}, {}, set(), itertools.count()
        while made and not self.run.status.has_ended:
            self._make_next()
        if made == "in two languages":
            wanted = [translation_of(page, ADDED[0]) for page in range(page_count)]
            wanted += [narration_of(page, ADDED[0]) for page in range(page_count) if tts]
            self.to_make = {*wanted}
            asked = EditionRequest(1, add_language=ADDED[0])
            self._do(partial(request_edition, asked=asked, seed=3))
            while not self.run.status.has_ended:
                self._make_next()

    def _do(self, decide: Callable[[Run | None], list[Event]]) -> None:
        self.before = self.run
        new = decide(self.run)
        self._check_stale(decide)
        self.events += new
        run = fold(new, self.run)
        assert run is not None
        self.run = run
        if new and isinstance(new[-1], RunCompleted):
            self._note_whole()

    def _note_whole(self) -> None:
        """Keep what the edition is now that it is whole; exactly what was asked for was made."""
        files = {work: found for work in self.run.plan if (found := self.run.artifact(work))}
        self.whole[self.run.edition] = self.run.pages, self.run.translations, files
        if self.run.edition > 1:
            done = {it.work for it in self._of_edition() if isinstance(it, StageCompleted)}
            assert done == self.to_make

    def _of_edition(self) -> list[Event]:
        """The events since the newest edition was asked for."""
        begins = [n for n, it in enumerate(self.events) if isinstance(it, EditionRequested)]
        return self.events[begins[-1] :]

    def _made(self, work: Work) -> Artifact:
        """A new file of its own content, in the store. A name is never used for two contents."""
        name = artifact_name(work, self.run.edition)
        digest = hashlib.sha256(str(next(self.numbers)).encode()).hexdigest()
        self.disk[name] = digest
        return Artifact(name, "image/png", 10, digest)

    def _check_stale(self, decide: Callable[[Run | None], list[Event]]) -> None:
        """A decision that was carried out once is refused if it comes again, or nothing follows
        from it, unless it is a page or a failure of a later attempt; the fence is the attempt, so
        ask with the later state."""
        new = decide(self.run)
        after = fold(new, self.run)
        try:
            again = decide(after)
        except Refused:
            return
        if not again:
            return
        raise AssertionError(f"the same intention twice was accepted: {new}")

    def _pick(self, data: st.DataObject, *shapes: type) -> tuple[Work, Any]:
        found = [(w, s) for w, s in self.run.work.items() if isinstance(s, shapes)]
        return data.draw(st.sampled_from(found))

    def _has(self, *shapes: type) -> bool:
        return any(isinstance(state, shapes) for state in self.run.work.values())

    @precondition(lambda self: self._has(Waiting))
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        work, state = self._pick(data, Waiting)
        self._do(partial(start_stage, work=work, attempt=state.attempt, worker="w", engine=ENGINE))

    def _make_next(self) -> None:
        """Do the next piece of work without a misfortune."""
        waiting = [(w, s) for w, s in self.run.work.items() if isinstance(s, Waiting)]
        for work, state in waiting[:1]:
            start = partial(start_stage, work=work, attempt=state.attempt, worker="w")
            self._do(partial(start, engine=ENGINE))
        begun = ((w, s) for w, s in self.run.work.items() if isinstance(s, InHand))
        work, in_hand = next(begun)
        self._finish(work, in_hand.attempt, is_changed=True)

    @precondition(lambda self: self.run.edition > 1 and self._has(Waiting, InHand))
    @rule(count=st.integers(1, 40))
    def go_on(self, count: int) -> None:
        """An edition is made, or some of it."""
        while count and self._has(Waiting, InHand):
            self._make_next()
            count -= 1

    @precondition(lambda self: isinstance(self.run.work.get(WRITING), InHand))
    @rule()
    def write_next(self) -> None:
        attempt, number = self.run.work[WRITING].attempt, len(self.run.pages)
        if number < self.run.page_count:
            self._do(lambda run: write_page(run, attempt, page(number)))
        else:
            self._do(lambda run: complete_stage(run, WRITING, attempt))

    @precondition(lambda self: self._has(InHand))
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        work, state = self._pick(data, InHand)
        self._finish(work, state.attempt, data.draw(st.booleans()))

    def _finish(self, work: Work, attempt: int, is_changed: bool) -> None:
        if work == WRITING:
            self.write_next()
        elif work.stage is Stage.LLM:
            assert work.page is not None
            if work.language:
                self._translate(work.page, work.language, attempt, is_changed)
            else:
                self._rewrite(work.page, attempt, is_changed)
        else:
            made = self._made(work)
            self._do(lambda run: complete_stage(run, work, attempt, made))

    def _rewrite(self, number: int, attempt: int, is_changed: bool) -> None:
        """The writer may also come to the same text again: then nothing is to be read aloud."""
        before = self.run.pages[number]
        after = self._other_text(before) if is_changed else before
        if is_changed:
            self.to_make |= self._retold(number)
            self.to_make |= {narration_of(number)} if self.run.tts is not None else set()
        self._do(partial(rewrite_page, attempt=attempt, page=after))

    def _translate(self, number: int, language: str, attempt: int, is_changed: bool) -> None:
        """As is a translation, that may come to the same text again."""
        before = self.run.page_in(number, language)
        is_changed = is_changed or before is None
        after = self._other_text(before or Page(number)) if is_changed else before
        assert after is not None
        if is_changed and self.run.tts is not None:
            self.to_make.add(narration_of(number, language))
        translate = partial(translate_page, attempt=attempt, language=language)
        self._do(partial(translate, page=after))

    def _retold(self, number: int, given: str = "") -> set[Work]:
        """What is to be translated of a page that tells something else."""
        return {translation_of(number, it) for it in self.run.translations if it != given}

    def _other_text(self, before: Page) -> Page:
        text = f"{before.text} {next(self.numbers)}"
        if before.page == COVER_PAGE:
            return msgspec.structs.replace(before, title=text)
        return msgspec.structs.replace(before, summary=text)

    @precondition(lambda self: self.whole and self.run.status.has_ended)
    @rule(
        data=st.data(),
        voice=st.booleans(),
        style=st.booleans(),
        add=st.booleans(),
        is_made=st.booleans(),
    )
    def edit(self, data: st.DataObject, voice: bool, style: bool, add: bool, is_made: bool) -> None:
        """Change some pages, all voices, all pictures, or add a language; what is to be made is
        told here once more, by the words of the contract."""
        shown, wanted = self.run.shown, set[Work]()
        numbers = data.draw(st.sets(st.integers(0, self.run.page_count - 1), max_size=3))
        kinds = ["rewrite", "repaint", "revoice", "text", "prompt"]
        kinds += ["revoice it", "text in it", "text in both"] if shown.translations else []
        other = data.draw(st.sampled_from(sorted(shown.translations) or [""]))
        has_voices = voice or shown.tts is not None
        edits: list[PageEdit] = []
        for number in sorted(numbers):
            kind = data.draw(st.sampled_from(kinds))
            edits += self._edits_of(number, kind, other)
            wanted |= {rewriting_of(number)} if kind == "rewrite" else set()
            if kind in ("rewrite", "repaint", "prompt"):
                wanted.add(picture_of(number))
            if kind in ("revoice", "text", "text in both") and has_voices:
                wanted.add(narration_of(number))
            if kind in ("revoice it", "text in it", "text in both") and has_voices:
                wanted.add(narration_of(number, other))
            if kind in ("text", "text in both"):
                given = other if kind == "text in both" else ""
                others = {*shown.translations} - {given}
                wanted |= {translation_of(number, it) for it in others}
        added = next((it for it in ADDED if it not in shown.translations), "") if add else ""
        pages = range(self.run.page_count)
        if added:
            wanted |= {translation_of(page, added) for page in pages}
            if has_voices:
                wanted |= {narration_of(page, added) for page in pages}
        if voice:
            wanted |= {narration_of(page, it) for it in ("", *shown.translations) for page in pages}
        wanted |= set(map(picture_of, pages)) if style else set()
        asked = EditionRequest(
            data.draw(st.sampled_from([self.run.edition, shown.edition])),
            tuple(edits),
            tts=TtsConfig(narrator_voice="F3") if voice else None,
            style="ink" if style else None,
            add_language=added,
        )
        if not wanted and not any(it.is_text for it in edits):
            with pytest.raises(Refused, match="nothing"):
                request_edition(self.run, asked, seed=3)
            return
        self.to_make = wanted
        self._do(partial(request_edition, asked=asked, seed=3))
        while is_made and not self.run.status.has_ended:
            self._make_next()

    def _edits_of(self, number: int, kind: str, other: str) -> list[PageEdit]:
        match kind:
            case "rewrite":
                return [PageEdit(number, rewrite="더 웃기게")]
            case "text":
                return [self._text_of(number)]
            case "text in it":
                return [self._text_of(number, other)]
            case "text in both":
                return [self._text_of(number, other), self._text_of(number)]
            case "revoice it":
                return [PageEdit(number, revoice=True, language=other)]
            case "prompt":
                return [PageEdit(number, image_prompt=f"A view, {next(self.numbers)}.")]
        return [PageEdit(number, repaint=kind == "repaint", revoice=kind == "revoice")]

    def _text_of(self, number: int, language: str = "") -> PageEdit:
        before = self.run.shown.page_in(number, language)
        assert before is not None  # it is whole
        after = self._other_text(before)
        if number == COVER_PAGE:
            return PageEdit(number, title=after.title, language=language)
        return PageEdit(number, summary=after.summary, language=language)

    @precondition(lambda self: self.whole and self.run.status.has_ended)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        """Any edition that was whole can be the newest again, with nothing to be made."""
        edition = data.draw(st.sampled_from(sorted(self.whole)))
        self.to_make = set()
        is_as_it_was = self.whole[edition] == self.whole[max(self.whole)]
        try:
            self._do(partial(restore_edition, edition=edition))
        except Refused:
            assert is_as_it_was and self.run.status is Status.DONE
            return
        assert self.run.status is Status.DONE
        assert self.whole[self.run.edition] == self.whole[edition]

    @precondition(lambda self: self.whole)
    @rule(data=st.data(), keep=st.sampled_from([KeptPart.TEXT, KeptPart.PICTURES]))
    def fork(self, data: st.DataObject, keep: KeptPart) -> None:
        """Go on with another book, which keeps what an edition has: nothing of that is made again,
        and the book that it comes from stays as it is."""
        edition = data.draw(st.sampled_from(sorted(self.whole)))
        based_on = BasedOn(ORIGIN, edition, keep)
        kept = edition_to_keep(self.run, based_on)
        assert kept is not None
        pages, _, files = self.whole[edition]
        tts = data.draw(st.sampled_from([None, TtsConfig(narrator_voice="F1")]))
        events = request_run(
            None,
            kept.request,
            kept.seed,
            tts,
            page_count=kept.page_count,
            based_on=based_on,
            kept=kept_content(kept, keep, tts, {}),
        )
        forked = fold(events)
        assert forked is not None
        assert [it.text for it in forked.pages] == [it.text for it in pages]
        shared = {new.name: old for new, old in kept_files(kept, keep)}
        assert [it.sha256 for it in shared.values()] == [
            files[picture_of(it.page)].sha256 for it in pages if keep is KeptPart.PICTURES
        ]
        wanted = {it.work for it in events if isinstance(it, StageRequested)}
        assert wanted == {
            work for work in forked.plan[1:] if work.stage is Stage.TTS or keep is KeptPart.TEXT
        }
        assert {it.work for it in events if isinstance(it, StageCompleted)} | wanted == {
            *forked.plan
        }
        self.events, self.run, self.before = events, forked, forked
        self.disk = {name: it.sha256 for name, it in shared.items()}
        self.whole, self.to_make = {}, set()
        if forked.status is Status.DONE:
            self._note_whole()

    @precondition(lambda self: not self.run.status.has_ended and self.run.edition == 1)
    @rule()
    def fork_too_early(self) -> None:
        """Only what is whole can be kept."""
        with pytest.raises(Refused, match="only a whole one can be kept"):
            edition_to_keep(self.run, BasedOn(ORIGIN, 0, KeptPart.TEXT))

    @precondition(lambda self: self.whole and self.run.edition > max(self.whole))
    @rule()
    def edit_too_early(self) -> None:
        """While an edition is in the making there is no other."""
        if not self.run.status.has_ended:
            asked = EditionRequest(self.run.edition, (PageEdit(0, repaint=True),))
            with pytest.raises(Refused, match="wait until it is made, or cancel it"):
                request_edition(self.run, asked, seed=3)

    @precondition(lambda self: self._has(InHand))
    @rule(data=st.data(), retryable=st.booleans(), chance=st.floats(0, 1))
    def fail(self, data: st.DataObject, retryable: bool, chance: float) -> None:
        work, state = self._pick(data, InHand)
        fault = Fault("test", "it broke", retryable)
        self._do(
            partial(fail_stage, work=work, attempt=state.attempt, fault=fault, now=0, chance=chance)
        )

    @precondition(lambda self: self._has(InHand))
    @rule(reason=st.sampled_from([AbandonReason.CRASH, AbandonReason.SHUTDOWN]))
    def lose_the_process(self, reason: AbandonReason) -> None:
        for work, state in list(self.run.work.items()):
            if isinstance(state, InHand):
                attempt = state.attempt
                self._do(partial(abandon_stage, work=work, attempt=attempt, reason=reason))

    @precondition(lambda self: self._has(Waiting, InHand))
    @rule(data=st.data(), engine=st.sampled_from([ENGINE, EngineInfo("other")]))
    def meet_an_outage(self, data: st.DataObject, engine: EngineInfo) -> None:
        work, state = self._pick(data, Waiting, InHand)
        attempt = state.attempt
        self._do(partial(defer_stage, work=work, attempt=attempt, engine=engine, why="away"))

    @precondition(lambda self: self.run.waiting_for is not None)
    @rule(data=st.data())
    def wait_for_too_long(self, data: st.DataObject) -> None:
        waiting = [it for it in self.run.deferred if isinstance(self.run.work[it], Waiting)]
        work = data.draw(st.sampled_from(waiting))
        attempt, fault = self.run.work[work].attempt, Fault("engine_away", "too long", False)
        self._do(partial(give_up_waiting, work=work, attempt=attempt, fault=fault))

    @precondition(lambda self: not self.run.status.has_ended)
    @rule()
    def cancel(self) -> None:
        self._do(cancel_run)

    @precondition(lambda self: self.run.status in (Status.FAILED, Status.CANCELLED))
    @rule()
    def retry(self) -> None:
        self._do(retry_run)

    @precondition(lambda self: self.run.status.has_ended and self.run.files)
    @rule(data=st.data())
    def lose_a_file(self, data: st.DataObject) -> None:
        """It is made again, with other bytes; all else stays."""
        work, before = data.draw(st.sampled_from(list(kept_artifacts(self.run).values())))
        digest = hashlib.sha256(before.sha256.encode()).hexdigest()
        remade = msgspec.structs.replace(before, sha256=digest)
        remake = partial(remake_artifact, work=work, remade=remade, previous=before, engine=ENGINE)
        self._do(remake)
        assert self.run.files[before.name] == (work, remade)
        self.disk[before.name] = digest
        for _, _, files in self.whole.values():
            if files.get(work) == before:
                files[work] = remade
        self.before = self.run  # a repair is the one way in which what is ready changes

    @rule(data=st.data(), attempt=st.integers(1, 20))
    def report_late(self, data: st.DataObject, attempt: int) -> None:
        """An attempt that is not in hand has no say."""
        work = data.draw(st.sampled_from(list(self.run.plan)))
        state = self.run.work.get(work)
        if isinstance(state, InHand) and state.attempt == attempt:
            return
        try:
            complete_stage(self.run, work, attempt, None)
        except StaleAttempt:
            return
        raise AssertionError(f"{work} attempt {attempt} was accepted: {state}")

    @invariant()
    def only_what_waits_or_is_in_hand_is_deferred(self) -> None:
        """An outage ends with the attempt, and an ended run waits for nobody."""
        for work, deferred in self.run.deferred.items():
            assert isinstance(self.run.work[work], Waiting | InHand)
            assert 1 < deferred.version <= self.run.version

    @invariant()
    def ends_when_nothing_is_left(self) -> None:
        """Exactly the runs with nothing waiting and nothing in hand have ended."""
        assert self.run.status.has_ended != self._has(Waiting, InHand)

    @invariant()
    def a_lost_run_begins_nothing(self) -> None:
        """Once something has failed for good, nothing waits to be begun."""
        assert not (self._has(Failed) and self._has(Waiting))

    @invariant()
    def done_means_everything(self) -> None:
        everything = all(self.run.is_complete(work) for work in self.run.plan)
        assert (self.run.status is Status.DONE) == everything

    @invariant()
    def failed_says_why(self) -> None:
        assert (self.run.fault is not None) == (self.run.status is Status.FAILED)

    @invariant()
    def no_work_is_requested_twice(self) -> None:
        """Attempts at one piece of work are requested as 1, 2, 3 …"""
        attempts: dict[Work, int] = {}
        for event in self.events:
            if isinstance(event, StageRequested):
                assert event.attempt == attempts.get(event.work, 0) + 1
                attempts[event.work] = event.attempt

    @invariant()
    def what_is_ready_stays_ready(self) -> None:
        assert self.before.ready_max_page <= self.run.ready_max_page
        if self.run.shown.tts is not None:  # else a silent edition was given back
            assert self.before.ready_max_audio_page <= self.run.ready_max_audio_page
        if self.before.edition != self.run.edition:
            return
        for work, state in self.before.work.items():
            if isinstance(state, Complete) and self.run.work[work] != state:
                is_read_otherwise = work.language and work.stage is Stage.TTS
                assert work.page in self.run.rewrites or (  # whose text is another now
                    is_read_otherwise
                    and translation_of(work.page or 0, work.language) in self.to_make
                )
                assert isinstance(self.run.work[work], Waiting | Outdated)

    @invariant()
    def every_whole_edition_is_what_it_was(self) -> None:
        """Text and files, each file with the bytes that it was made with."""
        for number, (pages, translations, files) in self.whole.items():
            edition = self.run.of_edition(number)
            assert edition is not None
            assert (edition.pages, edition.translations) == (pages, translations)
            assert {work: edition.artifact(work) for work in files} == files
            for made in files.values():
                assert self.disk[made.name] == made.sha256

    @invariant()
    def nothing_is_made_of_a_text_that_is_to_be_another(self) -> None:
        """Pictures and voices wait until their page is rewritten."""
        for work, state in self.run.work.items():
            if work.page in self.run.rewrites and work.stage is not Stage.LLM:
                is_rewritten = self.run.is_complete(rewriting_of(work.page))
                assert is_rewritten or isinstance(state, Complete | Outdated)
            if work.language and work.stage is Stage.TTS and isinstance(state, Waiting | InHand):
                assert self.run.is_complete(translation_of(work.page or 0, work.language))

    @invariant()
    def the_last_whole_edition_is_shown(self) -> None:
        if self.whole:
            newest = max(self.whole)
            assert self.run.shown.edition == newest
            assert self.run.shown.pages == self.whole[newest][0]
            assert [it.edition for it in self.run.editions] == [
                it for it in sorted(self.whole) if it < self.run.edition
            ]

    @invariant()
    def every_prefix_is_a_state(self) -> None:
        """Each prefix of the events folds, with a stage and pages that the API can show."""
        run: Run | None = None
        was_whole = False
        for event in self.events:
            run = fold([event], run)
            assert run is not None
            assert run.stage in {work.stage for work in run.plan} or run.tts is None
            assert -1 <= run.ready_max_page < run.page_count
            assert len(run.pages) <= run.page_count
            was_whole = was_whole or isinstance(event, RunCompleted)
            if was_whole:
                shown = run.shown
                assert run.ready_max_page == len(shown.pages) - 1 == run.page_count - 1
                assert all(shown.is_complete(work) for work in shown.plan)
                for pages in shown.translations.values():
                    assert sorted(pages) == list(range(run.page_count))
        assert run == self.run


TestRunMachine = RunMachine.TestCase
TestRunMachine.pytestmark = [pytest.mark.slow]  # type: ignore[attr-defined]  # pytest reads it
TestRunMachine.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
