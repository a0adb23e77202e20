// Sizes and times as people say them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { durationText, numberText, sizeText, timeText } from "../../storybook/reader/measures.js";

test("how long something took is told in two units at most", () => {
  const told = [0, 0.4239, 12.34, 59.7, 60, 200, 3_599.9, 3_600, 90_061].map((it) => durationText("en", it));
  assert.deepEqual(told, ["0 sec", "0.42 sec", "12.3 sec", "60 sec", "1 min", "3 min 20 sec", "60 min", "1 hr", "1 day 1 hr"]);
  assert.equal(durationText("ko", 200), "3분 20초");
});

test("bytes are told in the unit that fits them", () => {
  assert.deepEqual([0, 999, 1_200, 34_000_000, 5_600_000_000].map((it) => sizeText("en", it)), ["0 byte", "999 byte", "1.2 kB", "34 MB", "5.6 GB"]);
});

test("numbers and times are written as in the page's language", () => {
  assert.equal(numberText("en", 12345), "12,345");
  const noon = new Date(2026, 0, 2, 12, 0, 5).getTime();
  assert.match(timeText("en", noon, noon), /^12:00:05/);
  assert.match(timeText("en", noon, noon + 86_400_000), /2026/);
  assert.match(timeText("ko", noon, noon), /12:00:05$/);
});
