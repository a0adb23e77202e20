// Reads a page aloud, and tells which sentence is spoken. One player for all pages: a browser that
// lets it play once, lets it play on.

import { nextChange, sentenceBeside, spokenAt } from "./spoken.js";

/** @typedef {import("./spoken.js").Sentence} Sentence */

/**
 * @typedef {object} Listener
 * @property {(index: number) => void} onSentence which one is spoken now, -1: none
 * @property {() => void} onChange it plays, or it does not any more
 * @property {() => void} onEnd the page was read to its end
 */

export class Voice {
  /** @type {readonly Sentence[]} */
  #sentences = [];
  #url = "";
  #until = Infinity;
  #timer = 0;
  #lit = -1;

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.audio.preservesPitch = true;
    this.audio.addEventListener("play", () => this.#changed());
    this.audio.addEventListener("pause", () => this.#changed());
    this.audio.addEventListener("ended", () => this.#ended());
    this.audio.addEventListener("error", () => this.#changed());
    for (const it of ["timeupdate", "seeked", "ratechange"]) this.audio.addEventListener(it, () => this.#light());
  }

  get isPlaying() {
    return !this.audio.paused && !this.audio.ended;
  }

  get hasVoice() {
    return this.#url !== "";
  }

  /** The sentence that is spoken now, -1: none. */
  get spoken() {
    return this.#lit;
  }

  /** Another page, or the same with times that have become known. @param {string} url empty: it has no voice @param {readonly Sentence[]} sentences */
  load(url, sentences) {
    this.#sentences = sentences;
    if (url === this.#url) return;
    this.pause();
    this.#url = url;
    if (url) this.audio.src = url;
    else this.audio.removeAttribute("src");
  }

  set speed(/** @type {number} */ speed) {
    this.audio.defaultPlaybackRate = speed; // what a new source begins with
    this.audio.playbackRate = speed;
  }

  set volume(/** @type {number} */ volume) {
    this.audio.volume = volume;
  }

  /** Goes on where it was; from the beginning once it was heard to the end. */
  play() {
    this.#until = Infinity;
    return this.#start();
  }

  /** One sentence again; where the page is being read, it goes on from there. @param {number} index */
  hear(index) {
    const sentence = this.#sentences[index];
    if (!sentence) return Promise.resolve();
    if (!this.isPlaying || this.#until !== Infinity) this.#until = sentence.end;
    this.audio.currentTime = sentence.start;
    return this.#start();
  }

  /** The sentence after, or before. @param {1 | -1} step */
  step(step) {
    return this.hear(sentenceBeside(this.#sentences, this.audio.currentTime, step));
  }

  pause() {
    this.audio.pause();
  }

  rewind() {
    this.pause();
    if (this.#url) this.audio.currentTime = 0;
  }

  close() {
    this.load("", []);
  }

  async #start() {
    if (!this.#url) return;
    try {
      await this.audio.play();
    } catch {
      this.#changed(); // another page came, or the browser does not let it
    }
  }

  #changed() {
    this.listener.onChange();
    this.#light();
  }

  /** Lights what is spoken now, and comes back when that changes. */
  #light() {
    clearTimeout(this.#timer);
    const time = this.audio.currentTime;
    if (this.isPlaying && time >= this.#until) {
      this.#until = Infinity;
      this.pause();
    }
    const left = (nextChange(this.#sentences, time) - time) / this.audio.playbackRate;
    if (this.isPlaying && Number.isFinite(left)) this.#timer = window.setTimeout(() => this.#light(), Math.max(1, left * 1000));
    const lit = this.isPlaying ? spokenAt(this.#sentences, time) : -1;
    if (lit === this.#lit) return;
    this.#lit = lit;
    this.listener.onSentence(lit);
  }

  #ended() {
    this.#changed();
    this.listener.onEnd();
  }
}
