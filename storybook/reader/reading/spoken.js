// What is spoken when: the spans of a page as the server tells them, and the sentences in them. Pure.

/** @typedef {import("../api_types.js").SpokenSpan} SpokenSpan */
/** @typedef {import("../api_types.js").SpokenPage} SpokenPage */
/** @typedef {{start: number, end: number, speaker: string}} Sentence a stretch of the recording, in seconds */

/** How far into a sentence "back" still means its own beginning, in seconds. */
const JUST_BEGUN = 1.2;

/** The sentences of a page in the order in which they are spoken. @param {SpokenPage | null} page @returns {Sentence[]} */
export function sentencesOf(page) {
  /** @type {Sentence[]} */
  const found = [];
  for (const span of page?.paragraphs.flat() ?? []) {
    if (span.start === null || span.end === null || found.at(-1)?.start === span.start) continue;
    found.push({ start: span.start, end: span.end, speaker: span.speaker });
  }
  return found;
}

/** Which sentence is spoken at a time, -1 in the silence between. @param {readonly Sentence[]} sentences @param {number} time */
export function spokenAt(sentences, time) {
  return sentences.findIndex((it) => it.start <= time && time < it.end);
}

/** When another sentence or silence begins, after a time. @param {readonly Sentence[]} sentences @param {number} time */
export function nextChange(sentences, time) {
  return Math.min(...sentences.flatMap((it) => [it.start, it.end]).filter((it) => it > time), Infinity);
}

/** The sentence to go to from a time: the one after, or this one's beginning, or the one before. @param {readonly Sentence[]} sentences @param {number} time @param {1 | -1} step */
export function sentenceBeside(sentences, time, step) {
  const begun = sentences.filter((it) => it.start <= time + 0.01).length - 1;
  if (step > 0) return Math.min(begun + 1, sentences.length - 1);
  const isFarIn = begun >= 0 && time - sentences[begun].start > JUST_BEGUN;
  return Math.max(0, isFarIn ? begun : begun - 1);
}

/** The spans of a text of which no time is known: a paragraph for each line. @param {number} page @param {string} text @returns {SpokenPage} */
export function silentPage(page, text) {
  const lines = text.split(/\n+/).filter((it) => it.trim());
  return { page, seconds: 0, paragraphs: lines.map((it) => [{ text: it.trim(), is_said: false, speaker: "", start: null, end: null }]) };
}
