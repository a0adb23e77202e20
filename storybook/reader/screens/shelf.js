// The library: covers on a shelf, newest first.

import { signIn, signOut, wantsToken, withAccess } from "../access.js";
import { icons } from "../icons.js";
import { forgetErased, keptItems } from "../offline.js";
import { sentenceFor } from "../problems.js";
import { knownSession, forgetSession } from "../session.js";
import { openMenu } from "../shelf/book_menu.js";
import { bookTemplate, ghostTemplate } from "../shelf/cover.js";
import { doorTemplate, gap, searchTemplate, signTemplate } from "../shelf/signs.js";
import { confirm, erase } from "../shelf/erasing.js";
import { BookQueue } from "../shelf/book_queue.js";
import { openSettings } from "../shelf/settings.js";
import { openShare } from "../shelf/share.js";
import { openTakeAlong, openTakeIn } from "../shelf/take_along.js";
import { isMaking, lineOf, unknownShelf, withBook, withNewest, without, withPage } from "../shelf/shelf_state.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").LibraryItem} LibraryItem */
/** @typedef {import("../shelf/shelf_state.js").Shelf} Shelf */

/** How long a person is given to type on before the books are sought, in milliseconds. */
const TYPING_MS = 250;
/** How many books a page of the library has. */
const PAGE = 24;
/** A sign at the head of the shelf. @param {unknown} icon @param {string} text @param {() => void} act */
const tool = (icon, text, act) => html`<button type="button" class="tool" aria-label=${text} title=${text} @click=${act}>${icon}</button>`;
const GHOSTS = Array.from({ length: 6 });

/** @param {HTMLElement} root @param {App} app @param {import("../router.js").Place} place */
export function open(root, app, place) {
  const screen = new ShelfScreen(root, app, place.signature !== "");
  screen.start();
  return () => screen.close();
}

class ShelfScreen {
  #shelf = unknownShelf();
  /** @type {"open" | "closed" | "away"} closed to who has no token; away: the server cannot be reached */
  #door = "open";
  #wasReached = false;
  #isLoading = false;
  /** What can be read while the library cannot be reached. @type {LibraryItem[]} */
  #kept = [];
  #isClosed = false;
  #asked = 0;
  #typing = 0;
  #fault = "";
  /** @type {Map<string, string>} what went wrong with a book */
  #faults = new Map();
  /** @type {Map<string, import("../book_state.js").Book>} those that are followed */
  #followed = new Map();
  #looks = new AbortController();

