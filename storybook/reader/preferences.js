// What a family has chosen on this device; kept in the browser, told to nobody.

import { deviceStorage } from "./storage.js";

const KEPT_AS = "storybook";

/**
 * @typedef {object} Preferences
 * @property {"" | "ko" | "en"} language of the page; "" follows the browser
 * @property {"usual" | "large" | "largest"} letters
 * @property {boolean} easyType wide letters and spacing, for those who read with effort
 * @property {number} speed of reading aloud, 0.7 to 1.5
 * @property {boolean} turnsByItself whether reading aloud goes on to the next page
 * @property {boolean} words whether the page's letters appear at reading pace while a book is made
 */

/** @type {Preferences} */
const USUAL = { language: "", letters: "usual", easyType: false, speed: 1, turnsByItself: true, words: true };

/** @returns {Preferences} what was chosen, the usual for the rest */
export function readPreferences(storage = deviceStorage()) {
  try {
    const kept = JSON.parse(storage?.getItem(KEPT_AS) ?? "{}");
    const known = Object.keys(USUAL).filter((name) => typeof kept[name] === typeof USUAL[/** @type {keyof Preferences} */ (name)]);
    return { ...USUAL, ...Object.fromEntries(known.map((name) => [name, kept[name]])) };
  } catch {
    return { ...USUAL };
  }
}

/** @param {Partial<Preferences>} chosen @returns {Preferences} all of them */
export function choose(chosen, storage = deviceStorage()) {
  const all = { ...readPreferences(storage), ...chosen };
  try {
    storage?.setItem(KEPT_AS, JSON.stringify(all));
  } catch {
    // The browser keeps nothing (a private window, a full disk): it holds until the page is left.
  }
  return all;
}

/** The classes of the page's body that show it as it was chosen. */
export function classesOf(/** @type {Preferences} */ { letters, easyType }) {
  return `letters-${letters}${easyType ? " easy-type" : ""}`;
}
