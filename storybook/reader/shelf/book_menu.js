// What can be done with a book of the shelf.

import { ask } from "../dialogs.js";
import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { addressOfDownload, documentOf, downloadsIn, nameOf } from "./downloads.js";
import { isMaking } from "./shelf_state.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").LibraryItem} LibraryItem */
/** @typedef {"share" | "cancel" | "retry" | "erase"} Chosen */

/** @param {App} app @param {LibraryItem} item @returns {Promise<Chosen | null>} what the screen is to do; links are followed at once */
export function openMenu(app, item) {
  const { say, router } = app;
  const title = item.title || say("shelfUntitled");
  const [isDone, making] = [item.status === "DONE", isMaking(item)];
  /** @type {import("./downloads.js").Download[]} */
  let downloads = [];
  return ask(title, (/** @type {(it: Chosen | null) => void} */ close, redraw) => {
    if (isDone && downloads.length === 0) {
      void documentOf(app).then((document) => {
        const found = downloadsIn(document);
        if (found.length > downloads.length) {
          downloads = found;
          redraw();
        }
      });
    }
    /** @param {unknown} icon @param {string} text @param {string} address */
    const link = (icon, text, address) => html`<li><a class="button" href=${address} @click=${() => close(null)}>${icon}${text}</a></li>`;
    /** @param {unknown} icon @param {string} text @param {Chosen} chosen */
    const act = (icon, text, chosen) => html`<li><button type="button" class=${chosen === "erase" ? "erase" : ""} @click=${() => close(chosen)}>${icon}${text}</button></li>`;
    const runId = item.run_id;
    return html`<div class="shelf-menu">
      <h2>${title}</h2>
      ${item.status === "FAILED" ? html`<p>${say("shelfFailedLong")}</p>` : nothing}
      <ul>
        ${link(icons.open, say(isDone ? "shelfRead" : "shelfLook"), router.address({ screen: "book", runId }))}
        ${item.status === "FAILED" || item.status === "CANCELLED" ? act(icons.retry, say(item.status === "FAILED" ? "shelfRetry" : "shelfGoOn"), "retry") : nothing}
        ${act(icons.share, say("shelfShare"), "share")}
        ${isDone ? link(icons.pencil, say("shelfChange"), router.address({ screen: "change", runId })) : nothing}
        ${isDone ? link(icons.heart, say("shelfSameHeroes"), `${router.address({ screen: "make" })}?based_on=${runId}&keep=cast`) : nothing}
        ${downloads.map((it) => html`<li><a class="button" href=${addressOfDownload(app, it, runId)} download @click=${() => close(null)}>${icons.download}${say("shelfDownload", { format: nameOf(say, it.format) })}</a></li>`)}
        ${making ? act(icons.close, say("shelfCancel"), "cancel") : nothing}
        ${act(icons.trash, say("shelfErase"), "erase")}
      </ul>
      <div class="actions"><button type="button" class="quiet" @click=${() => close(null)}>${say("close")}</button></div>
    </div>`;
  });
}
