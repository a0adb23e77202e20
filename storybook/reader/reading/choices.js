// What can be chosen while reading: letters and voice, bedtime, and what else there is to do with a book.

import { ask } from "../dialogs.js";
import { icons } from "../icons.js";
import { actWay, menuTemplate, waysWith } from "../menu.js";
import { isByTouch } from "../pointer.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../preferences.js").Preferences} Preferences */

/** As a book is asked for in making. */
const SPEEDS = /** @type {const} */ ([[0.85, "bookSlow"], [1, "bookUsual"], [1.25, "bookQuick"]]);
const BEDTIMES = [10, 20, 30];
const LETTERS = /** @type {const} */ (["usual", "large", "largest"]);
const LETTER_NAMES = /** @type {const} */ ({ usual: "shelfLettersUsual", large: "shelfLettersLarge", largest: "shelfLettersLargest" });

/** Letters, voice, and how the pages go; each choice is seen at once. @param {App} app @param {(chosen: Partial<Preferences>) => void} onChoose */
export function chooseLetters(app, onChoose) {
  const { say } = app;
  return ask(say("bookLetters"), (close, redraw) => {
    const chosen = app.preferences;
    const choose = (/** @type {Partial<Preferences>} */ it) => {
      onChoose(it);
      redraw();
    };
    return html`<div class="book-choices two-columns">
      <h2>${say("bookLetters")}</h2>
      ${radios(say("bookLettersSize"), "letters", LETTERS.map((it) => ({ value: it, name: say(LETTER_NAMES[it]), isChosen: chosen.letters === it, choose: () => choose({ letters: it }) })))}
      ${radios(say("bookSpeed"), "speed", SPEEDS.map(([speed, key]) => ({ value: String(speed), name: say(key), isChosen: speed === nearestSpeed(chosen.speed), choose: () => choose({ speed }) })))}
      ${box(say("bookEasyType"), say("bookEasyTypeWhat"), chosen.easyType, (is) => choose({ easyType: is }))}
      ${box(say("bookAutoTurn"), say("bookAutoTurnWhat"), chosen.turnsByItself, (is) => choose({ turnsByItself: is }))}
      ${box(say("bookWords"), say("bookWordsWhat"), chosen.words, (is) => choose({ words: is }))}
      ${isByTouch() ? nothing : html`<p class="hint wide">${say("bookKeys")}</p>`}
      <div class="actions"><button type="button" class="primary" @click=${() => close(null)}>${say("close")}</button></div>
    </div>`;
  });
}

/** Of those that can be chosen, the one that is nearest to what was chosen once. @param {number} speed */
function nearestSpeed(speed) {
  const far = SPEEDS.map(([it]) => Math.abs(it - speed));
  return SPEEDS[far.indexOf(Math.min(...far))][0];
}

/** @param {string} legend @param {string} name @param {{value: string, name: string, isChosen: boolean, choose: () => void}[]} all */
function radios(legend, name, all) {
  return html`<fieldset><legend>${legend}</legend><div class="radios">${all.map(
    (it) => html`<label><input type="radio" name=${`book-${name}`} value=${it.value} .checked=${it.isChosen} @change=${it.choose}><span>${it.name}</span></label>`,
  )}</div></fieldset>`;
}

/** @param {string} name @param {string} what @param {boolean} is @param {(is: boolean) => void} choose */
function box(name, what, is, choose) {
  return html`<label class="box"><input type="checkbox" .checked=${is} @change=${(/** @type {any} */ it) => choose(it.target.checked)}>
    <span>${name}<small>${what}</small></span></label>`;
}

/** When it is to be dark. @param {App} app @param {number} minutesLeft @returns {Promise<number | null>} minutes; 0: not at all */
export function chooseBedtime({ say }, minutesLeft) {
  return ask(say("bookBedtime"), (/** @type {(it: number | null) => void} */ close) => html`<div class="book-choices">
    <h2>${say("bookBedtime")}</h2>
    <p>${minutesLeft ? say("bookBedtimeLeft", { n: minutesLeft }) : say("bookBedtimeWhat")}</p>
    <div class="ways">
      ${BEDTIMES.map((it) => html`<button type="button" class="second" @click=${() => close(it)}>${icons.moon}${say("bookMinutesLong", { n: it })}</button>`)}
      ${minutesLeft ? html`<button type="button" class="quiet" @click=${() => close(0)}>${say("bookBedtimeOff")}</button>` : nothing}
    </div>
    <div class="actions"><button type="button" class="quiet" @click=${() => close(null)}>${say("close")}</button></div>
  </div>`);
}

/** @typedef {"share" | "take" | "print"} More */

/** What else there is to do with a book. @param {App} app @param {{runId: string, page: number}} book and the page that is looked at @param {string} title @returns {Promise<More | null>} what the screen is to do; links are followed at once */
export function chooseMore(app, book, title) {
  return ask(app.say("bookMore"), (/** @type {(it: More | null) => void} */ close) => {
    const ways = html`${waysWith(app, book, close)}${actWay(icons.printer, app.say("bookPrint"), () => close("print"))}`;
    return menuTemplate(app, title, "", ways, () => close(null));
  });
}

/** Why it does not go on, for the grown-ups. @param {App} app @param {string} what @param {string} why */
export function tellWhy({ say }, what, why) {
  return ask(say("bookWhy"), (close) => html`<div class="book-choices">
    <h2>${say("bookWhy")}</h2>
    <p>${what}</p>
    <p class="why-said">${why}</p>
    <div class="actions"><button type="button" class="primary" @click=${() => close(null)}>${say("close")}</button></div>
  </div>`);
}
