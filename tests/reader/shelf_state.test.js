// What stands on the shelf, told as values.

import assert from "node:assert/strict";
import { test } from "node:test";

import { withMessage, withState, unknownBook } from "../../storybook/reader/book_state.js";
import { knownSession, rememberSession, forgetSession } from "../../storybook/reader/session.js";
import { isMaking, lineOf, progressOf, unknownShelf, withBook, withNewest, without, withPage } from "../../storybook/reader/shelf/shelf_state.js";

/** A line of the library; the higher the number, the newer. */
const line = (number, more = {}) => ({ run_id: `r${number}`, title: `책 ${number}`, status: "DONE", stage: "TTS", cover_url: "", ready_max_page: 4, created_at: `2026-01-${String(number).padStart(2, "0")}`, ...more });
const names = (shelf) => shelf.items.map((it) => it.run_id);
const page = (pages) => ({ page: 0, title: "", summary: "", dialogues: [], image_url: "", audio_url: "", ...pages });

test("pages of the library follow one another, and a book that came twice stands there once", () => {
  let shelf = withPage(unknownShelf(), { runs: [line(9), line(8)], next: "r8" });
  shelf = withPage(shelf, { runs: [line(8), line(7)], next: null });
  assert.deepEqual(names(shelf), ["r9", "r8", "r7"]);
  assert.equal(shelf.next, null);
});

test("a first page that is fetched anew brings what is newer, takes what was erased, and keeps what lies further on", () => {
  let shelf = withPage(unknownShelf(), { runs: [line(9), line(8)], next: "r8" });
  shelf = withPage(shelf, { runs: [line(7), line(6)], next: "r6" });
  shelf = withNewest(shelf, { runs: [line(10), line(8)], next: "r8" });
  assert.deepEqual(names(shelf), ["r10", "r8", "r7", "r6"]);
  assert.equal(shelf.next, "r6");
  assert.deepEqual(names(withNewest(shelf, { runs: [line(6)], next: null })), ["r6"]);
});

test("what is known of a book changes its line alone, and an erased one is gone", () => {
  const shelf = withPage(unknownShelf(), { runs: [line(2), line(1)], next: null });
  assert.deepEqual(withBook(shelf, "r1", { status: "FAILED" }).items.map((it) => it.status), ["DONE", "FAILED"]);
  assert.deepEqual(names(without(shelf, "r2")), ["r1"]);
});

test("how far a book is follows from its words and pictures", () => {
  const item = line(1, { status: "RUNNING", title: "" });
  const state = (pages, more = {}) => ({ status: "RUNNING", stage: "COVER", ready_max_page: -1, ready_max_audio_page: -1, pages, error: null, waiting_for: null, language: "ko", parked: null, removed: [], age: "", ...more });
  const told = (pages, more) => progressOf(item, withState(unknownBook(), state(pages, more), 5));
  assert.equal(progressOf({ ...item, status: "QUEUED" }, undefined).step, "queue");
  assert.equal(progressOf(item, undefined).fraction, null);
  const blank = [page(), page({ page: 1 })];
  assert.deepEqual([told(blank).step, told(blank).fraction], ["words", 0]);
  const written = [page({ title: "ㄱ", image_url: "/a" }), page({ page: 1, summary: "ㄴ" })];
  assert.deepEqual([told(written).step, told(written).painted, told(written).of], ["picture", 1, 2]);
  assert.equal(told(written).fraction, 2 / 3);
  const painted = written.map((it) => ({ ...it, image_url: "/a" }));
  assert.equal(told(painted).step, "voice");
  assert.equal(told(painted, { edition: 2 }).step, "change");
  const begun = withMessage(withState(unknownBook(), state(written), 5), { event: "progress", id: null, data: { stage: "PANEL_1", page: 1, fraction: 0.5 } });
  assert.equal(progressOf(item, begun).fraction, 2.5 / 3);
});

test("a followed book's line has its title and its cover as soon as they are there", () => {
  assert.deepEqual(lineOf(unknownBook()), {});
  const state = { status: "DONE", stage: "TTS", ready_max_page: 0, pages: [page({ title: "ㄱ", image_url: "/c" })] };
  assert.deepEqual(lineOf({ ...unknownBook(), state }), { status: "DONE", stage: "TTS", ready_max_page: 0, title: "ㄱ", cover_url: "/c" });
  assert.equal(isMaking({ status: "QUEUED" }), true);
  assert.equal(isMaking({ status: "CANCELLED" }), false);
});

test("a session is known until it ends or is given up", () => {
  const kept = new Map();
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, it) => kept.set(name, it), removeItem: (name) => kept.delete(name) };
  rememberSession({ name: "엄마", scope: "admin", expires_at: "2026-02-01T00:00:00Z" }, storage);
  assert.equal(knownSession(storage, Date.parse("2026-01-31"))?.name, "엄마");
  assert.equal(knownSession(storage, Date.parse("2026-02-02")), null);
  forgetSession(storage);
  assert.equal(knownSession(storage, 0), null);
  assert.equal(knownSession({ getItem: () => "{" }, 0), null);
});
