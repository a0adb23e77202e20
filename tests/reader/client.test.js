// The stream of a book, by a fetch that is scripted: each change once, whatever is lost.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, Client, Unreachable } from "../../storybook/reader/client.js";

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

test("a stream that ends again and again is asked for as often as the server wants", { timeout: 20_000 }, async () => {
  const said = 'retry: 600\nevent: progress\ndata: {"waiting_for":null}\n\n';
  const { client, cursors } = scripted([said, said, 204]);
  const began = performance.now();
  assert.deepEqual(await told(client), [["progress", null], ["progress", null]]);
  assert.equal(cursors.length, 3);
  assert.ok(performance.now() - began >= 2 * 600);
});

test("after the end there is no wait for the server to say so", async () => {
  const { client } = scripted([`retry: 60000\n${update(3).replace("RUNNING", "DONE")}`, 204]);
  assert.deepEqual(await told(client), [["update", 3]]);
});

test("a server is reached as soon as it answers, before it says a word", async () => {
  const { client } = scripted([401]);
  /** @type {boolean[]} */
  const heard = [];
  client.fetch = /** @type {any} */ (async () => (heard.length ? new Response(null, { status: 204 }) : new Response(new ReadableStream({ start: (it) => void setTimeout(() => it.close(), 20) }))));
  const following = client.follow("r", { onConnection: (it) => heard.push(it) });
  assert.deepEqual(await following.next(), { done: true, value: undefined });
  assert.deepEqual(heard, [true, true]);
});

/** A client whose server gives these, one after the other, and how often it was asked. @param {(() => Response)[]} answers */
function answering(answers, patience = 3_000) {
  const asked = { times: 0 };
  const fetching = /** @type {any} */ (async () => answers[Math.min(asked.times++, answers.length - 1)]());
  return { client: new Client("https://books.example", { fetch: fetching, patience }), asked };
}
const cut = () => new Response(new ReadableStream({ start: (it) => void (it.enqueue(new TextEncoder().encode('{"run_')), it.error(new TypeError("terminated"))) }));
const words = { era_ko: "a", place_ko: "b", characters_ko: "c", topic_ko: "d" };

test("an answer that was cut is no answer: what looks, and a wish with a key, is asked again", { timeout: 20_000 }, async () => {
  const whole = () => new Response('{"run_id":"1"}');
  for (const call of [(/** @type {Client} */ it) => it.createRun(words), (/** @type {Client} */ it) => it.run("1")]) {
    const { client, asked } = answering([cut, whole]);
    assert.deepEqual(await call(client), { run_id: "1" });
    assert.equal(asked.times, 2);
  }
  const { client, asked } = answering([cut, whole]);
  await assert.rejects(client.cancel("1"), Unreachable);
  assert.equal(asked.times, 1);
});

test("a server that has no time is asked when it wants, or not at all if that is too late", { timeout: 20_000 }, async () => {
  const busy = (/** @type {number} */ after) => () => new Response('{"detail":"too many"}', { status: 429, headers: { "Retry-After": String(after) } });
  const soon = answering([busy(1), () => new Response('{"run_id":"1"}')]);
  assert.deepEqual(await soon.client.createRun(words), { run_id: "1" });
  const late = answering([busy(60)]);
  await assert.rejects(late.client.createRun(words), (it) => it instanceof ApiError && it.retryAfter === 60);
  assert.equal(late.asked.times, 1);
});

test("who answers in the server's place is not believed", async () => {
  const { client } = answering([() => new Response("<h1>Sign in to this hotel</h1>")], 0);
  await assert.rejects(client.run("1"), (it) => it instanceof Unreachable && /no storybook server/.test(it.message));
  const odd = answering([() => new Response("{}", { status: 400 })]);
  await assert.rejects(odd.client.run("1"), /the server answered 400/);
});

test("a file comes with the token", async () => {
  /** @type {any[]} */
  const asked = [];
  const fetching = /** @type {any} */ (async (/** @type {any[]} */ ...it) => (asked.push(it), new Response("png")));
  const client = new Client("https://books.example/story", { token: "secret", fetch: fetching });
  assert.equal(await (await client.file("/story/api/runs/1/images/cover.png")).text(), "png");
  assert.equal(asked[0][0], "https://books.example/story/api/runs/1/images/cover.png");
  assert.equal(asked[0][1].headers.Authorization, "Bearer secret");
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
