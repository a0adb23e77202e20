// Making a book: four words, each typed, spoken or tapped, and one large button.

import { withAccess } from "../access.js";
import { ApiError, newKey } from "../client.js";
import { icons } from "../icons.js";
import { cardsTemplate, heroesTemplate } from "../making/cast_cards.js";
import { allowed, choicesOf } from "../making/choices.js";
import { cardsOf, castSize, firstMissing, isSaid, keyedFor, MOST_CHARACTERS, requestOf, settled, textOf, withCards } from "../making/draft.js";
import { faultsByPart } from "../making/faults.js";
import { paintingsTemplate, questionTemplate, WORDING } from "../making/field_step.js";
import { askedFor, heroesOf, savedHeroes } from "../making/from_other_books.js";
import { dropDraft, keepDraft, keptDraft } from "../making/kept_draft.js";
import { Listener } from "../making/listening.js";
import { whySilent } from "../making/microphone.js";
import { moreTemplate } from "../making/more.js";
import { FIELDS, paintingOf, suggestionOf, wordsOf } from "../making/suggestions.js";
import { canBeHeard, Sampler } from "../making/voices.js";
import { sentenceFor } from "../problems.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../making/draft.js").Draft} Draft */
/** @typedef {import("../making/faults.js").Part} Part */
/** @typedef {import("../making/faults.js").Sentence} Sentence */
/** @typedef {import("../making/suggestions.js").Field} Field */

/** Parts of the screen that are behind the fold of the last step. @type {readonly Part[]} */
const BEHIND_FOLD = ["voice", "speed", "style", "age", "pages", "language"];

/** @param {HTMLElement} root @param {App} app */
export function open(root, app) {
  const screen = new Making(root, app);
  void screen.begin();
  return () => screen.close();
}

