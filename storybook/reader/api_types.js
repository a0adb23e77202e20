// What the API says, as types: docs/api.md and GET /openapi.json tell the rest.

/** @typedef {{character: string, text: string, voice?: string}} Dialogue */
/** @typedef {{page: number, title: string, summary: string, dialogues: Dialogue[], image_url: string, audio_url: string}} PageState what is not ready is an empty text */
/** @typedef {"QUEUED" | "RUNNING" | "DONE" | "FAILED" | "CANCELLED"} Status */
/** @typedef {{engine: string, since: string, why: string}} AwaitedEngine */

/**
 * @typedef {object} RunState the state of a run
 * @property {Status} status
 * @property {string} stage
 * @property {number} ready_max_page
 * @property {number} ready_max_audio_page
 * @property {PageState[]} pages
 * @property {string | null} error
 * @property {AwaitedEngine | null} waiting_for
 * @property {number | null} [eta_seconds]
 * @property {string} language
 * @property {string[]} [languages]
 * @property {{position: number, why: string} | null} parked
 * @property {string[]} removed
 * @property {string} age
 * @property {number} [edition]
 */

/** @typedef {{run_id: string, title: string, cover_url: string, status: Status, stage: string, created_at: string, ready_max_page: number} & Record<string, any>} LibraryItem */
/** @typedef {{text: string, is_said: boolean, speaker: string, start: number | null, end: number | null}} SpokenSpan */
/** @typedef {{page: number, seconds: number, paragraphs: SpokenSpan[][]}} SpokenPage */

/** @typedef {{runs: LibraryItem[], next: string | null}} Library */
/** @typedef {{engine: string, ready: boolean, configured?: string, why?: string, mend?: string} & Record<string, any>} EngineState */
/** @typedef {{writer: EngineState, illustrator: EngineState, narrator: EngineState, transcriber: EngineState}} EngineTable */

/**
 * @typedef {object} RunRequest what is asked for a book
 * @property {string} era_ko
 * @property {string} place_ko
 * @property {string} characters_ko
 * @property {string} topic_ko
 * @property {boolean} [tts_enabled]
 * @property {Record<string, any>} [tts_config]
 * @property {string} [style]
 * @property {number} [page_count]
 * @property {string} [age]
 * @property {string} [language]
 * @property {string[]} [cast]
 * @property {{run_id: string, edition?: number, keep: "text" | "pictures" | "cast"}} [based_on]
 */

/**
 * @typedef {object} PageEdit
 * @property {number} page
 * @property {string} [title]
 * @property {string} [summary]
 * @property {Dialogue[]} [dialogues]
 * @property {string} [image_prompt]
 * @property {string} [rewrite]
 * @property {boolean} [repaint]
 * @property {number} [seed]
 * @property {boolean} [revoice]
 */
/** @typedef {{base_edition: number, pages?: PageEdit[], tts_config?: Record<string, any>, style?: string, note?: string, accept?: boolean}} EditionRequest */

/** @typedef {{stt_text: string, parsed_value: string, confidence: number}} SpokenField what was said, what is meant by it, and how sure the server is (0 to 1) */
/** @typedef {{name: string, run_id: string, saved_at: string, character: CastMember}} SavedCharacter */
/** @typedef {{name: string, kind: string, called: string, description: string, voice: string, pictures: string[]} & Record<string, any>} CastMember */

/**
 * @typedef {object} ChainVerdict what the log's digest chain says of a run
 * @property {boolean} whole
 * @property {number} events
 * @property {number} of
 * @property {number} checked
 * @property {number} first
 * @property {number} last
 * @property {number} log_end
 * @property {string} head
 * @property {{position: number, message: string}[]} faults
 */

/**
 * @typedef {object} OperateStatus how the server does
 * @property {string} version
 * @property {string} now
 * @property {string[]} reasons
 * @property {number} log_end
 * @property {boolean} takes_work
 * @property {number} open_runs
 * @property {number} streams
 * @property {{books: Record<Status, number>, roles: {role: string, last_hour: number, last_day: number, usual_seconds: number | null, places: number | null}[]}} throughput
 * @property {{stage: string, waiting: number, oldest_seconds: number | null, in_hand: number}[]} queue
 * @property {{engine: string, why: string, mend: string, since: string | null, waiting: number}[]} away
 * @property {{name: string, behind: number}[]} followers
 * @property {{free_bytes: number, wanted_bytes: number, log_bytes: number} | null} disk
 * @property {{run_id: string, position: number, type: string, why: string, mend: string}[]} parked
 * @property {number} parked_runs
 * @property {{made_at: string, age_seconds: number, head: string, missing: number} | null} backup
 */

export {};
