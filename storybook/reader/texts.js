// All words of the page, in the reader's language, which alone is loaded. A text names its values in
// braces: {title}.

/** @typedef {keyof typeof import("./texts/ko.js").ko} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string | number>) => string} Say */

/** @type {Record<"ko" | "en", () => Promise<Record<TextKey, string>>>} */
const TABLES = {
  ko: async () => (await import("./texts/ko.js")).ko,
  en: async () => (await import("./texts/en.js")).en,
};

/** The language of the page: what was chosen, else the first of the browser's that there is, else Korean. */
export function pageLanguage(/** @type {string} */ chosen, /** @type {readonly string[]} */ wanted) {
  const known = [chosen, ...wanted].map((it) => it.slice(0, 2).toLowerCase()).find((it) => it in TABLES);
  return /** @type {keyof typeof TABLES} */ (known ?? "ko");
}

/** @param {keyof typeof TABLES} language @returns {Promise<Say>} */
export async function sayIn(language) {
  const texts = await TABLES[language]();
  return (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
