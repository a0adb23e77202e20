// Follows a book while it is made: its stream, and the state that each change tells of.

import { hasEnded, needsState, unknownBook, withConnection, withMessage, withState } from "./book_state.js";
import { ApiError, Unreachable } from "./client.js";

/** @typedef {import("./book_state.js").Book} Book */
/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./api_types.js").RunState} RunState */

/** Between two tries at a state that could not be fetched, in milliseconds. */
const AGAIN_MS = 1500;

export class BookFollower {
  #stop = new AbortController();
  /** @type {Promise<void> | null} the state that is being fetched */
  #fetching = null;

  /**
   * @param {Client} client
   * @param {string} runId
   * @param {(book: Book) => void} onBook
   * @param {(error: unknown) => void} onRefused the server will answer no more: the book is gone, or not for this reader
   */
  constructor(client, runId, onBook, onRefused) {
    this.client = client;
    this.runId = runId;
    this.onBook = onBook;
    this.onRefused = onRefused;
    this.book = unknownBook();
  }

  /**
   * Begins with a state that was fetched, or goes on with one that is newer than what is known; follows what has not ended.
   * @param {RunState} state as it is now
   * @param {number} position that it is known to be of, -1 if that was not told
   */
  begin(state, position = this.book.contentPosition) {
    const told = { ...this.book, waitingFor: state.waiting_for };
    this.#put(withState(told, state, Math.max(position, this.book.contentPosition)));
    if (!hasEnded(state)) void this.goOn();
  }

  /** Follows from what is known: the beginning, or what was begun again (a retry, a change). Until the book has ended. */
  async goOn() {
    this.stop();
    const stop = (this.#stop = new AbortController());
    const after = this.book.position >= 0 ? this.book.position : undefined;
    const onConnection = (/** @type {boolean} */ isThere) => {
      if (isThere && !this.book.isConnected) void this.#lookAgain(stop.signal);
      this.#put(withConnection(this.book, isThere));
    };
    try {
      for await (const message of this.client.follow(this.runId, { after, signal: stop.signal, onConnection })) {
        this.#put(withMessage(this.book, message));
        if (needsState(this.book)) this.#fetch();
      }
      await this.#fetching;
    } catch (error) {
      if (!stop.signal.aborted) this.onRefused(error);
    }
  }

  stop() {
    this.#stop.abort();
  }

  /** The server could not be reached. */
  away() {
    this.#put(withConnection(this.book, false));
  }

  /** One at a time, until what is known is as new as the newest change. */
  #fetch() {
    this.#fetching ??= this.#fetchNewest().finally(() => (this.#fetching = null));
  }

  async #fetchNewest() {
    while (needsState(this.book) && !this.#stop.signal.aborted) {
      const at = this.book.position;
      try {
        const state = await this.client.run(this.runId, { at });
        if (!this.#stop.signal.aborted && at <= this.book.position) this.#put(withConnection(withState(this.book, state, at), true));
      } catch (error) {
        if (error instanceof ApiError && error.status === 400) break; // the log was set back: the stream says so
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
          this.stop();
          return this.onRefused(error);
        }
        if (error instanceof Unreachable && !this.#stop.signal.aborted) this.#put(withConnection(this.book, false));
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }

  /** Whether an engine is awaited is told when it changes: not to who was away then. */
  async #lookAgain(/** @type {AbortSignal} */ signal) {
    try {
      const { waiting_for } = await this.client.run(this.runId);
      if (!signal.aborted) this.#put(withMessage(this.book, { event: "progress", id: null, data: { waiting_for } }));
    } catch {
      // The stream tells what is wrong.
    }
  }

  #put(/** @type {Book} */ book) {
    if (book === this.book) return;
    this.book = book;
    this.onBook(book);
  }
}