  /** @param {HTMLElement} root @param {App} app @param {boolean} isByLink whether the page was opened by a link to one book */
  constructor(root, app, isByLink) {
    this.root = root;
    this.app = app;
    this.isByLink = isByLink;
    this.following = new BookQueue(app.client, (runId, book) => this.#changed(runId, book), (runId, error) => this.#ended(runId, error));
    this.seen = new IntersectionObserver((entries) => this.#see(entries));
    this.end = new IntersectionObserver((entries) => entries.some((it) => it.isIntersecting) && void this.#loadMore(), { rootMargin: "800px" });
  }

  start() {
    this.app.setTitle(this.app.say("shelfTitle"));
    const look = () => document.visibilityState === "visible" && void this.#refresh();
    document.addEventListener("visibilitychange", look, { signal: this.#looks.signal });
    addEventListener("online", look, { signal: this.#looks.signal });
    this.#draw();
    void this.#load();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#typing);
    this.#looks.abort();
    this.following.close();
    this.seen.disconnect();
    this.end.disconnect();
  }

  /** The first page of what is sought. */
  async #load() {
    const asked = ++this.#asked;
    await this.#fetch(async () => {
      const query = this.#shelf.query;
      const page = await this.app.client.runs({ q: query, limit: PAGE });
      if (asked !== this.#asked) return; // something else is sought meanwhile
      this.#shelf = withPage(unknownShelf(query), page);
      if (query) this.#tellFound();
    });
  }

  async #loadMore() {
    const { next, query } = this.#shelf;
    if (next === null || this.#isLoading) return;
    const asked = this.#asked;
    await this.#fetch(async () => {
      const page = await this.app.client.runs({ q: query, before: next, limit: PAGE });
      if (asked === this.#asked) this.#shelf = withPage(this.#shelf, page);
    });
    // The observer tells of a change only: where the end is still in sight, it is asked again.
    const button = this.root.querySelector(".load-more");
    if (button && !this.#fault) {
      this.end.unobserve(button);
      this.end.observe(button);
    }
  }

  /** What is newer, and what has become of the first ones, when the page is looked at again. */
  async #refresh() {
    if (!this.#shelf.isKnown || this.#shelf.query || this.#isLoading) return this.#shelf.isKnown ? undefined : this.#load();
    const asked = this.#asked;
    await this.#fetch(async () => {
      const page = await this.app.client.runs({ limit: PAGE });
      if (asked === this.#asked) this.#shelf = withNewest(this.#shelf, page);
    });
  }

  async #fetch(/** @type {() => Promise<void>} */ call) {
    const asked = this.#asked;
    this.#isLoading = true;
    try {
      await call();
      if (!this.#wasReached) void forgetErased(this.app.client);
      this.#wasReached = true;
      this.#door = "open";
      this.#fault = "";
    } catch (error) {
      if (asked !== this.#asked) return; // something else is sought meanwhile
      if (wantsToken(error)) {
        this.#door = "closed";
        if (error.status === 401) forgetSession();
      } else {
        this.#door = this.#shelf.isKnown ? "open" : "away";
        this.#fault = sentenceFor(this.app.say, error);
        if (this.#door === "away") this.#kept = await keptItems(this.app.client).catch(() => []);
      }
    }
    this.#isLoading = false;
    this.#draw();
  }

  #tellFound() {
    const count = this.#shelf.items.length;
    this.app.announce(this.app.say(count ? "shelfFound" : "shelfFoundNone", { count }));
  }

  #search(/** @type {string} */ query) {
    clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => {
      this.#shelf = { ...this.#shelf, query: query.trim() };
      void this.#load();
    }, TYPING_MS);
  }

  /** Books in the making are followed while they are in sight. */
  #see(/** @type {IntersectionObserverEntry[]} */ entries) {
    for (const { target, isIntersecting } of entries) {
      const { run, status } = /** @type {HTMLElement} */ (target).dataset;
      if (!run) continue;
      if (isIntersecting && status && isMaking({ status })) this.following.want(run);
      else this.following.leave(run);
    }
  }

  #changed(/** @type {string} */ runId, /** @type {import("../book_state.js").Book} */ book) {
    const before = this.#shelf.items.find((it) => it.run_id === runId);
    this.#followed.set(runId, book);
    this.#shelf = withBook(this.#shelf, runId, lineOf(book));
    const after = this.#shelf.items.find((it) => it.run_id === runId);
    if (before && after && before.status !== after.status) {
      const { say, announce } = this.app;
      if (after.status === "DONE") announce(say("shelfReady", { title: after.title }));
      if (after.status === "FAILED") announce(say("shelfFailedTitle", { title: after.title || say("shelfUntitled") }));
    }
    this.#draw();
  }

