// Follows books that are in the making, a few at a time: a browser has few connections to one server.

import { BookFollower } from "../book_follower.js";

/** @typedef {import("../book_state.js").Book} Book */

/** How many streams at a time: browsers open six connections to a server that speaks HTTP/1.1. */
export const MOST_STREAMS = 3;

/** Follows those that are wanted, in the order in which they came to be. */
export class BookQueue {
  /** @type {Map<string, AbortController | null>} what is wanted; null waits for its turn */
  #wanted = new Map();

  /**
   * @param {import("../client.js").Client} client
   * @param {(runId: string, book: Book) => void} onChange
   * @param {(runId: string, error: unknown) => void} onEnd with what ended it, null if the book has ended
   */
  constructor(client, onChange, onEnd) {
    this.client = client;
    this.onChange = onChange;
    this.onEnd = onEnd;
  }

  /** Follow a book from now on. */
  want(/** @type {string} */ runId) {
    if (this.#wanted.has(runId)) return;
    this.#wanted.set(runId, null);
    this.#begin();
  }

  /** A book is not looked at any more. */
  leave(/** @type {string} */ runId) {
    const control = this.#wanted.get(runId);
    if (!this.#wanted.delete(runId)) return;
    control?.abort();
    this.#begin();
  }

  close() {
    const controls = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const it of controls) it?.abort();
  }

  #begin() {
    for (const [runId, control] of this.#wanted) {
      if (control) continue;
      if ([...this.#wanted.values()].filter(Boolean).length >= MOST_STREAMS) return;
      const begun = new AbortController();
      this.#wanted.set(runId, begun);
      void this.#follow(runId, begun.signal);
    }
  }

  async #follow(/** @type {string} */ runId, /** @type {AbortSignal} */ signal) {
    /** @type {unknown} */
    let ended = null;
    const follower = new BookFollower(this.client, runId, (book) => signal.aborted || this.onChange(runId, book), (error) => (ended = error));
    signal.addEventListener("abort", () => follower.stop());
    await follower.goOn();
    if (signal.aborted) return;
    this.#wanted.delete(runId);
    this.onEnd(runId, ended);
    this.#begin();
  }
}
