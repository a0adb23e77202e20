// What a server finds wrong with a wish (422), at the part of the screen that it is about, in words
// that a parent understands.

/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {{loc: (string | number)[], msg: string, type: string}} ServerFault */
/** @typedef {{key: TextKey, values: Record<string, string | number>}} Sentence */
/** @typedef {"era" | "place" | "characters" | "topic" | "heroes" | "voice" | "speed" | "style" | "age" | "pages" | "language" | "whole"} Part of the screen */

/** The part of the screen for each member of a request. @type {Record<string, Part>} */
const PARTS = {
  era_ko: "era",
  place_ko: "place",
  characters_ko: "characters",
  topic_ko: "topic",
  cast: "heroes",
  based_on: "heroes",
  tts_config: "voice",
  style: "style",
  age: "age",
  page_count: "pages",
  language: "language",
};

/** @type {Record<string, TextKey>} */
const SENTENCES = {
  missing: "makeFaultEmpty",
  string_too_short: "makeFaultEmpty",
  string_too_long: "makeFaultLong",
  control_character: "makeFaultSigns",
  forbidden_words: "makeFaultForbidden",
  says_nothing: "makeFaultSaysNothing",
  no_such_character: "makeFaultNoHero",
  unsupported: "makeFaultUnsupported",
};

/** Each fault at its part; of several at one part the first. @param {ServerFault[]} faults @returns {Map<Part, Sentence>} */
export function faultsByPart(faults) {
  /** @type {Map<Part, Sentence>} */
  const found = new Map();
  for (const fault of faults) {
    const part = partOf(fault.loc);
    if (!found.has(part)) found.set(part, sentenceOf(fault));
  }
  return found;
}

/** @param {(string | number)[]} loc @returns {Part} */
function partOf(loc) {
  const [member, within] = loc.filter((it) => it !== "body").map(String);
  if (member === "tts_config" && within === "speed") return "speed";
  if (member === "tts_config" && within === "lang") return "language";
  if (member === "tts_config" && within === "character_voices") return "characters";
  return PARTS[member] ?? "whole";
}

/** The sentence for a fault; the server's own where there is none for its kind. @param {ServerFault} fault @returns {Sentence} */
export function sentenceOf(fault) {
  const key = SENTENCES[fault.type];
  const most = fault.msg.match(/at most (\d+)/)?.[1];
  if (!key || (key === "makeFaultLong" && !most)) return { key: "makeFaultOther", values: { why: fault.msg } };
  const can = fault.msg.split("; it can do ")[1];
  if (key === "makeFaultUnsupported") return can ? { key, values: { can } } : { key: "makeFaultOther", values: { why: fault.msg } };
  return { key, values: most ? { most } : {} };
}
