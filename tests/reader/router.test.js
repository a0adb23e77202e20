// Addresses of the screens, also under a prefix.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, placeOf } from "../../storybook/reader/router.js";

const ID = "0123456789abcdef0123456789abcdef";

test("each screen's address leads to it", () => {
  for (const prefix of ["", "/story"]) {
    for (const screen of /** @type {const} */ (["shelf", "make", "operate", "book", "change", "behind"])) {
      const runId = ["book", "change", "behind"].includes(screen) ? ID : "";
      const place = { screen, runId, page: 3, signature: "a.b" };
      const address = new URL(addressOf(prefix, place), "https://x.example");
      assert.deepEqual(placeOf(prefix, address), place);
    }
  }
});

test("what is no address of ours is lost", () => {
  for (const pathname of ["/nothing", "/books/", "/books/XYZ", `/books/${ID}/more`]) {
    assert.equal(placeOf("", { pathname, search: "", hash: "" }).screen, "lost");
  }
});
