// The face of somebody in a book: a piece of a painting.

import { behindWindow } from "./face_place.js";
import { html } from "./vendor/lit-html/lit-html.js";
import { ref } from "./vendor/lit-html/directives/ref.js";

/** The face in a round window; the first letter of the name where there is none. @param {import("./face_place.js").Face | null} face @param {string} name */
export function faceTemplate(face, name) {
  if (!face) return html`<span class="letter" aria-hidden="true">${[...name][0] ?? ""}</span>`;
  const { size, left, top } = behindWindow(face);
  const lay = (/** @type {Element | undefined} */ image) => {
    const { style } = /** @type {HTMLElement} */ (image ?? { style: {} });
    Object.assign(style, { width: `${100 * size}%`, left: `${100 * left}%`, top: `${100 * top}%` });
  };
  return html`<span class="window"><img ${ref(lay)} src=${face.picture} alt="" draggable="false"></span>`;
}
