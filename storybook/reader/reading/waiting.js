// What is said to who waits for a book: one gentle line, and how long still. Pure.

import { hasEnded, isWhole, partsOf, unknownBook } from "../book_state.js";

/** @typedef {import("../book_state.js").Book} Book */
/** @typedef {import("../api_types.js").RunState} RunState */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {{key: TextKey, values?: Record<string, string | number>}} Words */
/** @typedef {"bookPainter" | "bookWriter" | "bookReader"} Helper */

const SOON_SECONDS = 20;

/**
 * How long still, as one tells it a child: rounded, never to the second.
 * @param {number | null} seconds
 * @returns {Words | null} null if nobody knows
 */
export function kindly(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return null;
  if (seconds < SOON_SECONDS) return { key: "bookSoon" };
  if (seconds < 45) return { key: "bookHalfMinute" };
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 10) return { key: "bookMinutes", values: { n: minutes } };
  if (minutes < 55) return { key: "bookMinutes", values: { n: Math.round(minutes / 5) * 5 } };
  return { key: "bookHours", values: { n: Math.max(1, Math.round(minutes / 60)) } };
}

/** What happens now. @param {Book} book @returns {Words | null} null if all is made */
export function happening(book) {
  const { state } = book;
  if (!state) return { key: "bookOpening" };
  if (state.parked) return { key: "bookParked" };
  if (state.status === "FAILED") return { key: isWhole(state) ? "bookChangeFailed" : "bookFailed" };
  if (state.status === "CANCELLED") return { key: isWhole(state) ? "bookChangeStopped" : "bookStopped" };
  if (state.status === "DONE") return null;
  if (isWhole(state)) return { key: "bookChanging" };
  if (state.waiting_for) return { key: AWAY[helperOf(state)] };
  if (state.status === "QUEUED") return { key: "bookQueued" };
  return work(state);
}

/** What there is tells what is made: it only grows, also after a reload, whichever stage was the last to say a word. @param {RunState} state @returns {Words} */
function work({ pages }) {
  const parts = pages.map(partsOf);
  const count = (/** @type {"words" | "picture" | "voice"} */ it) => parts.filter((part) => part[it]).length;
  const of = pages.length;
  if (count("words") < of) return { key: "bookWriting" };
  const painted = count("picture");
  if (painted < of) return painted ? { key: "bookPainted", values: { painted, of } } : { key: "bookPainting" };
  return { key: "bookVoicing", values: { voiced: count("voice"), of } };
}

/** @type {Record<Helper, TextKey>} */
const AWAY = { bookWriter: "bookWriterAway", bookPainter: "bookPainterAway", bookReader: "bookReaderAway" };

/** Who does what a run waits for. @param {RunState} state @returns {Helper} */
export function helperOf(state) {
  if (state.stage === "LLM") return "bookWriter";
  return state.stage === "TTS" ? "bookReader" : "bookPainter";
}

/**
 * What has come to pass between two looks, for who hears the page: each said once.
 * @param {RunState | null} before
 * @param {RunState} now
 * @returns {Words | null} the greatest of what came
 */
export function milestone(before, now) {
  if (!before || isWhole(before)) return null;
  if (now.status === "DONE") return { key: "bookIsReady" };
  if (hasEnded(now) && !hasEnded(before)) return happening({ ...unknownBook(), state: now });
  if (now.waiting_for && !before.waiting_for) return { key: AWAY[helperOf(now)] };
  const painted = now.pages.filter((page, n) => partsOf(page).picture && !(before.pages[n] && partsOf(before.pages[n]).picture));
  if (painted.length) return painted[0].page === 0 ? { key: "bookCoverPainted" } : { key: "bookPagePainted", values: { page: painted[0].page } };
  const isWritten = (/** @type {RunState} */ it) => it.pages.length > 0 && it.pages.every((page) => partsOf(page).words);
  return isWritten(now) && !isWritten(before) ? { key: "bookWritten" } : null;
}
