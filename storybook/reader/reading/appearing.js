// Words of a page that nobody has seen yet: they appear while the book is made, once.

import { Reveal } from "./reveal.js";
import { rememberSeen, seenPages } from "./seen.js";

/** @typedef {import("./page_texts.js").PageText} PageText */

export class Appearing {
  /** The page whose words appear now, as it was told then. @type {{page: number, text: PageText} | null} */
  now = null;
  /** Pages whose words have been seen. @type {Set<number>} */
  #seen = new Set();

  /**
   * @param {string} runId
   * @param {() => void} onChange words begin to appear, or all of them are there
   */
  constructor(runId, onChange) {
    this.runId = runId;
    this.onChange = onChange;
    this.reveal = new Reveal(() => {
      this.now = null;
      onChange();
    });
  }

  /** What somebody has seen before the page was opened: of a whole book all of it. @param {Iterable<number> | null} all */
  begin(all) {
    this.#seen = all ? new Set(all) : seenPages(this.runId);
  }

  /** A page is here, and from now on it has been seen. Gives whether it was new. @param {number} page */
  see(page) {
    if (this.#seen.has(page)) return false;
    this.#seen.add(page);
    rememberSeen(this.runId, this.#seen);
    return true;
  }

  /**
   * Lets the words of a page appear.
   * @param {number} page
   * @param {PageText} text
   * @param {number} delay in milliseconds
   * @param {() => Element | null | undefined} wordsOf where they stand once the page is drawn
   */
  start(page, text, delay, wordsOf) {
    this.finish();
    this.now = { page, text };
    this.onChange();
    const words = wordsOf();
    if (words) this.reveal.start(words, delay);
  }

  /** All at once. Gives whether some were still to come. */
  finish() {
    return this.reveal.finish();
  }
}
