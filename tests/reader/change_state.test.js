// A book that is changed, told as values.

import assert from "node:assert/strict";
import { test } from "node:test";

import { canBeChanged, changesOf, isBeingChanged, makingOf, speakersOf, textChange, troubleOf, voicesOf } from "../../storybook/reader/changing/change_state.js";
import { ApiError } from "../../storybook/reader/client.js";
import { unknownBook } from "../../storybook/reader/book_state.js";

const edition = (number, more = {}) => ({ edition: number, base_edition: number - 1 || null, status: "DONE", is_shown: false, restores: null, pages: [], texts: [], tts_config: null, style: null, ...more });
const keys = (it) => changesOf(it).map(([key]) => key);

test("the cover has a title, other pages a text", () => {
  assert.deepEqual(textChange(0, "달"), { pages: [{ page: 0, title: "달" }] });
  assert.deepEqual(textChange(2, "달"), { pages: [{ page: 2, summary: "달" }] });
});

test("a whole book can be changed, also one whose last change failed", () => {
  assert.equal(canBeChanged({ status: "DONE" }), true);
  assert.equal(canBeChanged({ status: "FAILED" }), false);
  assert.equal(canBeChanged({ status: "FAILED", edition: 2 }), true);
  assert.equal(isBeingChanged({ status: "RUNNING", edition: 2 }), true);
  assert.equal(isBeingChanged({ status: "RUNNING" }), false);
});

test("each thing that an edition changed is told", () => {
  assert.deepEqual(keys(edition(1)), ["changeToldFirst"]);
  assert.deepEqual(keys(edition(3, { restores: 1 })), ["changeToldRestored"]);
  const pages = [{ page: 0, rewrite: "", repaint: true, revoice: false }, { page: 2, rewrite: "더 웃기게", repaint: true, revoice: false }];
  assert.deepEqual(keys(edition(2, { texts: [0, 1], pages, tts_config: {}, style: "" })), [
    "changeToldTitle", "changeToldText", "changeToldCover", "changeToldRewritten", "changeToldPicture", "changeToldVoices", "changeToldStyle",
  ]);
});

test("the voices are those of the last edition before the shown one that says any", () => {
  const first = edition(1, { tts_config: { narrator_voice: "M1" } });
  const second = edition(2, { tts_config: { narrator_voice: "F1" } });
  assert.equal(voicesOf([first, second, edition(3, { is_shown: true })]).narrator_voice, "F1");
  assert.equal(voicesOf([first, second, edition(3, { restores: 1, is_shown: true })]).narrator_voice, "M1");
  assert.equal(voicesOf([edition(1, { is_shown: true })]), null);
  assert.deepEqual([...speakersOf({ pages: [{ dialogues: [{ character: "토끼", text: "야", voice: "F2" }] }] })], [["토끼", "F2"]]);
});

test("what the server has against a change is told apart", () => {
  const conflict = (detail, newest) => new ApiError(409, detail, [], { detail, newest });
  assert.deepEqual(troubleOf(conflict("edition 3 is newer", 3), 2), { kind: "newer", newest: 3 });
  assert.deepEqual(troubleOf(conflict("nothing of the book would change", 2), 2), { kind: "same" });
  assert.deepEqual(troubleOf(conflict("edition 2 is RUNNING; wait until it is made, or cancel it", 2), 2), { kind: "busy" });
  const fault = (type, msg) => ({ loc: ["body", "pages", 0], msg, type });
  const refused = (...faults) => new ApiError(422, "", faults);
  assert.deepEqual(troubleOf(refused(fault("forbidden_words", "forbidden in a children's book: 칼")), 1), { kind: "forbidden", words: "칼" });
  assert.deepEqual(troubleOf(refused(fault("string_too_long", "x")), 1), { kind: "faults", told: [["changeTooLong", { why: "x" }]] });
  assert.equal(troubleOf(new ApiError(500, "internal error"), 1), null);
  assert.equal(troubleOf(new Error("away"), 1), null);
});

test("what is being made is told by its stage", () => {
  assert.deepEqual(makingOf(null), ["changeMaking"]);
  const book = (stage) => ({ ...unknownBook(), state: { stage } });
  assert.deepEqual(makingOf(book("PANEL_3")), ["changeMakingPicture", { page: 3 }]);
  assert.deepEqual(makingOf(book("COVER")), ["changeMakingCover"]);
  assert.deepEqual(makingOf(book("TTS")), ["changeMakingVoice"]);
});
