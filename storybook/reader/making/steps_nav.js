// The four words on a ribbon: what has been said of each, and the way back to it.

import { icons } from "../icons.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { saidOf, textOf } from "./draft.js";
import { WORDING } from "./field_step.js";
import { FIELDS, paintingOf, suggestionOf } from "./suggestions.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./suggestions.js").Field} Field */

/** @param {import("../texts.js").Say} say @param {Draft} draft @param {string} language of the book @param {(field: Field) => boolean} isFaulty @param {(step: number) => void} goTo */
export function stepsTemplate(say, draft, language, isFaulty, goTo) {
  return html`<nav aria-label=${say("makeSteps")}><ol class="steps">
    ${FIELDS.map((field, index) => {
      const said = saidOf(draft, field);
      return html`<li><button type="button" class=${`step${isFaulty(field) ? " faulty" : ""}`} aria-current=${index === draft.step ? "step" : nothing} @click=${() => goTo(index)}>
        <span class="seal" aria-hidden="true">${sealTemplate(draft, field, index + 1)}</span>
        <span class="name">${say(WORDING[field].name)}</span>
        ${said ? html`<span class="told" lang=${language}>${said}</span>` : html`<span class="told open">${say("makeNotYet")}</span>`}
      </button></li>`;
    })}
  </ol></nav>`;
}

/** The painting of what was said; a tick where there is none; the step's number before. @param {Draft} draft @param {Field} field @param {number} number */
function sealTemplate(draft, field, number) {
  const first = field === "characters" ? draft.cards.map(textOf)[0] : draft.words[field].trim();
  const suggestion = first ? suggestionOf(field, first) : null;
  if (suggestion) return html`<img src=${paintingOf(suggestion.id)} alt="" width="48" height="48">`;
  return saidOf(draft, field) ? icons.done : number;
}
