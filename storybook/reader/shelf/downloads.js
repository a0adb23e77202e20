// The formats in which a book can be taken along: whatever this server says that it has.

/** @typedef {{format: string, path: string}} Download */

/** The formats with names of their own; others go by their ending. */
const NAMES = /** @type {const} */ ({ html: "shelfAsHtml", epub: "shelfAsEpub", pdf: "shelfAsPdf", mp3: "shelfAsMp3", zip: "shelfAsZip", mp4: "shelfAsMp4" });

const OFFERED = /^\/api\/runs\/\{run_id\}\/book\.(\w+|\{\w+\})$/;

/** What a server offers of every book. @param {{paths: Record<string, any>}} document its OpenAPI @returns {Download[]} `path` has `{run_id}` in it */
export function downloadsIn(document) {
  return Object.entries(document.paths).flatMap(([path, calls]) => {
    const found = path.match(OFFERED);
    if (!found || !calls.get) return [];
    if (!found[1].startsWith("{")) return [{ format: found[1], path }];
    const named = found[1].slice(1, -1);
    const parameter = (calls.get.parameters ?? []).find((/** @type {any} */ it) => it.name === named);
    return (parameter?.schema?.enum ?? []).map((/** @type {string} */ it) => ({ format: it, path: path.replace(found[1], it) }));
  });
}

/** Whether a server finds books by words. @param {{paths: Record<string, any>}} document */
export function searchesIn(document) {
  const parameters = document.paths["/api/runs"]?.get?.parameters ?? [];
  return parameters.some((/** @type {any} */ it) => it.name === "q");
}

/** @param {import("../texts.js").Say} say @param {string} format */
export function nameOf(say, format) {
  return format in NAMES ? say(NAMES[/** @type {keyof typeof NAMES} */ (format)]) : format.toUpperCase();
}

/** @param {import("../main.js").App} app @param {Download} download @param {string} runId */
export function addressOfDownload(app, download, runId) {
  const signature = app.client.signature ? `?sig=${encodeURIComponent(app.client.signature)}` : "";
  return `${app.prefix}${download.path.replace("{run_id}", runId)}${signature}`;
}

/** @type {Map<string, Promise<{paths: Record<string, any>}>>} by prefix */
const documents = new Map();

/** What this server can be asked; nothing where it does not say so. @param {import("../main.js").App} app */
export function documentOf(app) {
  const known = documents.get(app.prefix);
  if (known) return known;
  const asked = app.client.document().catch(() => {
    documents.delete(app.prefix);
    return { paths: {} };
  });
  documents.set(app.prefix, asked);
  return asked;
}
