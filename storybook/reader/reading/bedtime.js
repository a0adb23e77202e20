// Bedtime: the page grows darker and the voice softer, until both are still. `evening` is pure.

/** The last stretch, over which the voice grows soft, in milliseconds. */
const SOFTENING_MS = 90_000;
/** How dark the page is from the start, and at the end, of 1. */
const [DUSK, NIGHT] = [0.35, 0.85];
const TICK_MS = 1000;

/**
 * How it is at a moment.
 * @param {number} leftMs
 * @param {number} allMs
 * @returns {{dark: number, volume: number, isOver: boolean}}
 */
export function evening(leftMs, allMs) {
  if (leftMs <= 0) return { dark: 0.97, volume: 0, isOver: true };
  const gone = 1 - leftMs / allMs;
  return { dark: DUSK + (NIGHT - DUSK) * gone ** 2, volume: Math.min(1, leftMs / SOFTENING_MS), isOver: false };
}

/** A timer for going to sleep. */
export class Bedtime {
  #timer = 0;
  #ends = 0;
  #all = 0;

  /** @param {(it: {dark: number, volume: number, isOver: boolean}) => void} onEvening */
  constructor(onEvening) {
    this.onEvening = onEvening;
  }

  get isOn() {
    return this.#timer !== 0;
  }

  /** Minutes still, rounded up; 0 if it is off. */
  get minutesLeft() {
    return this.isOn ? Math.ceil((this.#ends - Date.now()) / 60_000) : 0;
  }

  start(/** @type {number} */ minutes) {
    this.stop();
    this.#all = minutes * 60_000;
    this.#ends = Date.now() + this.#all;
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  /** Wakes up: all is light again. */
  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.onEvening({ dark: 0, volume: 1, isOver: false });
  }

  #tick() {
    const now = evening(this.#ends - Date.now(), this.#all);
    if (now.isOver) {
      clearInterval(this.#timer);
      this.#timer = 0;
    }
    this.onEvening(now);
  }
}
