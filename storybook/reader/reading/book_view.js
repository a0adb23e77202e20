// A book as it is looked at: its leaves, which one is here, and what goes on around it.

import { hasEnded, isWhole, shownEdition } from "../book_state.js";
import { choose, classesOf } from "../preferences.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { Appearing } from "./appearing.js";
import { Awake } from "./awake.js";
import { barTemplate, topTemplate } from "./bars.js";
import { Bedtime } from "./bedtime.js";
import { chooseBedtime, chooseLetters, chooseMore, tellWhy } from "./choices.js";
import { fit, sign } from "./fit.js";
import { toggleFullScreen } from "./full_screen.js";
import { hands, keys } from "./hands.js";
import { endTemplate, leafTemplate, nameOf } from "./leaves.js";
import { light } from "./lit.js";
import { PageTexts } from "./page_texts.js";
import { Pictures } from "./pictures.js";
import { ReadOn } from "./read_on.js";
import { absence, statusLine } from "./status_line.js";
import { Turn, TURN_MS } from "./turning.js";
import { Voice } from "./voice.js";
import { milestone } from "./waiting.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../router.js").Place} Place */
/** @typedef {import("../book_state.js").Book} Book */
/** @typedef {import("../api_types.js").RunState} RunState */
/** @typedef {import("./choices.js").More} More */

/** How often the time that is left is told anew, in milliseconds. */
const TOLD_MS = 5000;

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches || document.visibilityState === "hidden";
const isSpread = () => matchMedia("(min-aspect-ratio: 1/1)").matches;

export class BookView {
  /** @type {Book | null} */
  #book = null;
  #here = 0;
  /** @type {Turn | null} */
  #turn = null;
  /** Pages whose picture came while somebody waited for it. @type {Set<number>} */
  #fresh = new Set();
  #isNews = false;
  #etaAt = 0;
  #dark = 0;
  #isAsleep = false;
  #fitted = "";
  /** @type {(() => void)[]} */
  #closing = [];

  /**
   * @param {HTMLElement} root
   * @param {App} app
   * @param {Place} place
   * @param {{onRetry: () => void, onMore: (way: More, page: number) => void, onTurn: () => void}} acts
   */
  constructor(root, app, place, acts) {
    this.root = root;
    this.app = app;
    this.place = place;
    this.acts = acts;
    this.#here = place.page;
    this.pictures = new Pictures(() => this.draw());
    this.texts = new PageTexts(app.client, place.runId, () => this.draw());
    this.appearing = new Appearing(place.runId, () => this.draw());
    this.awake = new Awake();
    this.bedtime = new Bedtime((it) => this.#onEvening(it));
    this.voice = new Voice({
      onSentence: (index) => this.#light(index),
      onChange: () => this.draw(),
      onEnd: () => this.readOn.ended(),
    });
    this.voice.speed = app.preferences.speed;
    this.readOn = new ReadOn(this.voice, {
      mayTurn: () => app.preferences.turnsByItself,
      turnForth: () => this.turnTo(this.#here + 1),
      onChange: () => this.draw(),
    });
    this.draw();
    this.#listen();
  }

  /** What is known of the book now. @param {Book} book */
  show(book) {
    const before = this.#book;
    if (!book.state && before?.state) return; // begun anew: what was shown stays until more is known
    this.#book = book;
    if (book.etaSeconds !== before?.etaSeconds) this.#etaAt = performance.now();
    if (!book.state) return this.draw();
    if (!before?.state) this.#begin(book.state);
    const told = before?.state ? milestone(before.state, book.state) : null;
    if (told) this.app.announce(this.app.say(told.key, told.values));
    if (before?.state && !isWhole(before.state) && isWhole(book.state)) this.#isNews = true;
    this.pictures.want(book.state.pages, this.#here);
    this.texts.want(book.state.pages, shownEdition(book.state));
    if (book.atWork?.preview && book.atWork.page !== null) this.pictures.wantPreview(book.atWork.page, book.atWork.preview);
    this.#setTitle();
    this.draw();
  }

  close() {
    this.#turn?.end(false);
    this.appearing.finish();
    this.readOn.stop();
    this.voice.close();
    this.pictures.close();
    this.texts.close();
    this.awake.release();
    this.bedtime.stop();
    for (const close of this.#closing) close();
  }

  // ------------------------------------------------------------------------------------ what there is

  get #state() {
    return this.#book?.state ?? null;
  }

  get #panels() {
    return (this.#state?.pages.length ?? 1) - 1;
  }

  /** The cover, the pages, and the end once there is one. */
  get #leaves() {
    const { length } = this.#state?.pages ?? [];
    return this.#state && isWhole(this.#state) ? length + 1 : length;
  }

  get #title() {
    return this.#state?.pages[0]?.title || this.app.say("bookNew");
  }

  /** @param {RunState} state the first that is known */
  #begin(state) {
    this.#here = Math.min(this.#here, this.#leaves - 1);
    this.appearing.begin(isWhole(state) ? state.pages.map((it) => it.page) : null);
    this.#fresh = new Set(isWhole(state) ? [] : state.pages.filter((it) => !it.image_url).map((it) => it.page));
    this.awake.touch();
  }

