// What stands on the shelf, as a value: the pages of the library that were fetched, newest first.

/** @typedef {import("../api_types.js").LibraryItem} LibraryItem */
/** @typedef {import("../api_types.js").Library} Library */
/** @typedef {{query: string, items: LibraryItem[], next: string | null, isKnown: boolean}} Shelf `next` is the cursor of the page after these */

/** @returns {Shelf} nothing was fetched yet */
export function unknownShelf(query = "") {
  return { query, items: [], next: null, isKnown: false };
}

/** The next page of the library came. @param {Shelf} shelf @param {Library} page @returns {Shelf} */
export function withPage(shelf, page) {
  const known = new Set(shelf.items.map((it) => it.run_id));
  const items = [...shelf.items, ...page.runs.filter((it) => !known.has(it.run_id))];
  return { ...shelf, items, next: page.next, isKnown: true };
}

/**
 * The first page was fetched anew: what is newer comes before the rest, and what is no longer among
 * those that it spans is gone.
 * @param {Shelf} shelf @param {Library} page @returns {Shelf}
 */
export function withNewest(shelf, page) {
  if (page.next === null) return { ...shelf, items: page.runs, next: null, isKnown: true };
  const fresh = new Set(page.runs.map((it) => it.run_id));
  const oldest = page.runs.at(-1)?.created_at ?? "";
  const rest = shelf.items.filter((it) => !fresh.has(it.run_id) && it.created_at < oldest);
  return { ...shelf, items: [...page.runs, ...rest], next: rest.length > 0 ? shelf.next : page.next, isKnown: true };
}

/** Something is known of a book. @param {Shelf} shelf @param {string} runId @param {Partial<LibraryItem>} known @returns {Shelf} */
export function withBook(shelf, runId, known) {
  return { ...shelf, items: shelf.items.map((it) => (it.run_id === runId ? { ...it, ...known } : it)) };
}

/** A book was erased. @param {Shelf} shelf @param {string} runId @returns {Shelf} */
export function without(shelf, runId) {
  return { ...shelf, items: shelf.items.filter((it) => it.run_id !== runId) };
}

/** Whether a book is in the making. */
export function isMaking(/** @type {{status: string}} */ item) {
  return item.status === "QUEUED" || item.status === "RUNNING";
}

/** What the state of a book that is followed says of its line in the library. @param {import("../book_state.js").Book} book @returns {Partial<LibraryItem>} */
export function lineOf(book) {
  if (!book.state) return {};
  const { status, stage, ready_max_page, pages } = book.state;
  const cover = pages[0];
  return { status, stage, ready_max_page, ...(cover?.title ? { title: cover.title } : {}), ...(cover?.image_url ? { cover_url: cover.image_url } : {}) };
}

/**
 * How far a book in the making is: its words and each of its pictures count one.
 * @param {import("../api_types.js").LibraryItem} item
 * @param {import("../book_state.js").Book | undefined} book as it is followed, if it is
 */
export function progressOf(item, book) {
  const state = book?.state;
  const base = { seconds: book?.etaSeconds ?? null, waitsFor: state?.waiting_for?.engine ?? "" };
  if ((state?.edition ?? 1) > 1) return { ...base, step: /** @type {const} */ ("change"), painted: 0, of: 0, fraction: null };
  if (item.status === "QUEUED") return { ...base, step: /** @type {const} */ ("queue"), painted: 0, of: 0, fraction: 0 };
  if (!state) return { ...base, step: item.title ? /** @type {const} */ ("picture") : /** @type {const} */ ("words"), painted: item.ready_max_page + 1, of: 0, fraction: null };
  const of = state.pages.length;
  const painted = state.pages.filter((it) => it.image_url).length;
  const words = state.pages.filter((it) => it.title || it.summary).length / of;
  const begun = book?.atWork && /^(COVER|PANEL_)/.test(book.atWork.stage) && painted < of ? book.atWork.fraction : 0;
  const step = words < 1 ? "words" : painted < of ? "picture" : "voice";
  return { ...base, step: /** @type {"words" | "picture" | "voice"} */ (step), painted, of, fraction: Math.min(1, (words + painted + begun) / (of + 1)) };
}
