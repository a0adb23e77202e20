// Asks storybook for a book and follows it to its end, however often the connection is lost.
// Node 18 or later, no packages.
//
//     node resume_client.mjs --cut-after 2          # hangs up once, after two messages
//     node resume_client.mjs --run RUN --after 41   # goes on with a book after message 41
//
// In a browser, `new EventSource("/api/runs/RUN/events")` does what `follow` does here. Elsewhere
// a client has to know (docs/api.md, "Progress stream"):
//
// - cursor: the id of the last `update` that was dealt with. It is sent as `Last-Event-ID`, and the
//   server goes on right after it: nothing is lost, nothing comes twice. `0` replays from the start.
// - keepalive: comes without an id when nothing else has come for 15 s. Only silence that is much
//   longer means that the connection is dead.
// - retry: milliseconds to wait before coming back, also when the server has no stream to spare.
// - reset: the cursor is of a log that this server no longer has (it came back from a backup).
//   Forget what was shown; the present state follows.
// - 204: the book has ended, and the cursor is at its last message. Do not come back.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const WORDS = {
  era_ko: "조선시대",
  place_ko: "깊은 숲속 마을",
  characters_ko: "호기심 많은 토끼, 겁 많은 호랑이",
  topic_ko: "우정",
};
const ENDED = ["DONE", "FAILED", "CANCELLED"];
const SILENCE_MS = 40_000; // more than two keepalives

class Refused extends Error {} // coming back would not help

// The messages of an open stream, each as its fields; one that was cut off is left out.
async function* messages(body, alive) {
  let unread = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    alive();
    const blocks = (unread + text).split("\n\n");
    unread = blocks.pop();
    for (const block of blocks)
      yield Object.fromEntries(
        block.split("\n").map((line) => line.match(/^([^:]*):? ?(.*)$/).slice(1)),
      );
  }
}

// Print every `update` until the book has ended.
async function follow(url, run, cursor, cutAfter) {
  let [wait, seen] = [2000, 0];
  for (let ended = false; !ended; ) {
    const connection = new AbortController();
    const silence = setTimeout(() => connection.abort(), SILENCE_MS);
    try {
      const answer = await fetch(`${url}/api/runs/${run}/events`, {
        headers: { "Last-Event-ID": cursor },
        signal: connection.signal,
      });
      if (answer.status === 204) return;
      if (answer.status >= 500) throw new Error(`it answered ${answer.status}`);
      if (!answer.ok) throw new Refused(`${answer.status} ${await answer.text()}`);
      for await (const message of messages(answer.body, () => silence.refresh())) {
        wait = Number(message.retry ?? wait);
        if (message.event === "reset") console.log("reset");
        if (message.event === "update") {
          console.log(message.id, message.data);
          [cursor, seen] = [message.id, seen + 1];
          ended = ENDED.includes(JSON.parse(message.data).status);
          if (seen === cutAfter) break;
        }
      }
    } catch (lost) {
      if (lost instanceof Refused) throw lost;
      console.error(`lost the connection: ${lost}`);
    } finally {
      clearTimeout(silence);
      connection.abort(); // closes the connection, if it is still open
    }
    if (ended) return;
    console.error(`coming back after ${cursor} in ${wait} ms`);
    await sleep(wait);
  }
}

const { values: given } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8000" },
    run: { type: "string" }, // follow this book, and ask for none
    after: { type: "string", default: "0" }, // the last message that was dealt with
    "cut-after": { type: "string", default: "-1" }, // hang up once, after so many messages
  },
});

async function json(path, request) {
  const answer = await fetch(given.url + path, request);
  if (!answer.ok) throw new Refused(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

// With a key of its own, a request whose answer was lost may be sent again.
const headers = { "Content-Type": "application/json", "Idempotency-Key": randomUUID() };
const request = { method: "POST", headers, body: JSON.stringify(WORDS) };
const run = given.run ?? (await json("/api/runs", request)).run_id;
await follow(given.url, run, given.after, Number(given["cut-after"]));
console.log(JSON.stringify({ run_id: run, ...(await json(`/api/runs/${run}`)) }));
