// The log as it grows: followed from a little before its end, filtered by type, and held on demand.

import { EVENT_TYPES, sentenceOf } from "../behind/telling.js";
import { momentOf } from "../behind/timeline.js";
import { icons } from "../icons.js";
import { timeText } from "../measures.js";
import { sentenceFor } from "../problems.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { emptyTail, goneOn, paused, withEntry } from "./tail_state.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../behind/timeline.js").Entry} Entry */

/** Events that are shown at once when the page opens. */
const SHOWN_FIRST = 20;
/** Signs of a run's id that are shown. */
const SHORT_ID = 8;

/** Follows the log from a position on. */
export class LogTail {
  tail = emptyTail();
  kind = "";
  isConnected = true;
  fault = "";
  #start = 0;
  #leaving = new AbortController();

  /** @param {App} app @param {() => void} redraw */
  constructor(app, redraw) {
    this.app = app;
    this.redraw = redraw;
  }

  /** Begins a little before the log's end. @param {number} logEnd */
  begin(logEnd) {
    this.#start = Math.max(logEnd - SHOWN_FIRST, 0);
    void this.#follow();
  }

  /** Shows only events of a type; "" shows all. @param {string} kind */
  filter(kind) {
    this.close();
    this.#leaving = new AbortController();
    this.kind = kind;
    this.tail = emptyTail();
    void this.#follow();
    this.redraw();
  }

  close() {
    this.#leaving.abort();
  }

  async #follow() {
    const { signal } = this.#leaving;
    const types = this.kind ? [this.kind] : [];
    const onConnection = (/** @type {boolean} */ isThere) => {
      if (isThere === this.isConnected) return;
      this.isConnected = isThere;
      this.redraw();
    };
    try {
      for await (const { event, id, data } of this.app.client.followLog({ after: this.#start, types, signal, onConnection })) {
        if (signal.aborted) return;
        if (event === "reset") {
          this.tail = emptyTail(); // the log is an older one: what was shown is void
          continue;
        }
        if (id === null) continue;
        this.tail = withEntry(this.tail, data);
        this.redraw();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.fault = sentenceFor(this.app.say, error);
      this.redraw();
    }
  }
}

/** @param {App} app @param {LogTail} it */
export function tailView(app, it) {
  const { say } = app;
  const { tail } = it;
  const hold = () => {
    it.tail = tail.isPaused ? goneOn(tail) : paused(tail);
    it.redraw();
  };
  return html`<section class="tail paper" aria-labelledby="operate-tail">
    <h2 id="operate-tail">${say("operateTail")}</h2>
    <p>${say("operateTailLead")}</p>
    <div class="tools">
      <button type="button" class="second" @click=${hold}>${tail.isPaused ? icons.play : icons.pause}<span>${say(tail.isPaused ? "operateGoOn" : "operatePause")}</span></button>
      <p><label for="operate-kind">${say("operateFilter")}</label>
        <select id="operate-kind" @change=${(/** @type {any} */ event) => it.filter(event.target.value)}>
          <option value="">${say("operateAll")}</option>${EVENT_TYPES.map((kind) => html`<option value=${kind}>${kind}</option>`)}
        </select></p>
    </div>
    ${it.fault || !it.isConnected ? html`<p class="fault">${it.fault || say("operateTailAway")}</p>` : nothing}
    ${tail.missed ? html`<p>${say("operateHeld", { count: tail.missed })}</p>` : nothing}
    ${tail.shown.length === 0 ? html`<p>${say("operateNoEvents")}</p>` : html`<ol tabindex="0" aria-label=${say("operateTail")}>${repeat(tail.shown, (each) => each.position, (each) => entryView(app, each))}</ol>`}
  </section>`;
}

/** @param {App} app @param {Entry} entry */
function entryView({ say, language, router }, entry) {
  const runId = entry.run_id ?? "";
  return html`<li>
    <span class="position">${entry.position}</span>
    <span class="sentence">${sentenceOf(say, entry)}</span>
    <span class="kind"><code>${entry.type}</code> ${timeText(language, momentOf(entry.recorded_at))}
      <a href=${router.address({ screen: "behind", runId })} aria-label=${`${say("operateBook")} ${runId.slice(0, SHORT_ID)}`}>${runId.slice(0, SHORT_ID)}</a></span>
  </li>`;
}
