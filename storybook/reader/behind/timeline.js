// A run's timeline, folded from its log: chapters (what was done for an edition), lanes (one for each
// piece of work) and attempts. It tells what `storybook show` tells. Pure.
//
// Times are those of the server's clock, which may have been set back meanwhile: no duration is
// negative, and no bar leaves the chart.

/** @typedef {{position: number, version: number, type: string, recorded_at: string, data: any, digest: string, run_id?: string}} Entry an event as the log has it */
/** @typedef {{name: string, version?: string, model?: string, device?: string}} Engine */
/** @typedef {{position: number, page: number, at: number, problems: {kind: string, message: string}[], excerpt: string}} Refusal */
/** @typedef {"waiting" | "working" | "completed" | "failed" | "abandoned"} Outcome */

/**
 * One attempt at a piece of work. Times are milliseconds since 1970, null until they come.
 * @typedef {object} Attempt
 * @property {number} position of the event that requested it
 * @property {string} stage
 * @property {number | null} page
 * @property {string} language "" for the book's own
 * @property {number} attempt from 1
 * @property {number} requestedAt
 * @property {number | null} startedAt
 * @property {number | null} endedAt
 * @property {Outcome} outcome
 * @property {string} error why it did not end well
 * @property {Engine | null} engine known once the work has started
 * @property {string} standsInFor in whose place that engine works
 * @property {{engine: string, why: string, at: number}[]} waits for engines that were away
 * @property {{prompt?: string, seed?: number, model?: string, version?: string, voices?: string[], unrepeatable?: string, [more: string]: any} | null} madeFrom
 * @property {{name: string, [more: string]: any} | null} artifact
 * @property {Refusal[]} refused pages that did not pass the check
 * @property {{position: number, page: number, at: number}[]} written pages that it wrote
 */

/** @typedef {{stage: string, page: number | null, language: string, attempts: Attempt[]}} Lane */
/** @typedef {{edition: number, entries: Entry[], lanes: Lane[], kept: number}} Chapter what was done for an edition; `kept` pieces of work came from another book */

const FIRST_EDITION = 1;
const ENDINGS = ["RunCompleted", "RunFailed", "RunCancelled", "RunForgotten"];

/** When an event was recorded, in milliseconds since 1970. */
export function momentOf(/** @type {string} */ iso) {
  const micro = iso.match(/\.\d{3}(\d{1,3})/)?.[1] ?? "";
  return Date.parse(iso) + Number(micro.padEnd(3, "0")) / 1000;
}

/** @param {readonly Entry[]} entries all of a run, in their order @returns {Chapter[]} the editions, in their order */
export function chaptersOf(entries) {
  /** @type {Chapter[]} */
  const found = [];
  /** @type {Map<string, Attempt>} */
  const open = new Map();
  for (const entry of entries) {
    if (entry.type === "EditionRequested" && isTold(entry)) found.push(newChapter(entry.data.edition));
    else if (found.length === 0) found.push(newChapter(FIRST_EDITION));
    const chapter = found[found.length - 1];
    chapter.entries.push(entry);
    if (isTold(entry)) feed(chapter, open, entry);
  }
  return found;
}

/** @param {number} edition @returns {Chapter} */
function newChapter(edition) {
  return { edition, entries: [], lanes: [], kept: 0 };
}

/** What was erased, and what nobody can read, says nothing. */
function isTold(/** @type {Entry} */ entry) {
  return entry.data !== null && typeof entry.data === "object";
}

/** @param {Chapter} chapter @param {Map<string, Attempt>} open @param {Entry} entry */
function feed(chapter, open, entry) {
  const { type, data, position } = entry;
  const at = momentOf(entry.recorded_at);
  const key = keyOf(data.stage, data.page, data.language);
  if (type === "StageRequested") {
    const attempt = requested(entry, at);
    open.set(key, attempt);
    laneOf(chapter, attempt).attempts.push(attempt);
    return;
  }
  if (type === "StageCompleted" && data.attempt === 0) {
    chapter.kept += 1;
    return;
  }
  if (type === "PageWritten" || type === "PageTranslated" || type === "PageRefused") {
    const writing = open.get(keyOf("LLM", data.page, data.language)) ?? open.get(keyOf("LLM", null, ""));
    if (!writing || data.attempt === 0) return;
    if (type !== "PageRefused") writing.written.push({ position, page: data.page, at });
    else writing.refused.push({ position, page: data.page, at, problems: data.problems ?? [], excerpt: data.excerpt ?? "" });
    return;
  }
  const change = CHANGES[type];
  const attempt = open.get(key);
  if (!change || !attempt) return;
  change(attempt, data, at);
  if (attempt.endedAt !== null) open.delete(key);
}

