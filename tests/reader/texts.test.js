// The page's words: each language has the same, with the same values in them.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { pageLanguage, sayIn } from "../../storybook/reader/texts.js";
import { en } from "../../storybook/reader/texts/en.js";
import { ko, particle } from "../../storybook/reader/texts/ko.js";

const values = (/** @type {string} */ text) => [...text.matchAll(/\{(\w+)/g)].map((it) => it[1]).sort();

test("both languages say the same things", () => {
  assert.deepEqual(Object.keys(en), Object.keys(ko));
  for (const [key, text] of Object.entries(ko)) {
    assert.ok(text && en[/** @type {keyof typeof en} */ (key)], key);
    assert.deepEqual(values(text), values(en[/** @type {keyof typeof en} */ (key)]), key);
  }
});

test("every text is said somewhere", () => {
  const reader = new URL("../../storybook/reader/", import.meta.url);
  const scripts = readdirSync(reader, { recursive: true, encoding: "utf-8" }).filter((it) => it.endsWith(".js") && !/^(texts|vendor)\//.test(it));
  const words = new Set(scripts.flatMap((it) => readFileSync(new URL(it, reader), "utf-8").match(/\w+/g) ?? []));
  assert.deepEqual(Object.keys(ko).filter((it) => !words.has(it)), []);
});

test("the browser's language is followed unless another was chosen", () => {
  assert.equal(pageLanguage("", ["en-GB", "ko"]), "en");
  assert.equal(pageLanguage("", ["fr", "de"]), "ko");
  assert.equal(pageLanguage("ko", ["en"]), "ko");
});

test("values stand where they belong", async () => {
  assert.equal((await sayIn("en"))("sum", { one: 12, other: 3 }), "12 × 3 = ?");
});

test("a particle goes with how its word ends", async () => {
  assert.equal((await sayIn("ko"))("makeAdded", { name: "초록 아기 용" }), "초록 아기 용이 들어왔어요.");
  assert.equal((await sayIn("ko"))("makeAdded", { name: "호랑이" }), "호랑이가 들어왔어요.");
  for (const [word, wanted] of [["곰", "은"], ["나비", "는"], ["로봇 3", "은"], ["로봇 2", "는"], ["Pal", "은"], ["Bo", "는"], ["‘곰’", "은"], ["", "는"]]) {
    assert.equal(particle(word, "은", "는"), wanted, word);
  }
  assert.equal(particle("물", "으로", "로"), "로");
  assert.equal(particle("집", "으로", "로"), "으로");
});
