// Turns a leaf: a movement of one or two sheets about their edge, which a finger can hold anywhere.

/** How long a leaf takes that nobody holds, in milliseconds. */
export const TURN_MS = 700;
/** What is left of it takes this long at least once it is let go, in milliseconds. */
const REST_MS = 160;

/** @typedef {{element: HTMLElement, from: string, to: string}} Move */

/**
 * How the leaves move, from `old` to `next`. Two pages side by side: the right one goes over, and on
 * its back is the left one of the next. One page alone: it is lifted away about its left edge.
 * @param {HTMLElement} old
 * @param {HTMLElement} next
 * @param {boolean} isForth
 * @param {boolean} isSpread whether there are two pages side by side
 * @returns {{moves: Move[], above: HTMLElement}}
 */
export function movesOf(old, next, isForth, isSpread) {
  const hasTwo = (/** @type {HTMLElement} */ leaf) => isSpread && !leaf.classList.contains("cover");
  const turn = (/** @type {number} */ degrees) => `perspective(${isSpread ? 260 : 150}rem) rotateY(${degrees}deg)`;
  const [earlier, later] = isForth ? [old, next] : [next, old];
  const [from, to] = isForth ? [0, 1] : [1, 0];
  if (!hasTwo(earlier) || !hasTwo(later)) {
    const lifted = [turn(0), turn(-104)];
    return { moves: [{ element: part(earlier, ".sheet"), from: lifted[from], to: lifted[to] }], above: earlier };
  }
  const [front, back] = [[turn(0), turn(-180)], [turn(180), turn(0)]];
  return {
    moves: [
      { element: part(earlier, ".words"), from: front[from], to: front[to] },
      { element: part(later, ".art"), from: back[from], to: back[to] },
    ],
    above: earlier,
  };
}

const part = (/** @type {HTMLElement} */ leaf, /** @type {string} */ name) => /** @type {HTMLElement} */ (leaf.querySelector(name));

/** One leaf on its way. */
export class Turn {
  /** @type {Animation[]} */
  #animations = [];
  #isOver = false;

  /**
   * @param {HTMLElement} old
   * @param {HTMLElement} next
   * @param {{isForth: boolean, isSpread: boolean, isStill: boolean, onEnd: (isTurned: boolean) => void}} options
   *   `isStill`: nothing moves, it is just another page.
   */
  constructor(old, next, { isForth, isSpread, isStill, onEnd }) {
    this.onEnd = onEnd;
    this.leaves = [old, next];
    const { moves, above } = movesOf(old, next, isForth, isSpread);
    for (const leaf of this.leaves) leaf.classList.add("turning");
    above.classList.add("above");
    this.moving = moves.map((it) => it.element);
    if (isStill) return;
    for (const { element, from, to } of moves) {
      element.classList.add("moving");
      const animation = element.animate([{ transform: from }, { transform: to }], { duration: TURN_MS, fill: "both" });
      animation.pause();
      this.#animations.push(animation);
    }
  }

  /** Held at a part of the way, from 0 to 1. */
  hold(/** @type {number} */ part) {
    for (const it of this.#animations) it.currentTime = part * TURN_MS;
  }

  /** Goes the rest of the way by itself, or back. @param {boolean} isForward @param {boolean} isHeld whether a finger held it */
  async letGo(isForward, isHeld) {
    for (const it of this.#animations) {
      if (!isHeld) it.effect?.updateTiming({ easing: "cubic-bezier(0.45, 0.05, 0.35, 1)" });
      const done = Number(it.currentTime) / TURN_MS;
      const left = (isForward ? 1 - done : done) * TURN_MS;
      if (left < 1) return this.end(isForward); // backwards from the beginning, an animation would begin at its end
      it.playbackRate = (isForward ? 1 : -1) * (isHeld ? Math.min(1.6, left / REST_MS || 1) : 1);
      it.play();
    }
    await Promise.all(this.#animations.map((it) => it.finished)).catch(() => {});
    this.end(isForward);
  }

  /** At once. */
  end(/** @type {boolean} */ isTurned) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd(isTurned);
    for (const it of this.#animations) it.cancel();
    for (const element of this.moving) element.classList.remove("moving");
    for (const leaf of this.leaves) leaf.classList.remove("turning", "above");
  }
}
