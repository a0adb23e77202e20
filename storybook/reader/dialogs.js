// Dialogs: shown over the screen, closed by Escape, and the focus goes back to where it was.

import { html, render } from "./vendor/lit-html/lit-html.js";

/**
 * Shows a dialog until it is closed; what was returned by `close` is the answer, null if it was dismissed.
 * @template T
 * @param {string} label what the dialog is, for who hears the page
 * @param {(close: (answer: T | null) => void, redraw: () => void) => unknown} template
 * @returns {Promise<T | null>}
 */
export function ask(label, template) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", label);
    /** @type {T | null} */
    let answer = null;
    const close = (/** @type {T | null} */ given) => {
      answer = given;
      dialog.close();
    };
    const redraw = () => render(html`${template(close, redraw)}`, dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(answer);
    });
    redraw();
    document.body.append(dialog);
    dialog.showModal();
  });
}