  #ended(/** @type {string} */ runId, /** @type {unknown} */ error) {
    this.#followed.delete(runId);
    if (wantsToken(error)) this.#door = "closed";
    else if (error) this.#faults.set(runId, sentenceFor(this.app.say, error));
    this.#draw();
  }

  async #menu(/** @type {LibraryItem} */ item) {
    const chosen = await openMenu(this.app, item);
    const title = item.title || this.app.say("shelfUntitled");
    if (chosen === "share") await openShare(this.app, { runId: item.run_id, title });
    if (chosen === "take") await openTakeAlong(this.app, item.run_id, title);
    if (chosen === "retry") await this.#retry(item);
    if (chosen === "cancel") await this.#cancel(item, title);
    if (chosen === "erase") await this.#erase(item, title);
  }

  async #retry(/** @type {LibraryItem} */ item) {
    await this.#try(item, async () => {
      await withAccess(this.app, () => this.app.client.retry(item.run_id));
      this.#shelf = withBook(this.#shelf, item.run_id, { status: "RUNNING" });
      this.app.announce(this.app.say("shelfGoesOn", { title: item.title }));
    });
  }

  /** @param {LibraryItem} item @param {string} title */
  async #cancel(item, title) {
    const { say } = this.app;
    if (!(await confirm(this.app, say("shelfCancel"), say("shelfCancelAsk", { title }), say("shelfCancelYes")))) return;
    await this.#try(item, async () => {
      await withAccess(this.app, () => this.app.client.cancel(item.run_id));
      this.#shelf = withBook(this.#shelf, item.run_id, { status: "CANCELLED" });
    });
  }

  /** @param {LibraryItem} item @param {string} title */
  async #erase(item, title) {
    await this.#try(item, async () => {
      if (!(await erase(this.app, item.run_id, title))) return;
      this.following.leave(item.run_id);
      this.#shelf = without(this.#shelf, item.run_id);
      this.app.announce(this.app.say("shelfErased", { title }));
      this.root.querySelector("h1")?.focus();
    });
  }

  /** Does something with a book; what goes wrong stands below it. @param {LibraryItem} item @param {() => Promise<void>} call */
  async #try(item, call) {
    this.#faults.delete(item.run_id);
    try {
      await call();
    } catch (error) {
      this.#faults.set(item.run_id, sentenceFor(this.app.say, error));
    }
    this.#draw();
  }

  async #signIn() {
    if (await signIn(this.app)) await this.#load();
  }

  async #signOut() {
    try {
      await signOut(this.app);
      this.following.close();
      this.#shelf = unknownShelf();
      await this.#load();
    } catch (error) {
      this.#fault = sentenceFor(this.app.say, error);
      this.#draw();
    }
  }

  #draw() {
    if (this.#isClosed) return;
    render(this.#template(), this.root);
    for (const it of this.root.querySelectorAll("li[data-run]")) {
      // Looked at anew when its status has changed: it may have to be followed now.
      const book = /** @type {HTMLElement} */ (it);
      if (book.dataset.seen === book.dataset.status) continue;
      book.dataset.seen = book.dataset.status;
      this.seen.unobserve(book);
      this.seen.observe(book);
    }
    const button = this.root.querySelector(".load-more");
    if (button) this.end.observe(button);
  }

  #template() {
    const { say, router } = this.app;
    const isOpen = this.#door === "open";
    const { isKnown, items, query } = this.#shelf;
    const isInviting = isKnown && items.length === 0 && !query; // the sign itself leads to the making, and there is nothing to seek
    const make = html`<a class="button primary make-book" href=${router.address({ screen: "make" })}>${icons.plus}${say("shelfMake")}</a>`;
    return html`
      <header class="head">
        <h1 tabindex="-1">${say("shelfTitle")}</h1>
        ${isOpen && !isInviting ? searchTemplate(say, (query) => this.#search(query)) : html`<span class="seek"></span>`}
        <div class="tools">
          ${knownSession() ? tool(icons.leave, say("shelfSignOut"), () => void this.#signOut()) : nothing}
          ${isOpen ? tool(icons.takeIn, say("shelfTakeIn"), () => void openTakeIn(this.app)) : nothing}
          ${tool(icons.settings, say("shelfSettings"), () => void openSettings(this.app))}
        </div>
        ${isOpen && !isInviting ? make : nothing}
      </header>
      <main aria-busy=${this.#isLoading ? "true" : "false"}>${isOpen ? this.#booksTemplate() : this.#doorTemplate()}</main>`;
  }

  #doorTemplate() {
    const { say } = this.app;
    const isAway = this.#door === "away";
    const door = doorTemplate(say, isAway, this.isByLink, this.#fault, () => void (isAway ? this.#load() : this.#signIn()));
    if (!isAway || this.#kept.length === 0) return door;
    return html`<section class="kept"><p class="fault" role="alert">${this.#fault}</p><p>${say("shelfKeptLong")}</p>
        <button type="button" class="quiet" @click=${() => void this.#load()}>${icons.retry}${say("tryAgain")}</button></section>
      <ul class="books">${repeat(this.#kept, (it) => it.run_id, (it, index) => bookTemplate(this.app, it, index, undefined, "", this.#acts))}</ul>`;
  }

  /** @type {import("../shelf/cover.js").Acts} */
  #acts = { menu: (item) => void this.#menu(item), retry: (item) => void this.#retry(item) };

  #booksTemplate() {
    const { say, router } = this.app;
    const { isKnown, next, query } = this.#shelf;
    if (!isKnown) return html`<ul class="books">${GHOSTS.map(ghostTemplate)}</ul>`;
    const { items } = this.#shelf;
    if (items.length === 0 && next === null) {
      return query
        ? signTemplate(say("shelfFoundNone"), say("shelfFoundNoneLong", { query }), nothing, gap)
        : signTemplate(say("shelfEmpty"), say("shelfEmptyLong"), html`<a class="button primary" href=${router.address({ screen: "make" })}>${icons.plus}${say("shelfMakeFirst")}</a>`);
    }
    return html`
      <ul class="books">${repeat(items, (it) => it.run_id, (it, index) => bookTemplate(this.app, it, index, this.#followed.get(it.run_id), this.#faults.get(it.run_id) ?? "", this.#acts))}</ul>
      <p class="fault" role="alert">${this.#fault}</p>
      ${next === null ? nothing : html`<button type="button" class="quiet load-more" @click=${() => void this.#loadMore()}>${say("shelfLoadMore")}</button>`}`;
  }
}
