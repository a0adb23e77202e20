// The words of each page, cut where they are spoken, as the server tells them.

import { sentencesOf, silentPage } from "./spoken.js";

/** @typedef {import("../client.js").Client} Client */
/** @typedef {import("../api_types.js").PageState} PageState */
/** @typedef {import("../api_types.js").SpokenPage} SpokenPage */
/** @typedef {{page: SpokenPage, sentences: import("./spoken.js").Sentence[], audioUrl: string}} PageText */

/** Before times that did not come are asked for again, in milliseconds. */
const AGAIN_MS = 3000;

export class PageTexts {
  /** @type {Map<number, {key: string, text: PageText}>} */
  #known = new Map();
  /** @type {Map<number, string>} */
  #asked = new Map();
  #isClosed = false;
  /** @type {number | undefined} */
  #edition;

  /** @param {Client} client @param {string} runId @param {() => void} onText */
  constructor(client, runId, onText) {
    this.client = client;
    this.runId = runId;
    this.onText = onText;
  }

  /** A page's words, null while they are not there. @param {number} page */
  of(page) {
    return this.#known.get(page)?.text ?? null;
  }

  /** Asks for what is new. @param {readonly PageState[]} pages @param {number} [edition] that they are of */
  want(pages, edition = this.#edition) {
    this.#edition = edition;
    for (const page of pages) {
      const key = `${page.title}\n${page.summary}\n${page.audio_url}`;
      if (!(page.title || page.summary) || this.#asked.get(page.page) === key) continue;
      this.#asked.set(page.page, key);
      void this.#ask(page, key);
    }
  }

  close() {
    this.#isClosed = true;
  }

  /** @param {PageState} page @param {string} key */
  async #ask(page, key) {
    const written = page.title || page.summary;
    let told = silentPage(page.page, written);
    let isTold = false;
    try {
      told = await this.client.spans(this.runId, page.page, { edition: this.#edition });
      // What is told may be newer or older than what is shown, while one becomes the other.
      isTold = bare(told) === written.replace(/\s+/g, "") && (!page.audio_url || told.seconds > 0);
      if (!isTold) told = silentPage(page.page, written);
    } catch {
      // Read without times meanwhile.
    }
    if (this.#isClosed || this.#asked.get(page.page) !== key) return;
    this.#known.set(page.page, { key, text: { page: told, sentences: sentencesOf(told), audioUrl: page.audio_url } });
    this.onText();
    if (!isTold) setTimeout(() => this.#asked.get(page.page) === key && this.#asked.delete(page.page) && this.want([page]), AGAIN_MS);
  }
}

/** A page's letters without the spaces between them. @param {SpokenPage} page */
function bare(page) {
  return page.paragraphs.flat().map((it) => it.text).join("").replace(/\s+/g, "");
}
