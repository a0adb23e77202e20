// Making a book: four words, each typed, spoken or tapped, and one large button.

import { withAccess } from "../access.js";
import { ApiError, newKey } from "../client.js";
import { icons } from "../icons.js";
import { isByTouch } from "../pointer.js";
import { cardsTemplate, heroesTemplate } from "../making/cast_cards.js";
import { choicesOf } from "../making/choices.js";
import { castSize, firstMissing, MOST_CHARACTERS, requestOf, saidOf, textOf } from "../making/draft.js";
import { faultsByPart } from "../making/faults.js";
import { paintingsTemplate, questionTemplate } from "../making/field_step.js";
import { askedFor, heroesOf, savedHeroes } from "../making/from_other_books.js";
import { dropDraft } from "../making/kept_draft.js";
import { Listener } from "../making/listening.js";
import { whySilent } from "../making/microphone.js";
import { moreTemplate } from "../making/more.js";
import { stepsTemplate } from "../making/steps_nav.js";
import { FIELDS, wordsOf } from "../making/suggestions.js";
import { Wish } from "../making/wish.js";
import { canBeHeard, Sampler } from "../narrator_voices.js";
import { sentenceFor } from "../problems.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../making/draft.js").Draft} Draft */
/** @typedef {import("../making/faults.js").Part} Part */
/** @typedef {import("../making/suggestions.js").Field} Field */
/** @typedef {import("../making/from_other_books.js").Known} Known */

/** Parts of the screen that are behind the fold of the last step, and what of each is filled in. @type {Map<Part, string>} */
const BEHIND_FOLD = new Map([
  ["speed", "[name=pace]:checked"],
  ["voice", "#narrator-voice"],
  ["style", "#more-style"],
  ["age", "#more-age"],
  ["pages", "#more-pages"],
  ["language", "#more-language"],
]);

/** How long somebody nods, in milliseconds. */
const NOD_MS = 700;

/** @param {HTMLElement} root @param {App} app */
export function open(root, app) {
  const screen = new Making(root, app);
  void screen.begin();
  return () => screen.close();
}

/** The screen: what is shown of the wish, and where one goes on it. */
class Making {
  #isOpen = true;
  #isReady = false;
  #isAsking = false;
  #isFoldOpen = false;
  #openedCard = -1;
  /** @type {Known[]} */
  #saved = [];
  /** @type {Known[]} who was in the book that this one follows */
  #before = [];
  #originId = "";
  #choices = choicesOf(null);
  #endSteps = () => {};

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    const draw = () => this.#draw();
    this.root = root;
    this.app = app;
    this.wish = new Wish(app, draw, (index) => this.#nod(index));
    this.sampler = new Sampler(draw, () => app.announce(app.say("voiceLost")));
    this.listener = new Listener(app, draw, (level, share) => this.#showLevel(level, share), (field, meant) => this.#take(field, meant));
  }

  get #field() {
    return FIELDS[this.wish.draft.step];
  }

