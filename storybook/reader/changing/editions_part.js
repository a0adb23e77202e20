// The editions of a book, newest first: what each changed, how it differs from the one that is
// shown, and the way back to it.

import { icons } from "../icons.js";
import { ref } from "../vendor/lit-html/directives/ref.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { changesOf } from "./change_state.js";
import { comparisonTemplate } from "./comparison.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./change_state.js").Edition} Edition */

/** @param {View} view */
export function editionsPart(view) {
  const { say } = view.app;
  return html`<section class="card paper">
    <h2>${say("changeEditionsHeading")}</h2>
    <p>${say("changeEditionsHint")}</p>
    <ol class="editions" reversed>${view.editions.toReversed().map((it) => editionTemplate(view, it))}</ol>
  </section>`;
}

/** What has just been opened is looked at, once the page is laid out. */
function intoView(/** @type {Element | undefined} */ it) {
  requestAnimationFrame(() => it?.scrollIntoView({ block: "start" }));
}

/** @param {View} view @param {Edition} it */
function editionTemplate(view, it) {
  const { app, state, isBusy, compared, compare, restore } = view;
  const { say, language } = app;
  const at = new Date(it.requested_at).toLocaleString(language, { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" });
  const name = say("changeEdition", { edition: it.edition });
  const isWhole = it.status === "DONE";
  const isOpen = compared?.before === it.edition;
  return html`<li>
    <h3>${name} ${it.is_shown ? html`<span class="shown-now">${say("changeShownNow")}</span>` : nothing}</h3>
    <p class="when">${at}${it.requested_by ? html` · ${it.requested_by}` : nothing}</p>
    <ul class="changes">${changesOf(it).map(([key, values]) => html`<li>${say(key, values)}</li>`)}</ul>
    ${it.note ? html`<p>${it.note}</p>` : nothing}
    ${isWhole || it.is_shown ? nothing : html`<p class="when">${say(it.status === "RUNNING" || it.status === "QUEUED" ? "changeInMaking" : "changeNotMade")}</p>`}
    ${isWhole && !it.is_shown
      ? html`<div class="ways">
          <button type="button" class="quiet" aria-expanded=${isOpen ? "true" : "false"} @click=${() => compare(isOpen ? null : it.edition)}>${say("changeCompare")}<span class="unseen"> ${name}</span></button>
          <button type="button" class="second" ?disabled=${isBusy} @click=${() => restore(it.edition)}>${icons.retry}${say("changeRestore")}<span class="unseen"> ${name}</span></button>
        </div>`
      : nothing}
    ${isOpen ? html`<div class="compared" ${ref(intoView)}>${comparisonTemplate(app, compared, state.language)}</div>` : nothing}
  </li>`;
}
