// A book that is followed, by a client that is scripted: the stream, and the states that it asks for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { BookFollower } from "../../storybook/reader/book_follower.js";
import { ApiError, Unreachable } from "../../storybook/reader/client.js";

const update = (/** @type {number} */ id, status = "RUNNING") => ({ event: "update", id, data: { status, stage: "LLM", ready_max_page: -1, ready_max_audio_page: -1 } });
const state = (status = "RUNNING") => ({ status, stage: "LLM", ready_max_page: -1, ready_max_audio_page: -1, pages: [], waiting_for: null, error: null });

/** A client whose stream tells these, and whose states are given one after the other (an error is thrown). @param {any[]} told @param {any[]} states */
function scripted(told, states) {
  const asked = /** @type {number[]} */ ([]);
  const client = /** @type {any} */ ({
    async *follow() {
      yield* told;
      await new Promise((done) => setTimeout(done, 20));
    },
    async run(/** @type {string} */ _id, /** @type {{at?: number}} */ { at } = {}) {
      asked.push(at ?? -1);
      const next = states.length > 1 ? states.shift() : states[0];
      if (next instanceof Error) throw next;
      return next;
    },
  });
  return { client, asked };
}

test("its end is told once the last pages are there", async () => {
  const { client, asked } = scripted([update(3), update(5, "DONE")], [state(), state("DONE")]);
  /** @type {any[]} */
  const books = [];
  await new BookFollower(client, "r", (it) => books.push(it), () => assert.fail()).goOn();
  assert.deepEqual([books.at(-1).state.status, books.at(-1).contentPosition], ["DONE", 5]);
  assert.equal(asked.at(-1), 5);
});

test("what no other try mends is told once, and asked for no more", async () => {
  const { client, asked } = scripted([update(3), update(4)], [new ApiError(410, "forgotten")]);
  /** @type {any[]} */
  const refused = [];
  await new BookFollower(client, "r", () => {}, (it) => refused.push(it.status)).goOn();
  assert.deepEqual(refused, [410]);
  assert.equal(asked.length, 1);
});

test("a state that was lost is asked for again, and meanwhile the server is away", async () => {
  const { client, asked } = scripted([update(3, "DONE")], [new Unreachable("network"), state("DONE")]);
  /** @type {boolean[]} */
  const connected = [];
  const follower = new BookFollower(client, "r", (it) => connected.push(it.isConnected), () => assert.fail());
  await follower.goOn();
  assert.ok(connected.includes(false) && connected.at(-1));
  assert.deepEqual(asked, [3, 3]);
  assert.equal(follower.book.state?.status, "DONE");
});
