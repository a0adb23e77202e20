// One of the four steps: a question, the words (typed or spoken), and paintings to tap.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { MOST_LETTERS } from "./draft.js";
import { FIELDS, paintingOf, SUGGESTIONS, wordsOf } from "./suggestions.js";

/** @typedef {import("../texts.js").Say} Say */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {import("./suggestions.js").Field} Field */
/** @typedef {import("./suggestions.js").Suggestion} Suggestion */
/** @typedef {import("./hearing.js").Hearing} Hearing */

/** What each field is called, asked and hinted at. @type {Record<Field, {name: TextKey, ask: TextKey, hint: TextKey}>} */
export const WORDING = {
  era: { name: "makeEra", ask: "makeAskEra", hint: "makeHintEra" },
  place: { name: "makePlace", ask: "makeAskPlace", hint: "makeHintPlace" },
  characters: { name: "makeCharacters", ask: "makeAskCharacters", hint: "makeHintCharacters" },
  topic: { name: "makeTopic", ask: "makeAskTopic", hint: "makeHintTopic" },
};

/**
 * @typedef {object} FieldView
 * @property {Say} say
 * @property {Field} field
 * @property {string} value what is in the text field
 * @property {string} language of the book
 * @property {string} pageLanguage
 * @property {string} fault
 * @property {string} told what is to be known instead of the hint, "" if nothing
 * @property {Hearing} hearing
 * @property {TextKey | null} silent why nothing can be recorded
 * @property {(text: string) => boolean} isChosen whether a suggestion's words are said already
 * @property {(text: string) => void} onType
 * @property {() => void} onEnter
 * @property {(suggestion: Suggestion) => void} onTap
 * @property {() => void} onSpeak
 * @property {() => void} onStop
 * @property {() => void} onYes what was half understood is right
 * @property {(() => void) | null} onAdd where what is typed is added to others
 */

/** The question and the text field, with the microphone. @param {FieldView} it */
export function questionTemplate(it) {
  const { say, field, hearing } = it;
  const isOpen = hearing.kind === "asking" || hearing.kind === "listening" || hearing.kind === "understanding";
  return html`<h2 tabindex="-1" id="question">${say(WORDING[field].ask)}</h2>
    <div class="answer" ?hidden=${isOpen}>
      <input id="word" type="text" lang=${it.language} autocomplete="off" enterkeyhint="next" maxlength=${MOST_LETTERS}
        aria-labelledby="question" aria-describedby="word-hint word-fault heard" aria-invalid=${it.fault ? "true" : "false"}
        .value=${live(it.value)} @input=${(/** @type {any} */ event) => it.onType(event.target.value)}
        @keydown=${(/** @type {KeyboardEvent} */ event) => {
          if (event.key !== "Enter" || event.isComposing) return;
          event.preventDefault();
          it.onEnter();
        }}>
      ${it.onAdd ? html`<button type="button" class="second add" @click=${it.onAdd}>${icons.plus}<span>${say("makeAdd")}</span></button>` : nothing}
      ${it.silent ? nothing : html`<button type="button" class="microphone" @click=${it.onSpeak}>${icons.microphone}<span class="unseen">${say("makeSpeak")}</span></button>`}
    </div>
    ${isOpen ? listeningTemplate(it) : nothing}
    <p id="word-hint" class="hint" lang=${it.language === it.pageLanguage ? nothing : it.pageLanguage}>${it.told || (it.language === it.pageLanguage || it.language !== "ko" ? say(WORDING[field].hint) : say(it.silent ? "makeInKoreanSilent" : "makeInKorean"))}</p>
    <p id="word-fault" class="fault" role="alert" tabindex="-1">${it.fault}</p>
    <div id="heard" class="heard" tabindex="-1">${heardTemplate(it)}</div>`;
}

/** @param {FieldView} it */
function listeningTemplate({ say, hearing, onStop }) {
  if (hearing.kind !== "listening") return html`<p class="listening waiting">${say(hearing.kind === "asking" ? "makeAsking" : "makeUnderstanding")}</p>`;
  return html`<button type="button" class="listening" @click=${onStop}><span class="ear">${icons.microphone}</span><span>${say("makeListening")}</span><span class="left"></span></button>`;
}

/** @param {FieldView} it */
function heardTemplate({ say, field, hearing, silent, onYes, onSpeak }) {
  const again = html`<button type="button" class="quiet" @click=${onSpeak}>${icons.microphone}${say("makeAgain")}</button>`;
  if (hearing.kind === "understood") return html`<p>${say("makeUnderstood", { said: hearing.meant })}</p>`;
  if (hearing.kind === "unsure")
    return html`<p>${say("makeUnsure", { said: hearing.meant })}</p><div class="actions"><button type="button" class="second" @click=${onYes}>${say("makeYes")}</button>${again}</div>`;
  if (hearing.kind === "nothing") return html`<p>${say("makeHeardNothing")}</p><div class="actions">${again}</div>`;
  if (hearing.kind === "failed") return html`<p>${hearing.why}</p>`;
  return silent && field === FIELDS[0] ? html`<p class="hint">${say(silent)}</p>` : nothing;
}

/** The paintings to tap. @param {FieldView} it */
export function paintingsTemplate({ say, field, language, pageLanguage, isChosen, onTap }) {
  return html`<fieldset class="paintings">
    <legend>${say("makeTapOne")}</legend>
    <div class="grid">
      ${SUGGESTIONS[field].map((suggestion) => {
        const [words, shown] = [wordsOf(suggestion, language), wordsOf(suggestion, pageLanguage)];
        const chosen = isChosen(words);
        return html`<button type="button" class="painting" aria-pressed=${chosen ? "true" : "false"} @click=${() => onTap(suggestion)}>
          <img src=${paintingOf(suggestion.id)} alt="" width="160" height="160">
          <span>${shown}</span>
          ${words === shown ? nothing : html`<small lang=${language}>${words}</small>`}
        </button>`;
      })}
    </div>
  </fieldset>`;
}