  #setTitle() {
    const { say, setTitle } = this.app;
    const state = /** @type {RunState} */ (this.#state);
    const title = this.#title;
    if (isWhole(state)) setTitle(this.#isNews ? say("bookTabReady", { title }) : title);
    else setTitle(say(hasEnded(state) ? "bookTabStopped" : "bookTabMaking", { title }));
  }

  // --------------------------------------------------------------------------------------- showing

  draw() {
    render(html`${this.#top()}
      <main class=${`leaves ${this.#here ? "open" : "shut"} ${this.#state && hasEnded(this.#state) ? "" : "busy"}`} aria-label=${this.#title}>
        <div class="boards" aria-hidden="true"></div>
        ${this.#state ? this.#leafTemplates() : html`<div class="leaf cover" data-here><div class="sheet"></div></div>`}
        <span class="corner left" aria-hidden="true" ?hidden=${this.#here === 0}></span>
        <span class="corner right" aria-hidden="true" ?hidden=${this.#here >= this.#leaves - 1}></span>
      </main>
      ${this.#bar()}
      ${this.voice.audio}
      <div class="night" aria-hidden="true"></div>
      ${this.#isAsleep ? html`<button type="button" class="asleep" @click=${() => this.bedtime.stop()}><span>${this.app.say("bookGoodNight")}</span><small>${this.app.say("bookWakeUp")}</small></button>` : nothing}`, this.root);
    if (!this.#state) return;
    this.#loadVoice();
    this.#afterDrawing();
  }

  #leafTemplates() {
    const state = /** @type {RunState} */ (this.#state);
    const absent = absence(state);
    const awaits = absent ? this.app.say(absent.key, absent.values) : "";
    const { now } = this.appearing;
    const leaves = state.pages.map((page) => leafTemplate({
      app: this.app,
      page,
      panels: this.#panels,
      language: state.language,
      isHere: page.page === this.#here,
      text: now?.page === page.page ? now.text : this.texts.of(page.page),
      isAppearing: now?.page === page.page,
      image: this.pictures.of(page.page),
      isFresh: this.#fresh.has(page.page),
      preview: this.pictures.previewOf(page.page),
      awaits,
      onRetry: hasEnded(state) ? this.acts.onRetry : null,
      onSpeaker: (index) => this.#hear(index),
      onHurry: () => this.appearing.finish(),
      onScroll: (event) => sign(/** @type {HTMLElement} */ (event.target)),
    }));
    if (this.#leaves === state.pages.length) return leaves;
    const number = state.pages.length;
    const end = endTemplate({ app: this.app, isHere: this.#here === number, number, cover: state.pages[0].image_url, title: this.#title, language: state.language, onAgain: () => this.turnTo(0) });
    return [...leaves, end];
  }

  #top() {
    const { say } = this.app;
    const state = this.#state;
    const { told, left, reason, mayRetry } = statusLine(this.#book, (performance.now() - this.#etaAt) / 1000, navigator.onLine);
    return topTemplate(this.app, {
      title: this.#title,
      line: told ? say(told.key, told.values) : "",
      detail: left ? say(left.key, left.values) : "",
      action: mayRetry ? { say: say("bookRetry"), act: this.acts.onRetry } : null,
      isWhole: state !== null && isWhole(state),
      isFull: document.fullscreenElement !== null,
      minutesLeft: this.bedtime.minutesLeft,
      onLetters: () => void chooseLetters(this.app, (it) => this.#prefer(it)),
      onBedtime: () => void this.#chooseBedtime(),
      onScreen: () => void toggleFullScreen(),
      onMore: () => {
        const page = Math.min(this.#here, this.#panels);
        void chooseMore(this.app, { runId: this.place.runId, page }, this.#title).then((way) => way && this.acts.onMore(way, page));
      },
      onWhy: reason && (() => void tellWhy(this.app, say(reason.key, reason), reason.why)),
    });
  }

  #bar() {
    const pages = this.#state?.pages ?? [];
    return barTemplate(this.app, {
      here: this.#here,
      leaves: this.#leaves,
      panels: this.#panels,
      hasVoice: this.#here < pages.length && pages.some((it) => it.audio_url),
      isRead: pages.some((it) => it.audio_url) || (this.#state !== null && !isWhole(this.#state)),
      isReading: this.readOn.isOn || this.voice.isPlaying,
      isVoiceComing: this.readOn.isWaiting,
      onTurnTo: (page) => void this.turnTo(page),
      onRead: () => this.#read(),
    });
  }

  #afterDrawing() {
    this.#light(this.voice.spoken);
    const { page, fraction } = this.#book?.atWork ?? { page: null, fraction: 0 };
    const wash = page === null ? null : /** @type {HTMLElement | null} */ (this.#leaf(page)?.querySelector(".wash"));
    if (wash && fraction > Number(wash.style.getPropertyValue("--done"))) wash.style.setProperty("--done", String(fraction));
    this.#fit(this.#here);
    if (!this.#turn) this.#letAppear(this.#here, 0);
  }

  /** @param {number} number */
  #fit(number) {
    const leaf = this.#leaf(number);
    const text = this.texts.of(number)?.page;
    const { letters, easyType } = this.app.preferences;
    const key = `${number} ${text?.paragraphs.length} ${text?.seconds} ${letters} ${easyType} ${innerWidth} ${innerHeight}`;
    if (!leaf || !text || key === this.#fitted) return;
    this.#fitted = key;
    fit(leaf, letters === "usual");
  }

  #leaf(/** @type {number} */ number) {
    return /** @type {HTMLElement | null} */ (this.root.querySelector(`.leaf[data-page="${number}"]`));
  }

  // ----------------------------------------------------------------------------- words that appear

  /** Lets the words of a page appear that nobody has seen yet. @param {number} number @param {number} delay in milliseconds */
  #letAppear(number, delay) {
    const state = this.#state;
    const text = this.texts.of(number);
    if (!state || !text || !this.appearing.see(number)) return;
    if (isWhole(state) || isStill() || !this.app.preferences.words || this.readOn.isOn) return;
    this.appearing.start(number, text, delay, () => this.#leaf(number)?.querySelector(".text"));
  }

  // ---------------------------------------------------------------------------------------- turning

  /** Gives whether there is such a leaf to turn to. @param {number} target */
  turnTo(target) {
    this.#turn?.end(true);
    if (target < 0 || target >= this.#leaves || target === this.#here) return false;
    this.voice.pause();
    void this.#take(target)?.letGo(true, false);
    return true;
  }

  #take(/** @type {number} */ target) {
    this.appearing.finish();
    this.#letAppear(target, TURN_MS);
    this.#fit(target);
    const [old, next] = [this.#leaf(this.#here), this.#leaf(target)];
    if (!old || !next) return null;
    this.#turn = new Turn(old, next, {
      isForth: target > this.#here,
      isSpread: isSpread(),
      isStill: isStill(),
      onEnd: (isTurned) => {
        this.#turn = null;
        if (isTurned) this.#arrive(target);
      },
    });
    return this.#turn;
  }

  #arrive(/** @type {number} */ target) {
    this.#here = target;
    this.app.router.note({ ...this.place, page: target });
    this.app.announce(nameOf(this.app, target, this.#panels));
    this.#touched();
    this.acts.onTurn();
    if (this.#state) this.pictures.want(this.#state.pages, target);
    this.draw();
    this.readOn.arrived(target <= this.#panels);
  }

  // ------------------------------------------------------------------------------------ reading aloud

  #loadVoice() {
    const text = this.texts.of(this.#here);
    const had = this.voice.hasVoice;
    this.voice.load(text?.audioUrl ?? "", text?.sentences ?? []);
    if (this.voice.hasVoice && !had) this.readOn.voiceCame();
  }

  #read() {
    this.appearing.finish();
    this.#touched();
    this.readOn.toggle();
  }

  #hear(/** @type {number} */ index) {
    if (!this.voice.hasVoice) return false;
    this.#touched();
    void this.voice.hear(index);
    return true;
  }

  /** @param {number} index of the sentence that is spoken, -1 for none */
  #light(index) {
    light(this.root, index);
    if (index >= 0) this.awake.touch();
  }

  // ------------------------------------------------------------------------------- hands and choices

  #listen() {
    const leaves = /** @type {HTMLElement} */ (this.root.querySelector(".leaves"));
    const back = () => this.turnTo(this.#here - 1);
    const forth = () => this.turnTo(this.#here + 1);
    const read = () => this.#state?.pages.some((it) => it.audio_url) && this.#read();
    const draw = () => this.draw();
    const touched = () => this.#touched();
    this.#closing = [
      hands(leaves, {
        turn: (step) => this.turnTo(this.#here + step),
        pull: (step) => this.#pull(step),
        hold: (part) => this.#turn?.hold(part),
        letGo: (isTurned) => void this.#turn?.letGo(isTurned, true),
        hear: (index) => this.#hear(index),
        hurry: () => this.appearing.finish(),
      }),
      keys({
        ...{ ArrowRight: forth, PageDown: forth, ArrowLeft: back, PageUp: back },
        ...{ Home: () => this.turnTo(0), End: () => this.turnTo(this.#leaves - 1) },
        ...{ " ": read, Enter: read, Escape: () => this.appearing.finish() },
        ...{ "Shift+ArrowRight": () => void this.voice.step(1), "Shift+ArrowLeft": () => void this.voice.step(-1) },
      }),
      listening(window, "resize", draw),
      listening(window, "online", draw),
      listening(window, "offline", draw),
      listening(window, "pointerdown", touched),
      listening(window, "keydown", touched),
      listening(document, "fullscreenchange", draw),
    ];
    const timer = setInterval(() => (this.#book?.etaSeconds ?? null) !== null && this.draw(), TOLD_MS);
    this.#closing.push(() => clearInterval(timer));
  }

  #pull(/** @type {1 | -1} */ step) {
    this.#turn?.end(true);
    const target = this.#here + step;
    if (target < 0 || target >= this.#leaves || isStill()) {
      if (isStill()) this.turnTo(target);
      return false;
    }
    this.voice.pause();
    return this.#take(target) !== null;
  }

  /** Somebody is there. */
  #touched() {
    this.awake.touch();
    if (!this.#isNews) return;
    this.#isNews = false;
    this.#setTitle();
  }

  /** @param {Partial<import("../preferences.js").Preferences>} chosen */
  #prefer(chosen) {
    Object.assign(this.app.preferences, choose(chosen));
    document.body.className = classesOf(this.app.preferences);
    this.voice.speed = this.app.preferences.speed;
    this.draw();
  }

  async #chooseBedtime() {
    const minutes = await chooseBedtime(this.app, this.bedtime.minutesLeft);
    if (minutes === null) return;
    if (minutes) this.bedtime.start(minutes);
    else this.bedtime.stop();
  }

  /** @param {{dark: number, volume: number, isOver: boolean}} evening */
  #onEvening({ dark, volume, isOver }) {
    this.voice.volume = volume;
    if (isOver) {
      this.readOn.stop();
      this.awake.release();
    }
    this.#dark = dark;
    this.#isAsleep = isOver;
    this.draw();
    /** @type {HTMLElement | null} */ (this.root.querySelector(".night"))?.style.setProperty("opacity", String(this.#dark));
  }
}

/** @param {EventTarget} target @param {string} event @param {() => void} act */
function listening(target, event, act) {
  target.addEventListener(event, act);
  return () => target.removeEventListener(event, act);
}
