// Words that appear one after the other, as fast as one reads them to a child.

/** From one word to the next, and how long one takes to appear, in milliseconds. */
const [WORD_MS, APPEARS_MS] = [260, 420];

export class Reveal {
  /** @type {Animation[]} */
  #words = [];

  /** @param {() => void} onEnd all of them are there */
  constructor(onEnd) {
    this.onEnd = onEnd;
  }

  get isOn() {
    return this.#words.length > 0;
  }

  /** Lets the `.word`s of an element appear. @param {Element} text @param {number} wait before the first, in milliseconds */
  start(text, wait) {
    this.finish();
    const words = [...text.querySelectorAll(".word")];
    this.#words = words.map((word, n) => word.animate([{ opacity: 0 }, { opacity: 1 }], { delay: wait + n * WORD_MS, duration: APPEARS_MS, fill: "backwards" }));
    const last = this.#words.at(-1);
    last?.finished.then(() => this.#words.at(-1) === last && this.#end(), () => {});
  }

  /** All at once. Gives whether some were still to come. */
  finish() {
    if (!this.isOn) return false;
    for (const it of this.#words) it.cancel();
    this.#end();
    return true;
  }

  #end() {
    this.#words = [];
    this.onEnd();
  }
}
