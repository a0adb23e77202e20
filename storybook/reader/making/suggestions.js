// What a child can tap instead of typing: six for each of the four words, each with a small painting
// in suggestions/ID.webp (docs/paint.py paints them). The words of a friend say the colour that it
// has in its painting, so that it comes into the book with it; its clothes are the story's.

/** @typedef {"era" | "place" | "characters" | "topic"} Field one of the four words */
/** @typedef {{id: string, ko: string, en: string}} Suggestion its words in each language of books that has them */

/** The four words in the order in which they are asked for. @type {readonly Field[]} */
export const FIELDS = ["era", "place", "characters", "topic"];

/** @type {Record<Field, readonly Suggestion[]>} */
export const SUGGESTIONS = {
  era: [
    { id: "era-joseon", ko: "조선시대", en: "Joseon days" },
    { id: "era-dinosaurs", ko: "공룡 시대", en: "the age of dinosaurs" },
    { id: "era-castles", ko: "중세 시대", en: "medieval times" },
    { id: "era-winter", ko: "눈 내리는 겨울", en: "a snowy winter" },
    { id: "era-today", ko: "오늘날", en: "nowadays" },
    { id: "era-future", ko: "먼 미래", en: "the far future" },
  ],
  place: [
    { id: "place-forest", ko: "깊은 숲속", en: "a deep forest" },
    { id: "place-sea", ko: "바닷속 나라", en: "a land under the sea" },
    { id: "place-palace", ko: "임금님의 궁궐", en: "the royal palace" },
    { id: "place-space", ko: "별이 가득한 우주", en: "starry space" },
    { id: "place-school", ko: "우리 학교", en: "our school" },
    { id: "place-farm", ko: "시골 농장", en: "a farm" },
  ],
  characters: [
    { id: "characters-rabbit", ko: "호기심 많은 하얀 토끼", en: "a curious white rabbit" },
    { id: "characters-tiger", ko: "겁 많은 주황색 호랑이", en: "a timid orange tiger" },
    { id: "characters-girl", ko: "용감한 여자아이", en: "a brave girl" },
    { id: "characters-goblin", ko: "장난꾸러기 파란 도깨비", en: "a playful blue goblin" },
    { id: "characters-robot", ko: "은빛 꼬마 로봇", en: "a little silver robot" },
    { id: "characters-dragon", ko: "초록 아기 용", en: "a green baby dragon" },
  ],
  topic: [
    { id: "topic-friendship", ko: "우정", en: "friendship" },
    { id: "topic-courage", ko: "용기", en: "courage" },
    { id: "topic-sharing", ko: "나눔", en: "sharing" },
    { id: "topic-family", ko: "가족", en: "family" },
    { id: "topic-adventure", ko: "모험", en: "adventure" },
    { id: "topic-dream", ko: "꿈", en: "dreams" },
  ],
};

/** The words of a suggestion in a language; in English where they are not known in it. @param {Suggestion} suggestion @param {string} language */
export function wordsOf(suggestion, language) {
  return language.startsWith("ko") ? suggestion.ko : suggestion.en;
}

/** The suggestion that has these words, in whatever language. @param {Field} field @param {string} text */
export function suggestionOf(field, text) {
  return SUGGESTIONS[field].find((it) => text === it.ko || text === it.en) ?? null;
}

/** The address of a suggestion's painting. @param {string} id */
export function paintingOf(id) {
  return new URL(`../suggestions/${id}.webp`, import.meta.url).href;
}
