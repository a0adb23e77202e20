// What can be chosen for a book: as far as the engines in use list it. Where there is but one way,
// there is nothing to choose, and nothing is asked.

/** @typedef {import("../api_types.js").EngineTable} EngineTable */

/**
 * @typedef {object} Choices
 * @property {boolean} canHear whether spoken words are understood
 * @property {boolean} canSpeak whether books can be read aloud
 * @property {string} narrator the engine that reads aloud
 * @property {string[]} voices
 * @property {string[]} styles
 * @property {boolean} anyStyle whether any words are a style
 * @property {string[]} ages
 * @property {number[]} pageCounts
 * @property {string[]} languages of books
 * @property {string} language the usual one
 */

/** As the API has them where an engine names none: it can do any. */
const VOICES = ["M1", "M2", "M3", "M4", "M5", "F1", "F2", "F3", "F4", "F5"];
const AGES = ["3-4", "5-7", "8-9"];
const PAGE_COUNTS = [5, 6, 7, 8, 9, 10, 11, 12, 13];
const LANGUAGES = ["ko", "en"];
const USUAL_LANGUAGE = "ko";

/** @param {EngineTable | null} engines null if nobody knows @returns {Choices} */
export function choicesOf(engines) {
  const writer = listsOf(engines?.writer);
  const narrator = listsOf(engines?.narrator);
  const styles = listsOf(engines?.illustrator).styles;
  const written = writer.languages.length ? writer.languages : LANGUAGES;
  const canSpeak = engines ? engines.narrator.ready : true;
  return {
    canHear: Boolean(engines?.transcriber.ready),
    canSpeak,
    narrator: engines?.narrator.engine ?? "",
    voices: !engines || !canSpeak ? [] : some(narrator.voices, VOICES),
    styles: engines ? several(styles) : [],
    anyStyle: engines !== null && styles.length === 0,
    ages: engines ? several(some(writer.ages, AGES)) : [],
    pageCounts: engines ? several(some(writer.page_counts, PAGE_COUNTS)) : [],
    languages: engines ? several(written) : [],
    language: written.includes(USUAL_LANGUAGE) || !engines ? USUAL_LANGUAGE : written[0],
  };
}

/** @param {any} engine */
function listsOf(engine) {
  const { languages = [], voices = [], styles = [], ages = [], page_counts = [] } = engine ?? {};
  return { languages, voices, styles, ages, page_counts };
}

/** @template T @param {T[]} listed @param {T[]} any @returns {T[]} */
function some(listed, any) {
  return listed.length ? listed : any;
}

/** @template T @param {T[]} listed @returns {T[]} */
function several(listed) {
  return listed.length > 1 ? listed : [];
}

/** What a draft may ask for: without what these engines cannot do (it may be from before they were changed). @param {import("./draft.js").Draft} draft @param {Choices} choices */
export function allowed(draft, choices) {
  const among = (/** @type {unknown} */ value, /** @type {unknown[]} */ known) => known.includes(value);
  return {
    ...draft,
    narrator: among(draft.narrator, choices.voices) ? draft.narrator : "",
    cards: draft.cards.map((it) => (among(it.voice, choices.voices) ? it : { ...it, voice: "" })),
    style: choices.anyStyle || among(draft.style, choices.styles) ? draft.style : "",
    age: among(draft.age, choices.ages) ? draft.age : "",
    pages: among(draft.pages, choices.pageCounts) ? draft.pages : 0,
    language: among(draft.language, choices.languages) ? draft.language : "",
  };
}
