// The state of a book that is looked at, as a value: the fold of states that were fetched and of
// the messages of its stream. Each has a position in the server's log, and what is older than what
// is shown already changes nothing: a picture never steps back.

/** @typedef {import("./api_types.js").RunState} RunState */
/** @typedef {import("./api_types.js").PageState} PageState */
/** @typedef {import("./client.js").StreamMessage} StreamMessage */

/**
 * @typedef {object} Book
 * @property {number} position of the newest change that is known, -1 before the first
 * @property {number} contentPosition of the newest state that was fetched, -1 before the first
 * @property {RunState | null} state as fetched; status, stage and what is ready are those of the newest change
 * @property {{stage: string, page: number | null, fraction: number, preview: string} | null} atWork what is made now, as far as it tells
 * @property {number | null} etaSeconds how long until the book is whole
 * @property {import("./api_types.js").RunState["waiting_for"] | undefined} waitingFor the engine that is awaited, undefined while nobody has said
 * @property {boolean} isConnected whether the server can be reached
 */

/** @returns {Book} nothing is known yet */
export function unknownBook() {
  return { position: -1, contentPosition: -1, state: null, atWork: null, etaSeconds: null, waitingFor: undefined, isConnected: true };
}

/**
 * A state was fetched, as it was right after a position.
 * @param {Book} book
 * @param {RunState} state
 * @param {number} position
 * @returns {Book}
 */
export function withState(book, state, position) {
  if (position < book.contentPosition) return book;
  const shown = position < book.position && book.state ? { ...state, ...newest(book.state) } : state;
  // A state of a position says nothing of an engine that is away: the stream does.
  const waitingFor = book.waitingFor === undefined ? state.waiting_for : book.waitingFor;
  return {
    ...book,
    position: Math.max(position, book.position),
    contentPosition: position,
    waitingFor,
    state: { ...shown, pages: shown.pages.map(withOwnVoice), waiting_for: waitingFor },
    etaSeconds: hasEnded(shown) ? null : (state.eta_seconds ?? book.etaSeconds),
  };
}

/**
 * A page whose voice is the one that belongs to its words. An address without an edition is of the first one, but serves the
 * newest: a book that is changed elsewhere would read other words aloud than those that are shown.
 * @param {PageState} page @returns {PageState}
 */
function withOwnVoice(page) {
  if (!page.audio_url || /[?&]edition=/.test(page.audio_url)) return page;
  return { ...page, audio_url: `${page.audio_url}${page.audio_url.includes("?") ? "&" : "?"}edition=1` };
}

/** The edition whose pages are shown; undefined while another one is being made. */
export function shownEdition(/** @type {RunState} */ state) {
  const newest = state.edition ?? 1;
  return newest === 1 || state.status === "DONE" ? newest : undefined;
}

/** What a change tells; the pages come with the state. */
function newest(/** @type {RunState} */ state) {
  const { status, stage, ready_max_page, ready_max_audio_page, error } = state;
  return { status, stage, ready_max_page, ready_max_audio_page, error };
}

/**
 * A message of the stream came.
 * @param {Book} book
 * @param {StreamMessage} message
 * @returns {Book}
 */
export function withMessage(book, message) {
  if (message.event === "reset") return { ...unknownBook(), isConnected: book.isConnected };
  if (message.event === "update" && message.id !== null) return withUpdate(book, message.data, message.id);
  if (message.event === "progress") return withProgress(book, message.data);
  return book;
}

/** @param {Book} book @param {RunState} told @param {number} position @returns {Book} */
function withUpdate(book, told, position) {
  if (position <= book.position) return book;
  const state = book.state ? { ...book.state, ...newest(told), error: told.error ?? null } : null;
  const ended = hasEnded(told);
  return { ...book, position, state, atWork: ended ? null : book.atWork, etaSeconds: ended ? null : book.etaSeconds };
}

/** @param {Book} book @param {any} told @returns {Book} */
function withProgress(book, told) {
  if ("waiting_for" in told) {
    return { ...book, waitingFor: told.waiting_for, state: book.state && { ...book.state, waiting_for: told.waiting_for } };
  }
  if ("eta_seconds" in told) return { ...book, etaSeconds: told.eta_seconds };
  const preview = told.preview_url ?? "";
  return { ...book, atWork: { stage: told.stage, page: told.page, fraction: told.fraction, preview } };
}

/** @param {Book} book @param {boolean} isConnected @returns {Book} */
export function withConnection(book, isConnected) {
  return book.isConnected === isConnected ? book : { ...book, isConnected };
}

/** Whether the pages that are known are older than the newest change. */
export function needsState(/** @type {Book} */ book) {
  return book.contentPosition < book.position;
}

/** Whether nothing more is made for now. */
export function hasEnded(/** @type {{status: string}} */ state) {
  return ["DONE", "FAILED", "CANCELLED"].includes(state.status);
}

/** Whether the book can be read whole: the newest edition is done, or an earlier one is shown meanwhile. */
export function isWhole(/** @type {RunState} */ state) {
  return state.status === "DONE" || (state.edition ?? 1) > 1;
}

/** How far a page is: its words, its picture, its voice. */
export function partsOf(/** @type {PageState} */ page) {
  return { words: Boolean(page.title || page.summary), picture: Boolean(page.image_url), voice: Boolean(page.audio_url) };
}
