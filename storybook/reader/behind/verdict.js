// What the digest chain says of the book's events, and what no chain can say.

import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").ChainVerdict} ChainVerdict */

/** @param {App} app @param {ChainVerdict | null} verdict null as long as it is not there @param {string} fault why it cannot be had */
export function verdictView({ say }, verdict, fault) {
  return html`<section class="verdict" aria-labelledby="behind-verdict">
    <h2 id="behind-verdict">${say("behindVerdict")}</h2>
    ${fault ? html`<p class="fault">${fault}</p>` : verdict ? told(say, verdict) : html`<p>${say("behindJudging")}</p>`}
    <p class="small">${say("behindCannotShow")}</p>
    ${verdict ? noteView(say, verdict) : nothing}
  </section>`;
}

/** @param {App["say"]} say @param {ChainVerdict} it */
function told(say, it) {
  const { events, of, checked, first, last } = it;
  return html`<p class="judged ${it.whole ? "whole" : "damaged"}">${it.whole ? say("behindWhole") : say("behindDamaged")}</p>
    ${it.faults.length ? html`<ul class="faults">${it.faults.map((each) => html`<li class="fault">${say("behindFault", each)}</li>`)}</ul>` : nothing}
    <p>${say("behindLookedAt", { events, of, checked, first, last })}</p>
    ${last < it.log_end ? html`<p>${say("behindNotToEnd", { end: it.log_end, last })}</p>` : nothing}`;
}

/** @param {App["say"]} say @param {ChainVerdict} it */
function noteView(say, { head }) {
  return html`<dl class="note">
    <div><dt>${say("behindHead")}</dt><dd><code>${head}</code></dd></div>
    <div><dt>${say("behindCompare")}</dt><dd><code>storybook verify --anchor ${head}</code></dd></div>
  </dl>`;
}
