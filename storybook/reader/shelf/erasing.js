// Erasing a book: behind the parents' gate and asked twice, for it is for ever.

import { withAccess } from "../access.js";
import { ask } from "../dialogs.js";
import { forgetKept } from "../offline.js";
import { passGate } from "../parents_gate.js";
import { html } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */

/** Gives whether the book was erased; throws what the server says against it. @param {App} app @param {string} runId @param {string} title */
export async function erase(app, runId, title) {
  const { say } = app;
  if (!(await passGate(app, say("shelfEraseGate")))) return false;
  if (!(await confirm(app, say("shelfErase"), say("shelfEraseAsk", { title }), say("shelfErase")))) return false;
  if (!(await confirm(app, say("shelfEraseSure"), say("shelfEraseForEver", { title }), say("shelfEraseYes")))) return false;
  await withAccess(app, () => app.client.forget(runId));
  await forgetKept(app.client.base, runId);
  return true;
}

/** Asks one question; keeping all as it is comes first. @param {App} app @param {string} heading @param {string} question @param {string} yes */
export async function confirm({ say }, heading, question, yes) {
  const answer = await ask(heading, (/** @type {(it: true | null) => void} */ close) => {
    return html`<div class="shelf-confirm">
      <h2>${heading}</h2>
      <p>${question}</p>
      <div class="actions">
        <button type="button" class="quiet" autofocus @click=${() => close(null)}>${say("cancel")}</button>
        <button type="button" class="danger" @click=${() => close(true)}>${yes}</button>
      </div>
    </div>`;
  });
  return answer === true;
}
