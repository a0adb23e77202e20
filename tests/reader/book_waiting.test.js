// What is said to who waits.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unknownBook, withState } from "../../storybook/reader/book_state.js";
import { absence, statusLine } from "../../storybook/reader/reading/status_line.js";
import { happening, kindly, milestone } from "../../storybook/reader/reading/waiting.js";

const page = (/** @type {number} */ n, /** @type {object} */ more = {}) => ({ page: n, title: "", summary: "", dialogues: [], image_url: "", audio_url: "", ...more });
const state = (/** @type {object} */ more = {}) =>
  /** @type {any} */ ({ status: "RUNNING", stage: "LLM", ready_max_page: -1, ready_max_audio_page: -1, pages: [page(0), page(1)], error: null, waiting_for: null, parked: null, ...more });
const book = (/** @type {object} */ more = {}, /** @type {object} */ rest = {}) => ({ ...withState(unknownBook(), state(more), 5), ...rest });

test("time is told kindly, never to the second", () => {
  const told = (/** @type {number | null} */ it) => kindly(it) && [kindly(it)?.key, kindly(it)?.values?.n];
  assert.equal(told(null), null);
  assert.deepEqual(told(0), ["bookSoon", undefined]);
  assert.deepEqual(told(30), ["bookHalfMinute", undefined]);
  assert.deepEqual([61, 100, 179].map(told), [["bookMinutes", 1], ["bookMinutes", 2], ["bookMinutes", 3]]);
  assert.deepEqual(told(13 * 60), ["bookMinutes", 15]);
  assert.deepEqual(told(100 * 60), ["bookHours", 2]);
});

test("one line says what happens now", () => {
  const [cover, one] = [page(0, { title: "책" }), page(1, { summary: "글" })];
  const painted = (/** @type {any} */ it) => ({ ...it, image_url: "/p.png" });
  const keys = [
    happening(unknownBook()),
    happening(book({ status: "QUEUED" })),
    happening(book({ pages: [cover, page(1)] })),
    happening(book({ pages: [cover, one], stage: "TTS" })),
    happening(book({ pages: [painted(cover), one] })),
    happening(book({ pages: [painted(cover), painted(one)] })),
    happening(book({ status: "DONE" })),
  ].map((it) => it && [it.key, it.values?.painted]);
  const none = undefined;
  assert.deepEqual(keys, [["bookOpening", none], ["bookQueued", none], ["bookWriting", none], ["bookPainting", none], ["bookPainted", 1], ["bookVoicing", none], null]);
});

test("what is told never goes back, whichever stage said a word last, and after a reload", () => {
  const pages = [page(0, { title: "책", image_url: "/p.png" }), page(1, { summary: "글" })];
  const told = [{ stage: "TTS", page: 1, fraction: 0.5, preview: "" }, { stage: "COVER", page: 0, fraction: 1, preview: "" }, null].map((atWork) => happening(book({ pages }, { atWork }))?.key);
  assert.deepEqual(told, ["bookPainted", "bookPainted", "bookPainted"]);
});

test("who is away is named, and how it ended is told as it is", () => {
  const away = { engine: "comfyui", since: "", why: "refused" };
  assert.equal(happening(book({ stage: "PANEL_1", waiting_for: away }))?.key, "bookPainterAway");
  assert.equal(happening(book({ stage: "TTS", waiting_for: away }))?.key, "bookReaderAway");
  assert.equal(happening(book({ status: "FAILED" }))?.key, "bookFailed");
  assert.equal(happening(book({ status: "FAILED", edition: 2 }))?.key, "bookChangeFailed");
  assert.equal(happening(book({ status: "CANCELLED" }))?.key, "bookStopped");
});

test("a milestone is told once, the greatest of what came together", () => {
  const written = [page(0, { title: "책" }), page(1, { summary: "글" })];
  const painted = [{ ...written[0], image_url: "/c.png" }, written[1]];
  const keys = (/** @type {any[]} */ ...all) => all.slice(1).map((it, n) => milestone(all[n], it)?.key ?? null);
  const [empty, told, cover] = [state(), state({ pages: written }), state({ pages: painted })];
  const whole = state({ pages: painted, status: "DONE" });
  assert.deepEqual(keys(empty, told, told, cover, cover, whole, whole), ["bookWritten", null, "bookCoverPainted", null, "bookIsReady", null]);
  assert.equal(milestone(null, whole), null);
});

test("how long still is told while work goes on, and grows less between two tellings", () => {
  const left = (/** @type {any} */ it, /** @type {number} */ since = 0) => statusLine(it, since, true).left?.values?.n ?? null;
  const going = book({ eta_seconds: 300 });
  assert.equal(left(going), 5);
  assert.equal(left(going, 120), 3);
  assert.equal(left({ ...going, isConnected: false }), null);
  assert.equal(left(book({ eta_seconds: 300, waiting_for: { engine: "comfyui", since: "", why: "refused" } })), null);
});

test("a server that cannot be reached is told, and whether it is this device that is apart", () => {
  const apart = { ...book(), isConnected: false };
  assert.equal(statusLine(apart, 0, true).told?.key, "bookUnconnected");
  assert.equal(statusLine(apart, 0, false).told?.key, "bookOffline");
  assert.equal(statusLine({ ...unknownBook(), isConnected: false }, 0, false).told?.key, "bookOffline");
  assert.equal(statusLine({ ...book({ status: "DONE" }), isConnected: false }, 0, true).told, null);
});

test("what failed has a reason and a way on, what is awaited a reason alone", () => {
  const { reason, mayRetry } = statusLine(book({ status: "FAILED", error: "out of memory" }), 0, true);
  assert.deepEqual([reason?.key, reason?.why, mayRetry], ["bookWhyFailed", "out of memory", true]);
  const away = statusLine(book({ stage: "COVER", waiting_for: { engine: "comfyui", since: "", why: "refused" } }), 0, true);
  assert.deepEqual([away.reason?.why, away.mayRetry], ["refused", false]);
});

test("where no picture is going to come for now, that is said in its place", () => {
  const away = { engine: "x", since: "", why: "" };
  assert.equal(absence(book({ stage: "PANEL_1", waiting_for: away }).state)?.key, "bookWaitTogether");
  assert.equal(absence(book({ stage: "TTS", waiting_for: away }).state), null);
  assert.equal(absence(book({ status: "FAILED" }).state)?.key, "bookFailed");
  assert.equal(absence(book({ status: "DONE" }).state), null);
});
