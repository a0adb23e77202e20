// The one line above a book: what happens now, how long still, why, and what there is to do. Pure.

import { hasEnded, isWhole, needsState, unknownBook } from "../book_state.js";
import { happening, helperOf, kindly } from "./waiting.js";

/** @typedef {import("./waiting.js").Words} Words */
/**
 * @typedef {object} StatusLine
 * @property {Words | null} told null if there is nothing to say
 * @property {Words | null} left how long still
 * @property {{key: "bookWhyAway", engine: string, why: string} | {key: "bookWhyFailed", why: string} | null} reason for the grown-ups
 * @property {boolean} mayRetry
 */

/**
 * @param {import("../book_state.js").Book | null} book
 * @param {number} sinceEta how long ago the time that is left was told, in seconds
 * @param {boolean} isOnline whether this device has a network at all
 * @returns {StatusLine}
 */
export function statusLine(book, sinceEta, isOnline) {
  const state = book?.state ?? null;
  const isRunning = state !== null && !hasEnded(state) && !state.parked;
  const isApart = book?.isConnected === false && (state === null || isRunning || needsState(book));
  /** @type {Words} */
  const apart = { key: isOnline ? "bookUnconnected" : "bookOffline" };
  const eta = book?.etaSeconds ?? null;
  return {
    told: isApart ? apart : happening(book ?? unknownBook()),
    left: isRunning && !isApart && !state.waiting_for && eta !== null ? kindly(eta - sinceEta) : null,
    reason: reasonOf(state),
    mayRetry: state !== null && hasEnded(state) && state.status !== "DONE",
  };
}

/** @param {import("../api_types.js").RunState | null} state @returns {StatusLine["reason"]} */
function reasonOf(state) {
  const away = state && !hasEnded(state) ? state.waiting_for : null;
  if (away) return { key: "bookWhyAway", engine: away.engine, why: away.why };
  const why = state?.status === "FAILED" ? state.error : state?.parked?.why;
  return why ? { key: "bookWhyFailed", why } : null;
}

/** What is said where a picture is not going to come for now. @param {import("../api_types.js").RunState} state @returns {Words | null} */
export function absence(state) {
  if (isWhole(state)) return null;
  if (hasEnded(state)) return { key: state.status === "FAILED" ? "bookFailed" : "bookStopped" };
  return state.waiting_for && helperOf(state) !== "bookReader" ? { key: "bookWaitTogether" } : null;
}
