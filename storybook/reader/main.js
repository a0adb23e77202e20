// Starts the page: who reads, in which language, and the screen that the address means.

import { Client, Unreachable } from "./client.js";
import { choose, classesOf, readPreferences } from "./preferences.js";
import { Router } from "./router.js";
import { rememberSession } from "./session.js";
import { pageLanguage, sayIn } from "./texts.js";

/** @typedef {import("./router.js").Place} Place */
/** @typedef {import("./preferences.js").Preferences} Preferences */

/**
 * What a screen is given.
 * @typedef {object} App
 * @property {Client} client
 * @property {Router} router
 * @property {Preferences} preferences
 * @property {(chosen: Partial<Preferences>) => void} prefer
 * @property {"ko" | "en"} language
 * @property {import("./texts.js").Say} say
 * @property {(text: string) => void} announce for who hears the page: said once, politely
 * @property {(text: string) => void} setTitle of the tab
 * @property {string} prefix
 */

/** @typedef {{open: (root: HTMLElement, app: App, place: Place) => (() => void)}} Screen `open` shows it and gives what closes it */

/** Each screen is loaded when it is first shown. @type {Record<Place["screen"], () => Promise<Screen>>} */
const SCREENS = {
  shelf: () => import("./screens/shelf.js"),
  make: () => import("./screens/make.js"),
  book: () => import("./screens/book.js"),
  change: () => import("./screens/change.js"),
  behind: () => import("./screens/behind.js"),
  operate: () => import("./screens/operate.js"),
  lost: () => import("./screens/lost.js"),
};

const prefix = /** @type {HTMLMetaElement} */ (document.querySelector("meta[name=storybook-prefix]")).content;
const root = /** @type {HTMLElement} */ (document.getElementById("screen"));
const said = /** @type {HTMLElement} */ (document.getElementById("said"));

let preferences = readPreferences();
let close = () => {};
let shown = 0;

/** @param {Place} place */
async function show(place) {
  const turn = ++shown;
  const language = pageLanguage(preferences.language, navigator.languages);
  let open, say;
  try {
    [{ open }, say] = await Promise.all([SCREENS[place.screen](), sayIn(language)]);
  } catch {
    return notLoaded(language, place);
  }
  if (turn !== shown) return; // somebody went on meanwhile
  close();
  said.textContent = ""; // what was said of the screen before is over
  document.documentElement.lang = language;
  document.body.className = classesOf(preferences);
  root.replaceChildren();
  root.className = `screen-${place.screen}`;
  const section = document.createElement("div");
  root.append(section);
  close = open(section, app(place, language, say), place);
}

/**
 * A part of the page could not be loaded: the server is away, or it is a newer one whose page this is not. A browser does
 * not ask for a module again that failed, so the page is loaded anew.
 * @param {"ko" | "en"} language @param {Place} place
 */
async function notLoaded(language, place) {
  const say = await sayIn(language).catch(() => () => "storybook");
  const main = Object.assign(document.createElement("main"), { className: "message" });
  const again = Object.assign(document.createElement("button"), { type: "button", className: "primary", textContent: say("tryAgain") });
  again.addEventListener("click", () => location.reload());
  main.append(Object.assign(document.createElement("h1"), { textContent: say("serverAway") }), again);
  close();
  close = () => {};
  root.className = `screen-${place.screen}`;
  root.replaceChildren(main);
}

/** @param {Place} place @param {"ko" | "en"} language @param {import("./texts.js").Say} say @returns {App} */
function app(place, language, say) {
  return {
    client: new Client(prefix, { signature: place.signature }),
    router,
    preferences,
    prefer: (chosen) => {
      preferences = choose(chosen);
      void show(router.place);
    },
    language,
    say,
    announce: (text) => {
      said.textContent = text;
    },
    setTitle: (text) => {
      document.title = text ? `${text} · storybook` : "storybook";
    },
    prefix,
  };
}

/** A QR code brings a token in the fragment, which no server sees: it becomes a session, and goes. */
async function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  try {
    rememberSession(await new Client(prefix).signIn(token));
  } catch (error) {
    if (error instanceof Unreachable) return; // it is tried again when the page is loaded anew
  }
  history.replaceState(null, "", location.pathname + location.search); // also where it holds no more
}

const router = new Router(prefix, (place) => void show(place));
await takeToken();
router.start();
if ("serviceWorker" in navigator) void navigator.serviceWorker.register(`${prefix}/sw.js`).catch(() => {});
