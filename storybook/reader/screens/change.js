// Changing a finished book, behind the parents' gate: each change makes another edition, and the
// book stays whole meanwhile.

import { signIn, wantsToken, withAccess } from "../access.js";
import { canBeChanged, isBeingChanged, newestOf, troubleOf } from "../changing/change_state.js";
import { editionsPart } from "../changing/editions_part.js";
import { heroesPart } from "../changing/heroes_part.js";
import { newsTemplate } from "../changing/news.js";
import { pagePart } from "../changing/page_part.js";
import { voicesPart } from "../changing/voices_part.js";
import { hasEnded } from "../book_state.js";
import { icons } from "../icons.js";
import { Sampler } from "../narrator_voices.js";
import { passGate } from "../parents_gate.js";
import { sentenceFor } from "../problems.js";
import { BookQueue } from "../shelf/book_queue.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../changing/change_state.js").Change} Change */
/** @typedef {import("../changing/view.js").View} View */

const PARTS = /** @type {const} */ ([
  ["page", "changePagePart", pagePart],
  ["voices", "changeVoicesPart", voicesPart],
  ["heroes", "changeHeroesPart", heroesPart],
  ["editions", "changeEditionsPart", editionsPart],
]);

/** @param {HTMLElement} root @param {App} app @param {import("../router.js").Place} place */
export function open(root, app, place) {
  return openChange(root, app, place.runId, place.page);
}

/** Shows it in `root`, once a grown-up is there; gives what closes it. @param {HTMLElement} root @param {App} app @param {string} runId @param {number} page */
export function openChange(root, app, runId, page) {
  const screen = new ChangeScreen(root, app, runId, page);
  void screen.start();
  return () => screen.close();
}

class ChangeScreen {
  /** @type {View | null} */
  #view = null;
  /** @type {typeof PARTS[number][0]} */
  #part = "page";
  /** What was refused, to be asked for once more. @type {(more: Partial<Change>) => void} */
  #again = () => {};
  /** @type {unknown} */
  #error = null;
  #isClosed = false;

  /** @param {HTMLElement} root @param {App} app @param {string} runId @param {number} page */
  constructor(root, app, runId, page) {
    this.root = root;
    this.app = app;
    this.runId = runId;
    this.page = page;
    this.sampler = new Sampler(() => this.#draw(), () => app.announce(app.say("voiceLost")));
    this.following = new BookQueue(app.client, (_, book) => this.#changed(book), () => void this.#madeOrNot());
  }

  async start() {
    const { say, setTitle } = this.app;
    setTitle(say("changeHeading"));
    this.#draw();
    if (this.app.client.signature) return;
    if (await passGate(this.app, say("changeGate"))) await this.#load();
    else if (!this.#isClosed) this.#toBook();
  }

  close() {
    this.#isClosed = true;
    this.following.close();
    this.sampler.close();
  }

  #toBook() {
    this.app.router.note({ screen: "book", runId: this.runId, page: this.page });
    this.app.router.show(this.app.router.place);
  }

  async #load() {
    this.#error = null;
    try {
      await withAccess(this.app, () => this.#fetch());
    } catch (error) {
      this.#error = error;
    }
    this.#draw();
  }

  async #fetch() {
    const { client } = this.app;
    const [state, { editions }, engines, { cast }, { characters }] = await Promise.all([
      client.run(this.runId),
      client.editions(this.runId),
      client.engines(),
      client.cast(this.runId),
      client.savedCast(),
    ]);
    const can = { rewrite: engines.writer.rewrites === true, narrator: engines.narrator.engine, voices: engines.narrator.voices ?? [], styles: engines.illustrator.styles ?? [] };
    const fetched = { state, editions, can, cast, saved: characters, isBusy: isBeingChanged(state) };
    this.#view = this.#view ? { ...this.#view, ...fetched } : { ...this.#blank(), ...fetched };
    this.app.setTitle(this.app.say("changeOf", { title: state.pages[0]?.title ?? "" }));
    if (isBeingChanged(state)) this.following.want(this.runId);
  }

  #blank() {
    return {
      app: this.app,
      runId: this.runId,
      page: this.page,
      book: null,
      drafts: new Map(),
      wishes: new Map(),
      voices: new Map(),
      sampler: this.sampler,
      style: "",
      trouble: null,
      error: null,
      compared: null,
      done: null,
      isDoneWhole: false,
      showDone: (/** @type {"none" | "whole"} */ much) => this.#showDone(much),
      draw: () => this.#draw(),
      turnTo: (/** @type {number} */ page) => this.#turnTo(page),
      ask: (/** @type {Change} */ it) => void this.#ask(it),
      again: () => this.#again({}),
      accept: () => this.#again({ accept: true }),
      cancel: () => void this.#try(() => this.app.client.cancel(this.runId)),
      retry: () => void this.#try(() => this.app.client.retry(this.runId)),
      restore: (/** @type {number} */ it) => void this.#restore(it),
      compare: (/** @type {number | null} */ it) => void this.#compare(it),
      keep: (/** @type {string} */ name, /** @type {string} */ character) => this.#keep(name, character),
      choose: (/** @type {string} */ style) => this.#with({ style }),
      restyle: (/** @type {string} */ style) => this.#restyle(style),
    };
  }

