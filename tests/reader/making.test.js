// A wish for a book, as a value: what it becomes, and what is said where something is wrong with it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { allowed, choicesOf } from "../../storybook/reader/making/choices.js";
import { cardsOf, emptyDraft, firstMissing, keyedFor, MOST_CHARACTERS, requestOf, saidOf, settled, textOf, withCards } from "../../storybook/reader/making/draft.js";
import { faultsByPart, sentenceOf } from "../../storybook/reader/making/faults.js";
import { askedFor } from "../../storybook/reader/making/from_other_books.js";
import { keepDraft, keptDraft } from "../../storybook/reader/making/kept_draft.js";
import { hearingOf } from "../../storybook/reader/making/hearing.js";
import { whySilent } from "../../storybook/reader/making/microphone.js";
import { FIELDS, SUGGESTIONS } from "../../storybook/reader/making/suggestions.js";
import { canBeHeard, voiceName } from "../../storybook/reader/narrator_voices.js";

const told = () => ({
  ...emptyDraft(),
  words: { era: " 조선시대 ", place: "깊은 숲속", topic: "우정" },
  cards: cardsOf("호기심 많은 토끼, 꼬마 로봇"),
});

/** @param {Record<string, any>} [more] */
const engines = (more = {}) => {
  const one = (/** @type {string} */ role, /** @type {object} */ can) => ({ engine: role, ready: true, languages: [], voices: [], styles: [], ages: [], page_counts: [], ...can, ...more[role] });
  return /** @type {any} */ ({
    writer: one("writer", { languages: ["ko"], page_counts: [5], ages: ["5-7"] }),
    illustrator: one("illustrator", { styles: ["watercolor"] }),
    narrator: one("narrator", { engine: "espeak", voices: ["M1", "F1"] }),
    transcriber: one("transcriber", {}),
  });
};

test("a text becomes cards, and the cards the same text", () => {
  const cards = cardsOf("호기심 많은 토끼,겁 많은  호랑이 , 도깨비");
  assert.deepEqual(cards.map((it) => [it.like, it.name]), [["호기심 많은", "토끼"], ["겁 많은", "호랑이"], ["", "도깨비"]]);
  assert.deepEqual(cards.map(textOf), ["호기심 많은 토끼", "겁 많은 호랑이", "도깨비"]);
  assert.equal(textOf({ like: "착하고, 용감한", name: "곰", voice: "" }), "착하고 용감한 곰");
  assert.deepEqual(cardsOf(" , "), []);
});

test("nobody is there twice, and there is room for eight", () => {
  const draft = withCards(told(), cardsOf("꼬마 로봇, 곰"));
  assert.deepEqual(draft.cards.map(textOf), ["호기심 많은 토끼", "꼬마 로봇", "곰"]);
  const crowd = withCards({ ...draft, heroes: ["토토"] }, cardsOf("a,b,c,d,e,f,g,h"));
  assert.equal(crowd.cards.length + 1, MOST_CHARACTERS);
});

test("who was typed and not added is added on the way", () => {
  assert.deepEqual(settled({ ...told(), newcomer: "아기 용 " }).cards.map(textOf).at(-1), "아기 용");
});

test("the first question without an answer is known", () => {
  assert.equal(firstMissing(emptyDraft()), "era");
  assert.equal(firstMissing({ ...told(), cards: [] }), "characters");
  assert.equal(firstMissing({ ...told(), cards: [], heroes: ["토토"] }), null);
  assert.equal(saidOf({ ...told(), heroes: ["토토"] }, "characters"), "토토, 호기심 많은 토끼, 꼬마 로봇");
});

test("a request says what was chosen and leaves the rest to the server", () => {
  assert.deepEqual(requestOf(told()), { era_ko: "조선시대", place_ko: "깊은 숲속", characters_ko: "호기심 많은 토끼, 꼬마 로봇", topic_ko: "우정", tts_enabled: true });
  const chosen = { ...told(), pace: /** @type {const} */ ("slow"), narrator: "F1", pages: 7, age: "3-4", style: "ink", language: "en" };
  chosen.cards[1].voice = "M2";
  const request = requestOf(chosen);
  assert.deepEqual(request.tts_config, { speed: 0.85, narrator_voice: "F1", dialogue_voice: "cast", character_voices: { 로봇: "M2", "꼬마 로봇": "M2" } });
  assert.deepEqual([request.page_count, request.age, request.style, request.language], [7, "3-4", "ink", "en"]);
});

test("a book without a voice asks for none", () => {
  for (const request of [requestOf({ ...told(), narrator: "F1", readAloud: false }), requestOf({ ...told(), narrator: "F1" }, false)]) {
    assert.deepEqual([request.tts_enabled, request.tts_config], [false, undefined]);
  }
});

test("heroes need nobody beside them", () => {
  const alone = requestOf({ ...told(), cards: [], heroes: ["토토"] });
  assert.deepEqual([alone.characters_ko, alone.cast], [undefined, ["토토"]]);
  const again = requestOf({ ...told(), cards: [], origin: { runId: "a".repeat(32), names: ["토끼", "곰"] } });
  assert.deepEqual([again.characters_ko, again.based_on], ["토끼, 곰", { run_id: "a".repeat(32), keep: "cast" }]);
});

test("the same wish has the same key, another wish another one", () => {
  let drawn = 0;
  const key = () => `key ${++drawn}`;
  const first = keyedFor(told(), requestOf(told()), key);
  assert.equal(keyedFor(first, requestOf(first), key).key, first.key);
  const other = { ...first, words: { ...first.words, topic: "용기" } };
  assert.notEqual(keyedFor(other, requestOf(other), key).key, first.key);
});

