// The timeline of a run, folded from its log (test_timelines.py holds it against the command line's).

import assert from "node:assert/strict";
import { test } from "node:test";

import { attemptsOf, chaptersOf, endOf, momentOf, scaleOf, shareOf, waitedSeconds, workedSeconds } from "../../storybook/reader/behind/timeline.js";

let position = 0;
const at = (/** @type {number} */ seconds) => new Date(1_800_000_000_000 + seconds * 1000).toISOString();
const entry = (/** @type {string} */ type, /** @type {number} */ seconds, /** @type {any} */ data) => ({ position: ++position, version: position, type, recorded_at: at(seconds), data, digest: "" });
const work = { stage: "COVER", page: 0, attempt: 1 };
const engine = { name: "painter", version: "1.0" };
const fold = (/** @type {any[]} */ ...entries) => attemptsOf(chaptersOf(entries)[0]);

test("a moment is read to the microsecond", () => {
  assert.equal(momentOf("2026-01-01T00:00:00.123456Z"), Date.UTC(2026, 0, 1) + 123.456);
  assert.equal(momentOf("2026-01-01T00:00:00Z"), Date.UTC(2026, 0, 1));
});

test("an attempt waits, is worked on, and is done", () => {
  const [it] = fold(
    entry("StageRequested", 0, work),
    entry("StageStarted", 2, { ...work, engine, worker: "1" }),
    entry("StageCompleted", 5, { ...work, artifact: { name: "cover.png" }, made_from: { prompt: "a tiger", seed: 7 } }),
  );
  assert.deepEqual([waitedSeconds(it, 0), workedSeconds(it, 0), it.outcome], [2, 3, "completed"]);
  assert.deepEqual([it.madeFrom?.prompt, it.madeFrom?.seed, it.artifact?.name], ["a tiger", 7, "cover.png"]);
});

test("what is open ends now", () => {
  const entries = [entry("StageRequested", 0, work), entry("StageStarted", 2, { ...work, engine, worker: "1" })];
  const [it] = fold(...entries);
  assert.equal(workedSeconds(it, momentOf(at(10))), 8);
  assert.deepEqual(scaleOf(chaptersOf(entries)[0], momentOf(at(10))), { start: momentOf(at(0)), end: momentOf(at(10)) });
});

test("work that waits for an engine that is away is the same attempt, and says so", () => {
  const [it] = fold(
    entry("StageRequested", 0, work),
    entry("StageStarted", 1, { ...work, engine, worker: "1" }),
    entry("StageDeferred", 2, { ...work, engine, why: "connection refused" }),
  );
  assert.deepEqual([it.outcome, it.startedAt, it.engine], ["waiting", null, null]);
  assert.deepEqual(it.waits, [{ engine: "painter", why: "connection refused", at: momentOf(at(2)) }]);
});

test("each attempt is told on its lane, with why it failed", () => {
  const [lane] = chaptersOf([
    entry("StageRequested", 0, work),
    entry("StageFailed", 3, { ...work, fault: { kind: "x", message: "no room", retryable: true } }),
    entry("StageRequested", 4, { ...work, attempt: 2 }),
  ])[0].lanes;
  assert.deepEqual(lane.attempts.map((it) => [it.attempt, it.outcome, it.error]), [[1, "failed", "no room"], [2, "waiting", ""]]);
  assert.equal(waitedSeconds(lane.attempts[0], 0), 3);
});

test("a refused page stands with the attempt that wrote it", () => {
  const writing = { stage: "LLM", page: null, attempt: 1 };
  const [it] = fold(
    entry("StageRequested", 0, writing),
    entry("PageWritten", 1, { page: 0, attempt: 1, title: "달" }),
    entry("PageRefused", 2, { page: 1, attempt: 1, problems: [{ kind: "too_short", message: "too short" }] }),
  );
  assert.deepEqual(it.written.map(({ page }) => page), [0]);
  assert.deepEqual(it.refused.map(({ page, problems }) => [page, problems[0].message]), [[1, "too short"]]);
});

test("an edition is a chapter, and what came from another book is kept work", () => {
  const found = chaptersOf([
    entry("RunRequested", 0, {}),
    entry("StageCompleted", 0, { ...work, attempt: 0 }),
    entry("EditionRequested", 9, { edition: 2, base_edition: 1 }),
    entry("StageRequested", 9, work),
  ]);
  assert.deepEqual(found.map((it) => [it.edition, it.kept, it.lanes.length]), [[1, 1, 0], [2, 0, 1]]);
});

test("a chapter ends with its edition, and goes on until now as long as that is made", () => {
  const began = [entry("RunRequested", 0, {}), entry("StageRequested", 1, work)];
  const end = (/** @type {any[]} */ ...entries) => chaptersOf(entries).map((it, _, all) => endOf(all, it, 7));
  assert.deepEqual(end(...began), [7]);
  assert.deepEqual(end(...began, entry("RunFailed", 3, { fault: {} }), entry("RunPinned", 9, {})), [momentOf(at(3))]);
  assert.deepEqual(end(...began, entry("RunFailed", 3, { fault: {} }), entry("RunRetried", 9, {})), [7]);
  assert.deepEqual(end(...began, entry("RunCompleted", 3, {}), entry("EditionRequested", 9, { edition: 2 })), [momentOf(at(3)), 7]);
});

test("a clock that was set back makes no time negative", () => {
  const [it] = fold(entry("StageRequested", 9, work), entry("StageStarted", 2, { ...work, engine, worker: "1" }), entry("StageCompleted", 1, work));
  assert.deepEqual([waitedSeconds(it, 0), workedSeconds(it, 0)], [0, 0]);
  assert.equal(shareOf({ start: 10, end: 10 }, 4), 0);
  assert.equal(shareOf({ start: 10, end: 20 }, 40), 1);
});

test("what was erased, what cannot be read, and what nobody asked for says nothing", () => {
  const found = fold(entry("StageRequested", 0, null), entry("PageTranslated", 1, {}), entry("StageStarted", 1, "\\xff"), entry("StageCompleted", 2, work));
  assert.deepEqual(found, []);
});
