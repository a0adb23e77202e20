// Starts the page: who reads, in which language, and the screen that the address means.

import { Client } from "./client.js";
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
  const { open } = await SCREENS[place.screen]();
  if (turn !== shown) return; // somebody went on meanwhile
  close();
  said.textContent = ""; // what was said of the screen before is over
  const language = pageLanguage(preferences.language, navigator.languages);
  document.documentElement.lang = language;
  document.body.className = classesOf(preferences);
  root.replaceChildren();
  root.className = `screen-${place.screen}`;
  const section = document.createElement("div");
  root.append(section);
  close = open(section, app(place, language), place);
}

/** @param {Place} place @param {"ko" | "en"} language @returns {App} */
function app(place, language) {
  const say = sayIn(language);
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
  history.replaceState(null, "", location.pathname + location.search);
  try {
    rememberSession(await new Client(prefix).signIn(token));
  } catch {
    // It holds no more, or the server is away: it is asked for when it is needed.
  }
}

const router = new Router(prefix, (place) => void show(place));
await takeToken();
router.start();
if ("serviceWorker" in navigator) void navigator.serviceWorker.register(`${prefix}/sw.js`).catch(() => {});
