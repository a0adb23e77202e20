// What has become of a change: it is being made, it is done, it failed, or it was not taken.

import { icons } from "../icons.js";
import { sentenceFor } from "../problems.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { changesOf, isBeingChanged, makingOf, newestOf } from "./change_state.js";
import { comparisonTemplate } from "./comparison.js";
import { timeLeft } from "../shelf/cover.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view */
export function newsTemplate(view) {
  return html`${makingTemplate(view)}${troubleTemplate(view)}${doneTemplate(view)}`;
}

/** @param {View} view */
function makingTemplate({ app: { say }, state, editions, book, cancel, retry }) {
  const newest = newestOf(state);
  const edition = editions.find((it) => it.edition === newest);
  if (isBeingChanged(state)) {
    const [key, values] = makingOf(book);
    const fraction = book?.atWork?.fraction ?? null;
    return html`<section class="news paper" aria-label=${say("changeInMaking")}>
      <h2>${say("changeMakingEdition", { edition: newest })}</h2>
      <ul class="changes">${edition ? changesOf(edition).map(([it, its]) => html`<li>${say(it, its)}</li>`) : nothing}</ul>
      <p>${state.waiting_for ? say("shelfWaiting") : say(key, values)}${book?.etaSeconds == null ? nothing : html` · ${timeLeft(say, book.etaSeconds)}`}</p>
      <progress max="1" .value=${fraction ?? 0} ?hidden=${fraction === null} aria-label=${say(key, values)}></progress>
      <p>${say("changeReadable")}</p>
      <div class="actions"><button type="button" class="quiet" @click=${cancel}>${say("changeStop")}</button></div>
    </section>`;
  }
  if (newest > 1 && (state.status === "FAILED" || state.status === "CANCELLED")) {
    return html`<section class="news paper">
      <h2>${say(state.status === "FAILED" ? "changeFailed" : "changeStopped")}</h2>
      <p>${say("changeKeptAsItWas")}</p>
      <div class="actions"><button type="button" class="second" @click=${retry}>${icons.retry}${say("changeGoOn")}</button></div>
    </section>`;
  }
  return nothing;
}

/** @param {View} view */
function troubleTemplate({ app, trouble, error, editions, again, accept }) {
  const { say } = app;
  if (error) return html`<section class="news paper" role="alert"><p class="fault">${sentenceFor(say, error)}</p></section>`;
  if (!trouble) return nothing;
  /** @param {unknown} text @param {unknown} action */
  const card = (text, action = nothing) => html`<section class="news paper" role="alert">${text}${action === nothing ? nothing : html`<div class="actions">${action}</div>`}</section>`;
  switch (trouble.kind) {
    case "newer": {
      const newer = editions.find((it) => it.edition === trouble.newest);
      return card(
        html`<h2>${say("changeNewer")}</h2><p>${say("changeNewerLong", { edition: trouble.newest })}</p>
          <ul class="changes">${newer ? changesOf(newer).map(([key, values]) => html`<li>${say(key, values)}</li>`) : nothing}</ul>`,
        html`<button type="button" class="primary" @click=${again}>${say("changeOnTop")}</button>`,
      );
    }
    case "forbidden":
      return card(html`<h2>${say("changeForbidden")}</h2><p>${say("changeForbiddenLong", { words: trouble.words })}</p>`, html`<button type="button" class="danger" @click=${accept}>${say("changeAccept")}</button>`);
    case "busy":
      return card(html`<p>${say("changeBusy")}</p>`);
    case "same":
      return card(html`<p>${say("changeSame")}</p>`);
    default:
      return card(html`<ul class="changes">${trouble.told.map(([key, values]) => html`<li class="fault">${say(key, values)}</li>`)}</ul>`);
  }
}

/** @param {View} view */
function doneTemplate({ app, state, runId, page, done, isDoneWhole, isBusy, restore, showDone }) {
  if (!done) return nothing;
  const { say, router } = app;
  return html`<section class="news paper done">
    <h2>${say("changeDone")}</h2>
    <button type="button" class="shut" aria-label=${say("close")} title=${say("close")} @click=${() => showDone("none")}>${icons.close}</button>
    ${comparisonTemplate(app, done, state.language, isDoneWhole ? Infinity : 1)}
    <div class="actions">
      ${isDoneWhole || done.pages.length < 2 ? nothing : html`<button type="button" class="quiet" @click=${() => showDone("whole")}>${say("changeAllDiffer", { count: done.pages.length - 1 })}</button>`}
      <button type="button" class="quiet" ?disabled=${isBusy} @click=${() => restore(done.before)}>${icons.retry}${say("changeUndo")}</button>
      <a class="button primary" href=${router.address({ screen: "book", runId, page: done.pages[0]?.page ?? page })}>${icons.open}${say("changeSeeBook")}</a>
    </div>
  </section>`;
}
