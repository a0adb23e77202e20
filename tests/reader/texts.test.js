// The page's words: each language has the same, with the same values in them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pageLanguage, sayIn } from "../../storybook/reader/texts.js";
import { en } from "../../storybook/reader/texts/en.js";
import { ko } from "../../storybook/reader/texts/ko.js";

const values = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test("both languages say the same things", () => {
  assert.deepEqual(Object.keys(en), Object.keys(ko));
  for (const [key, text] of Object.entries(ko)) {
    assert.ok(text && en[/** @type {keyof typeof en} */ (key)], key);
    assert.deepEqual(values(text), values(en[/** @type {keyof typeof en} */ (key)]), key);
  }
});

test("the browser's language is followed unless another was chosen", () => {
  assert.equal(pageLanguage("", ["en-GB", "ko"]), "en");
  assert.equal(pageLanguage("", ["fr", "de"]), "ko");
  assert.equal(pageLanguage("ko", ["en"]), "ko");
});

test("values stand where they belong", async () => {
  assert.equal((await sayIn("en"))("sum", { one: 12, other: 3 }), "12 × 3 = ?");
});
