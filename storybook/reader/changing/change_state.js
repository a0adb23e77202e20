// What can be said of a book that is changed, as values: its newest edition, what an edition changed,
// what the server has against a change.

import { ApiError } from "../client.js";

/** @typedef {import("../api_types.js").RunState} RunState */
/** @typedef {import("../api_types.js").EditionRequest} EditionRequest */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {[key: TextKey, values?: Record<string, string | number>]} Told a text and its values */

/**
 * @typedef {object} Edition of a book, as `GET …/editions` tells it
 * @property {number} edition
 * @property {number | null} base_edition
 * @property {string} status
 * @property {boolean} is_shown
 * @property {string} requested_at
 * @property {string} requested_by
 * @property {string} note
 * @property {number | null} restores
 * @property {{page: number, rewrite: string, repaint: boolean, revoice: boolean}[]} pages
 * @property {number[]} texts
 * @property {Record<string, any> | null} tts_config
 * @property {string | null} style
 * @property {string | null} error
 */

/** What is asked for, but on which edition it builds. @typedef {Omit<EditionRequest, "base_edition">} Change */

/**
 * Why a change was not taken: `newer`, another edition came first; `busy`, one is being made; `same`, nothing would be
 * another; `forbidden`, words that no children's book has; `faults`, something else about it.
 * @typedef {{kind: "newer", newest: number} | {kind: "busy"} | {kind: "same"} | {kind: "forbidden", words: string} | {kind: "faults", told: Told[]}} Trouble
 */

/** The number of the newest edition: what a change has to build on. */
export function newestOf(/** @type {RunState} */ state) {
  return state.edition ?? 1;
}

/** Whether there is a whole book to be changed. */
export function canBeChanged(/** @type {RunState} */ state) {
  return state.status === "DONE" || newestOf(state) > 1;
}

/** Whether an edition is being made now. */
export function isBeingChanged(/** @type {RunState} */ state) {
  return newestOf(state) > 1 && (state.status === "RUNNING" || state.status === "QUEUED");
}

/** @param {number} page @param {string} text @returns {Change} */
export function textChange(page, text) {
  return { pages: [page === 0 ? { page, title: text } : { page, summary: text }] };
}

/** Who speaks in a book, and in which voice. @param {RunState} state @returns {Map<string, string>} */
export function speakersOf(state) {
  return new Map(state.pages.flatMap((page) => page.dialogues.map((it) => /** @type {[string, string]} */ ([it.character, it.voice ?? ""]))));
}

/** How the book is read aloud that readers see: a change that says nothing of voices keeps them. @param {Edition[]} editions */
export function voicesOf(editions) {
  const byNumber = new Map(editions.map((it) => [it.edition, it]));
  let edition = editions.find((it) => it.is_shown);
  while (edition && !edition.tts_config) edition = byNumber.get(edition.restores ?? edition.base_edition ?? 0);
  return edition?.tts_config ?? null;
}

/** What an edition changed. @param {Edition} edition @returns {Told[]} */
export function changesOf(edition) {
  if (edition.restores !== null) return [["changeToldRestored", { edition: edition.restores }]];
  if (edition.base_edition === null) return [["changeToldFirst"]];
  /** @type {Told[]} */
  const told = edition.texts.map((page) => (page === 0 ? ["changeToldTitle"] : ["changeToldText", { page }]));
  for (const { page, rewrite, repaint, revoice } of edition.pages) {
    if (rewrite) told.push(["changeToldRewritten", { page, wish: rewrite }]);
    if (repaint) told.push(page === 0 ? ["changeToldCover"] : ["changeToldPicture", { page }]);
    if (revoice) told.push(["changeToldVoice", { page }]);
  }
  if (edition.tts_config) told.push(["changeToldVoices"]);
  if (edition.style !== null) told.push(["changeToldStyle"]);
  return told;
}

/** What is being made now, as the stream tells it. @param {import("../book_state.js").Book | null} book @returns {Told} */
export function makingOf(book) {
  const stage = book?.atWork?.stage ?? book?.state?.stage ?? "";
  const page = book?.atWork?.page ?? (stage.startsWith("PANEL_") ? Number(stage.slice(6)) : null);
  if (stage === "COVER") return ["changeMakingCover"];
  if (stage.startsWith("PANEL_")) return ["changeMakingPicture", { page: page ?? 0 }];
  if (stage === "TTS") return ["changeMakingVoice"];
  if (stage === "LLM" || stage.startsWith("REWRITE")) return ["changeMakingText"];
  return ["changeMaking"];
}

/** Sentences for what a 422 finds wrong. @type {Record<string, TextKey>} */
const FAULTS = { string_too_short: "changeEmpty", empty: "changeEmpty", string_too_long: "changeTooLong", control_character: "changeControl", unsupported: "changeUnsupported", kept: "changeUnsupported" };

/** What the server has against a change of an edition; null for what `problems.js` tells. @param {unknown} error @param {number} base @returns {Trouble | null} */
export function troubleOf(error, base) {
  if (!(error instanceof ApiError)) return null;
  if (error.status === 409) {
    const newest = error.body?.newest ?? base;
    if (newest !== base) return { kind: "newer", newest };
    if (/would change|is as it was/.test(error.message)) return { kind: "same" };
    if (/wait until/.test(error.message)) return { kind: "busy" };
    return { kind: "faults", told: [["changeRefused", { why: error.message }]] };
  }
  if (error.status !== 422) return null;
  const forbidden = error.faults.filter((it) => it.type === "forbidden_words");
  const others = error.faults.filter((it) => it.type !== "forbidden_words");
  if (forbidden.length > 0 && others.length === 0) {
    return { kind: "forbidden", words: forbidden.map((it) => it.msg.replace(/^[^:]*: /, "")).join(", ") };
  }
  return { kind: "faults", told: error.faults.map((it) => [FAULTS[it.type] ?? "changeRefused", { why: it.msg }]) };
}
