// A book's address for somebody else: the plain one where whoever reaches the server may read, a
// signed one where it has tokens.

import { withAccess } from "../access.js";
import { ask } from "../dialogs.js";
import { icons } from "../icons.js";
import { passGate } from "../parents_gate.js";
import { sentenceFor } from "../problems.js";
import { knownSession } from "../session.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {{runId: string, title: string, page?: number}} SharedBook */
/** @typedef {{address: string, until: string, qr: string}} Link `until` and `qr` are empty where it is not signed */

/** For how long a link holds, in seconds. */
const DURATIONS = /** @type {const} */ ([[86_400, "shelfDay"], [7 * 86_400, "shelfWeek"], [30 * 86_400, "shelfMonth"], [365 * 86_400, "shelfYear"]]);
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The signature in a link that the API gave: the reader's own address takes it as well. */
export function signatureOf(/** @type {string} */ url) {
  return new URL(url, "http://localhost").searchParams.get("sig") ?? "";
}

/** Shows a book's address, to be sent or copied. @param {App} app @param {SharedBook} book */
export async function openShare(app, book) {
  const { say } = app;
  const needsLink = knownSession() !== null && !app.client.signature;
  if (needsLink && !(await passGate(app, say("shelfShareGate")))) return;
  /** @type {Link | null} */
  let link = needsLink ? null : { address: addressFor(app, book, app.client.signature), until: "", qr: "" };
  let seconds = 7 * 86_400;
  let said = "";
  let fault = "";
  await ask(say("shelfShare"), (close, redraw) => {
    const make = async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        const made = await withAccess(app, () => app.client.createLink(book.runId, seconds));
        link = { address: addressFor(app, book, signatureOf(made.url)), until: made.expires_at, qr: made.qr ?? "" };
        fault = "";
      } catch (error) {
        fault = sentenceFor(say, error);
      }
      redraw();
    };
    const copy = async (/** @type {Event} */ event) => {
      const field = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (event.currentTarget).closest(".shelf-share")?.querySelector("input[readonly]"));
      said = say((await copied(field)) ? "shelfCopied" : "shelfCopyByHand");
      redraw();
    };
    return html`<div class="shelf-share">
      <h2>${say("shelfShare")}</h2>
      <p class="shelf-named">${book.title}</p>
      ${link ? linkTemplate(app, book, link, copy) : chooserTemplate(app, seconds, (it) => (seconds = it), make)}
      <p class="said" role="status">${said}</p>
      <p class="fault" role="alert">${fault}</p>
      <div class="actions"><button type="button" class="quiet" @click=${() => close(null)}>${say("close")}</button></div>
    </div>`;
  });
}

/** @param {App} app @param {SharedBook} book @param {string} signature */
function addressFor(app, book, signature) {
  return location.origin + app.router.address({ screen: "book", runId: book.runId, page: book.page ?? 0, signature });
}

/** @param {App} app @param {number} chosen @param {(seconds: number) => void} choose @param {(event: Event) => void} make */
function chooserTemplate({ say }, chosen, choose, make) {
  return html`<form @submit=${make}>
    <p>${say("shelfLinkWhat")}</p>
    <label for="shelf-duration">${say("shelfLinkFor")}</label>
    <select id="shelf-duration" @change=${(/** @type {any} */ it) => choose(Number(it.target.value))}>
      ${DURATIONS.map(([seconds, key]) => html`<option value=${seconds} ?selected=${seconds === chosen}>${say(key)}</option>`)}
    </select>
    <button class="primary">${say("shelfLinkMake")}</button>
  </form>`;
}

/** @param {App} app @param {SharedBook} book @param {Link} link @param {(event: Event) => void} copy */
function linkTemplate(app, book, link, copy) {
  const { say, language } = app;
  const until = link.until ? new Date(link.until).toLocaleString(language, { dateStyle: "long", timeStyle: "short" }) : "";
  const send = () => void navigator.share({ title: book.title, url: link.address }).catch(() => {}); // who closes it has said so
  return html`
    ${link.qr ? html`<img class="shelf-qr" src="data:image/svg+xml,${encodeURIComponent(link.qr)}" width="220" height="220" alt=${say("shelfQr")}>` : nothing}
    <label for="shelf-address">${say("shelfAddress")}</label>
    <input id="shelf-address" type="text" readonly .value=${link.address} @focus=${(/** @type {any} */ it) => it.target.select()}>
    ${until ? html`<p>${say("shelfLinkUntil", { until })}</p>` : nothing}
    ${LOOPBACK.test(location.hostname) ? html`<p>${say("shelfOnlyHere")}</p>` : nothing}
    <div class="shelf-ways">
      <button type="button" class="primary" @click=${copy}>${icons.copy}${say("shelfCopy")}</button>
      ${"share" in navigator ? html`<button type="button" class="second" @click=${send}>${icons.share}${say("shelfSend")}</button>` : nothing}
    </div>`;
}

/** Whether it could be copied: without a secure context there is but the old way. @param {HTMLInputElement} field */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand("copy");
  }
}
