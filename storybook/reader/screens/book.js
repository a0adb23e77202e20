// A book: it opens at once, fills itself while it is made, and is read.

import { withAccess } from "../access.js";
import { ApiError } from "../client.js";
import { BookFollower } from "../book_follower.js";
import { hasEnded, isWhole, needsState, shownEdition } from "../book_state.js";
import { forgetKept, keepBook } from "../offline.js";
import { sentenceFor } from "../problems.js";
import { BookView } from "../reading/book_view.js";
import { tellWhy } from "../reading/choices.js";
import { rememberPosition, seenPosition } from "../reading/seen.js";
import { lostTemplate } from "../shelf/signs.js";
import { render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../router.js").Place} Place */

/** A book that is read is looked at again, where a page is turned, when that is so long ago, in milliseconds. */
const LOOK_MS = 20_000;
/** Between two tries to open a book, in milliseconds. */
const AGAIN_MS = 2500;

/** @param {HTMLElement} root @param {App} app @param {Place} place */
export function open(root, app, place) {
  const { client, say } = app;
  const { runId } = place;
  const stop = new AbortController();
  app.setTitle(say("bookOpening"));
  const view = new BookView(root, app, place, { onRetry: () => void retry(), onMore: (way, page) => void more(way, page), onTurn: () => void look(LOOK_MS) });
  const following = new BookFollower(client, runId, show, (error) => (isSignedOut(error) ? void begin() : refuse(error)));
  let kept = "";
  let lookedAt = 0;

  /** @param {import("../book_state.js").Book} book */
  function show(book) {
    view.show(book);
    keep(book);
    if (book.state && !needsState(book)) rememberPosition(runId, book.contentPosition);
  }

  /** What can be read whole can be read without a network from then on. @param {import("../book_state.js").Book} book */
  function keep(book) {
    const { state } = book;
    if (!state || !isWhole(state) || !hasEnded(state) || needsState(book)) return;
    const files = JSON.stringify(state.pages);
    if (files === kept) return;
    kept = files;
    const edition = shownEdition(state);
    const spans = state.pages.map((it) => `${client.base}/api/runs/${runId}/spans/${it.page}${edition ? `?edition=${edition}` : ""}`);
    void keepBook(client.base, runId, state, spans).catch(() => {}); // the browser's room is used up: nothing is lost
  }

  /** Until the server answers: it may be starting, or far away for a moment. */
  async function begin() {
    while (!stop.signal.aborted) {
      try {
        const state = await withAccess(app, () => client.run(runId));
        const [known, position] = await asSeen(state);
        lookedAt = performance.now();
        if (!stop.signal.aborted) following.begin(known, position);
        return;
      } catch (error) {
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) return refuse(error);
        following.away();
        app.announce(sentenceFor(say, error));
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }

  /**
   * A book that is made, as this tab has shown it already: what the server tells first may be a little older.
   * @param {import("../api_types.js").RunState} state @returns {Promise<[import("../api_types.js").RunState, number]>} and its position
   */
  async function asSeen(state) {
    const seen = seenPosition(runId);
    if (seen < 0 || hasEnded(state)) return [state, -1];
    try {
      const { pages, status, stage, ready_max_page, ready_max_audio_page } = await client.run(runId, { at: seen });
      return hasEnded({ status }) ? [state, -1] : [{ ...state, pages, status, stage, ready_max_page, ready_max_audio_page }, seen];
    } catch {
      return [state, -1]; // the log was set back, or the server is away again
    }
  }

  /** Whether the book was changed elsewhere, since it was looked at so long ago. */
  async function look(/** @type {number} */ after) {
    const { state } = following.book;
    if (!state || !hasEnded(state) || performance.now() - lookedAt < after) return;
    lookedAt = performance.now();
    try {
      const now = await client.run(runId);
      if (!stop.signal.aborted) following.begin(now);
    } catch (error) {
      if (error instanceof ApiError && [404, 410].includes(error.status)) refuse(error);
    }
  }

  /** There is nothing to be read here. @param {unknown} error */
  function refuse(error) {
    if (stop.signal.aborted) return;
    close();
    if (error instanceof ApiError && [404, 410].includes(error.status)) void forgetKept(client.base, runId);
    const told = sentenceFor(say, error);
    app.setTitle(told);
    render(lostTemplate(app, told, error instanceof ApiError && error.status === 404 ? say("lostWhy") : ""), root);
  }

  async function retry() {
    try {
      await withAccess(app, () => client.retry(runId));
    } catch (error) {
      // It may go on already: somebody else has asked for it.
      if (!(error instanceof ApiError && error.status === 409)) return void tellWhy(app, sentenceFor(say, error), "");
    }
    void following.goOn();
  }

  /** What else there is to do; each is loaded when it is wanted. @param {import("../reading/choices.js").More} way @param {number} page */
  async function more(way, page) {
    if (way === "print") return print();
    const title = following.book.state?.pages[0]?.title ?? "";
    if (way === "take") {
      const { openTakeAlong } = await import("../shelf/take_along.js");
      return openTakeAlong(app, runId, title);
    }
    const { openShare } = await import("../shelf/share.js");
    await openShare(app, { runId, title, page });
  }

  function close() {
    stop.abort();
    following.stop();
    view.close();
  }

  const lookNow = () => document.visibilityState === "visible" && void look(0);
  document.addEventListener("visibilitychange", lookNow, { signal: stop.signal });
  addEventListener("online", lookNow, { signal: stop.signal });
  void begin();
  return close;
}

/** @param {unknown} error */
const isSignedOut = (error) => error instanceof ApiError && error.status === 401;
