// Who may come along from other books: the saved characters, and the heroes of the book that this
// one follows.

import { shownFace } from "../face_place.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../api_types.js").CastMember} CastMember */
/** @typedef {import("./draft.js").Draft} Draft */

/** @typedef {import("../face_place.js").Face} Face */
/** @typedef {{name: string, face: Face | null}} Known somebody from another book */

/** What the address asks for: `?hero=NAME` (more than once), `?based_on=RUN&keep=cast`. @param {string} query */
export function askedFor(query) {
  const asked = new URLSearchParams(query);
  const runId = asked.get("based_on") ?? "";
  const isBased = /^[0-9a-f]{32}$/.test(runId) && (asked.get("keep") ?? "cast") === "cast";
  return { heroes: asked.getAll("hero").filter(Boolean), basedOn: isBased ? runId : "" };
}

/** The saved characters; nobody if they cannot be had. @param {App} app @returns {Promise<Known[]>} */
export async function savedHeroes(app) {
  try {
    const { characters } = await app.client.savedCast();
    return characters.map((it) => known(app, it.name, it.character));
  } catch {
    return [];
  }
}

/** The heroes of a book; null if it cannot be had. @param {App} app @param {string} runId @returns {Promise<Known[] | null>} */
export async function heroesOf(app, runId) {
  try {
    const { cast } = await app.client.cast(runId);
    return cast.length ? cast.map((it) => known(app, it.name, it)) : null;
  } catch {
    return null;
  }
}

/** @param {App} app @param {string} name @param {CastMember} character @returns {Known} */
function known(app, name, character) {
  return { name, face: shownFace(character, (it) => app.client.address(it)) };
}
