// Two editions side by side: pictures as pairs, texts word by word.

import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{kind: "same" | "removed" | "added", text: string}} Words */
/** @typedef {{before: string, after: string}} Pair */
/** @typedef {{page: number, text: Words[] | null, image_prompt: Words[] | null, picture: Pair | null, audio: Pair | null}} PageDifference */
/** @typedef {{before: number, after: number, pages: PageDifference[], tts_config: any, style: any}} Comparison */

/** @param {App} app @param {Comparison} comparison @param {string} language of the book @param {number} most pages that are shown */
export function comparisonTemplate(app, comparison, language, most = Infinity) {
  const { say } = app;
  if (comparison.pages.length === 0) return html`<p>${say("changeNothingDiffers")}</p>`;
  return html`<ol class="differences">${comparison.pages.slice(0, most).map((it) => pageTemplate(app, it, comparison, language))}</ol>`;
}

/** @param {App} app @param {PageDifference} it @param {Comparison} comparison @param {string} language */
function pageTemplate({ say }, it, { before, after }, language) {
  const names = { before: say("changeEdition", { edition: before }), after: say("changeEdition", { edition: after }) };
  return html`<li>
    <h4>${pageName(say, it.page)}</h4>
    ${it.picture ? html`<div class="pair">${pictureTemplate(say, it.page, it.picture.before, names.before)}${pictureTemplate(say, it.page, it.picture.after, names.after)}</div>` : nothing}
    ${it.text ? html`<p class="words" lang=${language}>${it.text.map(wordsTemplate)}</p>` : nothing}
    ${it.audio ? html`<div class="pair">${soundTemplate(say, it.audio.before, names.before)}${soundTemplate(say, it.audio.after, names.after)}</div>` : nothing}
  </li>`;
}

/** @param {import("../texts.js").Say} say @param {number} page @param {string} address @param {string} name */
function pictureTemplate(say, page, address, name) {
  return html`<figure><figcaption>${name}</figcaption>${address ? html`<img src=${address} alt=${`${pageName(say, page)}, ${name}`} width="1024" height="1024" loading="lazy">` : html`<span class="none"></span>`}</figure>`;
}

/** @param {import("../texts.js").Say} say @param {string} address @param {string} name */
function soundTemplate(say, address, name) {
  if (!address) return html`<p>${say("changeNoSound", { edition: name })}</p>`;
  return html`<figure><figcaption>${name}</figcaption><audio controls preload="metadata" src=${address} aria-label=${say("changeSoundOf", { edition: name })}></audio></figure>`;
}

function wordsTemplate(/** @type {Words} */ { kind, text }) {
  if (kind === "removed") return html`<del>${text}</del>`;
  return kind === "added" ? html`<ins>${text}</ins>` : text;
}

/** @param {import("../texts.js").Say} say @param {number} page */
export function pageName(say, page) {
  return page === 0 ? say("changeCover") : say("changePage", { page });
}
