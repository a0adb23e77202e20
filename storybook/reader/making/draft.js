// A wish for a book while it is told, as a value: the four words, who is in it and how it is made;
// and the request that it becomes.

import { FIELDS } from "./suggestions.js";

/** @typedef {import("./suggestions.js").Field} Field */
/** @typedef {import("../api_types.js").RunRequest} RunRequest */

/** @typedef {{name: string, like: string, voice: string}} Card a character: what it is called, what it is like, and whose voice it has ("" leaves that to the book) */

/**
 * @typedef {object} Draft
 * @property {number} step which of the four words is asked for
 * @property {{era: string, place: string, topic: string}} words
 * @property {Card[]} cards
 * @property {string} newcomer who is being typed, and is no card yet
 * @property {string[]} heroes saved characters who come along, by name
 * @property {{runId: string, names: string[]} | null} origin the book whose heroes come back
 * @property {boolean} readAloud
 * @property {"slow" | "usual" | "quick"} pace
 * @property {string} narrator a voice, "" is the usual one
 * @property {string} style
 * @property {string} age
 * @property {number} pages 0 is the usual number
 * @property {string} language "" is the usual one
 * @property {string} key names the wish, so that asking for it twice makes one book
 * @property {string} keyed what the key was drawn for
 */

/** Characters that a book takes, saved ones among them. */
export const MOST_CHARACTERS = 8;
/** Characters of one field of the request. */
export const MOST_LETTERS = 200;
/** How fast it is read where somebody wants another pace than the usual one. */
export const SPEEDS = { slow: 0.85, usual: undefined, quick: 1.25 };
/** What would part a list of characters inside of one. */
const SEPARATORS = /\s*[,，、;；/&+·|\n]\s*/;

/** @returns {Draft} nothing is said yet */
export function emptyDraft() {
  return {
    step: 0,
    words: { era: "", place: "", topic: "" },
    cards: [],
    newcomer: "",
    heroes: [],
    origin: null,
    readAloud: true,
    pace: "usual",
    narrator: "",
    style: "",
    age: "",
    pages: 0,
    language: "",
    key: "",
    keyed: "",
  };
}

/** The characters that a text names, each as a card: its last word is the name, what stands before it says what it is like. @param {string} text @returns {Card[]} */
export function cardsOf(text) {
  const parts = text.split(SEPARATORS).map((it) => it.trim().replace(/\s+/g, " "));
  return parts.filter(Boolean).map((it) => {
    const cut = it.lastIndexOf(" ");
    return { name: it.slice(cut + 1), like: it.slice(0, Math.max(cut, 0)), voice: "" };
  });
}

/** What a card says, as it stands in the request. @param {Card} card */
export function textOf(card) {
  const clean = (/** @type {string} */ text) => text.split(SEPARATORS).join(" ").trim();
  return `${clean(card.like)} ${clean(card.name)}`.trim();
}

/** How many take part. @param {Draft} draft */
export function castSize(draft) {
  return draft.cards.length + draft.heroes.length + (draft.origin?.names.length ?? 0);
}

/** @param {Draft} draft @param {Card[]} cards @returns {Draft} with these, as far as there is room for them, and nobody twice */
export function withCards(draft, cards) {
  const known = new Set(draft.cards.map(textOf));
  const room = MOST_CHARACTERS - castSize(draft);
  return { ...draft, cards: [...draft.cards, ...cards.filter((it) => textOf(it) && !known.has(textOf(it))).slice(0, Math.max(room, 0))] };
}

/** With whoever was typed and not yet added. @param {Draft} draft @returns {Draft} */
export function settled(draft) {
  return draft.newcomer.trim() ? { ...withCards(draft, cardsOf(draft.newcomer)), newcomer: "" } : draft;
}

/** What has been answered to a field, "" if nothing. @param {Draft} draft @param {Field} field */
export function saidOf(draft, field) {
  if (field !== "characters") return draft.words[field].trim();
  return [...new Set([...(draft.origin?.names ?? []), ...draft.heroes, ...draft.cards.map(textOf)])].filter(Boolean).join(", ");
}

/** The first field that has not been answered. @param {Draft} draft @returns {Field | null} */
export function firstMissing(draft) {
  return FIELDS.find((it) => !saidOf(draft, it)) ?? null;
}

/**
 * The request that a draft is. What the draft leaves open is left to the server.
 * @param {Draft} draft
 * @param {boolean} canSpeak whether there is a narrator
 * @returns {RunRequest}
 */
export function requestOf(draft, canSpeak = true) {
  const { words, origin } = draft;
  const characters = [...draft.cards.map(textOf).filter(Boolean), ...(draft.cards.length ? [] : (origin?.names ?? []))].join(", ");
  const readAloud = draft.readAloud && canSpeak;
  const tts = readAloud ? ttsOf(draft) : {};
  const said = {
    era_ko: words.era.trim(),
    place_ko: words.place.trim(),
    characters_ko: characters,
    topic_ko: words.topic.trim(),
    tts_enabled: readAloud,
    tts_config: Object.keys(tts).length ? tts : undefined,
    style: draft.style.trim() || undefined,
    page_count: draft.pages || undefined,
    age: draft.age || undefined,
    language: draft.language || undefined,
    cast: draft.heroes.length ? draft.heroes : undefined,
    based_on: origin ? { run_id: origin.runId, keep: /** @type {const} */ ("cast") } : undefined,
  };
  const left = draft.heroes.length && !characters ? { ...said, characters_ko: undefined } : said;
  return /** @type {RunRequest} */ (Object.fromEntries(Object.entries(left).filter(([, value]) => value !== undefined)));
}

/** @param {Draft} draft */
function ttsOf(draft) {
  /** @type {Record<string, string>} */
  const voices = {};
  for (const card of draft.cards.filter((it) => it.voice && textOf(it))) {
    // A story calls it by its name, or, where that is not a kind of its own, by all of it (a "little robot").
    voices[textOf({ ...card, like: "" }) || textOf(card)] = card.voice;
    voices[textOf(card)] = card.voice;
  }
  // Whoever is given no voice here has one of its own all the same.
  const names = Boolean(draft.narrator) || Object.keys(voices).length > 0;
  return {
    ...(SPEEDS[draft.pace] ? { speed: SPEEDS[draft.pace] } : {}),
    ...(draft.narrator ? { narrator_voice: draft.narrator } : {}),
    ...(names ? { dialogue_voice: "cast" } : {}),
    ...(Object.keys(voices).length ? { character_voices: voices } : {}),
  };
}

/** The draft with the key of this request: the same while the wish is the same. @param {Draft} draft @param {RunRequest} request @param {() => string} newKey @returns {Draft} */
export function keyedFor(draft, request, newKey) {
  const keyed = JSON.stringify(request);
  return draft.key && draft.keyed === keyed ? draft : { ...draft, key: newKey(), keyed };
}
