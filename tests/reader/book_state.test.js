// The fold of a book: whatever comes twice, late or out of order, it never steps back.

import assert from "node:assert/strict";
import { test } from "node:test";

import { needsState, unknownBook, withMessage, withState } from "../../storybook/reader/book_state.js";

const pages = (/** @type {number} */ written) =>
  [0, 1, 2].map((page) => ({ page, title: "", summary: page < written ? `쪽 ${page}` : "", dialogues: [], image_url: "", audio_url: "" }));
const state = (/** @type {object} */ more = {}) =>
  /** @type {any} */ ({ status: "RUNNING", stage: "LLM", ready_max_page: -1, ready_max_audio_page: -1, pages: pages(0), error: null, waiting_for: null, ...more });
const update = (/** @type {number} */ id, /** @type {object} */ more = {}) => ({
  event: "update",
  id,
  data: { status: "RUNNING", stage: "COVER", ready_max_page: -1, ready_max_audio_page: -1, ...more },
});

test("an update that is known already changes nothing", () => {
  const book = withMessage(withState(unknownBook(), state(), 5), update(7, { ready_max_page: 1 }));
  assert.equal(withMessage(book, update(7)), book);
  assert.equal(withMessage(book, update(6)), book);
  assert.equal(book.state?.ready_max_page, 1);
});

test("a state that was fetched before a change shows its pages, and not its older status", () => {
  const known = withMessage(withState(unknownBook(), state(), 5), update(9, { ready_max_page: 2 }));
  assert.ok(needsState(known));
  const book = withState(known, state({ pages: pages(2) }), 8);
  assert.equal(book.state?.pages[1].summary, "쪽 1");
  assert.equal(book.state?.ready_max_page, 2);
  assert.ok(needsState(book));
  assert.ok(!needsState(withState(book, state({ pages: pages(3) }), 9)));
});

test("an older state is not shown again", () => {
  const book = withState(unknownBook(), state({ pages: pages(2) }), 9);
  assert.equal(withState(book, state({ pages: pages(0) }), 4), book);
});

test("the end leaves nothing at work, and no time to wait", () => {
  const working = withMessage(withState(unknownBook(), state(), 5), { event: "progress", id: null, data: { stage: "COVER", page: 0, fraction: 0.5 } });
  const timed = withMessage(working, { event: "progress", id: null, data: { eta_seconds: 12 } });
  assert.deepEqual([timed.atWork?.fraction, timed.etaSeconds], [0.5, 12]);
  const book = withMessage(timed, update(9, { status: "DONE" }));
  assert.deepEqual([book.atWork, book.etaSeconds, book.state?.status], [null, null, "DONE"]);
});

test("an engine that is away is told, and that it is back", () => {
  const waiting = { engine: "comfyui", since: "2026-01-01T00:00:00.000Z", why: "connection refused" };
  const away = withMessage(withState(unknownBook(), state(), 5), { event: "progress", id: null, data: { waiting_for: waiting } });
  assert.deepEqual(away.state?.waiting_for, waiting);
  assert.deepEqual(withState(away, state(), 6).state?.waiting_for, waiting);
  assert.equal(withMessage(away, { event: "progress", id: null, data: { waiting_for: null } }).state?.waiting_for, null);
});

test("an engine that is away is known though it was told before there was any state", () => {
  const waiting = { engine: "comfyui", since: "2026-01-01T00:00:00.000Z", why: "connection refused" };
  const told = withMessage(withMessage(unknownBook(), update(5)), { event: "progress", id: null, data: { waiting_for: waiting } });
  assert.deepEqual(withState(told, state(), 5).state?.waiting_for, waiting);
});

test("a log that was set back is begun anew", () => {
  const book = withState(unknownBook(), state(), 50);
  assert.equal(withMessage(book, { event: "reset", id: 3, data: null }).position, -1);
});
