// Who is in the story: a card for each character, and those who come from other books.

import { faceTemplate } from "../face.js";
import { icons } from "../icons.js";
import { voiceName } from "../narrator_voices.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { textOf } from "./draft.js";
import { paintingOf, suggestionOf } from "./suggestions.js";

/** @typedef {import("../texts.js").Say} Say */
/** @typedef {import("./draft.js").Card} Card */
/** @typedef {import("../api_types.js").CastMember} CastMember */

/**
 * @typedef {object} VoiceView how voices are chosen
 * @property {Say} say
 * @property {string[]} voices
 * @property {boolean} canBeHeard
 * @property {string} playing the place whose sample is played now
 * @property {(place: string, voice: string) => void} onHear
 */

/** @typedef {import("./from_other_books.js").Known & {isThere: boolean}} Hero somebody from another book */

/** A list of voices, and a button to hear the one that is chosen. @param {VoiceView} it @param {string} place @param {string} chosen @param {string} label @param {(voice: string) => void} onChoose @param {string} usual the voice that it is if none is chosen, "" if that is the book's to say */
export function voiceTemplate({ say, voices, canBeHeard, playing, onHear }, place, chosen, label, onChoose, usual = "") {
  const heard = chosen || usual;
  return html`<div class="voice">
    <label for=${`${place}-voice`}>${label}</label>
    <select id=${`${place}-voice`} .value=${live(chosen)} @change=${(/** @type {any} */ event) => onChoose(event.target.value)}>
      <option value="" ?selected=${chosen === ""}>${say("makeVoiceUsual")}</option>
      ${voices.map((it) => html`<option value=${it} ?selected=${chosen === it}>${voiceName(say, it)}</option>`)}
    </select>
    ${canBeHeard && heard
      ? html`<button type="button" class="hear" aria-pressed=${playing === place ? "true" : "false"} @click=${() => onHear(place, heard)}>${playing === place ? icons.pause : icons.play}<span class="unseen">${say("voiceHear", { voice: voiceName(say, heard) })}</span></button>`
      : nothing}
  </div>`;
}

/**
 * Who is in it: a row of faces, as high with nobody in it as with all, so that nothing below is pushed
 * away from under a finger; and what can be changed of the one that was tapped.
 * @param {VoiceView} voices @param {Card[]} cards @param {string} language of the book
 * @param {{opened: number, onOpen: (index: number) => void, onChange: (index: number, changed: Partial<Card>) => void, onRemove: (index: number) => void}} on
 */
export function cardsTemplate(voices, cards, language, on) {
  const { say } = voices;
  const { opened, onOpen } = on;
  return html`<ul class="faces" aria-label=${say("makeCast")}>
    ${cards.map((card, index) => html`<li class="card">
      <button type="button" class="face" aria-expanded=${opened === index ? "true" : "false"} @click=${() => onOpen(opened === index ? -1 : index)}>
        ${cardFaceTemplate(card, language)}<span class="who" lang=${language}>${textOf(card)}</span><span class="unseen">${say("makeChange")}</span>
      </button>
    </li>`)}
  </ul>
  ${cards[opened] ? fieldsTemplate(voices, cards[opened], opened, language, on) : nothing}`;
}

/** @param {Card} card @param {string} language */
function cardFaceTemplate(card, language) {
  const suggestion = suggestionOf("characters", textOf(card));
  return suggestion ? html`<img src=${paintingOf(suggestion.id)} alt="" width="56" height="56">` : html`<span class="letter" lang=${language} aria-hidden="true">${[...card.name][0] ?? ""}</span>`;
}

/** @param {VoiceView} voices @param {Card} card @param {number} index @param {string} language @param {{onChange: (index: number, changed: Partial<Card>) => void, onRemove: (index: number) => void}} on */
function fieldsTemplate(voices, card, index, language, { onChange, onRemove }) {
  const { say } = voices;
  const place = `card-${index}`;
  return html`<div class="about">
    <div><label for=${`${place}-like`}>${say("makeLike")}</label>
      <input id=${`${place}-like`} type="text" lang=${language} maxlength="40" autocomplete="off" placeholder=${say("makeLikeHint")} .value=${live(card.like)}
        @input=${(/** @type {any} */ event) => onChange(index, { like: event.target.value })}></div>
    <div><label for=${`${place}-name`}>${say("makeName")}</label>
      <input id=${`${place}-name`} type="text" lang=${language} maxlength="20" autocomplete="off" .value=${live(card.name)}
        @input=${(/** @type {any} */ event) => onChange(index, { name: event.target.value })}></div>
    ${voices.voices.length ? voiceTemplate(voices, place, card.voice, say("makeVoice"), (voice) => onChange(index, { voice })) : nothing}
    <button type="button" class="quiet remove" @click=${() => onRemove(index)}>${icons.close}${say("makeRemove", { name: textOf(card) })}</button>
  </div>`;
}

/** Those from other books, to take along. @param {string} title @param {Hero[]} heroes @param {(name: string) => void} onTap */
export function heroesTemplate(title, heroes, onTap) {
  if (!heroes.length) return nothing;
  return html`<fieldset class="heroes">
    <legend>${title}</legend>
    <div class="row">
      ${repeat(heroes, (it) => it.name, (it) => html`<button type="button" class="painting" aria-pressed=${it.isThere ? "true" : "false"} @click=${() => onTap(it.name)}>
          ${faceTemplate(it.face, it.name)}
          <span>${it.name}</span>
        </button>`)}
    </div>
  </fieldset>`;
}
