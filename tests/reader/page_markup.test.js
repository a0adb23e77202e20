// The reader marks up a page's text as an exported book does: one table of cases holds them to each
// other. `tests/export/test_markup.py` is the other half, and says what stands in the table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sentencesOf } from "../../storybook/reader/reading/spoken.js";

// lit-html asks for a document when it is loaded; a template alone needs none.
Object.assign(globalThis, { document: { createComment() {}, createTreeWalker() {} } });
const { leafTemplate } = await import("../../storybook/reader/reading/leaves.js");

const cases = JSON.parse(readFileSync(new URL("../export/page_markup.json", import.meta.url), "utf8"));

/** A template as HTML, without what listens. @param {any} value @returns {string} */
function rendered(value) {
  if (Array.isArray(value)) return value.map(rendered).join("");
  if (value?.strings) return value.strings.reduce((/** @type {string} */ made, /** @type {string} */ next, /** @type {number} */ n) => joined(made, value.values[n - 1]) + next);
  return typeof value === "string" || typeof value === "number" ? escaped(String(value)) : "";
}

/** @param {string} made @param {any} value */
function joined(made, value) {
  const attribute = made.match(/ ([@?]?)([\w-]+)=$/);
  if (!attribute) return made + rendered(value);
  const before = made.slice(0, attribute.index);
  if (attribute[1]) return before + (attribute[1] === "?" && value ? ` ${attribute[2]}` : "");
  return `${before} ${attribute[2]}="${rendered(value)}"`;
}

const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The markup of a leaf's text as the table has it. @param {string} leaf */
function marked(leaf) {
  const text = leaf.slice(leaf.indexOf(">", leaf.indexOf('<div class="text"')) + 1).split("</div>")[0];
  return text.replace(/<(\/?)(\w+)([^>]*)>/g, (_, end, tag, attributes) => {
    const kinds = (attributes.match(/class="([^"]*)"/)?.[1] ?? "").split(" ").filter(Boolean).sort().join(" ");
    const sentence = attributes.match(/data-sentence="(\d+)"/);
    return `<${end}${tag === "h2" ? "h" : tag}${kinds && ` class="${kinds}"`}${sentence ? ` sentence="${sentence[1]}"` : ""}>`;
  });
}

for (const { case: name, language, page, spans, markup } of cases) {
  test(`the reader marks up ${name} as the table has it`, () => {
    const told = { page: page.page, seconds: 9, paragraphs: spans };
    const view = {
      app: { say: () => "" }, page, panels: 4, language, isHere: true, isAppearing: false,
      image: null, isFresh: false, preview: null, awaits: "", onRetry: null,
      onSpeaker() {}, onHurry() {}, onScroll() {},
      text: { page: told, sentences: sentencesOf(told), audioUrl: "" },
    };
    assert.equal(marked(rendered(leafTemplate(/** @type {any} */ (view)))), markup);
  });
}
