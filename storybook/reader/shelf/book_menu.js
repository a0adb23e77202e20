// What can be done with a book of the shelf.

import { ask } from "../dialogs.js";
import { icons } from "../icons.js";
import { actWay, linkWay, menuTemplate, waysWith } from "../menu.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { isMaking } from "./shelf_state.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").LibraryItem} LibraryItem */
/** @typedef {"share" | "take" | "cancel" | "retry" | "erase"} Chosen */

/** @param {App} app @param {LibraryItem} item @returns {Promise<Chosen | null>} what the screen is to do; links are followed at once */
export function openMenu(app, item) {
  const { say, router } = app;
  const { status, run_id: runId } = item;
  const title = item.title || say("shelfUntitled");
  const [isDone, isStopped] = [status === "DONE", status === "FAILED" || status === "CANCELLED"];
  return ask(title, (/** @type {(it: Chosen | null) => void} */ close) => {
    const act = (/** @type {unknown} */ icon, /** @type {string} */ text, /** @type {Chosen} */ chosen) => actWay(icon, text, () => close(chosen), chosen);
    const ways = html`
      ${linkWay(icons.open, say(isDone ? "shelfRead" : "shelfLook"), router.address({ screen: "book", runId }), () => close(null))}
      ${isStopped ? act(icons.retry, say(status === "FAILED" ? "shelfRetry" : "shelfGoOn"), "retry") : nothing}
      ${isDone ? waysWith(app, { runId, page: 0 }, close) : act(icons.share, say("shelfShare"), "share")}
      ${isMaking(item) ? act(icons.close, say("shelfCancel"), "cancel") : nothing}
      ${act(icons.trash, say("shelfErase"), "erase")}`;
    return menuTemplate(app, title, status === "FAILED" ? say("shelfFailedLong") : "", ways, () => close(null));
  });
}
