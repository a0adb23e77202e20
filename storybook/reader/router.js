// The addresses of the page's screens, under the prefix that a proxy shows the server under.

/** @typedef {{screen: "shelf" | "make" | "book" | "change" | "behind" | "operate" | "lost", runId: string, page: number, signature: string}} Place */

/**
 * The screen that an address means; pages of a book are its fragment, `#page-3` (the cover is 0).
 * @param {string} prefix
 * @param {{pathname: string, search: string, hash: string}} address
 * @returns {Place}
 */
export function placeOf(prefix, address) {
  const path = (address.pathname.startsWith(prefix) ? address.pathname.slice(prefix.length) : address.pathname).replace(/\/+$/, "");
  const place = { runId: "", page: pageOf(address.hash), signature: new URLSearchParams(address.search).get("sig") ?? "" };
  const book = path.match(/^\/books\/([0-9a-f]{32})(?:\/(behind|change))?$/);
  if (book) return { ...place, screen: /** @type {"behind" | "change" | undefined} */ (book[2]) ?? "book", runId: book[1] };
  const screens = /** @type {const} */ ({ "": "shelf", "/make": "make", "/operate": "operate" });
  const screen = path in screens ? screens[/** @type {keyof typeof screens} */ (path)] : "lost";
  return { ...place, screen };
}

/** @param {string} prefix @param {Partial<Place> & {screen: Place["screen"]}} place */
export function addressOf(prefix, { screen, runId = "", page = 0, signature = "" }) {
  const paths = { shelf: "/", make: "/make", operate: "/operate", book: `/books/${runId}`, behind: `/books/${runId}/behind`, change: `/books/${runId}/change`, lost: "/" };
  const query = signature ? `?sig=${encodeURIComponent(signature)}` : "";
  return `${prefix}${paths[screen]}${query}${page > 0 ? `#page-${page}` : ""}`;
}

function pageOf(/** @type {string} */ hash) {
  const found = hash.match(/^#page-([0-9]{1,2})$/);
  return found ? Number(found[1]) : 0;
}

/** Goes from screen to screen without loading the page anew. */
export class Router {
  /** Shows the step that somebody goes back or forth to, where the screen has steps. @type {((step: number) => unknown) | null} */
  #showStep = null;
  #stepsAt = "";
  #isLeaving = false;

  /** @param {string} prefix @param {(place: Place) => void} show */
  constructor(prefix, show) {
    this.prefix = prefix;
    this.show = show;
  }

  get place() {
    return placeOf(this.prefix, location);
  }

  start() {
    addEventListener("popstate", () => this.#moved());
    document.addEventListener("click", (event) => this.#follow(event));
    this.show(this.place);
  }

  /** @param {Partial<Place> & {screen: Place["screen"]}} place */
  go(place) {
    history.pushState(null, "", this.address(place));
    this.show(this.place);
  }

  #moved() {
    if (this.#isLeaving) return;
    const { state } = history;
    if (this.#showStep && this.#stepsAt === location.pathname && state) this.#showStep(state.step);
    else this.show(this.place);
  }

  /**
   * A screen has steps, each an entry of the history. Gives what ends that.
   * @param {number} first where the screen begins, unless somebody came back to another of its steps
   * @param {(step: number) => unknown} show a step that somebody went to by the browser
   */
  beginSteps(first, show) {
    this.#showStep = show;
    this.#stepsAt = location.pathname;
    const step = history.state?.step ?? first;
    if (history.state?.step === undefined) history.replaceState({ step, before: [] }, "");
    if (step !== first) show(step);
    return () => {
      if (this.#showStep === show) this.#showStep = null;
    };
  }

  /** Notes that another step is shown: the next entry, or, of one that was gone through, that. @param {number} step */
  noteStep(step) {
    const { step: from, before } = history.state ?? { step, before: [] };
    if (step === from) return;
    if (before.includes(step)) history.go(before.indexOf(step) - before.length);
    else history.pushState({ step, before: [...before, from] }, "");
  }

  /** Goes to a screen in the place of this one and all its steps: back from there is what was before them. @param {Partial<Place> & {screen: Place["screen"]}} place */
  async replaceSteps(place) {
    const steps = history.state?.before?.length ?? 0;
    if (steps) {
      this.#isLeaving = true;
      await new Promise((done) => {
        addEventListener("popstate", done, { once: true });
        history.go(-steps);
      });
      this.#isLeaving = false;
    }
    this.note(place);
    this.show(this.place);
  }

  /** Changes the address without going anywhere: where one is in a book. @param {Partial<Place> & {screen: Place["screen"]}} place */
  note(place) {
    history.replaceState(null, "", this.address(place));
  }

  /** @param {Partial<Place> & {screen: Place["screen"]}} place */
  address(place) {
    return addressOf(this.prefix, place);
  }

  #follow(/** @type {MouseEvent} */ event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (placeOf(this.prefix, link).screen === "lost") return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    this.show(this.place);
  }
}
