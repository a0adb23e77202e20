// The API of a storybook server, for a page or for Node: calls, and the stream of a book's progress
// that survives lost connections. It knows nothing of any page, and needs `fetch` alone.
//
//   const client = new Client("https://books.example", { token });
//   const { run_id } = await client.createRun({ era_ko, place_ko, characters_ko, topic_ko });
//   for await (const it of client.follow(run_id)) console.log(it.event, it.data);

import { hasEnded } from "./book_state.js";
import { EventStreamParser } from "./sse.js";

/** @typedef {import("./api_types.js").RunState} RunState */
/** @typedef {import("./api_types.js").Library} Library */
/** @typedef {import("./api_types.js").EngineTable} EngineTable */
/** @typedef {import("./api_types.js").RunRequest} RunRequest */
/** @typedef {import("./api_types.js").SpokenField} SpokenField */
/** @typedef {import("./api_types.js").EditionRequest} EditionRequest */
/** @typedef {import("./api_types.js").ChainVerdict} ChainVerdict */
/** @typedef {import("./api_types.js").OperateStatus} OperateStatus */

/**
 * A message of a run's stream: `update` and its position as `id`, `progress`, or `reset`.
 * @typedef {{event: string, id: number | null, data: any}} StreamMessage
 */

/** The server is silent for longer than this, in milliseconds: a keep-alive comes every 15 s. */
export const SILENCE_MS = 40_000;
/** The first wait before another try at a lost connection, and the longest, in milliseconds. */
export const RETRY_MS = [500, 8_000];
/** How long a call may take, in milliseconds, before it is given up; uploads have longer. */
export const CALL_MS = 30_000;
/** For how long a call is tried again, in milliseconds, while nobody answers it. */
export const PATIENCE_MS = 3_000;

/** The server refused: its status, its sentence, and each fault of a 422 with its place. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   * @param {{loc: (string | number)[], msg: string, type: string}[]} faults
   * @param {any} body
   * @param {number | null} retryAfter in seconds
   */
  constructor(status, detail, faults = [], body = null, retryAfter = null) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.faults = faults;
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

