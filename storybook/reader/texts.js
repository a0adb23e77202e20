// All words of the page, in the reader's language. A text names its values in braces: {title}.

import { en } from "./texts/en.js";
import { ko } from "./texts/ko.js";

/** @typedef {keyof typeof ko} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string | number>) => string} Say */

const TABLES = { ko, en };

/** The language of the page: what was chosen, else the first of the browser's that there is, else Korean. */
export function pageLanguage(/** @type {string} */ chosen, /** @type {readonly string[]} */ wanted) {
  const known = [chosen, ...wanted].map((it) => it.slice(0, 2).toLowerCase()).find((it) => it in TABLES);
  return /** @type {keyof typeof TABLES} */ (known ?? "ko");
}

/** @param {keyof typeof TABLES} language @returns {Say} */
export function sayIn(language) {
  return (key, values = {}) =>
    TABLES[language][key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
