// The newest events of the log, newest first.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_SHOWN, emptyTail, goneOn, paused, withEntry } from "../../storybook/reader/operate/tail_state.js";

const entry = (/** @type {number} */ position) => ({ position, version: 1, type: "RunCompleted", recorded_at: "", data: {}, digest: "" });
const positions = (/** @type {readonly {position: number}[]} */ entries) => entries.map((it) => it.position);

test("the newest event stands first, and only so many are kept", () => {
  let tail = emptyTail();
  for (let it = 1; it <= MOST_SHOWN + 5; it += 1) tail = withEntry(tail, entry(it));
  assert.equal(tail.shown.length, MOST_SHOWN);
  assert.deepEqual(positions(tail.shown.slice(0, 2)), [MOST_SHOWN + 5, MOST_SHOWN + 4]);
});

test("while it stands still nothing moves, and it goes on with what came in", () => {
  let tail = paused(withEntry(emptyTail(), entry(1)));
  tail = withEntry(withEntry(tail, entry(2)), entry(3));
  assert.deepEqual([positions(tail.shown), tail.missed], [[1], 2]);
  tail = goneOn(tail);
  assert.deepEqual([positions(tail.shown), tail.missed, tail.isPaused], [[3, 2, 1], 0, false]);
});

test("how many came in is counted, also those that are kept no more", () => {
  let tail = paused(emptyTail());
  for (let it = 1; it <= MOST_SHOWN + 5; it += 1) tail = withEntry(tail, entry(it));
  assert.deepEqual([tail.missed, goneOn(tail).shown.length], [MOST_SHOWN + 5, MOST_SHOWN]);
});
