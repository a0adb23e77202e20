// What the shelf shows where it shows no books (drawn, so that nothing has to be loaded for it), and
// the field to seek some.

import { icons } from "../icons.js";
import { html, nothing, svg } from "../vendor/lit-html/lit-html.js";

/** A reading lamp's corner of a shelf: an open book with a hill and a moon rising from its pages. */
const drawing = svg`<svg class="drawing" viewBox="0 0 320 220" aria-hidden="true">
  <ellipse cx="160" cy="108" rx="128" ry="92" fill="#f6e7c4"></ellipse>
  <circle cx="206" cy="62" r="22" fill="#ffe39a"></circle>
  <path d="M52 138c22-34 46-46 66-30 12-26 40-42 62-18 14-12 44 4 62 48z" fill="#7fa08a"></path>
  <path d="M70 146c34-26 74-30 104-8 22-18 56-16 78 8z" fill="#56806d"></path>
  <path d="M112 132v-16m-8 4 8-14 8 14zm122 14v-18m-9 6 9-16 9 16z" stroke="#2d5152" stroke-width="3" stroke-linejoin="round" fill="#2d5152"></path>
  <path d="M88 60c6-8 16-8 20 0 8-4 16 0 16 8H80c-2-6 2-10 8-8z" fill="#fffdf7"></path>
  <path d="M160 158c-26-18-62-22-104-18v44c42-4 78 0 104 18 26-18 62-22 104-18v-44c-42-4-78 0-104 18z" fill="#fdf8ec" stroke="#b98f4e" stroke-width="4" stroke-linejoin="round"></path>
  <path d="M160 158v44M78 154c22-1 44 2 64 10M78 168c22-1 44 2 64 10M242 154c-22-1-44 2-64 10M242 168c-22-1-44 2-64 10" stroke="#cbb996" stroke-width="3" stroke-linecap="round" fill="none"></path>
  <path d="M46 44l3 8 8 3-8 3-3 8-3-8-8-3 8-3zM270 96l2 6 6 2-6 2-2 6-2-6-6-2 6-2zM142 26l2 6 6 2-6 2-2 6-2-6-6-2 6-2z" fill="#e3c583"></path>
</svg>`;

/** A book that a clasp holds shut. */
const locked = svg`<svg class="drawing small" viewBox="0 0 160 130" aria-hidden="true">
  <path d="M34 14h84a8 8 0 0 1 8 8v92H38a10 10 0 0 1-10-10V20a6 6 0 0 1 6-6z" fill="#2d5152"></path>
  <path d="M30 104a8 8 0 0 1 8-8h88v18H38a8 8 0 0 1-8-10z" fill="#efe4cc"></path>
  <path d="M96 60h30v6H96zM102 54v-8a9 9 0 0 1 18 0v8" fill="none" stroke="#8a653c" stroke-width="5"></path>
  <rect x="96" y="52" width="30" height="26" rx="5" fill="#e3c583" stroke="#8a653c" stroke-width="3"></rect>
</svg>`;

/** A gap between two books, and a glass that looks into it. */
export const gap = svg`<svg class="drawing small" viewBox="0 0 160 130" aria-hidden="true">
  <path d="M14 112h132v10H14z" fill="#a67c4c"></path>
  <path d="M22 30h20v82H22z" fill="#6b322c"></path><path d="M44 22h18v90H44z" fill="#2d5152"></path>
  <path d="M116 34l18-5 18 78-18 5z" fill="#2f4468"></path>
  <circle cx="90" cy="66" r="22" fill="#fffdf7" stroke="#8a653c" stroke-width="5"></circle>
  <path d="M106 83l16 19" stroke="#8a653c" stroke-width="8" stroke-linecap="round"></path>
</svg>`;

/** Says something in the middle of a screen. @param {string} heading @param {string} text @param {unknown} actions @param {unknown} [drawn] */
export function signTemplate(heading, text, actions, drawn = drawing) {
  return html`<section class="sign paper">${drawn}<h2>${heading}</h2>${text ? html`<p>${text}</p>` : nothing}<div class="ways">${actions}</div></section>`;
}

/** Says that a screen is not there, in its place. @param {import("../main.js").App} app @param {string} heading @param {string} text */
export function lostTemplate({ say, router }, heading, text) {
  return html`<main><section class="sign paper">${gap}<h1>${heading}</h1>${text ? html`<p>${text}</p>` : nothing}
    <a class="button second" href=${router.address({ screen: "shelf" })}>${icons.books}${say("toShelf")}</a></section></main>`;
}

/**
 * The shelf that is closed, to who has no token, or cannot be reached.
 * @param {import("../texts.js").Say} say @param {boolean} isAway @param {boolean} isByLink whether the page was opened by a link to one book
 * @param {string} why @param {() => void} knock
 */
export function doorTemplate(say, isAway, isByLink, why, knock) {
  if (isAway) return signTemplate(say("shelfAway"), why, html`<button type="button" class="primary" @click=${knock}>${icons.retry}${say("tryAgain")}</button>`);
  return signTemplate(
    say(isByLink ? "shelfByLinkTitle" : "shelfClosed"),
    say(isByLink ? "shelfByLink" : "shelfClosedLong"),
    html`<button type="button" class="primary" @click=${knock}>${say("signIn")}</button>`,
    locked,
  );
}

/** @param {import("../texts.js").Say} say @param {(query: string) => void} seek */
export function searchTemplate(say, seek) {
  return html`<form class="seek" role="search" @submit=${(/** @type {Event} */ it) => it.preventDefault()}>
    <label class="unseen" for="seek">${say("shelfSearch")}</label>
    ${icons.search}
    <input id="seek" type="search" autocomplete="off" enterkeyhint="search" placeholder=${say("shelfSearch")} @input=${(/** @type {any} */ it) => seek(it.target.value)}>
  </form>`;
}
