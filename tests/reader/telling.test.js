// Each event as a sentence, in both languages.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { EVENT_TYPES, engineName, sentenceOf, withoutSecrets, workName } from "../../storybook/reader/behind/telling.js";
import { sayIn } from "../../storybook/reader/texts.js";

const samples = new URL("../events/samples/", import.meta.url);
const entries = readdirSync(samples)
  .filter((it) => it.endsWith(".json"))
  .map((name) => ({ name, entry: entryOf(readFileSync(new URL(name, samples), "utf8")) }));

function entryOf(/** @type {string} */ text) {
  const { type, data } = JSON.parse(text);
  return { position: 1, version: 1, type, recorded_at: "", data, digest: "" };
}

for (const language of /** @type {const} */ (["ko", "en"])) {
  test(`every event that was ever recorded is told in ${language}`, async () => {
    const say = await sayIn(language);
    assert.ok(entries.length > 20);
    for (const { name, entry } of entries) {
      const told = sentenceOf(say, entry);
      assert.notEqual(told, say("behindToldUnknown"), name);
      assert.doesNotMatch(told, /undefined|null|\{|\[object/, name);
    }
  });
}

test("no type of event is told that there is none of", () => {
  assert.deepEqual(new Set(entries.map(({ entry }) => entry.type)), new Set(EVENT_TYPES));
});

test("what was erased, and what this page does not know, is said so", async () => {
  const say = await sayIn("en");
  const entry = { position: 1, version: 1, type: "PageSung", recorded_at: "", data: {}, digest: "" };
  assert.equal(sentenceOf(say, entry), say("behindToldUnknown"));
  assert.equal(sentenceOf(say, { ...entry, data: "\\xff" }), say("behindToldUnknown"));
  assert.equal(sentenceOf(say, { ...entry, type: "RunRequested", data: null }), say("behindNoData"));
});

test("passwords in addresses that older versions recorded are not shown", () => {
  const told = "https://ana:secret@gpu:8188/queue?key=abc answered 500, see http://b/?t=1";
  assert.equal(withoutSecrets(told), "https://gpu:8188/queue answered 500, see http://b/");
});

test("work and engines have the names that the command line gives them", async () => {
  const say = await sayIn("en");
  assert.equal(workName(say, "LLM", null), "Writing");
  assert.equal(workName(say, "LLM", 1), "Rewriting page 1");
  assert.equal(workName(say, "COVER", 0), "Painting the cover");
  assert.equal(workName(say, "TTS", 2), "Reading page 2 aloud");
  assert.equal(workName(say, "LLM", 1, "en"), "Translating page 1 (en)");
  assert.equal(engineName({ name: "painter", version: "1.0" }), "painter 1.0");
  assert.equal(engineName({ name: "comfyui", version: "", model: "x", device: "http://gpu" }), "comfyui x (http://gpu)");
});
