// The book as it was right after any of its events: a slider over them, and the page of then.

import { sentenceFor } from "../problems.js";
import { icons } from "../icons.js";
import { timeText } from "../measures.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { pageName, sentenceOf } from "./telling.js";
import { momentOf } from "./timeline.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").RunState} RunState */
/** @typedef {import("../api_types.js").PageState} PageState */
/** @typedef {import("./timeline.js").Entry} Entry */

/** How long the slider rests before a state is asked for, in milliseconds: dragging asks for few. */
const REST_MS = 120;
/** States that are kept: stepping back and forth asks once. */
const MOST_KEPT = 200;

/** What is looked at: which event, which page, and the state after that event. */
export class Moment {
  /** @type {readonly Entry[]} */
  entries = [];
  index = -1;
  page = 0;
  /** @type {RunState | null} */
  state = null;
  fault = "";
  /** Pictures that could not be had. @type {Set<string>} */
  gone = new Set();
  /** @type {Map<number, RunState>} */
  #kept = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #turn = 0;

  /** @param {App} app @param {string} runId @param {() => void} redraw */
  constructor(app, runId, redraw) {
    this.app = app;
    this.runId = runId;
    this.redraw = redraw;
  }

  get entry() {
    return this.entries[this.index];
  }

  /** More of the log is known; who looks at its end goes on looking at it. @param {readonly Entry[]} entries */
  take(entries) {
    const followed = this.index === this.entries.length - 1;
    this.entries = entries;
    if (followed) this.go(entries.length - 1, 0);
  }

  /** Looks at the book after an event, given by its place among them. @param {number} index */
  go(index, rest = REST_MS) {
    this.index = Math.min(Math.max(index, 0), this.entries.length - 1);
    const { data } = this.entry ?? {};
    if (typeof data?.page === "number") this.page = data.page;
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#timer = setTimeout(() => void this.#load(turn), rest);
    this.redraw();
  }

  /** @param {number} turn */
  async #load(turn) {
    if (!this.entry) return;
    const { position } = this.entry;
    try {
      const state = this.#kept.get(position) ?? (await this.app.client.run(this.runId, { at: position }));
      this.#keep(position, state);
      if (turn !== this.#turn) return;
      this.state = state;
      this.fault = "";
    } catch (error) {
      if (turn !== this.#turn) return;
      this.fault = sentenceFor(this.app.say, error);
    }
    this.redraw();
  }

  /** @param {number} position @param {RunState} state */
  #keep(position, state) {
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(position, state);
  }

  close() {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}

/** @param {App} app @param {Moment} moment */
export function momentView(app, moment) {
  const { say, language } = app;
  const { entries, index, entry } = moment;
  if (!entry) return nothing;
  const where = say("behindMomentAt", { number: index + 1, count: entries.length, time: timeText(language, momentOf(entry.recorded_at)) });
  const told = sentenceOf(say, entry);
  return html`<section aria-labelledby="behind-moment">
    <h2 id="behind-moment" tabindex="-1">${say("behindMoment")}</h2>
    <p>${say("behindMomentLead")}</p>
    <div class="slider">
      <button type="button" class="quiet" aria-label=${say("behindBefore")} ?disabled=${index <= 0} @click=${() => moment.go(index - 1)}>${icons.back}</button>
      <input type="range" min="0" max=${entries.length - 1} step="1" .value=${live(String(index))} aria-label=${say("behindSlider")}
        aria-valuetext=${`${where}: ${told}`} @input=${(/** @type {any} */ it) => moment.go(Number(it.target.value))}>
      <button type="button" class="quiet" aria-label=${say("behindAfter")} ?disabled=${index >= entries.length - 1} @click=${() => moment.go(index + 1)}>${icons.forth}</button>
    </div>
    <p class="told"><span class="where">${where}</span> <span>${told}</span></p>
    ${moment.fault ? html`<p class="fault">${moment.fault}</p>` : nothing}
    ${moment.state ? pagesView(app, moment, moment.state) : html`<div class="then paper"></div>`}
  </section>`;
}

/** @param {App} app @param {Moment} moment @param {RunState} state */
function pagesView(app, moment, state) {
  const { say } = app;
  const shown = state.pages[Math.min(moment.page, state.pages.length - 1)];
  const turn = (/** @type {PageState} */ it) => html`<button type="button" aria-pressed=${it === shown ? "true" : "false"}
    class=${it.image_url ? "has-picture" : it.summary || it.title ? "has-words" : ""}
    @click=${() => {
      moment.page = it.page;
      moment.redraw();
    }}>${pageName(say, it.page)}</button>`;
  return html`<div class="pages" role="group" aria-label=${say("behindPages")}>${state.pages.map(turn)}</div>
    <div class="then paper">${pictureView(app, moment, shown)}${wordsView(app, shown, state.language)}</div>`;
}

/** @param {App} app @param {Moment} moment @param {PageState} page */
function pictureView({ say, client }, moment, page) {
  if (!page.image_url) return html`<div class="picture none"><p>${say("behindNoPicture")}</p></div>`;
  if (moment.gone.has(page.image_url)) return html`<div class="picture none"><p>${say("behindPictureGone")}</p></div>`;
  const lost = () => {
    moment.gone.add(page.image_url);
    moment.redraw();
  };
  return html`<div class="picture"><img src=${client.address(page.image_url)} alt=${say("behindPictureOf", { page: pageName(say, page.page) })} @error=${lost}></div>`;
}

/** @param {App} app @param {PageState} page @param {string} language */
function wordsView({ say }, page, language) {
  if (!page.title && !page.summary) return html`<div class="words none"><p>${say("behindNoWords")}</p></div>`;
  return html`<div class="words" lang=${language}>
    ${page.title ? html`<p class="then-title">${page.title}</p>` : nothing}
    ${page.summary ? page.summary.split("\n").map((it) => html`<p>${it}</p>`) : nothing}
  </div>`;
}
