// The stream of a book, by a fetch that is scripted: each change once, whatever is lost.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, Client } from "../../storybook/reader/client.js";

const update = (/** @type {number} */ id) => `id: ${id}\nevent: update\ndata: {"status":"RUNNING","n":${id}}\n\n`;

/** A server that gives these answers, one after the other; what each was asked with is noted. @param {(string | number)[]} answers */
function scripted(answers) {
  /** @type {(string | null)[]} */
  const cursors = [];
  const fetching = /** @type {any} */ (
    async (/** @type {string} */ _url, /** @type {any} */ { headers }) => {
      cursors.push(headers["Last-Event-ID"] ?? null);
      const answer = answers.shift() ?? 204;
      if (answer === 0) throw new TypeError("network");
      if (typeof answer === "number") return new Response(answer === 204 ? null : '{"detail":"no"}', { status: answer });
      return new Response(answer, { headers: { "Content-Type": "text/event-stream" } });
    }
  );
  return { client: new Client("https://books.example", { fetch: fetching }), cursors };
}

/** @param {Client} client @param {number} [after] */
async function told(client, after) {
  const found = [];
  for await (const it of client.follow("r", { after })) found.push([it.event, it.id]);
  return found;
}

test("a stream goes on where it was lost, and nothing comes twice", { timeout: 20_000 }, async () => {
  const { client, cursors } = scripted([update(3) + update(5), 0, update(5) + update(8), 204]);
  assert.deepEqual(await told(client), [["update", 3], ["update", 5], ["update", 8]]);
  assert.deepEqual(cursors, [null, "5", "5", "8"]);
});

test("after a log was set back, what follows is told though its positions are smaller", async () => {
  const { client } = scripted([`id: 2\nevent: reset\ndata: {"head":2}\n\n${update(3)}`, 204]);
  assert.deepEqual(await told(client, 50), [["reset", 2], ["update", 3]]);
});

test("what no other try mends is told at once", async () => {
  for (const status of [401, 403, 404, 410]) {
    const { client, cursors } = scripted([status]);
    await assert.rejects(told(client), (it) => it instanceof ApiError && it.status === status);
    assert.equal(cursors.length, 1);
  }
});

test("a server that has too many streams is not asked again at once", { timeout: 20_000 }, async () => {
  const { client, cursors } = scripted(["retry: 60\n\n", "retry: 60\n\n", 204]);
  const began = performance.now();
  assert.deepEqual(await told(client), []);
  assert.equal(cursors.length, 3);
  assert.ok(performance.now() - began >= 2 * 60);
});

test("a wish that was not answered is asked for once more, with the same key", { timeout: 20_000 }, async () => {
  /** @type {string[]} */
  const keys = [];
  const fetching = /** @type {any} */ (
    async (/** @type {string} */ _url, /** @type {any} */ { headers }) => {
      keys.push(headers["Idempotency-Key"]);
      if (keys.length === 1) throw new TypeError("network");
      return new Response('{"run_id":"1"}', { status: 201 });
    }
  );
  const client = new Client("https://books.example", { fetch: fetching });
  assert.deepEqual(await client.createRun({ era_ko: "a", place_ko: "b", characters_ko: "c", topic_ko: "d" }), { run_id: "1" });
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
});