/** The server was not reached, did not answer in time or not to its end; or somebody else answered in its place. */
export class Unreachable extends Error {
  constructor(/** @type {unknown} */ cause) {
    super(cause instanceof SyntaxError ? "what answers there is no storybook server" : "the server cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

/** A storybook server. */
export class Client {
  /**
   * @param {string} base where the server is: an origin, with the path prefix that it is shown under; "" for the page's own
   * @param {{token?: string, signature?: string, credentials?: RequestCredentials, patience?: number, fetch?: typeof fetch}} options
   *   `token` goes into `Authorization`; without it cookies say who asks. `signature` is the `sig` of a link to one book.
   *   `patience` is for how many milliseconds a call that may be repeated is, while nobody answers.
   */
  constructor(base = "", { token = "", signature = "", credentials = "same-origin", patience = PATIENCE_MS, fetch: fetching } = {}) {
    this.patience = patience;
    this.base = base.replace(/\/+$/, "");
    this.token = token;
    this.signature = signature;
    this.credentials = credentials;
    this.fetch = fetching ?? ((...args) => fetch(...args));
  }

  /** Makes a book. The same key and body give the same run, however often it is asked. */
  createRun(/** @type {RunRequest} */ body, /** @type {string} */ key = newKey()) {
    return this.#json("POST", "/api/runs", { body, headers: { "Idempotency-Key": key } });
  }

  /** @returns {Promise<RunState>} the state of a run, also as it was right after a position, or of one edition */
  run(/** @type {string} */ runId, /** @type {{at?: number, edition?: number, language?: string}} */ as = {}) {
    return this.#json("GET", `/api/runs/${runId}`, { query: as });
  }

  /** @returns {Promise<Library>} */
  runs(/** @type {{q?: string, status?: string, before?: string, limit?: number}} */ asked = {}) {
    return this.#json("GET", "/api/runs", { query: asked });
  }

  /** @returns {Promise<EngineTable>} */
  engines() {
    return this.#json("GET", "/api/engines");
  }

  /** @returns {Promise<{formats: {format: string, choices: string[], option: string, takes_long: boolean, ready: boolean}[]}>} in which forms a book can be taken along */
  formats(/** @type {string} */ runId) {
    return this.#json("GET", `/api/runs/${runId}/formats`);
  }

  /** Where a book is found in a form. */
  bookAddress(/** @type {string} */ runId, /** @type {string} */ format, /** @type {Record<string, string>} */ query = {}) {
    return this.#url(`/api/runs/${runId}/book.${format}`, query);
  }

  /** How far that is, which is begun if need be; null once it is there. @returns {Promise<{fraction: number, waiting: number} | null>} */
  async bookProgress(/** @type {string} */ address) {
    const answer = await this.#answer(address, { headers: this.#headers(), credentials: this.credentials });
    if (answer.status === 202) return read(() => answer.json());
    void answer.body?.cancel();
    return null;
  }

  /** @returns {Promise<{run_id: string}>} the book that a ZIP is here */
  takeIn(/** @type {Blob} */ zip) {
    return this.#json("POST", "/api/archives", { form: zip });
  }

  cancel(/** @type {string} */ runId) {
    return this.#json("POST", `/api/runs/${runId}/cancel`);
  }

  retry(/** @type {string} */ runId) {
    return this.#json("POST", `/api/runs/${runId}/retry`);
  }

  forget(/** @type {string} */ runId) {
    return this.#json("DELETE", `/api/runs/${runId}`);
  }

  /** @returns {Promise<{edition: number}>} */
  changeBook(/** @type {string} */ runId, /** @type {EditionRequest} */ body, /** @type {string} */ key = newKey()) {
    return this.#json("POST", `/api/runs/${runId}/editions`, { body, headers: { "Idempotency-Key": key } });
  }

  editions(/** @type {string} */ runId) {
    return this.#json("GET", `/api/runs/${runId}/editions`);
  }

  compareEditions(/** @type {string} */ runId, /** @type {number} */ before, /** @type {number} */ after) {
    return this.#json("GET", `/api/runs/${runId}/editions/${before}..${after}`);
  }

  restoreEdition(/** @type {string} */ runId, /** @type {number} */ edition) {
    return this.#json("POST", `/api/runs/${runId}/editions/${edition}/restore`);
  }

  /** @returns {Promise<{cast: import("./api_types.js").CastMember[]}>} */
  cast(/** @type {string} */ runId) {
    return this.#json("GET", `/api/runs/${runId}/cast`);
  }

  /** @returns {Promise<{characters: import("./api_types.js").SavedCharacter[]}>} who can come along into a new book */
  savedCast() {
    return this.#json("GET", "/api/cast");
  }

  saveCharacter(/** @type {string} */ name, /** @type {string} */ runId, /** @type {string} */ character) {
    return this.#json("PUT", `/api/cast/${encodeURIComponent(name)}`, { body: { run_id: runId, character } });
  }

  /** @returns {Promise<import("./api_types.js").SpokenPage>} when each sentence of a page is spoken */
  spans(/** @type {string} */ runId, /** @type {number} */ page, /** @type {{edition?: number}} */ as = {}) {
    return this.#json("GET", `/api/runs/${runId}/spans/${page}`, { query: as });
  }

  /** @returns {Promise<{events: any[], next: number | null}>} the events of a run */
  log(/** @type {string} */ runId, /** @type {{after?: number, limit?: number}} */ asked = {}) {
    return this.#json("GET", `/api/runs/${runId}/log`, { query: asked });
  }

  /** @returns {Promise<ChainVerdict>} what the log's digest chain says of a run */
  verdict(/** @type {string} */ runId) {
    return this.#json("GET", `/api/runs/${runId}/verdict`);
  }

  /** @returns {Promise<OperateStatus>} how the server does; needs an `admin` token, or to be asked on its machine */
  operateStatus() {
    return this.#json("GET", "/operate/status");
  }

  /** @returns {Promise<SpokenField>} what was said for one of the four words (`era`, `place`, `characters`, `topic`) */
  transcribe(/** @type {string} */ field, /** @type {Blob} */ audio, language = "ko-KR") {
    const form = new FormData();
    form.set("field_type", field);
    form.set("language", language);
    form.set("audio_file", audio, "spoken");
    return this.#json("POST", "/api/stt/field", { form });
  }

  /** @returns {Promise<{url: string, expires_at: string, qr?: string}>} a signed link to one book */
  createLink(/** @type {string} */ runId, /** @type {number} */ seconds) {
    return this.#json("POST", `/api/runs/${runId}/links`, { body: { ttl_seconds: seconds } });
  }

  /** @returns {Promise<{name: string, scope: string, expires_at: string}>} */
  signIn(/** @type {string} */ token) {
    return this.#json("POST", "/api/session", { body: { token } });
  }

  signOut() {
    return this.#json("DELETE", "/api/session");
  }

  /**
   * A file that the API names. Where the server asks for a token and the page is on another origin, this is the way to
   * show it: no header goes with the address of an `img` (`img.src = URL.createObjectURL(await client.file(path))`).
   */
  async file(/** @type {string} */ path) {
    return this.#repeated(async () => {
      const answer = await this.#answer(this.address(path), { headers: this.#headers(), credentials: this.credentials, signal: AbortSignal.timeout(CALL_MS) });
      return read(() => answer.blob());
    });
  }

  /** The address of a file that the API names, for an `img` or `audio` of a page on another origin. */
  address(/** @type {string} */ path) {
    const origin = this.base.match(/^https?:\/\/[^/]+/)?.[0] ?? "";
    return path.startsWith("/") ? origin + path : path;
  }

  /**
   * Follows a run: every change once, in order, however often the connection is lost; ends when the run has, or when
   * the signal aborts. Without a cursor the first `update` is the present state. `onConnection` hears whether the server
   * can be reached. Throws `ApiError` for what no other try mends (401, 403, 404, 410).
   * @param {string} runId
   * @param {{after?: number, signal?: AbortSignal, onConnection?: (isThere: boolean) => void}} options
   * @returns {AsyncGenerator<StreamMessage>}
   */
  follow(runId, options = {}) {
    return this.#follow(`/api/runs/${runId}/events`, options);
  }

  /**
   * Follows the whole log, as `follow` does a run: each event of any run is a message named by its type. It never ends.
   * @param {{after?: number, types?: readonly string[], signal?: AbortSignal, onConnection?: (isThere: boolean) => void}} options
   * @returns {AsyncGenerator<StreamMessage>}
   */
  followLog({ types = [], ...options } = {}) {
    return this.#follow("/api/events", options, { types: types.join(",") });
  }

  /**
   * @param {string} path
   * @param {{after?: number, signal?: AbortSignal, onConnection?: (isThere: boolean) => void}} options
   * @param {Record<string, string>} query
   * @returns {AsyncGenerator<StreamMessage>}
   */
  async *#follow(path, { after, signal, onConnection = () => {} }, query = {}) {
    let cursor = after ?? null;
    let tries = 0;
    let isOver = false;
    while (!signal?.aborted) {
      const parser = new EventStreamParser();
      try {
        for await (const message of this.#stream(path, query, cursor, parser, signal)) {
          onConnection(true);
          if (message.event === "opened") continue;
          if (message.event === "ended") return;
          if (message.event === "reset") cursor = message.id;
          else if (message.id !== null) {
            if (cursor !== null && message.id <= cursor) continue;
            cursor = message.id;
          }
          tries = 0;
          if (message.event === "update") isOver = hasEnded(message.data);
          if (message.event !== "keepalive") yield message;
        }
        // After the end only the 204 is still to come, at once; else the server says how long to wait.
        if (!isOver || tries > 0) await waitFor(Math.max(parser.retry, backoff(tries)), signal);
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof ApiError && !mayPass(error.status)) throw error;
        onConnection(false);
        await waitFor(error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : backoff(tries), signal);
      }
      tries += 1;
    }
  }

  /** @param {string} path @param {Record<string, string>} query @param {number | null} cursor @param {EventStreamParser} parser @param {AbortSignal | undefined} signal @returns {AsyncGenerator<StreamMessage>} */
  async *#stream(path, query, cursor, parser, signal) {
    const watch = new AbortController();
    const giveUp = () => watch.abort();
    signal?.addEventListener("abort", giveUp, { once: true });
    let timer = setTimeout(giveUp, SILENCE_MS);
    try {
      const headers = { ...this.#headers(), Accept: "text/event-stream", ...(cursor === null ? {} : { "Last-Event-ID": String(cursor) }) };
      const answer = await this.fetch(this.#url(path, query), { headers, credentials: this.credentials, signal: watch.signal, cache: "no-store" });
      if (answer.status === 204) {
        yield { event: "ended", id: null, data: null };
        return;
      }
      if (!answer.ok || !answer.body) throw await errorOf(answer);
      yield { event: "opened", id: null, data: null };
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(giveUp, SILENCE_MS);
        for (const it of parser.feed(value)) {
          yield { event: it.event, id: it.id ? Number(it.id) : null, data: it.data ? JSON.parse(it.data) : null };
        }
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      watch.abort();
    }
  }

  /**
   * @param {string} method @param {string} path
   * @param {{body?: unknown, form?: FormData | Blob, headers?: Record<string, string>, query?: Record<string, string | number | undefined>}} options
   * @returns {Promise<any>}
   */
  async #json(method, path, { body, form, headers = {}, query = {} } = {}) {
    const init = {
      method,
      headers: { ...this.#headers(), Accept: "application/json", ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      credentials: this.credentials,
      body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
    };
    const mayRepeat = method === "GET" || "Idempotency-Key" in headers;
    const once = async () => {
      const answer = await this.#answer(this.#url(path, query), { ...init, signal: AbortSignal.timeout(form ? 4 * CALL_MS : CALL_MS) });
      return answer.status === 204 ? null : read(() => answer.json());
    };
    return mayRepeat ? this.#repeated(once) : once();
  }

  /** An answer that is no error. @param {string} url @param {RequestInit} init */
  async #answer(url, init) {
    const answer = await read(() => this.fetch(url, init));
    if (!answer.ok) throw await errorOf(answer);
    return answer;
  }

  /** What was not answered is asked for again, with the same key if it is a wish: it is done once whatever became of the first. @template T @param {() => Promise<T>} call */
  async #repeated(call) {
    const until = performance.now() + this.patience;
    for (let tries = 0; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        const isAway = error instanceof Unreachable || (error instanceof ApiError && [429, 502, 503, 504].includes(error.status));
        const wait = Math.max(backoff(tries), error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0);
        if (!isAway || globalThis.navigator?.onLine === false || performance.now() + wait > until) throw error;
        await waitFor(wait);
      }
    }
  }

  #headers() {
    return /** @type {Record<string, string>} */ (this.token ? { Authorization: `Bearer ${this.token}` } : {});
  }

  /** @param {string} path @param {Record<string, string | number | undefined>} query */
  #url(path, query = {}) {
    const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    if (this.signature) said.push(["sig", this.signature]);
    const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
    return `${this.base}${path}${text ? `?${text}` : ""}`;
  }
}

