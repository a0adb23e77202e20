// The pictures of a book: each is decoded before it is shown, so that no half of one ever is.

/** @typedef {import("../api_types.js").PageState} PageState */

/** Before a picture that did not come is asked for again, in milliseconds. */
const AGAIN_MS = 3000;

export class Pictures {
  /** @type {Map<number, {url: string, image: HTMLImageElement}>} */
  #shown = new Map();
  /** @type {Map<number, {url: string, image: HTMLImageElement}>} */
  #previews = new Map();
  /** @type {Set<string>} */
  #wanted = new Set();
  #isClosed = false;

  /** @param {() => void} onShown a picture has come, or a look at one that is being painted */
  constructor(onShown) {
    this.onShown = onShown;
  }

  /** The decoded picture of a page, null while there is none. */
  of(/** @type {number} */ page) {
    return this.#shown.get(page)?.image ?? null;
  }

  /** How a page looks so far; null once it is painted. */
  previewOf(/** @type {number} */ page) {
    return this.#shown.has(page) ? null : (this.#previews.get(page)?.image ?? null);
  }

  /** What there is to be shown, the nearest page first. @param {readonly PageState[]} pages @param {number} here */
  want(pages, here) {
    const near = [...pages].sort((a, b) => Math.abs(a.page - here - 0.1) - Math.abs(b.page - here - 0.1));
    for (const { page, image_url } of near) {
      if (image_url && this.#shown.get(page)?.url !== image_url) void this.#load(this.#shown, page, image_url);
    }
  }

  wantPreview(/** @type {number} */ page, /** @type {string} */ url) {
    if (!this.#shown.has(page) && this.#previews.get(page)?.url !== url) void this.#load(this.#previews, page, url);
  }

  close() {
    this.#isClosed = true;
  }

  /** @param {Map<number, {url: string, image: HTMLImageElement}>} into @param {number} page @param {string} url */
  async #load(into, page, url) {
    if (this.#wanted.has(url)) return;
    this.#wanted.add(url);
    const image = new Image();
    image.draggable = false;
    image.alt = "";
    image.src = url;
    try {
      await image.decode();
    } catch {
      if (into === this.#shown && !this.#isClosed) setTimeout(() => this.#again(into, page, url), AGAIN_MS);
      return;
    }
    if (this.#isClosed) return;
    into.set(page, { url, image });
    this.onShown();
  }

  /** @param {Map<number, {url: string, image: HTMLImageElement}>} into @param {number} page @param {string} url */
  #again(into, page, url) {
    this.#wanted.delete(url);
    if (!this.#isClosed) void this.#load(into, page, url);
  }
}
