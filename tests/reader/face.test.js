// The piece of a painting that shows a face.

import assert from "node:assert/strict";
import { test } from "node:test";

import { behindWindow, shownFace } from "../../storybook/reader/face_place.js";

test("a quarter of a picture fills its window", () => {
  assert.deepEqual(behindWindow({ picture: "", x: 0.75, y: 0.25, side: 0.5 }), { size: 2, left: -1, top: -0 });
});

test("who has no face shows a picture that was given, or none", () => {
  const someone = { name: "곰", kind: "bear", called: "곰", description: "", voice: "", pictures: ["/p"] };
  const at = (/** @type {string} */ path) => `https://x${path}`;
  const face = { picture: "/c", x: 0.5, y: 0.4, side: 0.2 };
  assert.deepEqual(shownFace({ ...someone, face }, at), { ...face, picture: "https://x/c" });
  assert.deepEqual(shownFace({ ...someone, face: null }, at), { picture: "https://x/p", x: 0.5, y: 0.5, side: 1 });
  assert.equal(shownFace({ ...someone, face: null, pictures: [] }, at), null);
});
