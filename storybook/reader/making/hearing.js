// How far the hearing of a word is, and what an answer of the server means.

/**
 * How far it is. `understood` and `unsure` have what was said and what is meant by it, `failed` the reason.
 * @typedef {{kind: "idle" | "asking" | "listening" | "understanding" | "nothing"}
 *   | {kind: "understood" | "unsure", said: string, meant: string}
 *   | {kind: "failed", why: string}} Hearing
 */

/** Below this the page asks again: the server's own measure of how sure it is, 0 to 1. */
export const SURE = 0.5;

/** What an answer of the server means. @param {import("../api_types.js").SpokenField} heard @returns {Hearing} */
export function hearingOf({ stt_text: said, parsed_value: meant, confidence }) {
  if (!meant.trim()) return { kind: "nothing" };
  return { kind: confidence < SURE ? "unsure" : "understood", said, meant };
}
