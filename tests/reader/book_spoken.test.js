// Which sentence is spoken when, and how an evening goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { evening } from "../../storybook/reader/reading/bedtime.js";
import { nextChange, sentenceBeside, sentencesOf, silentPage, spokenAt } from "../../storybook/reader/reading/spoken.js";

const span = (/** @type {string} */ text, /** @type {number | null} */ start, /** @type {number | null} */ end, /** @type {string} */ speaker = "") => ({ text, is_said: speaker !== "", speaker, start, end });
const page = { page: 1, seconds: 9, paragraphs: [[span("하나.", 0.5, 2), span(" ", null, null)], [span('"둘', 2.5, 4, "토끼"), span('!"', 2.5, 4, "토끼"), span("셋.", 4.5, 8)]] };

test("a sentence in several pieces is one", () => {
  assert.deepEqual(sentencesOf(page).map((it) => it.start), [0.5, 2.5, 4.5]);
  assert.deepEqual(sentencesOf(null), []);
});

test("between two sentences none is spoken", () => {
  const all = sentencesOf(page);
  assert.deepEqual([0, 0.5, 1.99, 2, 2.5, 7.9, 8].map((it) => spokenAt(all, it)), [-1, 0, 0, -1, 1, 2, -1]);
});

test("what is lit changes where a sentence begins or ends", () => {
  const all = sentencesOf(page);
  assert.deepEqual([0, 0.5, 2, 7.9, 8].map((it) => nextChange(all, it)), [0.5, 2, 2.5, 8, Infinity]);
});

test("back goes to the beginning of a sentence, and from there to the one before", () => {
  const all = sentencesOf(page);
  assert.deepEqual([sentenceBeside(all, 7, -1), sentenceBeside(all, 4.6, -1), sentenceBeside(all, 0, -1)], [2, 1, 0]);
  assert.deepEqual([sentenceBeside(all, 0, 1), sentenceBeside(all, 0.6, 1), sentenceBeside(all, 7, 1)], [0, 1, 2]);
});

test("a text without times is whole, line by line", () => {
  assert.deepEqual(silentPage(2, "하나.\n\n둘.").paragraphs.map((it) => it[0].text), ["하나.", "둘."]);
});

test("an evening grows darker and softer, and ends in silence", () => {
  const all = 10 * 60_000;
  const told = [all, all / 2, 45_000, 0].map((it) => evening(it, all));
  assert.ok(told[0].dark < told[1].dark && told[1].dark < told[2].dark && told[2].dark < told[3].dark);
  assert.deepEqual(told.map((it) => it.volume), [1, 1, 0.5, 0]);
  assert.deepEqual(told.map((it) => it.isOver), [false, false, false, true]);
});