/** The screen and all that happens on it. */
class Making {
  #isOpen = true;
  #isAsking = false;
  #isFoldOpen = false;
  #playing = "";
  #problem = "";
  /** @type {Map<Part, Sentence>} */
  #faults = new Map();
  /** @type {import("../making/from_other_books.js").Known[]} */
  #saved = [];
  /** @type {import("../making/from_other_books.js").Known[]} */
  #origin = [];
  #originId = "";
  #choices = choicesOf(null);
  #draft = keptDraft();
  #sampler = new Sampler();

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.listener = new Listener(
      app,
      () => this.#draw(),
      (level, share) => this.#showLevel(level, share),
      (field, meant) => this.#take(field, meant),
    );
  }

  get #field() {
    return FIELDS[this.#draft.step];
  }

  get #language() {
    return this.#draft.language || this.#choices.language;
  }

  /** Shows the screen once it is known what can be chosen. */
  async begin() {
    const { app } = this;
    app.setTitle(app.say("makeTitle"));
    render(html`<main class="making"><h1>${app.say("makeTitle")}</h1><p class="hint">${app.say("makeLoading")}</p></main>`, this.root);
    const asked = askedFor(location.search);
    const origin = asked.basedOn || this.#draft.origin?.runId || "";
    const [engines, saved, heroes] = await Promise.all([
      withAccess(app, () => app.client.engines()).catch(() => null),
      savedHeroes(app),
      origin ? heroesOf(app, origin) : null,
    ]);
    if (!this.#isOpen) return;
    this.#choices = choicesOf(engines);
    this.#saved = saved;
    this.#origin = heroes ?? [];
    this.#originId = origin;
    const names = new Set(saved.map((it) => it.name));
    const draft = allowed(this.#draft, this.#choices);
    this.#change({
      ...draft,
      heroes: [...new Set([...draft.heroes, ...asked.heroes])].filter((it) => names.has(it)),
      origin: heroes ? { runId: origin, names: heroes.map((it) => it.name) } : null,
    });
    if (origin && !heroes) this.#problem = app.say("makeOriginLost");
    if (location.search) app.router.note({ screen: "make" }); // what the address asked for is in the draft now
    this.#draw();
  }

  close() {
    this.#isOpen = false;
    this.listener.forget();
    this.#sampler.close();
  }

  // ------------------------------------------------------------------------------- what is changed

  /** @param {Partial<Draft>} changed */
  #change(changed) {
    this.#draft = { ...this.#draft, ...changed };
    keepDraft(this.#draft);
    if (this.#isOpen) this.#draw();
  }

  /** @param {Part} part */
  #faultAt = (part) => {
    const fault = this.#faults.get(part);
    return fault ? this.app.say(fault.key, fault.values) : "";
  };

  #setWord(/** @type {Field} */ field, /** @type {string} */ text) {
    this.#faults.delete(field);
    this.#problem = "";
    if (field === "characters") this.#change({ newcomer: text });
    else this.#change({ words: { ...this.#draft.words, [field]: text } });
  }

  /** What was understood of speech. @param {Field} field @param {string} meant */
  #take(field, meant) {
    if (field === "characters") this.#addCards(meant);
    else this.#setWord(field, meant);
  }

  #addCards(/** @type {string} */ text) {
    this.#faults.delete("characters");
    const before = this.#draft.cards.length;
    this.#change({ ...withCards(this.#draft, cardsOf(text)), newcomer: "" });
    const added = this.#draft.cards.slice(before).map(textOf).join(", ");
    if (added) this.app.announce(this.app.say("makeAdded", { name: added }));
  }

  #removeCard(/** @type {number} */ index) {
    const name = textOf(this.#draft.cards[index]);
    this.#faults.delete("characters");
    this.#change({ cards: this.#draft.cards.filter((_, it) => it !== index) });
    this.app.announce(this.app.say("makeRemoved", { name }));
    this.#focus("#word");
  }

  #tap(/** @type {import("../making/suggestions.js").Suggestion} */ suggestion) {
    const words = wordsOf(suggestion, this.#language);
    this.listener.forget();
    if (this.#field !== "characters") return this.#setWord(this.#field, words);
    const index = this.#draft.cards.findIndex((it) => textOf(it) === words);
    if (index < 0) this.#addCards(words);
    else this.#change({ cards: this.#draft.cards.filter((_, it) => it !== index) });
  }

  #tapHero(/** @type {string} */ name) {
    const { heroes } = this.#draft;
    this.#faults.delete("heroes");
    if (heroes.includes(name)) this.#change({ heroes: heroes.filter((it) => it !== name) });
    else if (castSize(this.#draft) < MOST_CHARACTERS) this.#change({ heroes: [...heroes, name] });
  }

  #tapOrigin() {
    const { origin } = this.#draft;
    const names = this.#origin.map((it) => it.name);
    this.#faults.delete("heroes");
    this.#change({ origin: origin ? null : { runId: this.#originId, names } });
  }

  // -------------------------------------------------------------------------------- where one goes

  /** Goes to a step, and tells who hears the page its question. @param {number} step @param {string} focus */
  #goTo(step, focus = "#question") {
    this.listener.forget();
    this.#change({ ...settled(this.#draft), step });
    this.#focus(focus);
    scrollTo({ top: 0 });
  }

  #focus(/** @type {string} */ selector) {
    /** @type {HTMLElement | null} */ (this.root.querySelector(selector))?.focus({ preventScroll: true });
  }

  #goOn = () => {
    const field = this.#field;
    this.#change(settled(this.#draft));
    if (!isSaid(this.#draft, field)) return this.#showFault(field, { key: "makeFaultEmpty", values: {} });
    if (this.#draft.step < FIELDS.length - 1) this.#goTo(this.#draft.step + 1);
    else void this.#make();
  };

  #enter = () => {
    if (this.#field === "characters" && this.#draft.newcomer.trim()) this.#addCards(this.#draft.newcomer);
    else this.#goOn();
  };

  /** @param {Field} field @param {Sentence} sentence */
  #showFault(field, sentence) {
    this.#faults.set(field, sentence);
    this.#goTo(FIELDS.indexOf(field), "#word");
  }

  // ------------------------------------------------------------------------------- asking for it

  /** Asks for the book; however often it is asked, it is one. */
  async #make() {
    if (this.#isAsking) return;
    const missing = firstMissing(this.#draft);
    if (missing) return this.#showFault(missing, { key: "makeFaultEmpty", values: {} });
    const { app } = this;
    const request = requestOf(this.#draft, this.#choices.canSpeak);
    this.#isAsking = true;
    this.#faults.clear();
    this.#problem = "";
    this.listener.forget();
    this.#change(keyedFor(this.#draft, request, newKey));
    app.announce(app.say("makeBeingAsked"));
    try {
      const { run_id: runId } = await withAccess(app, () => app.client.createRun(request, this.#draft.key));
      dropDraft();
      if (this.#isOpen) app.router.go({ screen: "book", runId });
    } catch (error) {
      if (!this.#isOpen) return;
      this.#isAsking = false;
      this.#refused(error);
    }
  }

  #refused(/** @type {unknown} */ error) {
    const { app } = this;
    if (!(error instanceof ApiError && error.status === 422 && error.faults.length)) {
      this.#problem = sentenceFor(app.say, error);
      return this.#draw();
    }
    this.#faults = faultsByPart(error.faults);
    if (this.#faults.has("whole")) this.#problem = this.#faultAt("whole");
    this.#isFoldOpen ||= BEHIND_FOLD.some((it) => this.#faults.has(it));
    const field = FIELDS.find((it) => this.#faults.has(it) || (it === "characters" && this.#faults.has("heroes")));
    if (field) return this.#goTo(FIELDS.indexOf(field), "#word");
    this.#draw();
    const part = BEHIND_FOLD.find((it) => this.#faults.has(it));
    if (part) this.#focus(part === "voice" ? "#narrator-voice" : part === "speed" ? "[name=pace]:checked" : `#more-${part}`);
  }

  // ----------------------------------------------------------------------------------- what is shown

  /** The meter of the microphone: too often for the page to be drawn anew. @param {number} level @param {number} share */
  #showLevel(level, share) {
    const meter = /** @type {HTMLElement | null} */ (this.root.querySelector(".listening"));
    meter?.style.setProperty("--level", level.toFixed(3));
    meter?.style.setProperty("--share", share.toFixed(3));
  }

  #hear = (/** @type {string} */ place, /** @type {string} */ voice) => {
    const wasPlaying = this.#playing === place;
    this.#sampler.stop();
    this.#playing = wasPlaying ? "" : place;
    this.#draw();
    if (wasPlaying) return;
    const end = () => {
      if (!this.#isOpen || this.#playing !== place) return;
      this.#playing = "";
      this.#draw();
    };
    this.#sampler.play(this.#choices.narrator, this.#language, voice, end).catch(() => {
      end();
      this.app.announce(this.app.say("makeSampleLost"));
    });
  };

  #draw() {
    if (!this.#isOpen) return;
    const { app } = this;
    const { say } = app;
    const { step } = this.#draft;
    const isLast = step === FIELDS.length - 1;
    const view = this.#fieldView();
    const template = html`<main class="making">
      <header><a class="home" href=${app.router.address({ screen: "shelf" })}>${icons.back}<span class="unseen">${say("toShelf")}</span></a><h1>${say("makeTitle")}</h1></header>
      ${this.#stepsTemplate()}
      <div class="paper spread">
        <section class="asking" aria-labelledby="question">
          ${questionTemplate(view)}
          ${this.#field === "characters" ? this.#castTemplate() : nothing}
        </section>
        <section class="choosing" aria-labelledby="question">
          ${this.#field === "characters" ? this.#othersTemplate() : nothing}
          ${paintingsTemplate(view)}
          ${isLast ? this.#moreTemplate() : nothing}
        </section>
      </div>
      <footer>
        <p class="problem" role="alert" ?hidden=${!this.#problem}>${this.#problem}</p>
        <div class="ways">
          ${step > 0 ? html`<button type="button" class="quiet" ?disabled=${this.#isAsking} @click=${() => this.#goTo(step - 1)}>${icons.back}${say("makeBack")}</button>` : nothing}
          <button type="button" class="primary ahead" aria-disabled=${this.#isAsking ? "true" : "false"} @click=${this.#goOn}>
            ${isLast ? icons.brush : nothing}${say(!isLast ? "makeNext" : this.#isAsking ? "makeBeingAsked" : "makeBook")}${isLast ? nothing : icons.forth}
          </button>
        </div>
      </footer>
    </main>`;
    render(template, this.root);
  }

  /** @returns {import("../making/field_step.js").FieldView} */
  #fieldView() {
    const { app } = this;
    const field = this.#field;
    const isCast = field === "characters";
    const draft = this.#draft;
    const language = this.#language;
    const spoken = language === "ko" ? "ko-KR" : language;
    const { hearing } = this.listener;
    return {
      say: app.say,
      field,
      value: isCast ? draft.newcomer : draft.words[field],
      language,
      pageLanguage: app.language,
      fault: this.#faultAt(field) || (isCast ? this.#faultAt("heroes") : ""),
      hearing,
      silent: whySilent(this.#choices.canHear),
      isChosen: (text) => (isCast ? draft.cards.some((it) => textOf(it) === text) : draft.words[field].trim() === text),
      onType: (text) => this.#setWord(field, text),
      onEnter: this.#enter,
      onTap: (suggestion) => this.#tap(suggestion),
      onSpeak: () => void this.listener.start(field, spoken).then(() => this.#focus(".listening button")),
      onStop: () => void this.listener.stop(field, spoken).then(() => this.#focus(".heard button, #word")),
      onYes: () => {
        if (hearing.kind === "unsure") this.#take(field, hearing.meant);
        this.listener.forget();
        this.#draw();
        this.#focus("#word");
      },
      beside: isCast ? html`<button type="button" class="second add" @click=${() => this.#addCards(draft.newcomer)}>${icons.plus}<span>${app.say("makeAdd")}</span></button>` : nothing,
    };
  }

  #stepsTemplate() {
    const { say } = this.app;
    const draft = this.#draft;
    const pictureOf = (/** @type {Field} */ field) => suggestionOf(field, field === "characters" ? (draft.cards[0] ? textOf(draft.cards[0]) : "") : draft.words[field].trim());
    const saidOf = (/** @type {Field} */ field) => (field === "characters" ? [...(draft.origin?.names ?? []), ...draft.heroes, ...draft.cards.map(textOf)].join(", ") : draft.words[field].trim());
    return html`<nav aria-label=${say("makeSteps")}><ol class="steps">
      ${FIELDS.map((field, index) => {
        const picture = pictureOf(field);
        const said = saidOf(field);
        return html`<li><button type="button" class=${`step${said ? " said" : ""}${this.#faults.has(field) ? " faulty" : ""}`} aria-current=${index === draft.step ? "step" : nothing} @click=${() => this.#goTo(index)}>
          <span class="seal" aria-hidden="true">${picture ? html`<img src=${paintingOf(picture.id)} alt="" width="48" height="48">` : said ? icons.done : index + 1}</span>
          <span class="name">${say(WORDING[field].name)}</span>
          ${said ? html`<span class="told" lang=${this.#language}>${said}</span>` : html`<span class="told open">${say("makeNotYet")}</span>`}
        </button></li>`;
      })}
    </ol></nav>`;
  }

  /** @returns {import("../making/cast_cards.js").VoiceView} */
  get #voices() {
    const { voices, narrator } = this.#choices;
    return { say: this.app.say, voices: this.#draft.readAloud ? voices : [], canBeHeard: canBeHeard(narrator, this.#language), playing: this.#playing, onHear: this.#hear };
  }

  #castTemplate() {
    const { cards } = this.#draft;
    const change = (/** @type {number} */ index, /** @type {object} */ changed) => this.#change({ cards: cards.map((it, at) => (at === index ? { ...it, ...changed } : it)) });
    return html`${cardsTemplate(this.#voices, cards, this.#language, change, (index) => this.#removeCard(index))}
      ${castSize(this.#draft) >= MOST_CHARACTERS ? html`<p class="hint">${this.app.say("makeFull")}</p>` : nothing}`;
  }

  #othersTemplate() {
    const { say } = this.app;
    const { heroes, origin } = this.#draft;
    return html`${heroesTemplate(say, say("makeOrigin"), this.#origin.map((it) => ({ ...it, isThere: origin !== null })), () => this.#tapOrigin())}
      ${heroesTemplate(say, say("makeHeroes"), this.#saved.map((it) => ({ ...it, isThere: heroes.includes(it.name) })), (name) => this.#tapHero(name))}`;
  }

  #moreTemplate() {
    const fold = { isOpen: this.#isFoldOpen, pageLanguage: this.app.language, onToggle: (/** @type {boolean} */ isOpen) => (this.#isFoldOpen = isOpen) };
    const change = (/** @type {Partial<Draft>} */ changed) => {
      for (const part of BEHIND_FOLD) this.#faults.delete(part);
      this.#change(changed);
    };
    return moreTemplate(this.#voices, this.#draft, this.#choices, this.#faultAt, change, fold);
  }
}
