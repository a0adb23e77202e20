// The menu of a book: the same on the shelf and in the book itself.

import { icons } from "./icons.js";
import { html, nothing } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./main.js").App} App */

/** A way that is a link, taken at once. @param {unknown} icon @param {string} text @param {string} address @param {() => void} close @param {boolean} [isDownload] */
export const linkWay = (icon, text, address, close, isDownload = false) =>
  html`<li><a class="button" href=${address} ?download=${isDownload} @click=${close}>${icon}${text}</a></li>`;

/** A way that the screen goes. @param {unknown} icon @param {string} text @param {() => void} act @param {string} [kind] */
export const actWay = (icon, text, act, kind = "") => html`<li><button type="button" class=${kind} @click=${act}>${icon}${text}</button></li>`;

/** What can be done with a whole book besides reading it, wherever it is asked for. @param {App} app @param {{runId: string, page: number}} book and the page that is looked at @param {(chosen: "share" | "take" | null) => void} close */
export function waysWith(app, { runId, page }, close) {
  const { say, router } = app;
  const done = () => close(null);
  const signature = app.client.signature;
  return html`${actWay(icons.share, say("shelfShare"), () => close("share"))}
    ${linkWay(icons.pencil, say("shelfChange"), router.address({ screen: "change", runId, page, signature }), done)}
    ${signature ? nothing : linkWay(icons.heart, say("shelfSameHeroes"), `${router.address({ screen: "make" })}?based_on=${runId}&keep=cast`, done)}
    ${linkWay(icons.search, say("bookBehind"), router.address({ screen: "behind", runId, signature }), done)}
    ${actWay(icons.download, say("shelfTake"), () => close("take"))}`;
}

/** @param {App} app @param {string} heading @param {string} note @param {unknown} ways @param {() => void} close */
export function menuTemplate({ say }, heading, note, ways, close) {
  return html`<div class="menu">
    <h2>${heading}</h2>
    ${note ? html`<p>${note}</p>` : nothing}
    <ul>${ways}</ul>
    <div class="actions"><button type="button" class="quiet" @click=${close}>${say("close")}</button></div>
  </div>`;
}
