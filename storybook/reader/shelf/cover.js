// A book as it stands on the shelf: its cover, and below the board what there is to say of it.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { isMaking, progressOf } from "./shelf_state.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").LibraryItem} LibraryItem */
/** @typedef {import("../book_state.js").Book} Book */
/** @typedef {{menu: (item: LibraryItem) => void, retry: (item: LibraryItem) => void}} Acts */

/** How many covers are loaded at once: those that the first screen shows; the others as they come near. */
const FIRST_SCREEN = 6;

/** @param {App} app @param {LibraryItem} item @param {number} index @param {Book | undefined} book @param {string} fault @param {Acts} acts */
export function bookTemplate(app, item, index, book, fault, acts) {
  const { say } = app;
  const title = item.title || say("shelfUntitled");
  const address = app.router.address({ screen: "book", runId: item.run_id, signature: app.client.signature });
  return html`<li class="book" data-run=${item.run_id} data-status=${item.status}>
    <a class="cover cloth-${clothOf(item.run_id)}" href=${address}>
      <span class="picture">${pictureTemplate(item, index)}</span>
      <span class="title" lang=${titleLanguage(item.title) ?? nothing}><span>${title}</span></span>
    </a>
    <div class="label">
      <div class="told">${toldTemplate(app, item, book)}${fault ? html`<p class="fault" role="alert">${fault}</p>` : nothing}</div>
      <button type="button" class="more" aria-label=${say("shelfMore", { title })} @click=${() => acts.menu(item)}>${icons.more}</button>
    </div>
    ${isStopped(item) ? html`<button type="button" class="second again" @click=${() => acts.retry(item)}>${icons.retry}${say(item.status === "FAILED" ? "shelfRetry" : "shelfGoOn")}<span class="unseen"> ${title}</span></button>` : nothing}
  </li>`;
}

/** @param {LibraryItem} item @param {number} index */
function pictureTemplate(item, index) {
  if (!item.cover_url) return html`<span class="blank">${icons.brush}</span>`;
  return html`<img src=${item.cover_url} alt="" width="1024" height="1024" loading=${index < FIRST_SCREEN ? "eager" : "lazy"} decoding="async" @error=${hide}>`;
}

/** A picture that retention has removed leaves bare paper, and no broken sign. */
function hide(/** @type {Event} */ event) {
  /** @type {HTMLElement} */ (event.target).hidden = true;
}

/** The cloth that a book is bound in: always the same one. */
function clothOf(/** @type {string} */ runId) {
  return parseInt(runId.slice(0, 6), 16) % 5;
}

/** The language of a title, as its letters tell: the library does not say it. */
function titleLanguage(/** @type {string} */ title) {
  if (/[\uac00-\ud7a3]/.test(title)) return "ko";
  return /^[\x20-\x7e\u2010-\u201f]+$/.test(title) ? "en" : null;
}

function isStopped(/** @type {LibraryItem} */ item) {
  return item.status === "FAILED" || item.status === "CANCELLED";
}

/** @param {App} app @param {LibraryItem} item @param {Book | undefined} book */
function toldTemplate(app, item, book) {
  const { say, language } = app;
  if (isMaking(item)) return progressTemplate(app, item, book);
  if (item.status === "FAILED") return html`<p class="state failed">${say("shelfFailed")}</p>`;
  if (item.status === "CANCELLED") return html`<p class="state">${say("shelfCancelled")}</p>`;
  if (!item.created_at) return html`<p class="state">${say("shelfKept")}</p>`;
  return html`<p class="state"><time datetime=${item.created_at}>${new Date(item.created_at).toLocaleDateString(language, { month: "long", day: "numeric" })}</time></p>`;
}

/** @param {App} app @param {LibraryItem} item @param {Book | undefined} book */
function progressTemplate({ say }, item, book) {
  const { step, painted, of, fraction, seconds, waitsFor } = progressOf(item, book);
  const words = {
    queue: () => say("shelfQueued"),
    words: () => say("shelfWriting"),
    picture: () => (of ? say("shelfPainting", { painted, of }) : say("shelfPaintingSome")),
    voice: () => say("shelfReading"),
    change: () => say("shelfChanging"),
  };
  const told = waitsFor ? say("shelfWaiting") : words[step]();
  return html`<p class="state">${told}${seconds === null ? nothing : html` <span class="left">${timeLeft(say, seconds)}</span>`}</p>
    <progress max="1" .value=${fraction ?? 0} ?hidden=${fraction === null} aria-label=${told}></progress>`;
}

/** @param {import("../texts.js").Say} say @param {number} seconds */
export function timeLeft(say, seconds) {
  if (seconds < 20) return say("shelfSoon");
  return seconds < 90 ? say("shelfSeconds", { seconds: Math.round(seconds / 10) * 10 }) : say("shelfMinutes", { minutes: Math.round(seconds / 60) });
}

/** Covers that are still on their way: the shelf has its shape at once. */
export function ghostTemplate() {
  return html`<li class="book ghost" aria-hidden="true"><span class="cover"><span class="picture"></span><span class="title"></span></span><div class="label"></div></li>`;
}
