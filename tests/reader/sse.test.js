// The event stream's format, cut anywhere.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EventStreamParser } from "../../storybook/reader/sse.js";

const STREAM = ": hello\r\nid: 7\r\nevent: update\r\ndata: {\"a\":1}\r\n\r\ndata: one\ndata:two\n\nevent: keepalive\ndata: \n\nid: 9\rdata: 한글\r\r";
const WANTED = [
  { event: "update", data: '{"a":1}', id: "7" },
  { event: "message", data: "one\ntwo", id: null },
  { event: "keepalive", data: "", id: null },
];

test("messages are the same wherever the stream is cut", () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    const parser = new EventStreamParser();
    const found = [...parser.feed(STREAM.slice(0, cut)), ...parser.feed(STREAM.slice(cut)), ...parser.feed("\n")];
    assert.deepEqual(found, [...WANTED, { event: "message", data: "한글", id: "9" }]);
  }
});

test("a comment alone is no message", () => {
  assert.deepEqual(new EventStreamParser().feed(": keep\n\n"), []);
});
