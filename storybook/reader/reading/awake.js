// Keeps the screen awake while somebody reads: until nothing was touched or heard for a while.

/** For how long a page that nobody touches is taken to be read, in milliseconds: a long look at a picture. */
const STILL_MS = 10 * 60_000;

export class Awake {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #timer = 0;
  #isAsking = false;

  /** Somebody reads. */
  touch() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.release(), STILL_MS);
    void this.#take();
  }

  release() {
    clearTimeout(this.#timer);
    void this.#lock?.release().catch(() => {});
    this.#lock = null;
  }

  async #take() {
    // Not there without a secure context; given up by the browser whenever the page is hidden.
    if (!navigator.wakeLock || this.#isAsking || (this.#lock && !this.#lock.released) || document.visibilityState !== "visible") return;
    this.#isAsking = true;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      this.#lock = null; // a low battery: the screen may go dark
    } finally {
      this.#isAsking = false;
    }
  }
}
