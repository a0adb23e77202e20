// What hands do to a book: keys, taps, swipes, and a corner that is pulled.

/** How far a finger goes before it means to turn, in CSS pixels. */
const MEANT_PX = 9;
/** What part of the way, or which speed (pixels a millisecond), turns a leaf that is let go. */
const [FAR_ENOUGH, FAST_ENOUGH] = [0.32, 0.35];

/** A click or tap turns on this part of the width at either side: who touches a figure in the picture stays with it. */
const EDGE = 0.2;

/**
 * @typedef {object} Book what hands can do
 * @property {(step: 1 | -1) => void} turn
 * @property {(step: 1 | -1) => boolean} pull takes a leaf between the fingers; false if there is none
 * @property {(part: number) => void} hold
 * @property {(isTurned: boolean) => void} letGo
 * @property {(index: number) => boolean} hear a sentence; false if it has no voice
 * @property {() => boolean} hurry words that are still appearing; false if there are none
 */

/** Fingers and the mouse on the leaves. @param {HTMLElement} root @param {Book} book @returns {() => void} takes the hands away */
export function hands(root, book) {
  const stop = new AbortController();
  /** @type {{id: number, x: number, y: number, at: number, step: 0 | 1 | -1, isCorner: boolean} | null} */
  let held = null;
  let wasPulled = false;

  const way = (/** @type {number} */ dx) => {
    const full = root.clientWidth * (root.clientWidth > root.clientHeight ? 0.7 : 0.85);
    return Math.max(0, Math.min(1, (held?.step === 1 ? -dx : dx) / full));
  };

  root.addEventListener("pointerdown", (event) => {
    wasPulled = false;
    if (held || !event.isPrimary || event.button !== 0) {
      if (held?.step) book.letGo(false); // a second finger means something else
      held = null;
      return;
    }
    const target = /** @type {Element} */ (event.target);
    const isCorner = target.closest(".corner") !== null;
    if (target.closest("button, a, summary, input") || (event.pointerType === "mouse" && !isCorner)) return;
    held = { id: event.pointerId, x: event.clientX, y: event.clientY, at: event.timeStamp, step: 0, isCorner };
    if (event.pointerType === "mouse") event.preventDefault(); // no text is to be chosen by it
  }, { signal: stop.signal });

  root.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.step) {
      if (Math.abs(dx) < MEANT_PX && Math.abs(dy) < MEANT_PX) return;
      if (Math.abs(dx) < Math.abs(dy) && !held.isCorner) return void (held = null);
      held.step = dx < 0 ? 1 : -1;
      wasPulled = true;
      if (!book.pull(held.step)) return void (held = null);
      root.setPointerCapture(event.pointerId);
    }
    book.hold(way(dx));
  }, { signal: stop.signal });

  const end = (/** @type {PointerEvent} */ event) => {
    if (!held || event.pointerId !== held.id) return;
    const { step, x, at } = held;
    const dx = event.clientX - x;
    const speed = (step === 1 ? -dx : dx) / Math.max(1, event.timeStamp - at);
    const part = way(dx);
    held = null;
    if (step) book.letGo(event.type === "pointerup" && (part > FAR_ENOUGH || speed > FAST_ENOUGH));
  };
  root.addEventListener("pointerup", end, { signal: stop.signal });
  root.addEventListener("pointercancel", end, { signal: stop.signal });

  root.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (wasPulled || target.closest("button, a, summary") || String(getSelection()).length > 0) return void (wasPulled = false);
    if (book.hurry()) return;
    const sentence = /** @type {HTMLElement | null} */ (target.closest("[data-sentence]"));
    if (sentence && book.hear(Number(sentence.dataset.sentence))) return;
    const box = root.getBoundingClientRect();
    const part = (event.clientX - box.x) / box.width;
    if (part < EDGE) book.turn(-1);
    else if (part > 1 - EDGE) book.turn(1);
  }, { signal: stop.signal });

  return () => stop.abort();
}

/**
 * Keys, wherever the focus is but in a field or a dialog. A button that has it is pressed by Space and Enter as ever.
 * @param {Record<string, () => void>} acts by the key's name, with `Shift+` before it where it is held
 * @returns {() => void} lets the keys go
 */
export function keys(acts) {
  const stop = new AbortController();
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || target.closest("dialog, input, textarea, select")) return;
    const act = acts[`${event.shiftKey ? "Shift+" : ""}${event.key}`];
    if (!act || ([" ", "Enter"].includes(event.key) && target.closest("button, a, summary"))) return;
    event.preventDefault();
    act();
  }, { signal: stop.signal });
  return () => stop.abort();
}
