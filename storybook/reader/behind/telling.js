// Reads the log aloud: each event as a sentence, in the page's language. Pure.

/** @typedef {import("../texts.js").Say} Say */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {import("./timeline.js").Entry} Entry */
/** @typedef {import("./timeline.js").Engine} Engine */

const COVER_PAGE = 0;
/** Of a page's text, so that an event stays short. */
const SHOWN_CHARACTERS = 60;

/** @param {Say} say @param {number} page */
export function pageName(say, page) {
  return page === COVER_PAGE ? say("behindCover") : say("behindPage", { page });
}

/** What a piece of work is. @param {Say} say @param {string} stage @param {number | null} page @param {string} language "" for the book's own */
export function workName(say, stage, page, language = "") {
  if (page === null) return say("behindWriting");
  const writing = language ? "behindTranslating" : "behindRewriting";
  const kind = stage === "LLM" ? writing : stage === "TTS" ? "behindReading" : "behindPainting";
  const name = say(kind, { page: pageName(say, page) });
  return language ? `${name} (${language})` : name;
}

/** As `painter 1.0`, with the model and the device where they say something. @param {Engine} engine */
export function engineName({ name, version = "", model = "", device = "cpu" }) {
  return withoutSecrets([name, version, model, device === "cpu" ? "" : `(${device})`].filter(Boolean).join(" "));
}

/** What happened. @param {Say} say @param {Entry} entry */
export function sentenceOf(say, entry) {
  const { type, data } = entry;
  if (data === null) return say("behindNoData");
  const told = TOLD[type];
  if (!told || typeof data !== "object") return say("behindToldUnknown");
  const { key, values } = told(say, data);
  return withoutSecrets(say(key, values).trim());
}

/** @type {Record<string, (say: Say, data: any) => {key: TextKey, values?: Record<string, string | number>}>} */
const TOLD = {
  RunRequested: (_, { request: it }) => ({ key: "behindToldRunRequested", values: { words: [it.era, it.place, it.characters, it.topic].join(" · ") } }),
  RunImported: (_, { edition }) => ({ key: "behindToldRunImported", values: { edition } }),
  StageRequested: (say, data) => ({ key: "behindToldStageRequested", values: { work: work(say, data) } }),
  StageStarted: (say, data) => ({ key: "behindToldStageStarted", values: { work: work(say, data), engine: engineName(data.engine) } }),
  StageDeferred: (say, data) => ({ key: "behindToldStageDeferred", values: { work: work(say, data), engine: data.engine.name, why: data.why } }),
  StageSubmitted: (say, data) => ({ key: "behindToldStageSubmitted", values: { work: work(say, data), where: data.submission.endpoint } }),
  PageWritten: (say, { page, title = "", summary = "" }) => ({ key: "behindToldPageWritten", values: { page: pageName(say, page), text: short(title || summary) } }),
  PageTranslated: (say, { page, language, title = "", summary = "" }) => ({
    key: "behindToldPageTranslated",
    values: { page: pageName(say, page), language, text: short(title || summary) },
  }),
  PageRefused: (say, { page, problems }) => ({ key: "behindToldPageRefused", values: { page: pageName(say, page), why: whyOf(problems) } }),
  StageCompleted: (say, data) => ({ key: data.attempt === 0 ? "behindToldStageKept" : "behindToldStageCompleted", values: { work: work(say, data) } }),
  StageFailed: (say, data) => ({ key: "behindToldStageFailed", values: { work: work(say, data), why: data.fault.message } }),
  StageAbandoned: (say, data) => ({ key: "behindToldStageAbandoned", values: { work: work(say, data), why: data.reason } }),
  RunCompleted: () => ({ key: "behindToldRunCompleted" }),
  RunFailed: (_, { fault }) => ({ key: "behindToldRunFailed", values: { why: fault.message } }),
  RunCancelled: () => ({ key: "behindToldRunCancelled" }),
  RunRetried: () => ({ key: "behindToldRunRetried" }),
  EditionRequested: (_, { edition, note = "" }) => ({ key: "behindToldEditionRequested", values: { number: edition, note: note ? `(${short(note)})` : "" } }),
  ArtifactsPruned: (_, { names }) => ({ key: "behindToldArtifactsPruned", values: { names: names.join(", ") } }),
  ArtifactRemade: (_, { artifact }) => ({ key: "behindToldArtifactRemade", values: { name: artifact.name } }),
  RunPinned: () => ({ key: "behindToldRunPinned" }),
  RunUnpinned: () => ({ key: "behindToldRunUnpinned" }),
  CastPictureGiven: (_, { member }) => ({ key: "behindToldCastPictureGiven", values: { name: member.name } }),
  CharacterSaved: (_, { name }) => ({ key: "behindToldCharacterSaved", values: { name } }),
  CharacterReleased: (_, { name }) => ({ key: "behindToldCharacterReleased", values: { name } }),
  RunForgotten: () => ({ key: "behindToldRunForgotten" }),
};

/** A text without the users, passwords and queries of the addresses in it, which older versions recorded. */
export function withoutSecrets(/** @type {string} */ text) {
  return text.replace(/(?<=:\/\/)\S*@/g, "").replace(/(:\/\/[^\s?]*)\?[^\s'"]*/g, "$1");
}

/** The types of event that there are, as the server names them. */
export const EVENT_TYPES = Object.keys(TOLD);

/** @param {Say} say @param {{stage: string, page: number | null, language?: string}} data */
function work(say, { stage, page, language }) {
  return workName(say, stage, page, language);
}

/** @param {{message: string}[]} problems */
export function whyOf(problems) {
  return problems.map((it) => it.message).join("; ");
}

function short(/** @type {string} */ text) {
  const line = text.split(/\s+/).join(" ").trim();
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