  /** What is shown becomes another. */
  #with(/** @type {Partial<View>} */ other) {
    if (this.#view) this.#view = { ...this.#view, ...other };
  }

  /** What has been changed is looked at where it was changed. @param {typeof PARTS[number][0]} part */
  #open(part) {
    if (part === this.#part) return;
    this.#part = part;
    this.#with({ done: null, trouble: null, error: null });
    this.#draw();
  }

  /** @param {"none" | "whole"} much of what the last change has made */
  #showDone(much) {
    this.#with(much === "none" ? { done: null } : { isDoneWhole: true });
    this.#draw();
    if (much === "none") /** @type {HTMLElement | null} */ (this.root.querySelector(".parts [aria-current]"))?.focus({ preventScroll: true });
  }

  #turnTo(/** @type {number} */ page) {
    this.page = page;
    this.#with({ page, trouble: null, error: null });
    this.#draw();
  }

  async #ask(/** @type {Change} */ change) {
    if (!this.#view) return;
    this.#again = (more) => void this.#ask({ ...change, ...more });
    const base = newestOf(this.#view.state);
    this.#with({ trouble: null, error: null, done: null, compared: null, isBusy: true });
    this.#draw();
    try {
      await withAccess(this.app, () => this.app.client.changeBook(this.runId, { base_edition: base, ...change }));
      await this.#fetch();
      await this.#finished(); // what needs nothing to be made is whole at once
    } catch (error) {
      const trouble = troubleOf(error, base);
      this.#with({ trouble, error: trouble ? null : error, isBusy: false });
      if (trouble?.kind === "newer" || trouble?.kind === "busy") await this.#fetch().catch(() => {});
    }
    this.#draw();
    this.#toNews();
  }

  #changed(/** @type {import("../book_state.js").Book} */ book) {
    const view = this.#view;
    if (!view) return;
    if (!this.root.isConnected) return this.close();
    this.#with({ book, state: book.state && !hasEnded(book.state) ? { ...view.state, stage: book.state.stage, waiting_for: book.state.waiting_for } : view.state });
    this.#draw();
  }

  /** The stream has ended: the edition is whole, or it is not going to be. */
  async #madeOrNot() {
    if (this.#isClosed) return;
    this.#with({ book: null });
    try {
      await this.#fetch();
      await this.#finished();
    } catch (error) {
      this.#with({ error });
    }
    this.#draw();
  }

  async #finished() {
    const { state, editions } = this.#view ?? {};
    if (!state || state.status !== "DONE") return;
    const newest = editions?.find((it) => it.edition === newestOf(state));
    if (!newest?.base_edition) return;
    this.#with({ isDoneWhole: false, done: await this.app.client.compareEditions(this.runId, newest.base_edition, newest.edition) });
    this.#view?.drafts.clear();
    this.#view?.wishes.clear();
    this.#view?.voices.clear();
    this.app.announce(this.app.say("changeDone"));
  }

  async #restore(/** @type {number} */ edition) {
    const base = this.#view ? newestOf(this.#view.state) : 1;
    this.#again = () => void this.#restore(edition);
    await this.#try(async () => {
      await this.app.client.restoreEdition(this.runId, edition);
      this.app.announce(this.app.say("changeRestored", { edition }));
    }, base);
    this.#toNews();
  }

  async #compare(/** @type {number | null} */ edition) {
    const shown = this.#view?.editions.find((it) => it.is_shown)?.edition;
    this.#with({ compared: null });
    if (edition !== null && shown) {
      try {
        this.#with({ compared: await this.app.client.compareEditions(this.runId, edition, shown) });
      } catch (error) {
        this.#with({ error });
      }
    }
    this.#draw();
  }

  /** @param {string} name @param {string} character */
  async #keep(name, character) {
    await this.#try(async () => {
      await this.app.client.saveCharacter(name, this.runId, character);
      this.app.announce(this.app.say("changeHeroKept", { name }));
    });
  }

  async #restyle(/** @type {string} */ style) {
    try {
      const made = await withAccess(this.app, () => this.app.client.createRun(/** @type {any} */ ({ based_on: { run_id: this.runId, keep: "text" }, style })));
      this.app.router.go({ screen: "book", runId: made.run_id });
    } catch (error) {
      const trouble = troubleOf(error, 0);
      this.#with({ trouble, error: trouble ? null : error });
      this.#draw();
      this.#toNews();
    }
  }

  /** Does something, and looks at the book anew. @param {() => Promise<unknown>} call @param {number} base the newest edition that is known */
  async #try(call, base = 0) {
    this.#with({ trouble: null, error: null, done: null, compared: null });
    try {
      await withAccess(this.app, call);
      await this.#fetch();
    } catch (error) {
      const trouble = base ? troubleOf(error, base) : null;
      this.#with({ trouble, error: trouble ? null : error });
    }
    this.#draw();
  }

  #toNews() {
    this.root.querySelector(".news")?.scrollIntoView({ block: "nearest" });
  }

  #draw() {
    if (!this.#isClosed) render(this.#template(), this.root);
  }

  #template() {
    const { say, router, client } = this.app;
    const address = router.address({ screen: "book", runId: this.runId, page: this.page, signature: client.signature });
    return html`<div class="changing">
      <header class="head"><a class="button quiet" href=${address}>${icons.back}${say("changeToBook")}</a>
        <h1>${say("changeHeading")}</h1>${this.#view ? html`<p class="of" lang=${this.#view.state.language}>${this.#view.state.pages[0]?.title}</p>` : nothing}</header>
      <main>${this.#mainTemplate()}</main>
    </div>`;
  }

  #mainTemplate() {
    const { say, client } = this.app;
    if (client.signature) return html`<section class="news paper"><h2>${say("shelfByLinkTitle")}</h2><p>${say("changeByLink")}</p></section>`;
    if (this.#error) return this.#closedTemplate(this.#error);
    const view = this.#view;
    if (!view) return html`<p class="loading" role="status">${say("changeLoading")}</p>`;
    if (!canBeChanged(view.state)) return html`<section class="news paper"><p>${say("changeNotYet")}</p></section>`;
    const [, , part] = PARTS.find(([name]) => name === this.#part) ?? PARTS[0];
    return html`${newsTemplate(view)}
      <nav class="parts" aria-label=${say("changeParts")}>
        ${PARTS.map(([name, key]) => html`<button type="button" aria-current=${name === this.#part ? "true" : nothing} @click=${() => this.#open(name)}>${say(key)}</button>`)}
      </nav>
      ${part(view)}`;
  }

  #closedTemplate(/** @type {unknown} */ error) {
    const { say } = this.app;
    const enter = async () => (await signIn(this.app)) && (await this.#load());
    return html`<section class="news paper" role="alert"><p class="fault">${sentenceFor(say, error)}</p>
      <div class="actions">${wantsToken(error) ? html`<button type="button" class="primary" @click=${enter}>${say("signIn")}</button>` : html`<button type="button" class="primary" @click=${() => void this.#load()}>${say("tryAgain")}</button>`}</div>
    </section>`;
  }
}
