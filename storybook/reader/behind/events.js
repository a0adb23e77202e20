// The events of a run as they were recorded, some at a time; what an event says is drawn once it is opened.

import { momentOf } from "./timeline.js";
import { timeText } from "../measures.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { sentenceOf } from "./telling.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("./timeline.js").Entry} Entry */

/** How many are drawn at first, and how many more each time. */
export const SHOWN_AT_ONCE = 40;

/** Which events are looked at, and how many of them. */
export class EventList {
  kind = "";
  shown = SHOWN_AT_ONCE;
  /** @type {Set<number>} the positions of those that are open */
  open = new Set();
}

/** @param {App} app @param {readonly Entry[]} entries @param {EventList} list @param {() => void} redraw @param {(entry: Entry) => void} see */
export function eventsView(app, entries, list, redraw, see) {
  const { say } = app;
  const kinds = [...new Set(entries.map((it) => it.type))].sort();
  const wanted = entries.filter((it) => !list.kind || it.type === list.kind);
  const left = wanted.length - list.shown;
  const choose = (/** @type {any} */ event) => {
    list.kind = event.target.value;
    list.shown = SHOWN_AT_ONCE;
    redraw();
  };
  const more = () => {
    list.shown += SHOWN_AT_ONCE;
    redraw();
  };
  return html`<section class="events" aria-labelledby="behind-events">
    <h2 id="behind-events">${say("behindEvents")}</h2>
    <p>${say("behindEventsLead", { count: entries.length })}</p>
    <p class="filter"><label for="behind-kind">${say("behindKind")}</label>
      <select id="behind-kind" @change=${choose}><option value="">${say("behindAllKinds")}</option>${kinds.map((it) => html`<option value=${it}>${it}</option>`)}</select></p>
    <ol>${repeat(wanted.slice(0, list.shown), (it) => it.position, (it) => eventView(app, it, list, redraw, see))}</ol>
    ${left > 0 ? html`<p><button type="button" class="quiet" @click=${more}>${say("behindMore", { count: Math.min(left, SHOWN_AT_ONCE) })}</button></p>` : nothing}
  </section>`;
}

/** @param {App} app @param {Entry} entry @param {EventList} list @param {() => void} redraw @param {(entry: Entry) => void} see */
function eventView(app, entry, list, redraw, see) {
  const { say, language } = app;
  const isOpen = list.open.has(entry.position);
  const toggle = (/** @type {any} */ event) => {
    if (event.target.open === isOpen) return;
    if (event.target.open) list.open.add(entry.position);
    else list.open.delete(entry.position);
    redraw();
  };
  return html`<li><details @toggle=${toggle}>
    <summary><span class="position">${entry.position}</span> <span class="sentence">${sentenceOf(say, entry)}</span>
      <span class="kind"><code>${entry.type}</code> ${timeText(language, momentOf(entry.recorded_at))}</span></summary>
    ${isOpen ? bodyView(say, entry, see) : nothing}
  </details></li>`;
}

/** @param {App["say"]} say @param {Entry} entry @param {(entry: Entry) => void} see */
function bodyView(say, entry, see) {
  return html`<pre tabindex="0" aria-label=${entry.type}>${JSON.stringify(entry.data, null, 2)}</pre>
    <p class="small">${say("behindDigest")} <code>${entry.digest}</code></p>
    <p><button type="button" class="quiet" @click=${() => see(entry)}>${say("behindSaw")}</button></p>`;
}
