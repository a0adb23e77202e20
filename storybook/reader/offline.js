// Books that were opened are kept in the browser, so that they can be read without a network; the
// service worker answers with them. Where a browser keeps nothing (no secure context), nothing is.

import { ApiError } from "./client.js";
import { deviceStorage } from "./storage.js";

/** @typedef {import("./api_types.js").RunState} RunState */

const BOOKS = "storybook-books";
/** How many books are kept: about 2 MB each. Those that were opened longest ago go first. */
export const MOST_BOOKS = 40;
const ORDER = "storybook-kept";

/** Whether books can be kept here. */
export function canKeep() {
  return "caches" in globalThis && "serviceWorker" in navigator;
}

/** What is kept changes by one call at a time: each looks at what the one before has left. @type {Promise<unknown>} */
let changing = Promise.resolve();

/** @param {() => Promise<void>} change */
function inTurn(change) {
  const done = changing.then(change);
  changing = done.catch(() => {});
  return done;
}

/**
 * Keeps a book that can be read whole, as it is shown now: its state, its pictures and its voices.
 * @param {string} base the API's, with the prefix
 * @param {string} runId
 * @param {RunState} state
 * @param {string[]} more addresses of what else the reader asks for
 */
export function keepBook(base, runId, state, more = []) {
  return inTurn(() => keep(base, runId, state, more));
}

/** @param {string} base @param {string} runId @param {RunState} state @param {string[]} more */
async function keep(base, runId, state, more) {
  if (!canKeep()) return;
  const cache = await caches.open(BOOKS);
  const files = [...state.pages.flatMap((it) => [it.image_url, it.audio_url]), ...more].filter(Boolean);
  const there = new Set((await cache.keys()).map((it) => it.url));
  for (const file of files) {
    const address = new URL(file, location.href).href;
    if (!there.has(address)) await put(cache, address);
  }
  const named = `${base}/api/runs/${runId}`;
  const body = JSON.stringify({ ...state, waiting_for: null, eta_seconds: null });
  await cache.put(named, new Response(body, { headers: { "Content-Type": "application/json" } }));
  await forgetFiles(cache, named, new Set(files.map((it) => new URL(it, location.href).href)));
  const order = [runId, ...keptBooks().filter((it) => it !== runId)];
  note(order.slice(0, MOST_BOOKS));
  for (const old of order.slice(MOST_BOOKS)) await forget(base, old);
}

/** The books that can be read without a network, the one that was opened last first. @returns {string[]} */
export function keptBooks() {
  try {
    const kept = JSON.parse(deviceStorage()?.getItem(ORDER) ?? "[]");
    return Array.isArray(kept) ? kept.filter((it) => typeof it === "string") : [];
  } catch {
    return [];
  }
}

/** A book that is gone on the server is gone here. @param {string} base @param {string} runId */
export function forgetKept(base, runId) {
  return inTurn(() => forget(base, runId));
}

/** @param {string} base @param {string} runId */
async function forget(base, runId) {
  note(keptBooks().filter((it) => it !== runId));
  if (!canKeep()) return;
  const cache = await caches.open(BOOKS);
  await forgetFiles(cache, `${base}/api/runs/${runId}`, new Set());
  await cache.delete(`${base}/api/runs/${runId}`);
}

/** Whoever signs out leaves no books behind. */
export function forgetAllKept() {
  return inTurn(async () => {
    note([]);
    if (canKeep()) await caches.delete(BOOKS);
  });
}

/** Books that were erased, on whichever device, are gone here too. @param {import("./client.js").Client} client */
export async function forgetErased(client) {
  for (const runId of keptBooks()) {
    try {
      await client.run(runId);
    } catch (error) {
      if (error instanceof ApiError && [404, 410].includes(error.status)) await forgetKept(client.base, runId);
    }
  }
}

/** The books that can be read without a network, as the library tells books; when they were made is not known. @param {import("./client.js").Client} client @returns {Promise<import("./api_types.js").LibraryItem[]>} */
export async function keptItems(client) {
  if (!canKeep()) return [];
  const cache = await caches.open(BOOKS);
  const items = [];
  for (const runId of keptBooks()) {
    const kept = await cache.match(`${client.base}/api/runs/${runId}`);
    /** @type {RunState | null} */
    const state = kept ? await kept.json() : null;
    if (!state) continue;
    const { status, stage, ready_max_page, pages } = state;
    items.push({ run_id: runId, title: pages[0]?.title ?? "", cover_url: pages[0]?.image_url ?? "", status, stage, ready_max_page, created_at: "" });
  }
  return items;
}

/** @param {Cache} cache @param {string} address */
async function put(cache, address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.ok) await cache.put(address, answer);
}

/** Removes what is kept of a book and is not of what is shown. @param {Cache} cache @param {string} named @param {Set<string>} shown */
async function forgetFiles(cache, named, shown) {
  const under = new URL(`${named}/`, location.href).href;
  for (const request of await cache.keys()) {
    if (request.url.startsWith(under) && !shown.has(request.url)) await cache.delete(request);
  }
}

/** @param {string[]} order */
function note(order) {
  try {
    deviceStorage()?.setItem(ORDER, JSON.stringify(order));
  } catch {
    // Nothing can be kept: then no book is listed, and none is missed.
  }
}
