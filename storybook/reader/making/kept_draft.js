// The draft outlives a reload of the tab: it is kept in its session storage, and nowhere else.

import { tabStorage } from "../storage.js";
import { emptyDraft } from "./draft.js";

/** @typedef {import("./draft.js").Draft} Draft */

const KEPT_AS = "storybook making";

/** @param {Storage | null} storage @returns {Draft} what was kept, an empty one if nothing was, or by another version */
export function keptDraft(storage = tabStorage()) {
  const empty = emptyDraft();
  try {
    const kept = JSON.parse(storage?.getItem(KEPT_AS) ?? "null");
    const isLike = kept && Object.entries(empty).every(([name, usual]) => usual === null || (typeof kept[name] === typeof usual && Array.isArray(kept[name]) === Array.isArray(usual)));
    return isLike ? { ...empty, ...kept } : empty;
  } catch {
    return empty;
  }
}

/** @param {Draft} draft */
export function keepDraft(draft, storage = tabStorage()) {
  try {
    storage?.setItem(KEPT_AS, JSON.stringify(draft));
  } catch {
    // The browser keeps nothing: the draft lives as long as the page.
  }
}

export function dropDraft(storage = tabStorage()) {
  try {
    storage?.removeItem(KEPT_AS);
  } catch {
    // As above.
  }
}