/** Names a wish, so that asking for it again makes no second one. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
}

/** What is read from the network; whatever cuts it short is `Unreachable`. @template T @param {() => Promise<T>} reading */
async function read(reading) {
  try {
    return await reading();
  } catch (error) {
    throw new Unreachable(error);
  }
}

/** Whether another try may be answered otherwise. */
function mayPass(/** @type {number} */ status) {
  return status === 408 || status === 429 || status >= 500;
}

/** How long to wait before a try: twice as long each time, and never all at the same moment. */
function backoff(/** @type {number} */ tries) {
  const [first, most] = RETRY_MS;
  return Math.min(first * 2 ** tries, most) * (0.75 + Math.random() / 2);
}

/** Waits; also until the browser says that the network is back, or the page is looked at again. */
function waitFor(/** @type {number} */ ms, /** @type {AbortSignal | undefined} */ signal = undefined) {
  return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    const page = "document" in globalThis ? globalThis : null;
    const wake = () => {
      if (page && document.visibilityState === "hidden") return;
      done();
    };
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      page?.removeEventListener("online", wake);
      if (page) document.removeEventListener("visibilitychange", wake);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    page?.addEventListener("online", wake, { once: true });
    if (page) document.addEventListener("visibilitychange", wake);
  });
}

/** @param {Response} answer */
async function errorOf(answer) {
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  const told = `the server answered ${answer.status}`;
  try {
    const body = await answer.json();
    const faults = Array.isArray(body.detail) ? body.detail : [];
    const detail = faults.length ? faults.map((/** @type {{msg: string}} */ it) => it.msg).join("; ") : String(body.detail ?? told);
    return new ApiError(answer.status, detail, faults, body, retryAfter);
  } catch {
    return new ApiError(answer.status, told, [], null, retryAfter);
  }
}
