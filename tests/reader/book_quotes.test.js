// Straight quotation marks are printed curled, and nothing moves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { curled } from "../../storybook/reader/reading/quotes.js";

test("what is said is between curled marks, also where a mark is a piece of its own", () => {
  assert.deepEqual(curled(['"', "내가 들 거야!", '"', " 하고 말했어요."]), ["“", "내가 들 거야!", "”", " 하고 말했어요."]);
  assert.deepEqual(curled(['토끼가 "싫어"라고 했어요. ("응")']), ["토끼가 “싫어”라고 했어요. (“응”)"]);
});

test("a thought in a speech, and an apostrophe, have theirs", () => {
  assert.deepEqual(curled([`"'왜?' I don't know."`]), ["“‘왜?’ I don’t know.”"]);
});

test("every piece keeps its length, and what is curled already its marks", () => {
  const pieces = ['"가 "', "‘나’", "", ' "', '🐰"'];
  assert.deepEqual(curled(pieces).map((it) => it.length), pieces.map((it) => it.length));
  assert.equal(curled(["“가”"])[0], "“가”");
});
