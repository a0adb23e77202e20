// What stands around the leaves: the way home and the tools above, turning and reading below.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { nameOf } from "./leaves.js";

/** @typedef {import("../main.js").App} App */

/** More leaves than this are told by number: so many dots no finger hits. */
const MOST_DOTS = 8;

/**
 * @param {App} app
 * @param {{title: string, line: string, detail: string, action: {say: string, act: () => void} | null, isWhole: boolean, isFull: boolean, minutesLeft: number,
 *   onLetters: () => void, onBedtime: () => void, onScreen: () => void, onMore: () => void, onWhy: (() => void) | null}} it
 */
export function topTemplate(app, it) {
  const { say, router } = app;
  return html`<header class="top">
    <a class="button tool home" href=${router.address({ screen: "shelf" })} aria-label=${say("toShelf")} title=${say("toShelf")}>${icons.books}</a>
    <h1 class="unseen">${it.title}</h1>
    <div class="status" ?hidden=${!it.line}><p class="told">${it.line}${it.detail ? html` <span class="still">${it.detail}</span>` : nothing}</p>
      ${it.onWhy ? html`<button type="button" class="why" @click=${it.onWhy}>${say("bookWhy")}</button>` : nothing}
      ${it.action ? html`<button type="button" class="act" aria-label=${it.action.say} @click=${it.action.act}>${icons.retry}<span>${it.action.say}</span></button>` : nothing}</div>
    <div class="tools">
      ${tool(say("bookLetters"), icons.letters, it.onLetters)}
      ${it.isWhole ? html`${tool(it.minutesLeft ? say("bookBedtimeLeft", { n: it.minutesLeft }) : say("bookBedtime"), icons.moon, it.onBedtime, it.minutesLeft > 0)}
        ${document.fullscreenEnabled ? tool(say(it.isFull ? "bookScreenSmall" : "bookScreen"), icons.screen, it.onScreen) : nothing}
        ${tool(say("bookMore"), icons.more, it.onMore)}` : nothing}
    </div>
  </header>`;
}

/** @param {string} name @param {unknown} icon @param {() => void} act @param {boolean} [isOn] */
function tool(name, icon, act, isOn = false) {
  return html`<button type="button" class="tool ${isOn ? "on" : ""}" aria-label=${name} title=${name} @click=${act}>${icon}</button>`;
}

/**
 * What comes and goes has its room all the time: nothing moves sideways under a finger.
 * @param {App} app
 * @param {{here: number, leaves: number, panels: number, hasVoice: boolean, isRead: boolean, isReading: boolean, isVoiceComing: boolean,
 *   onTurnTo: (page: number) => void, onRead: () => void}} it
 */
export function barTemplate(app, it) {
  const { say } = app;
  const { here, leaves } = it;
  const doing = it.isVoiceComing ? "bookVoiceComing" : it.isReading ? "bookPause" : "bookRead";
  return html`<nav class="bar" aria-label=${say("bookTurn")}>
    <button type="button" class="turn back" aria-label=${say("bookBack")} title=${say("bookBack")} ?disabled=${here === 0} @click=${() => it.onTurnTo(here - 1)}>${icons.back}</button>
    ${it.panels + 2 <= MOST_DOTS ? dots(app, it) : html`<p class="count">${nameOf(app, here, it.panels)}</p>`}
    <button type="button" class="turn forth" aria-label=${say("bookForth")} title=${say("bookForth")} ?disabled=${here >= leaves - 1} @click=${() => it.onTurnTo(here + 1)}>${icons.forth}</button>
    ${it.isRead ? html`<button type="button" class="aloud ${it.isReading ? "on" : ""}" ?data-away=${!it.hasVoice} aria-label=${say(it.isReading ? "bookPause" : "bookRead")} aria-keyshortcuts="Space" @click=${it.onRead}>
      ${it.isReading ? icons.pause : icons.play}<span class="says">${/** @type {const} */ (["bookRead", "bookPause", "bookVoiceComing"]).map((key) => html`<span ?data-away=${key !== doing}>${say(key)}</span>`)}</span></button>` : nothing}
  </nav>`;
}

/** @param {App} app @param {{here: number, leaves: number, panels: number, onTurnTo: (page: number) => void}} it */
function dots(app, { here, leaves, panels, onTurnTo }) {
  return html`<ol class="dots">${Array.from({ length: panels + 2 }, (_, n) => html`<li ?data-away=${n >= leaves}><button type="button" aria-label=${nameOf(app, n, panels)}
    aria-current=${n === here ? "page" : "false"} @click=${() => onTurnTo(n)}></button></li>`)}</ol>`;
}
