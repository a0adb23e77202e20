// The parents' gate: what a child is not to do by accident is behind a sum that it cannot do yet.
// It keeps nobody out who means it: that is what tokens are for.

import { ask } from "./dialogs.js";
import { html } from "./vendor/lit-html/lit-html.js";

/** @typedef {import("./main.js").App} App */

/** For how long it stays open once somebody passed it, in milliseconds: long enough to change a book. */
export const OPEN_MS = 10 * 60_000;

let passedAt = -Infinity;

/** Gives whether a grown-up is there. @param {App} app @param {string} what what is behind it, as a sentence */
export async function passGate(app, what) {
  if (performance.now() - passedAt < OPEN_MS) return true;
  const { say } = app;
  const [one, other] = [12 + Math.floor(Math.random() * 8), 3 + Math.floor(Math.random() * 6)];
  let given = "";
  /** @type {"sumWrong" | "sumEmpty" | ""} */
  let fault = "";
  const passed = await ask(say("forGrownUps"), (/** @type {(it: true | null) => void} */ close, redraw) => {
    const check = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (Number(given) === one * other) return close(true);
      fault = given.trim() ? "sumWrong" : "sumEmpty";
      redraw();
    };
    return html`<form novalidate @submit=${check}>
      <h2>${say("forGrownUps")}</h2>
      <p>${what}</p>
      <label for="sum">${say("sum", { one, other })}</label>
      <input id="sum" type="text" inputmode="numeric" autocomplete="off" required aria-invalid=${fault ? "true" : "false"}
        aria-describedby="sum-fault" @input=${(/** @type {any} */ it) => (given = it.target.value)}>
      <p id="sum-fault" class="fault" role="alert">${fault ? say(fault) : ""}</p>
      <div class="actions">
        <button type="button" class="quiet" @click=${() => close(null)}>${say("cancel")}</button>
        <button class="primary">${say("goOn")}</button>
      </div>
    </form>`;
  });
  if (passed) passedAt = performance.now();
  return passed === true;
}
