// What somebody has seen of a book that is made, for as long as the tab is open: after a reload no
// word appears anew, and nothing steps back.

import { tabStorage } from "../storage.js";

/** @param {string} runId @returns {Set<number>} */
export function seenPages(runId, storage = tabStorage()) {
  try {
    const kept = JSON.parse(storage?.getItem(nameOf(runId)) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter(Number.isInteger) : []);
  } catch {
    return new Set();
  }
}

/** @param {string} runId @param {Set<number>} pages */
export function rememberSeen(runId, pages, storage = tabStorage()) {
  try {
    storage?.setItem(nameOf(runId), JSON.stringify([...pages]));
  } catch {
    // The browser keeps nothing: after a reload the words appear once more.
  }
}

/** Where in the server's log a book was when it was last shown, -1 if it was not. @param {string} runId @returns {number} */
export function seenPosition(runId, storage = tabStorage()) {
  try {
    return Number(storage?.getItem(placeOf(runId)) ?? -1);
  } catch {
    return -1;
  }
}

/** @param {string} runId @param {number} position */
export function rememberPosition(runId, position, storage = tabStorage()) {
  try {
    storage?.setItem(placeOf(runId), String(position));
  } catch {
    // The browser keeps nothing: a reload begins with what the server says first.
  }
}

const placeOf = (/** @type {string} */ runId) => `storybook-at-${runId}`;
const nameOf = (/** @type {string} */ runId) => `storybook-seen-${runId}`;
