// The voices in which a book is read aloud.

import { icons } from "../icons.js";
import { canBeHeard, voiceName } from "../narrator_voices.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { speakersOf, voicesOf } from "./change_state.js";

/** @typedef {import("./view.js").View} View */

/** The voices of the contract, where the narrator names none of its own. */
const VOICES = ["M1", "M2", "M3", "M4", "M5", "F1", "F2", "F3", "F4", "F5"];

/** @param {View} view */
export function voicesPart({ app: { say }, state, editions, can, isBusy, voices: chosen, sampler, ask, draw }) {
  const known = voicesOf(editions);
  const speakers = speakersOf(state);
  const narrator = chosen.get("") ?? known?.narrator_voice ?? "M1";
  const names = can.voices.length > 0 ? can.voices : VOICES;
  const isSame = known !== null && [...chosen].every(([who, voice]) => voice === (who ? speakers.get(who) : known.narrator_voice));
  const isHeard = canBeHeard(can.narrator, state.language);
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    // Whoever speaks as the narrator did goes on in that voice: only what was chosen is another.
    const characters = Object.fromEntries([...speakers].map(([who, voice]) => [who, chosen.get(who) ?? voice]));
    ask({ tts_config: { narrator_voice: narrator, character_voices: { ...known?.character_voices, ...characters } } });
  };
  /** @param {string} who @param {string} label @param {string} current @param {number} place */
  const select = (who, label, current, place) => html`<div class="voice">
    <label for="change-voice-${place}">${label}</label>
    <select id="change-voice-${place}" @change=${(/** @type {any} */ it) => (chosen.set(who, it.target.value), draw())}>
      ${(names.includes(current) ? names : [current, ...names]).map((it) => html`<option value=${it} .selected=${it === current}>${voiceName(say, it)}</option>`)}
    </select>
    ${isHeard ? hearTemplate(say, sampler, `${place}`, can.narrator, state.language, current) : nothing}
  </div>`;
  return html`<form class="card paper" @submit=${send}>
    <h2>${say("changeVoicesHeading")}</h2>
    <p>${say(known ? "changeVoicesHint" : "changeVoicesSilent")}</p>
    ${select("", say("changeNarrator"), narrator, 0)}
    ${[...speakers].map(([who, voice], index) => select(who, who, chosen.get(who) ?? (voice || narrator), index + 1))}
    <div class="actions">
      ${chosen.size > 0 ? html`<button type="button" class="quiet" @click=${() => (chosen.clear(), draw())}>${say("changeTextBack")}</button>` : nothing}
      <button class="primary" ?disabled=${isBusy || isSame}>${icons.play}${say("changeVoicesDo")}</button>
    </div>
  </form>`;
}

/** Lets a voice be heard before it is chosen. @param {import("../texts.js").Say} say @param {import("../narrator_voices.js").Sampler} sampler @param {string} place @param {string} engine @param {string} language @param {string} voice */
function hearTemplate(say, sampler, place, engine, language, voice) {
  const isPlaying = sampler.playing === place;
  return html`<button type="button" class="hear" aria-pressed=${isPlaying ? "true" : "false"} @click=${() => void sampler.toggle(place, engine, language, voice)}>
    ${isPlaying ? icons.pause : icons.play}<span class="unseen">${say("voiceHear", { voice: voiceName(say, voice) })}</span></button>`;
}
