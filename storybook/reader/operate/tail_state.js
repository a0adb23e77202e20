// The newest events of the log, as they come in, as a value: newest first, only so many, and held back
// while somebody reads. Pure.

/** @typedef {import("../behind/timeline.js").Entry} Entry */

/** Events that are shown at once: what came before them is in the log. */
export const MOST_SHOWN = 100;

/**
 * @typedef {object} Tail
 * @property {readonly Entry[]} shown newest first
 * @property {readonly Entry[]} held what came in while it stands still, newest first
 * @property {boolean} isPaused
 * @property {number} missed how many came in meanwhile, also those that are not held any more
 */

/** @returns {Tail} */
export function emptyTail() {
  return { shown: [], held: [], isPaused: false, missed: 0 };
}

/** An event came in. @param {Tail} tail @param {Entry} entry @returns {Tail} */
export function withEntry(tail, entry) {
  if (!tail.isPaused) return { ...tail, shown: newest(entry, tail.shown) };
  return { ...tail, held: newest(entry, tail.held), missed: tail.missed + 1 };
}

/** Stands still. @param {Tail} tail @returns {Tail} */
export function paused(tail) {
  return { ...tail, isPaused: true };
}

/** Goes on, with what came in meanwhile. @param {Tail} tail @returns {Tail} */
export function goneOn(tail) {
  return { shown: [...tail.held, ...tail.shown].slice(0, MOST_SHOWN), held: [], isPaused: false, missed: 0 };
}

/** @param {Entry} entry @param {readonly Entry[]} entries */
function newest(entry, entries) {
  return [entry, ...entries].slice(0, MOST_SHOWN);
}