/** A piece of work; its language is "" for the book's own. @param {string} stage @param {number | null} page @param {string} language */
function keyOf(stage, page, language = "") {
  return `${stage} ${page} ${language}`;
}

/** @param {Entry} entry @param {number} at @returns {Attempt} */
function requested({ position, data }, at) {
  const { stage, page, attempt, language = "" } = data;
  return {
    ...{ position, stage, page, language, attempt, requestedAt: at, startedAt: null, endedAt: null },
    ...{ outcome: "waiting", error: "", engine: null, standsInFor: "", waits: [] },
    ...{ madeFrom: null, artifact: null, refused: [], written: [] },
  };
}

/** @type {Record<string, (attempt: Attempt, data: any, at: number) => void>} */
const CHANGES = {
  StageStarted: (it, data, at) => Object.assign(it, { engine: data.engine, standsInFor: data.stands_in_for ?? "", startedAt: at, outcome: "working" }),
  // It waits again; what it was worked on came to nothing.
  StageDeferred: (it, data, at) => {
    it.waits.push({ engine: data.engine.name, why: data.why, at });
    Object.assign(it, { engine: null, startedAt: null, outcome: "waiting" });
  },
  StageCompleted: (it, data, at) => end(it, at, "completed", "", { artifact: data.artifact ?? null, madeFrom: data.made_from ?? null }),
  StageFailed: (it, data, at) => end(it, at, "failed", data.fault.message),
  StageAbandoned: (it, data, at) => end(it, at, "abandoned", data.reason),
};

/** @param {Attempt} it @param {number} at @param {Outcome} outcome @param {string} error @param {Partial<Attempt>} more */
function end(it, at, outcome, error, more = {}) {
  Object.assign(it, { endedAt: at, outcome, error }, more);
}

/** @param {Chapter} chapter @param {Attempt} attempt @returns {Lane} */
function laneOf(chapter, { stage, page, language }) {
  const known = chapter.lanes.find((it) => it.stage === stage && it.page === page && it.language === language);
  if (known) return known;
  const lane = { stage, page, language, attempts: [] };
  chapter.lanes.push(lane);
  return lane;
}

/** @param {Chapter} chapter @returns {Attempt[]} in the order in which they were requested */
export function attemptsOf(chapter) {
  return chapter.lanes.flatMap((it) => it.attempts).sort((one, other) => one.position - other.position);
}

/** Seconds from the request to the start, or to the end of what never started. */
export function waitedSeconds(/** @type {Attempt} */ it, /** @type {number} */ now) {
  return Math.max((it.startedAt ?? it.endedAt ?? now) - it.requestedAt, 0) / 1000;
}

/** Seconds from the start, null if it has not started. */
export function workedSeconds(/** @type {Attempt} */ it, /** @type {number} */ now) {
  return it.startedAt === null ? null : Math.max((it.endedAt ?? now) - it.startedAt, 0) / 1000;
}

/**
 * Where the timeline of a chapter ends: with the edition, whatever became of its files later; now, as long as it goes on.
 * @param {readonly Chapter[]} chapters all of them @param {Chapter} chapter one of them @param {number} now
 */
export function endOf(chapters, chapter, now) {
  const turns = chapter.entries.filter((it) => ENDINGS.includes(it.type) || it.type === "RunRetried");
  const last = turns[turns.length - 1];
  if (last && ENDINGS.includes(last.type)) return momentOf(last.recorded_at);
  const goesOn = chapter === chapters[chapters.length - 1];
  return goesOn ? now : momentOf(chapter.entries[chapter.entries.length - 1].recorded_at);
}

/** @typedef {{start: number, end: number}} Scale the chart's time, in milliseconds since 1970 */

/** @param {Chapter} chapter @param {number} now where what is open ends @returns {Scale} */
export function scaleOf(chapter, now) {
  const all = attemptsOf(chapter);
  return { start: Math.min(...all.map((it) => it.requestedAt)), end: Math.max(...all.map((it) => it.endedAt ?? now)) };
}

/** Where a moment lies in the chart: 0 at its left, 1 at its right. @param {Scale} scale @param {number} moment */
export function shareOf({ start, end: last }, moment) {
  return Math.min(Math.max((moment - start) / Math.max(last - start, 1), 0), 1);
}
