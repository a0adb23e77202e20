// One page: its words and its picture, and what can be made of them.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { textChange } from "./change_state.js";
import { pageName } from "./comparison.js";

/** @typedef {import("./view.js").View} View */

/** The server's limits: of a text, and of a title or a wish, in characters. */
const [MOST_TEXT, MOST_WISH] = [1000, 200];

/** @param {View} view */
export function pagePart(view) {
  const { app, state, page } = view;
  const { say } = app;
  const shown = state.pages[page];
  return html`<div class="of-page">
    <div class="looked-at">
      ${shown.image_url ? html`<img src=${shown.image_url} alt=${say("changePictureOf", { page: pageName(say, page) })} width="1024" height="1024">` : html`<span class="none"></span>`}
      ${stripTemplate(view)}
    </div>
    <div class="cards">${wordsCard(view)}${view.can.rewrite && page > 0 ? wishCard(view) : nothing}${pictureCard(view)}</div>
  </div>`;
}

/** @param {View} view */
function stripTemplate({ app: { say }, state, page, turnTo }) {
  return html`<ul class="strip" aria-label=${say("changePages")}>
    ${state.pages.map(
      (it) => html`<li><button type="button" aria-label=${pageName(say, it.page)} aria-current=${it.page === page ? "true" : nothing} @click=${() => turnTo(it.page)}>
        ${it.image_url ? html`<img src=${it.image_url} alt="" width="1024" height="1024">` : it.page}
      </button></li>`,
    )}
  </ul>`;
}

/** @param {View} view */
function wordsCard({ app: { say }, state, page, isBusy, drafts, ask, draw }) {
  const shown = state.pages[page];
  const before = page === 0 ? shown.title : shown.summary;
  const text = drafts.get(page) ?? before;
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    ask(textChange(page, text.trim()));
  };
  const type = (/** @type {any} */ it) => {
    drafts.set(page, it.target.value);
    draw();
  };
  return html`<form class="card paper" @submit=${send}>
    <h2><label for="change-text">${say(page === 0 ? "changeTitleHeading" : "changeTextHeading")}</label></h2>
    <p id="change-text-hint">${say(page === 0 ? "changeTitleHint" : "changeTextHint")}</p>
    <textarea id="change-text" lang=${state.language} rows=${page === 0 ? 2 : 6} maxlength=${MOST_TEXT} aria-describedby="change-text-hint" .value=${text} @input=${type}></textarea>
    <div class="actions">
      ${text === before ? nothing : html`<button type="button" class="quiet" @click=${() => (drafts.delete(page), draw())}>${say("changeTextBack")}</button>`}
      <button class="primary" ?disabled=${isBusy || !text.trim() || text.trim() === before}>${icons.pencil}${say("changeTextDo")}</button>
    </div>
  </form>`;
}

/** @param {View} view */
function wishCard({ app: { say }, page, isBusy, wishes, ask, draw }) {
  const wish = wishes.get(page) ?? "";
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    ask({ pages: [{ page, rewrite: wish.trim() }] });
  };
  const type = (/** @type {any} */ it) => {
    wishes.set(page, it.target.value);
    draw();
  };
  return html`<form class="card paper" @submit=${send}>
    <h2><label for="change-wish">${say("changeWishHeading")}</label></h2>
    <p id="change-wish-hint">${say("changeWishHint")}</p>
    <input id="change-wish" type="text" maxlength=${MOST_WISH} aria-describedby="change-wish-hint" placeholder=${say("changeWishExample")} .value=${wish} @input=${type}>
    <div class="actions"><button class="primary" ?disabled=${isBusy || !wish.trim()}>${icons.retry}${say("changeWishDo")}</button></div>
  </form>`;
}

/** @param {View} view */
function pictureCard({ app: { say }, page, isBusy, ask }) {
  return html`<section class="card paper">
    <h2>${say("changePictureHeading")}</h2>
    <p>${say("changePictureHint")}</p>
    <div class="actions"><button type="button" class="primary" ?disabled=${isBusy} @click=${() => ask({ pages: [{ page, repaint: true }] })}>${icons.brush}${say("changePictureDo")}</button></div>
  </section>`;
}
