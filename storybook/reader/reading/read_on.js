// Reading aloud from here to the end: page after page, and where a voice is still being made, it waits.

/** @typedef {import("./voice.js").Voice} Voice */

/** The breath between two pages, in milliseconds. */
const BREATH_MS = 900;
/** Before a page that was turned to is read, in milliseconds. */
const ARRIVED_MS = 350;

/**
 * @typedef {object} Book
 * @property {() => boolean} mayTurn whether pages turn by themselves
 * @property {() => boolean} turnForth false if there is no page after this one
 * @property {() => void} onChange it reads, or it does not any more
 */

export class ReadOn {
  isOn = false;
  /** Whether it waits for the voice of the page that is here. */
  isWaiting = false;
  #timer = 0;

  /** @param {Voice} voice @param {Book} book */
  constructor(voice, book) {
    this.voice = voice;
    this.book = book;
  }

  toggle() {
    if (this.isOn || this.voice.isPlaying) this.stop();
    else this.#start();
  }

  stop() {
    clearTimeout(this.#timer);
    this.isOn = this.isWaiting = false;
    this.voice.pause();
    this.book.onChange();
  }

  /** Another page is here. @param {boolean} isReadable whether it is one that is read aloud */
  arrived(isReadable) {
    clearTimeout(this.#timer);
    this.isWaiting = false;
    if (!this.isOn) return;
    if (isReadable) this.#timer = window.setTimeout(() => this.#start(), ARRIVED_MS);
    else this.stop();
  }

  /** The voice of the page that is here is there now. */
  voiceCame() {
    if (this.isWaiting) this.#start();
  }

  /** The page was read to its end. */
  ended() {
    if (!this.isOn) return;
    if (!this.book.mayTurn()) return this.stop();
    this.#timer = window.setTimeout(() => this.book.turnForth() || this.stop(), BREATH_MS);
  }

  #start() {
    clearTimeout(this.#timer);
    this.isOn = true;
    this.isWaiting = !this.voice.hasVoice;
    if (!this.isWaiting) void this.voice.play();
    this.book.onChange();
  }
}
