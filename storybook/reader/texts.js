// All words of the page, in the reader's language, which alone is loaded. A text names its values in
// braces: {title}; or, where a language has particles, with the two between which the value's end chooses.

/** @typedef {keyof typeof import("./texts/ko.js").ko} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string | number>) => string} Say */

/** @typedef {{texts: Record<TextKey, string>, particle: (word: string, closed: string, open: string) => string}} Language */

/** @type {Record<"ko" | "en", () => Promise<Language>>} */
const TABLES = {
  ko: () => import("./texts/ko.js").then(({ ko, particle }) => ({ texts: ko, particle })),
  en: () => import("./texts/en.js").then(({ en }) => ({ texts: en, particle: () => "" })),
};

/** The language of the page: what was chosen, else the first of the browser's that there is, else Korean. */
export function pageLanguage(/** @type {string} */ chosen, /** @type {readonly string[]} */ wanted) {
  const known = [chosen, ...wanted].map((it) => it.slice(0, 2).toLowerCase()).find((it) => it in TABLES);
  return /** @type {keyof typeof TABLES} */ (known ?? "ko");
}

/** @param {keyof typeof TABLES} language @returns {Promise<Say>} */
export async function sayIn(language) {
  const { texts, particle } = await TABLES[language]();
  return (key, values = {}) =>
    texts[key].replace(/\{(\w+)(?:\|(\p{L}+)\/(\p{L}+))?\}/gu, (whole, name, closed, open) => {
      if (!(name in values)) return whole;
      const value = String(values[name]);
      return closed ? value + particle(value, closed, open) : value;
    });
}