test("what an address asks for is understood, and nothing else", () => {
  const run = "0123456789abcdef".repeat(2);
  assert.deepEqual(askedFor("?hero=토토&hero=보보"), { heroes: ["토토", "보보"], basedOn: "" });
  assert.deepEqual(askedFor(`?based_on=${run}&keep=cast`), { heroes: [], basedOn: run });
  assert.equal(askedFor(`?based_on=${run}&keep=text`).basedOn, "");
  assert.equal(askedFor("?based_on=../x").basedOn, "");
});

test("nothing is offered that the engines cannot do, nor where there is but one way", () => {
  const few = choicesOf(engines());
  assert.deepEqual([few.styles, few.anyStyle, few.ages, few.pageCounts, few.languages], [[], false, [], [], []]);
  assert.deepEqual(few.voices, ["M1", "F1"]);
  const many = choicesOf(engines({ writer: { languages: ["ko", "en"], page_counts: [], ages: [] }, illustrator: { styles: [] }, narrator: { ready: false } }));
  assert.deepEqual([many.languages, many.pageCounts[0], many.pageCounts.at(-1), many.ages.length, many.anyStyle], [["ko", "en"], 5, 13, 3, true]);
  assert.deepEqual([many.canSpeak, many.voices], [false, []]);
  const nobody = choicesOf(null);
  assert.deepEqual([nobody.canHear, nobody.canSpeak, nobody.anyStyle], [false, true, false]);
});

test("what was chosen before an engine went is chosen no more", () => {
  const draft = allowed({ ...told(), narrator: "M5", style: "ink", age: "3-4", pages: 9, language: "en" }, choicesOf(engines()));
  assert.deepEqual([draft.narrator, draft.style, draft.age, draft.pages, draft.language], ["", "", "", 0, ""]);
});

test("each fault of the server is a sentence at its part", () => {
  const fault = (/** @type {(string | number)[]} */ loc, /** @type {string} */ type, msg = "") => ({ loc: ["body", ...loc], type, msg });
  const found = faultsByPart([
    fault(["place_ko"], "control_character", "control characters are not allowed: U+202E"),
    fault(["topic_ko"], "string_too_long", "expected at most 200 characters, found 250"),
    fault(["topic_ko"], "forbidden_words"),
    fault(["tts_config", "speed"], "unsupported", "it cannot; it can do 1, 2"),
    fault(["tts_config", "character_voices", "토끼"], "enum", "expected one of M1"),
    fault(["callback_url"], "url", "no"),
  ]);
  assert.deepEqual(found.get("place"), { key: "makeFaultSigns", values: {} });
  assert.deepEqual(found.get("topic"), { key: "makeFaultLong", values: { most: "200" } });
  assert.deepEqual(found.get("speed"), { key: "makeFaultUnsupported", values: { can: "1, 2" } });
  assert.deepEqual(found.get("characters"), { key: "makeFaultOther", values: { why: "expected one of M1" } });
  assert.deepEqual(found.get("whole"), { key: "makeFaultOther", values: { why: "no" } });
  assert.equal(sentenceOf(fault(["age"], "unsupported", "no such age")).key, "makeFaultOther");
});

test("below a half the page asks again", () => {
  const heard = (/** @type {string} */ meant, /** @type {number} */ confidence) => hearingOf({ stt_text: "조선이요", parsed_value: meant, confidence }).kind;
  assert.deepEqual([heard("조선", 0.5), heard("조선", 0.49), heard("", 0)], ["understood", "unsure", "nothing"]);
});

test("why nothing can be recorded is known before anybody tries", () => {
  const here = { isSecureContext: true, navigator: { mediaDevices: { getUserMedia: () => {} } }, MediaRecorder: class {} };
  assert.equal(whySilent(true, here), null);
  assert.equal(whySilent(false, here), "makeNoListener");
  assert.equal(whySilent(true, { ...here, isSecureContext: false }), "makeNotSecure");
  assert.equal(whySilent(true, { ...here, navigator: {} }), "makeNoRecorder");
  assert.equal(whySilent(true, { ...here, MediaRecorder: undefined }), "makeNoRecorder");
});

test("a draft outlives a reload, and what another version kept is let go", () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = /** @type {any} */ ({ getItem: (/** @type {string} */ it) => kept.get(it) ?? null, setItem: (/** @type {string} */ it, /** @type {string} */ text) => kept.set(it, text) });
  assert.deepEqual(keptDraft(storage), emptyDraft());
  keepDraft(told(), storage);
  assert.deepEqual(keptDraft(storage), told());
  for (const text of ["", "{", '{"step": 1}', JSON.stringify({ ...told(), cards: {} })]) {
    kept.forEach((_, name) => kept.set(name, text));
    assert.deepEqual(keptDraft(storage), emptyDraft());
  }
  assert.deepEqual(keptDraft(null), emptyDraft());
});

test("there are six suggestions for each word, each in both languages", () => {
  for (const field of FIELDS) {
    assert.equal(SUGGESTIONS[field].length, 6);
    for (const it of SUGGESTIONS[field]) assert.ok(it.id.startsWith(`${field}-`) && it.ko && it.en);
  }
});

test("a voice is offered to be heard only where a sample of it is kept", () => {
  assert.deepEqual([canBeHeard("espeak", "ko"), canBeHeard("espeak", "fr"), canBeHeard("supertonic", "ko"), canBeHeard("", "ko")], [true, false, false, false]);
});

test("voices have names that a family understands", () => {
  const say = (key, values) => `${key} ${values.number}`;
  assert.equal(voiceName(say, "F2"), "voiceWoman 2");
  assert.equal(voiceName(say, "alloy"), "alloy");
});
