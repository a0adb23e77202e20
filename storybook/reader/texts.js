// All words of the page, in the reader's language, which alone is loaded. A text names its values in
// braces: {title}; or {name|이/가}, with the one of two Korean particles that goes with how the value ends.

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
    texts[key].replace(/\{(\w+)(?:\|(\p{L}+)\/(\p{L}+))?\}/gu, (whole, name, closed, open) => {
      if (!(name in values)) return whole;
      const value = String(values[name]);
      return closed ? value + particle(value, closed, open) : value;
    });
}

/** How 0 to 9 are read: those that end in a consonant. */
const CLOSED_DIGITS = "013678";
const RIEUL = 8; // among the 28 ends of a syllable; 0 is none

/** The particle after a word: `closed` where its last syllable ends in a consonant, else `open`; 로 also after ㄹ. @param {string} word @param {string} closed @param {string} open */
export function particle(word, closed, open) {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, "").at(-1) ?? "";
  const end = (last.charCodeAt(0) - 0xac00) % 28;
  if (!/[가-힣]/.test(last)) return CLOSED_DIGITS.includes(last || "-") || /[lmnr]/i.test(last) ? closed : open;
  return end === 0 || (end === RIEUL && open === "로") ? open : closed;
}