  get #language() {
    return this.wish.draft.language || this.#choices.language;
  }

  /** Shows the screen once it is known what can be chosen. */
  async begin() {
    const { app, wish } = this;
    app.setTitle(app.say("makeTitle"));
    render(html`<main class="making"><header><h1>${app.say("makeTitle")}</h1></header><p class="loading">${app.say("makeLoading")}</p></main>`, this.root);
    const asked = askedFor(location.search);
    const origin = asked.basedOn || wish.draft.origin?.runId || "";
    const engines = await withAccess(app, () => app.client.engines()).catch(() => null);
    const [saved, before] = await Promise.all([savedHeroes(app), origin ? heroesOf(app, origin) : null]);
    if (!this.#isOpen) return;
    this.#choices = choicesOf(engines);
    [this.#saved, this.#before, this.#originId] = [saved, before ?? [], origin];
    if (origin && !before) wish.problem = app.say("makeOriginLost");
    this.#isReady = true;
    wish.settle(this.#choices, saved, asked.heroes, before && { runId: origin, names: before.map((it) => it.name) });
    if (location.search) app.router.note({ screen: "make" }); // what the address asked for is in the draft now
    this.#endSteps = app.router.beginSteps(wish.draft.step, (step) => step !== wish.draft.step && this.#show(step, "#question"));
  }

  close() {
    this.#isOpen = false;
    this.#endSteps();
    this.listener.forget();
    this.sampler.close();
  }

  // -------------------------------------------------------------------------------- where one goes

  /** Goes to a step; the focus tells its question to who hears the page. @param {number} step @param {string} focus */
  #goTo(step, focus = "#question") {
    this.#show(step, focus);
    this.app.router.noteStep(step);
  }

  /** @param {number} step @param {string} focus */
  #show(step, focus) {
    this.listener.forget();
    this.wish.settleNewcomer();
    this.#openedCard = -1;
    this.wish.change({ step });
    this.#focus(focus);
    scrollTo({ top: 0 });
  }

  #focus(/** @type {string} */ selector) {
    /** @type {HTMLElement | null} */ (this.root.querySelector(selector))?.focus({ preventScroll: true });
  }

  /** The focus goes to the text field, unless a keyboard would come up that nobody wants yet. @param {string} message where it is then */
  #wordOr(message) {
    return isByTouch() ? message : "#word";
  }

  /** Who is there already shows it. @param {number} index of the card */
  #nod(index) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const card = this.root.querySelectorAll(".faces > .card")[index];
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
    card?.animate({ transform: ["none", "rotate(-7deg) translateY(-6%)", "rotate(6deg)", "rotate(-4deg) translateY(-4%)", "none"] }, NOD_MS);
  }

  #goOn = () => {
    const { wish } = this;
    wish.settleNewcomer();
    if (!saidOf(wish.draft, this.#field)) this.#showEmpty(this.#field);
    else if (wish.draft.step < FIELDS.length - 1) this.#goTo(wish.draft.step + 1);
    else void this.#make();
  };

  #enter = () => {
    const { newcomer } = this.wish.draft;
    if (this.#field === "characters" && newcomer.trim()) this.wish.addCards(newcomer);
    else this.#goOn();
  };

  #showEmpty(/** @type {Field} */ field) {
    this.wish.faults.set(field, { key: "makeFaultEmpty", values: {} });
    this.#goTo(FIELDS.indexOf(field), this.#wordOr("#word-fault"));
  }

  /** What was understood of speech. @param {Field} field @param {string} meant */
  #take(field, meant) {
    if (field === "characters") this.wish.addCards(meant);
    else this.wish.setWord(field, meant);
  }

  // -------------------------------------------------------------------------------- asking for it

  /** Asks for the book; however often it is asked for, it is one. */
  async #make() {
    if (this.#isAsking) return;
    const { app, wish } = this;
    const missing = firstMissing(wish.draft);
    if (missing) return this.#showEmpty(missing);
    this.listener.forget();
    this.#isAsking = true;
    wish.faults.clear();
    wish.problem = "";
    const request = requestOf(wish.draft, this.#choices.canSpeak);
    const key = wish.keyFor(request, newKey);
    app.announce(app.say("makeBeingAsked"));
    try {
      const { run_id: runId } = await withAccess(app, () => app.client.createRun(request, key));
      dropDraft();
      if (this.#isOpen) void app.router.replaceSteps({ screen: "book", runId });
    } catch (error) {
      this.#isAsking = false;
      if (this.#isOpen) this.#refused(error);
    }
  }

  /** Shows what is wrong where it is wrong. @param {unknown} error */
  #refused(error) {
    const { app, wish } = this;
    if (!(error instanceof ApiError && error.status === 422 && error.faults.length)) {
      wish.problem = sentenceFor(app.say, error);
      return this.#draw();
    }
    wish.faults = faultsByPart(error.faults);
    wish.problem = wish.faultAt("whole");
    const field = FIELDS.find((it) => this.#isFaulty(it));
    if (field) return this.#goTo(FIELDS.indexOf(field), this.#wordOr("#word-fault"));
    const part = [...BEHIND_FOLD.keys()].find((it) => wish.faults.has(it));
    this.#isFoldOpen ||= Boolean(part);
    this.#draw();
    if (part) this.#focus(BEHIND_FOLD.get(part) ?? "");
  }

  #isFaulty(/** @type {Field} */ field) {
    const { faults } = this.wish;
    return faults.has(field) || (field === "characters" && faults.has("heroes"));
  }

  // ----------------------------------------------------------------------------------- what is shown

  /** The meter of the microphone: too often for the page to be drawn anew. @param {number} level @param {number} share */
  #showLevel(level, share) {
    const meter = /** @type {HTMLElement | null} */ (this.root.querySelector(".listening"));
    meter?.style.setProperty("--level", level.toFixed(3));
    meter?.style.setProperty("--share", share.toFixed(3));
  }

  #draw() {
    if (!this.#isOpen || !this.#isReady) return;
    const { say, router } = this.app;
    const { draft } = this.wish;
    const isCast = this.#field === "characters";
    const view = this.#fieldView();
    render(
      html`<main class="making">
        <header><a class="home" href=${router.address({ screen: "shelf" })}>${icons.back}<span class="unseen">${say("toShelf")}</span></a><h1>${say("makeTitle")}</h1></header>
        ${stepsTemplate(say, draft, this.#language, (field) => this.#isFaulty(field), (step) => this.#goTo(step))}
        <div class=${`paper spread ${this.#field}`}>
          <section class="asking" aria-labelledby="question">${questionTemplate(view)}${isCast ? this.#castTemplate() : nothing}</section>
          <section class="choosing" aria-labelledby="question">
            ${isCast ? this.#othersTemplate() : nothing}${paintingsTemplate(view)}${this.#field === "topic" ? this.#moreTemplate() : nothing}
          </section>
        </div>
        ${this.#footTemplate()}
      </main>`,
      this.root,
    );
  }

  #footTemplate() {
    const { say } = this.app;
    const { problem, draft } = this.wish;
    const isLast = draft.step === FIELDS.length - 1;
    return html`<footer>
      <p class="problem" role="alert" ?hidden=${!problem}>${problem}</p>
      <div class="ways">
        ${draft.step > 0 ? html`<button type="button" class="quiet" ?disabled=${this.#isAsking} @click=${() => this.#goTo(draft.step - 1)}>${icons.back}${say("makeBack")}</button>` : nothing}
        <button type="button" class="primary ahead" aria-disabled=${this.#isAsking ? "true" : "false"} @click=${this.#goOn}>
          ${isLast ? icons.brush : nothing}${say(!isLast ? "makeNext" : this.#isAsking ? "makeBeingAsked" : "makeBook")}${isLast ? nothing : icons.forth}
        </button>
      </div>
    </footer>`;
  }

  /** @param {Field} field */
  #faultAt(field) {
    const isEmpty = this.wish.faults.get(field)?.key === "makeFaultEmpty";
    return isEmpty && whySilent(this.#choices.canHear) ? this.app.say("makeFaultEmptySilent") : this.wish.faultAt(field);
  }

  /** @returns {import("../making/field_step.js").FieldView} */
  #fieldView() {
    const { app, wish, listener } = this;
    const { draft } = wish;
    const { hearing } = listener;
    const [field, language] = [this.#field, this.#language];
    const isCast = field === "characters";
    const spoken = language === "ko" ? "ko-KR" : language;
    return {
      say: app.say,
      field,
      value: isCast ? draft.newcomer : draft.words[field],
      language,
      pageLanguage: app.language,
      told: isCast ? wish.told || (castSize(draft) >= MOST_CHARACTERS ? app.say("makeFull") : "") : "",
      fault: this.#faultAt(field) || (isCast ? wish.faultAt("heroes") : ""),
      hearing,
      silent: whySilent(this.#choices.canHear),
      isChosen: (text) => (isCast ? draft.cards.some((it) => textOf(it) === text) : draft.words[field].trim() === text),
      onType: (text) => wish.setWord(field, text),
      onEnter: this.#enter,
      onAdd: isCast ? () => (draft.newcomer.trim() ? wish.addCards(draft.newcomer) : this.#focus("#word")) : null,
      onTap: (suggestion) => {
        listener.forget();
        wish.tap(field, wordsOf(suggestion, language));
      },
      onSpeak: () => void listener.start(field, spoken).then(() => this.#focus(".listening")),
      onStop: () => void listener.stop(field, spoken).then(() => this.#focus(listener.hearing.kind === "understood" ? this.#wordOr("#heard") : ".heard button")),
      onYes: () => {
        listener.forget();
        if (hearing.kind === "unsure") this.#take(field, hearing.meant);
        this.#focus(this.#wordOr("#question"));
      },
    };
  }

  /** @returns {import("../making/cast_cards.js").VoiceView} */
  #voiceView() {
    const { voices, narrator } = this.#choices;
    const language = this.#language;
    return {
      say: this.app.say,
      voices: this.wish.draft.readAloud ? voices : [],
      canBeHeard: canBeHeard(narrator, language),
      playing: this.sampler.playing,
      onHear: (place, voice) => void this.sampler.toggle(place, narrator, language, voice),
    };
  }

  #castTemplate() {
    const { wish } = this;
    return cardsTemplate(this.#voiceView(), wish.draft.cards, this.#language, {
      opened: this.#openedCard,
      onOpen: (index) => {
        this.#openedCard = index;
        this.#draw();
      },
      onChange: (index, changed) => wish.changeCard(index, changed),
      onRemove: (index) => {
        this.#openedCard = -1;
        wish.removeCard(index);
        this.#focus(this.#wordOr("#question"));
      },
    });
  }

  #othersTemplate() {
    const { app, wish } = this;
    const { heroes, origin } = wish.draft;
    const all = { runId: this.#originId, names: this.#before.map((it) => it.name) };
    const before = this.#before.map((it) => ({ ...it, isThere: origin !== null }));
    const saved = this.#saved.map((it) => ({ ...it, isThere: heroes.includes(it.name) }));
    return html`${heroesTemplate(app.say("makeOrigin"), before, () => wish.tapOrigin(all))}${heroesTemplate(app.say("makeHeroes"), saved, (name) => wish.tapHero(name))}`;
  }

  #moreTemplate() {
    const { wish } = this;
    const fold = { isOpen: this.#isFoldOpen, pageLanguage: this.app.language, onToggle: (/** @type {boolean} */ isOpen) => (this.#isFoldOpen = isOpen) };
    const change = (/** @type {Partial<Draft>} */ changed) => {
      for (const part of BEHIND_FOLD.keys()) wish.faults.delete(part);
      wish.change(changed);
    };
    return moreTemplate(this.#voiceView(), wish.draft, this.#choices, (part) => wish.faultAt(part), change, fold);
  }
}
