// What a grown-up may also choose: how the book is read, painted and written, as far as the engines
// can. All of it has a good default, and is behind a fold.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { voiceTemplate } from "./cast_cards.js";

/** @typedef {import("../texts.js").Say} Say */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./choices.js").Choices} Choices */
/** @typedef {import("./faults.js").Part} Part */

/** Who reads where nobody is named, as the API has it. */
const USUAL_NARRATOR = "M1";
/** @type {{pace: Draft["pace"], name: TextKey}[]} */
const PACES = [
  { pace: "slow", name: "makeSlow" },
  { pace: "usual", name: "makeUsual" },
  { pace: "quick", name: "makeQuick" },
];

/**
 * @param {import("./cast_cards.js").VoiceView} voices
 * @param {Draft} draft
 * @param {Choices} choices
 * @param {(part: Part) => string} faultAt
 * @param {(changed: Partial<Draft>) => void} onChange
 * @param {{isOpen: boolean, onToggle: (isOpen: boolean) => void, pageLanguage: string}} fold
 */
export function moreTemplate(voices, draft, choices, faultAt, onChange, { isOpen, onToggle, pageLanguage }) {
  const { say } = voices;
  const languages = new Intl.DisplayNames(pageLanguage, { type: "language" });
  const oneOf = (/** @type {Part} */ part, /** @type {string} */ label, /** @type {string} */ chosen, /** @type {{value: string, name: string}[]} */ options, /** @type {(it: string) => void} */ choose) =>
    options.length
      ? html`<div class="choice"><label for=${`more-${part}`}>${label}</label>
          <select id=${`more-${part}`} aria-describedby=${`more-${part}-fault`} .value=${live(chosen)} @change=${(/** @type {any} */ event) => choose(event.target.value)}>
            <option value="" ?selected=${chosen === ""}>${say("makeLeftOpen")}</option>
            ${options.map((it) => html`<option value=${it.value} ?selected=${chosen === it.value}>${it.name}</option>`)}
          </select>${faultTemplate(part, faultAt)}</div>`
      : nothing;
  return html`<details class="more" ?open=${isOpen} @toggle=${(/** @type {any} */ event) => onToggle(event.target.open)}>
    <summary>${say("makeMore")}</summary>
    <div class="choices">
      ${choices.canSpeak ? aloudTemplate(voices, draft, faultAt, onChange) : html`<p class="hint">${say("makeMute")}</p>`}
      ${choices.anyStyle
        ? html`<div class="choice"><label for="more-style">${say("makeStyle")}</label>
            <input id="more-style" type="text" maxlength="200" placeholder=${say("makeStyleHint")} aria-describedby="more-style-fault" .value=${live(draft.style)}
              @input=${(/** @type {any} */ event) => onChange({ style: event.target.value })}>${faultTemplate("style", faultAt)}</div>`
        : oneOf("style", say("makeStyle"), draft.style, choices.styles.map((it) => ({ value: it, name: it === "watercolor" ? say("makeStyleWatercolor") : it })), (style) => onChange({ style }))}
      ${oneOf("age", say("makeAge"), draft.age, choices.ages.map((it) => ({ value: it, name: say("makeAgeYears", { years: it.replace("-", "–") }) })), (age) => onChange({ age }))}
      ${oneOf("pages", say("makePages"), draft.pages ? String(draft.pages) : "", choices.pageCounts.map((it) => ({ value: String(it), name: say("makePageCount", { count: it }) })), (pages) => onChange({ pages: Number(pages) }))}
      ${oneOf("language", say("makeLanguage"), draft.language, choices.languages.map((it) => ({ value: it, name: languages.of(it) ?? it })), (language) => onChange({ language }))}
    </div>
  </details>`;
}

/** @param {import("./cast_cards.js").VoiceView} voices @param {Draft} draft @param {(part: Part) => string} faultAt @param {(changed: Partial<Draft>) => void} onChange */
function aloudTemplate(voices, draft, faultAt, onChange) {
  const { say } = voices;
  return html`<div class="choice wide"><label class="tick"><input type="checkbox" .checked=${live(draft.readAloud)} @change=${(/** @type {any} */ event) => onChange({ readAloud: event.target.checked })}><span>${say("makeReadAloud")}</span></label></div>
    ${draft.readAloud
      ? html`<fieldset class="choice pace"><legend>${say("makePace")}</legend><div class="row">
          ${PACES.map((it) => html`<label class="pick"><input type="radio" name="pace" value=${it.pace} .checked=${live(draft.pace === it.pace)} @change=${() => onChange({ pace: it.pace })}><span>${say(it.name)}</span></label>`)}
        </div>${faultTemplate("speed", faultAt)}</fieldset>
        <div class="choice">${voiceTemplate(voices, "narrator", draft.narrator, say("makeNarrator"), (narrator) => onChange({ narrator }), USUAL_NARRATOR)}${faultTemplate("voice", faultAt)}
          ${voices.canBeHeard ? nothing : html`<p class="hint">${say("voiceUnheard")}</p>`}</div>`
      : nothing}`;
}

/** @param {Part} part @param {(part: Part) => string} faultAt */
function faultTemplate(part, faultAt) {
  return html`<p id=${`more-${part}-fault`} class="fault" role="alert">${faultAt(part)}</p>`;
}
