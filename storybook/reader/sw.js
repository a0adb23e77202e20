// The service worker: the page and its files are kept, and the books that were opened, so that they
// can be read and heard without a network. The server fills the blanks in braces. It asks the
// network first for all that may change, and answers from what is kept where that fails.

const FILES = "{{files}}";
const PREFIX = "{{prefix}}";
const PAGE = "storybook-page";
const BOOKS = "storybook-books";
/** What a first visit brings, so that the page opens without a network. */
const FIRST = JSON.parse('{{first}}');

const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(keepPage().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(forgetOlderFiles().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  const path = address.pathname.slice(PREFIX.length);
  if (request.mode === "navigate" && !path.startsWith("/api/") && !path.startsWith("/docs")) {
    event.respondWith(networkElse(request, () => kept(PAGE, new Request(`${PREFIX}/`))));
  } else if (address.pathname.startsWith(`${FILES}/`)) {
    event.respondWith(keptElseNetwork(request));
  } else if (/^\/api\/runs\/[0-9a-f]{32}(\/(images|audio|spans|editions|cast)\b.*)?$/.test(path)) {
    event.respondWith(networkElse(request, () => kept(BOOKS, request)));
  }
});

async function keepPage() {
  const cache = await caches.open(PAGE);
  await cache.put(`${PREFIX}/`, await fetch(`${PREFIX}/`, { headers: { Accept: "text/html" }, cache: "no-store" }));
  await cache.addAll(FIRST.map((/** @type {string} */ it) => `${FILES}/${it}`));
}

async function forgetOlderFiles() {
  const cache = await caches.open(PAGE);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${PREFIX}/reader/`) && !pathname.startsWith(`${FILES}/`)) await cache.delete(request);
  }
}

/** @param {Request} request */
async function keptElseNetwork(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(PAGE)).put(request, answer.clone());
  return answer;
}

/** What the network says; where it cannot be reached, or a proxy says that the server is away, what is kept.
 * @param {Request} request @param {() => Promise<Response | undefined>} otherwise */
async function networkElse(request, otherwise) {
  try {
    const answer = await fetch(request);
    return [502, 503, 504].includes(answer.status) ? ((await otherwise()) ?? answer) : answer;
  } catch (error) {
    const found = await otherwise();
    if (found) return found;
    throw error;
  }
}

/** @param {string} name @param {Request} request */
async function kept(name, request) {
  const found = await (await caches.open(name)).match(withoutSignature(request), { ignoreVary: true });
  return found && request.headers.has("Range") ? partOf(found, request.headers.get("Range") ?? "") : found;
}

/** A signed link's books are kept under their plain addresses. */
function withoutSignature(/** @type {Request} */ request) {
  const address = new URL(request.url);
  for (const name of ["sig", "at"]) address.searchParams.delete(name);
  return address.href;
}

/** A player asks for a recording range by range. @param {Response} whole @param {string} range */
async function partOf(whole, range) {
  const content = await whole.blob();
  const found = range.match(/^bytes=(\d+)-(\d*)$/);
  if (!found) return new Response(content, { headers: whole.headers });
  const [start, end] = [Number(found[1]), found[2] ? Math.min(Number(found[2]) + 1, content.size) : content.size];
  if (start >= content.size) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${content.size}` } });
  const headers = new Headers(whole.headers);
  headers.set("Content-Range", `bytes ${start}-${end - 1}/${content.size}`);
  headers.set("Content-Length", String(end - start));
  return new Response(content.slice(start, end), { status: 206, headers });
}
