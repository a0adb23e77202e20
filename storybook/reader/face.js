// The face of somebody in a book: a piece of a painting.

import { html } from "./vendor/lit-html/lit-html.js";
import { ref } from "./vendor/lit-html/directives/ref.js";

/** @typedef {{picture: string, x: number, y: number, side: number}} Face a square piece of a picture: its middle and its side, as shares of the picture's side */

/** How the whole picture lies behind a window that shows a piece of it, in shares of the window. @param {Face} face */
export function behindWindow({ x, y, side }) {
  return { size: 1 / side, left: -(x - side / 2) / side, top: -(y - side / 2) / side };
}

/** The face in a round window; the first letter of the name where there is none. @param {Face | null} face @param {string} name */
export function faceTemplate(face, name) {
  if (!face) return html`<span class="letter" aria-hidden="true">${[...name][0] ?? ""}</span>`;
  const { size, left, top } = behindWindow(face);
  const lay = (/** @type {Element | undefined} */ image) => {
    const { style } = /** @type {HTMLElement} */ (image ?? { style: {} });
    Object.assign(style, { width: `${100 * size}%`, left: `${100 * left}%`, top: `${100 * top}%` });
  };
  return html`<span class="window"><img ${ref(lay)} src=${face.picture} alt="" draggable="false"></span>`;
}
